//! Who may give which role, and change whom: nobody gives more than they have.

use store::Member;
use wire::ErrorCode;

use crate::{Actor, AppError, Role};

impl Actor {
    /// Fails unless the actor may make somebody a `role`.
    pub(crate) fn must_give(&self, role: Role) -> Result<(), AppError> {
        self.must_administer()?;
        if may_give(self.role, role) {
            return Ok(());
        }
        Err(AppError::new(ErrorCode::Forbidden, "Only owners make owners."))
    }

    /// Fails unless the actor may change this member.
    pub(crate) fn must_manage(&self, member: &Member) -> Result<(), AppError> {
        self.must_administer()?;
        if may_give(self.role, member.role) {
            return Ok(());
        }
        Err(AppError::new(ErrorCode::Forbidden, "Only owners change owners."))
    }
}

/// Whoever runs the workspace gives what they have themselves, and less.
fn may_give(giver: Role, role: Role) -> bool {
    match giver {
        Role::Owner => true,
        Role::Admin => role != Role::Owner,
        Role::Member | Role::Guest => false,
    }
}

/// True when `after` is less than `before`.
pub(crate) fn is_demotion(before: Role, after: Role) -> bool {
    rank(after) < rank(before)
}

fn rank(role: Role) -> u8 {
    match role {
        Role::Guest => 0,
        Role::Member => 1,
        Role::Admin => 2,
        Role::Owner => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Role; 4] = [Role::Guest, Role::Member, Role::Admin, Role::Owner];

    #[test]
    fn nobody_gives_more_than_they_have() {
        for giver in ALL {
            for role in ALL {
                let gives = may_give(giver, role);
                assert!(!gives || rank(role) <= rank(giver), "{giver:?} gives {role:?}");
                assert!(!gives || rank(giver) >= rank(Role::Admin), "{giver:?} gives {role:?}");
            }
        }
    }

    /// Whatever a chain of gifts makes of somebody, it is nothing that the first one did not have.
    #[test]
    fn no_chain_of_gifts_climbs() {
        for first in ALL {
            let mut reached = vec![first];
            for _ in ALL {
                let next: Vec<Role> = reached
                    .iter()
                    .flat_map(|giver| ALL.into_iter().filter(|role| may_give(*giver, *role)))
                    .collect();
                reached.extend(next);
            }
            assert!(reached.iter().all(|role| rank(*role) <= rank(first)), "{first:?}: {reached:?}");
        }
    }

    #[test]
    fn less_is_a_demotion_and_the_same_is_none() {
        assert!(is_demotion(Role::Owner, Role::Admin) && is_demotion(Role::Member, Role::Guest));
        assert!(!is_demotion(Role::Admin, Role::Admin) && !is_demotion(Role::Guest, Role::Owner));
    }
}
