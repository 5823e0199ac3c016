//! The people and service accounts of the workspace.

use std::collections::{HashMap, HashSet};

use stdx::{GroupId, MemberId};
use store::{Member, groups, members, second_factors};

use crate::{Accounts, Actor, AppError};

/// A member as admins see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberInfo {
    /// Who it is.
    pub member: Member,
    /// The groups they are in.
    pub group_ids: Vec<GroupId>,
    /// True when their sign-in asks for a code.
    pub has_second_factor: bool,
}

impl Accounts {
    /// Everybody in the workspace, the oldest first.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn members(&self, actor: &Actor) -> Result<Vec<MemberInfo>, AppError> {
        actor.must_administer()?;
        let members = members::list(&self.db, actor.workspace_id).await?;
        let mut of: HashMap<MemberId, Vec<GroupId>> = HashMap::new();
        for (group, member) in groups::memberships(&self.db, actor.workspace_id).await? {
            of.entry(member).or_default().push(group);
        }
        let confirmed = second_factors::confirmed(&self.db, actor.workspace_id).await?;
        let confirmed: HashSet<MemberId> = confirmed.into_iter().collect();
        let info = |member: Member| MemberInfo {
            group_ids: of.remove(&member.id).unwrap_or_default(),
            has_second_factor: confirmed.contains(&member.id),
            member,
        };
        Ok(members.into_iter().map(info).collect())
    }

    /// One of them.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn member(&self, actor: &Actor, id: MemberId) -> Result<MemberInfo, AppError> {
        let member = self.administered(actor, id).await?;
        let scope = member.scope();
        let factor = second_factors::get(&self.db, scope).await?;
        Ok(MemberInfo {
            group_ids: groups::of_member(&self.db, scope).await?,
            has_second_factor: factor.is_some_and(|factor| factor.confirmed_at.is_some()),
            member,
        })
    }

    /// A member of the actor's workspace, for those who run it.
    pub(crate) async fn administered(&self, actor: &Actor, id: MemberId) -> Result<Member, AppError> {
        let found = members::get(&self.db, actor.scope_of(id)?).await?;
        found.ok_or_else(|| AppError::not_found("member"))
    }
}
