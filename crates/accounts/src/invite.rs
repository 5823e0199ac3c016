//! Invitations: makes, lists and takes back the links that let somebody in.

use std::time::Duration;

use stdx::{GroupId, InvitationId, Secret};
use store::{Batch, Durability, SignUp, groups, invitations, workspaces};
use wire::ErrorCode;

pub use store::Invitation;

use crate::hash_of::hash_of;
use crate::{Accounts, Actor, AppError, Role, fresh_token};

/// The most people one link lets in.
const MOST_USES: u32 = 100;
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);

/// An invitation to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Made by the client.
    pub id: InvitationId,
    /// What those may do who come by it.
    pub role: Role,
    /// The agents a guest may use.
    pub agents: Option<Vec<String>>,
    /// The groups they come into.
    pub group_ids: Vec<GroupId>,
    /// How many it lets in: 1 to 100.
    pub most_uses: u32,
    /// How long it is good for: at most 30 days.
    pub lifetime: Duration,
}

/// A fresh invitation. The token is shown now and never again: only its hash is kept.
#[derive(Debug)]
pub struct CreatedInvitation {
    /// What is kept.
    pub invitation: Invitation,
    /// For the link.
    pub token: Secret<String>,
}

impl Accounts {
    /// Makes an invitation.
    ///
    /// # Errors
    /// `forbidden` for members and guests, for admins who would make owners, and where sign-up is closed;
    /// `invalid_request` naming the field; `conflict` for a used id.
    pub async fn invite(&self, actor: &Actor, wish: Invite) -> Result<CreatedInvitation, AppError> {
        actor.must_give(wish.role)?;
        if !(1..=MOST_USES).contains(&wish.most_uses) {
            return Err(AppError::invalid(format!("most_uses: from 1 to {MOST_USES}")));
        }
        if wish.lifetime.is_zero() || wish.lifetime > LONGEST {
            return Err(AppError::invalid("expires_in_hours: from 1 to 720"));
        }
        if self.sign_up_of(actor).await? == SignUp::Closed {
            return Err(AppError::new(
                ErrorCode::Forbidden,
                "Sign-up is closed: a link would let nobody in.",
            ));
        }
        let agents = self.agents_for(wish.role, wish.agents, None)?;
        let there = groups::list(&self.db, actor.workspace_id).await?;
        if wish.group_ids.iter().any(|id| there.iter().all(|group| group.id != *id)) {
            return Err(AppError::not_found("group"));
        }
        let now = self.clock.now();
        let invitation = Invitation {
            id: wish.id,
            workspace_id: actor.workspace_id,
            role: wish.role,
            agents,
            group_ids: wish.group_ids,
            most_uses: wish.most_uses,
            uses: 0,
            made_by: actor.member_id,
            created_at: now,
            expires_at: now.plus(wish.lifetime),
            revoked_at: None,
        };
        let token = fresh_token("hi_", self.rng.as_ref());
        let write = invitations::insert(&invitation, hash_of(token.expose()));
        self.db.write(Batch::new(Durability::Full).with(write)).await.map_err(AppError::used)?;
        Ok(CreatedInvitation { invitation, token })
    }

    /// All invitations, without their tokens; those that let nobody in any more are among them.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn invitations(&self, actor: &Actor) -> Result<Vec<Invitation>, AppError> {
        actor.must_administer()?;
        Ok(invitations::list(&self.db, actor.workspace_id).await?)
    }

    /// Takes an invitation back. Whoever came by it stays.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn revoke_invitation(&self, actor: &Actor, id: InvitationId) -> Result<(), AppError> {
        actor.must_administer()?;
        let write = invitations::revoke(actor.workspace_id, id, self.clock.now());
        let written = self.db.write(Batch::new(Durability::Full).with(write)).await;
        written.map_err(AppError::gone("invitation"))?;
        Ok(())
    }

    async fn sign_up_of(&self, actor: &Actor) -> Result<SignUp, AppError> {
        let workspace = workspaces::get(&self.db, actor.workspace_id).await?;
        Ok(workspace.ok_or_else(|| AppError::not_found("workspace"))?.sign_up)
    }
}
