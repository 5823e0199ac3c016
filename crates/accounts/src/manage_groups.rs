//! Groups: some members of the workspace under a name, for invitations and budgets.

use stdx::{GroupId, MemberId};
use store::{Batch, Durability, Group, StoreError, groups};
use wire::ErrorCode;

use crate::update_me::check_name;
use crate::{Accounts, Actor, AppError};

/// The most groups of a workspace.
const MOST_GROUPS: usize = 200;

/// A group and who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInfo {
    /// The group.
    pub group: Group,
    /// Who is in it.
    pub member_ids: Vec<MemberId>,
}

impl Accounts {
    /// All groups, in the order of their names.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn groups(&self, actor: &Actor) -> Result<Vec<GroupInfo>, AppError> {
        actor.must_administer()?;
        let all = groups::list(&self.db, actor.workspace_id).await?;
        let pairs = groups::memberships(&self.db, actor.workspace_id).await?;
        let info = |group: Group| {
            let of_it = pairs.iter().filter(|(id, _)| *id == group.id);
            GroupInfo { member_ids: of_it.map(|(_, member)| *member).collect(), group }
        };
        Ok(all.into_iter().map(info).collect())
    }

    /// Makes a group; repeating the call answers with the group there is.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `conflict` for a used id or name; `invalid_request` for the name.
    pub async fn create_group(&self, actor: &Actor, id: GroupId, name: &str) -> Result<GroupInfo, AppError> {
        actor.must_administer()?;
        check_name(name)?;
        let there = self.groups(actor).await?;
        if let Some(same) = there.iter().find(|info| info.group.id == id && info.group.name == name.trim()) {
            return Ok(same.clone());
        }
        if there.len() >= MOST_GROUPS {
            return Err(AppError::invalid(format!("groups: at most {MOST_GROUPS}")));
        }
        let group = Group {
            id,
            workspace_id: actor.workspace_id,
            name: name.trim().to_owned(),
            created_at: self.clock.now(),
        };
        let batch = Batch::new(Durability::Full).with(groups::insert(&group));
        self.db.write(batch).await.map_err(name_taken)?;
        Ok(GroupInfo { group, member_ids: Vec::new() })
    }

    /// Changes what a group is called.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `not_found`; `conflict` when another one is called so.
    pub async fn rename_group(&self, actor: &Actor, id: GroupId, name: &str) -> Result<GroupInfo, AppError> {
        actor.must_administer()?;
        check_name(name)?;
        let batch = Batch::new(Durability::Full).with(groups::set_name(actor.workspace_id, id, name.trim()));
        self.db.write(batch).await.map_err(name_taken)?;
        let found = self.groups(actor).await?.into_iter().find(|info| info.group.id == id);
        found.ok_or_else(|| AppError::not_found("group"))
    }

    /// Takes a group away; its members stay in the workspace.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `not_found`.
    pub async fn delete_group(&self, actor: &Actor, id: GroupId) -> Result<(), AppError> {
        actor.must_administer()?;
        let batch = Batch::new(Durability::Full).with(groups::delete(actor.workspace_id, id));
        self.db.write(batch).await.map_err(AppError::gone("group"))?;
        Ok(())
    }

    /// Puts a member into a group; one who is in it already stays.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `not_found` for the group or the member.
    pub async fn join_group(&self, actor: &Actor, id: GroupId, member: MemberId) -> Result<(), AppError> {
        let member = self.administered(actor, member).await?;
        let mut batch = Batch::new(Durability::Full);
        batch.extend(groups::join(member.scope(), id));
        self.db.write(batch).await.map_err(AppError::gone("group"))?;
        Ok(())
    }

    /// Takes a member out of a group.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `not_found` when they are not in it.
    pub async fn leave_group(&self, actor: &Actor, id: GroupId, member: MemberId) -> Result<(), AppError> {
        let member = self.administered(actor, member).await?;
        let batch = Batch::new(Durability::Full).with(groups::leave(member.scope(), id));
        match self.db.write(batch).await?.total() {
            0 => Err(AppError::not_found("member of this group")),
            _ => Ok(()),
        }
    }
}

fn name_taken(error: StoreError) -> AppError {
    match error {
        StoreError::Conflict { .. } => {
            AppError::new(ErrorCode::Conflict, "Another group has this name, or the id was used before.")
        }
        other => AppError::gone("group")(other),
    }
}
