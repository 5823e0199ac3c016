//! Changes another member: name, role, agents of a guest, suspension.

use stdx::MemberId;
use store::{
    Batch, Durability, Member, MemberKind, StoreError, invitations, members, recovery, sessions, workspaces,
};
use wire::ErrorCode;

use crate::update_me::check_name;
use crate::{Accounts, Actor, AppError, MemberInfo, Role};

/// What to change; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateMember {
    /// The name others see.
    pub name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// The agents a guest may use.
    pub agents: Option<Vec<String>>,
    /// True to shut them out, false to let them in again.
    pub suspended: Option<bool>,
}

impl Accounts {
    /// Changes a member. Whoever is suspended is shut out at their next request: their sessions end, their keys open
    /// nothing until they are let in again, and what they invited is taken back.
    ///
    /// # Errors
    /// `forbidden` for members and guests, and for admins about owners; `not_found`; `last_owner`; `conflict` when the
    /// member was changed at the same moment; `invalid_request` naming the field.
    pub async fn update_member(
        &self,
        actor: &Actor,
        id: MemberId,
        change: UpdateMember,
    ) -> Result<MemberInfo, AppError> {
        let seen = self.administered(actor, id).await?;
        actor.must_manage(&seen)?;
        let role = change.role.unwrap_or(seen.role);
        actor.must_give(role)?;
        if seen.kind == MemberKind::Service && role == Role::Owner {
            return Err(AppError::invalid("role: a service account owns nothing"));
        }
        let agents = self.agents_for(role, change.agents, seen.agents.as_deref())?;
        let mut batch = Batch::new(Durability::Full).with(workspaces::lock(actor.workspace_id));
        if let Some(name) = &change.name {
            check_name(name)?;
            batch.push(members::set_name(seen.scope(), name.trim()));
        }
        let is_shut_out = change.suspended == Some(true);
        if seen.role == Role::Owner && (role != Role::Owner || is_shut_out) {
            batch.push(members::another_owner(&seen));
        }
        if let Some(suspended) = change.suspended {
            let since = suspended.then(|| seen.suspended_at.unwrap_or_else(|| self.clock.now()));
            batch.push(members::set_suspended(&seen, since));
        }
        if is_shut_out || role.is_below(seen.role) {
            batch.push(invitations::revoke_of(seen.scope(), self.clock.now()));
            batch.push(recovery::delete_made_by(seen.scope()));
        }
        if is_shut_out {
            batch.push(sessions::delete_others(seen.scope(), None));
            batch.push(recovery::delete_of(seen.scope()));
        }
        if (role, &agents) != (seen.role, &seen.agents) {
            batch.push(members::set_role(&seen, role, agents.as_ref()));
        }
        self.db.write(batch).await.map_err(changed_meanwhile)?;
        self.member(actor, id).await
    }

    /// The agents of somebody with this role: those wished for, or those there were; nobody but a guest has a list.
    pub(crate) fn agents_for(
        &self,
        role: Role,
        wished: Option<Vec<String>>,
        before: Option<&[String]>,
    ) -> Result<Option<Vec<String>>, AppError> {
        if role != Role::Guest {
            return match wished {
                Some(_) => Err(AppError::invalid("agents: only for guests")),
                None => Ok(None),
            };
        }
        let agents = wished.unwrap_or_else(|| before.unwrap_or_default().to_vec());
        self.check_agents(&agents)?;
        Ok(Some(agents))
    }

    /// What is wrong with a list of agents for a guest, if anything.
    fn check_agents(&self, agents: &[String]) -> Result<(), AppError> {
        match agents.iter().find(|id| !self.agents.contains(id)) {
            Some(unknown) => Err(AppError::invalid(format!("agents: there is no agent `{unknown}`"))),
            None if agents.len() > self.agents.len() => Err(AppError::invalid("agents: each once")),
            None => Ok(()),
        }
    }

    /// Takes a member out of the workspace, with their conversations and keys. Answers that are being written for them
    /// find nothing to be kept in and end.
    ///
    /// # Errors
    /// As for [`Accounts::update_member`].
    pub async fn remove_member(&self, actor: &Actor, id: MemberId) -> Result<(), AppError> {
        let seen = self.administered(actor, id).await?;
        actor.must_manage(&seen)?;
        let mut batch = Batch::new(Durability::Full).with(workspaces::lock(actor.workspace_id));
        if seen.role == Role::Owner {
            batch.push(members::another_owner(&seen));
        }
        batch.push(recovery::delete_made_by(seen.scope()));
        batch.push(members::delete(&seen));
        self.db.write(batch).await.map_err(changed_meanwhile)?;
        // What models have computed of their conversations goes too.
        self.chat.forget(&id.to_string());
        Ok(())
    }

    /// A member by the name they sign in with, for commands of the terminal.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn member_by_login(&self, actor: &Actor, login: &str) -> Result<Member, AppError> {
        actor.must_administer()?;
        let found = members::by_login(&self.db, actor.workspace_id, login).await?;
        found.map(|(member, _)| member).ok_or_else(|| AppError::not_found("member"))
    }
}

fn changed_meanwhile(error: StoreError) -> AppError {
    match error {
        StoreError::Expectation { name: members::ANOTHER_OWNER } => {
            AppError::new(ErrorCode::LastOwner, "This is the last owner who can sign in.")
        }
        StoreError::Expectation { .. } => AppError::new(
            ErrorCode::Conflict,
            "The member was changed or removed at the same moment; look again.",
        ),
        other => other.into(),
    }
}
