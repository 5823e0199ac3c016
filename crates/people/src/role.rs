//! What a member may do, and who may give which role: nobody gives more than they have.

use serde::{Deserialize, Serialize};

/// What a member may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Everything, also giving the workspace away.
    Owner,
    /// Everything that concerns others.
    Admin,
    /// Their own things.
    Member,
    /// What they were invited to.
    Guest,
}

impl MemberRole {
    /// The word for it in storage and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Guest => "guest",
        }
    }
    /// True for whoever runs the workspace.
    pub const fn administers(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }

    /// True when a member of this role may make somebody a `role`, or change one: whoever runs the workspace gives what they
    /// have themselves, and less.
    pub fn may_give(self, role: Self) -> bool {
        self.administers() && !self.is_below(role)
    }

    /// True when it is less than `other`.
    pub fn is_below(self, other: Self) -> bool {
        self.rank() < other.rank()
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Guest => 0,
            Self::Member => 1,
            Self::Admin => 2,
            Self::Owner => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [MemberRole; 4] =
        [MemberRole::Guest, MemberRole::Member, MemberRole::Admin, MemberRole::Owner];

    #[test]
    fn nobody_gives_more_than_they_have() {
        for giver in ALL {
            for role in ALL {
                let gives = giver.may_give(role);
                assert!(!gives || role.rank() <= giver.rank(), "{giver:?} gives {role:?}");
                assert!(!gives || giver.rank() >= MemberRole::Admin.rank(), "{giver:?} gives {role:?}");
            }
        }
    }

    /// Whatever a chain of gifts makes of somebody, it is nothing that the first one did not have.
    #[test]
    fn no_chain_of_gifts_climbs() {
        for first in ALL {
            let mut reached = vec![first];
            for _ in ALL {
                let next: Vec<MemberRole> = reached
                    .iter()
                    .flat_map(|giver| ALL.into_iter().filter(|role| giver.may_give(*role)))
                    .collect();
                reached.extend(next);
            }
            assert!(reached.iter().all(|role| role.rank() <= first.rank()), "{first:?}: {reached:?}");
        }
    }

    #[test]
    fn less_is_a_demotion_and_the_same_is_none() {
        assert!(
            MemberRole::Admin.is_below(MemberRole::Owner) && MemberRole::Guest.is_below(MemberRole::Member)
        );
        assert!(
            !MemberRole::Admin.is_below(MemberRole::Admin) && !MemberRole::Owner.is_below(MemberRole::Guest)
        );
    }
}
