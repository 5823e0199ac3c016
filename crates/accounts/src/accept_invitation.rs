//! Comes in by an invitation.

use stdx::{Secret, Timestamp};
use store::{Batch, Durability, Member, MemberKind, StoreError, Workspace, groups, invitations, members};
use wire::ErrorCode;

use crate::hash_of::hash_of;
use crate::sign_in::{SignedIn, check_login};
use crate::update_me::{check_locale, check_name};
use crate::{Accounts, AppError, Invitation, Me, Role};
use doors::check_new_password;

/// What an invitation says to whoever holds its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationView {
    /// Where it lets in.
    pub workspace: String,
    /// Who invites.
    pub invited_by: String,
    /// What they may do who come by it.
    pub role: Role,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// Somebody who comes in.
#[derive(Debug)]
pub struct AcceptInvitation {
    /// The token of the link.
    pub token: Secret<String>,
    /// The name to sign in with.
    pub login: String,
    /// The password.
    pub password: Secret<String>,
    /// The name others see.
    pub name: String,
    /// `zh-CN` or `en`.
    pub locale: String,
    /// What the browser calls itself.
    pub client: Option<String>,
}

impl Accounts {
    /// What an invitation says.
    ///
    /// # Errors
    /// `link_invalid`: the same for one that is spent, over, taken back or unknown.
    pub async fn look_at_invitation(&self, token: &Secret<String>) -> Result<InvitationView, AppError> {
        let (invitation, workspace, maker) = self.invitation_of(token).await?;
        Ok(InvitationView {
            workspace: workspace.name,
            invited_by: maker.name,
            role: invitation.role,
            expires_at: invitation.expires_at,
        })
    }

    /// Makes a member and signs them in. Of several at the same moment as many come in as the invitation has uses left.
    ///
    /// # Errors
    /// `link_invalid`, `login_taken` (the invitation is not spent), `invalid_request` naming the field.
    pub async fn accept_invitation(&self, wish: AcceptInvitation) -> Result<SignedIn, AppError> {
        let (invitation, workspace, _) = self.invitation_of(&wish.token).await?;
        check_login(&wish.login)?;
        check_name(&wish.name)?;
        check_locale(&wish.locale)?;
        check_new_password(&wish.password).map_err(AppError::invalid)?;
        let password_hash = self.doors.hash(wish.password, self.rng.as_ref()).await?;
        let now = self.clock.now();
        let member = Member {
            id: self.ids.make(),
            workspace_id: workspace.id,
            login: wish.login.trim().to_owned(),
            name: wish.name.trim().to_owned(),
            role: invitation.role,
            locale: wish.locale,
            created_at: now,
            kind: MemberKind::Person,
            suspended_at: None,
            agents: invitation.agents,
        };
        let fresh = self.fresh_session(member.scope(), wish.client);
        let mut batch = Batch::new(Durability::Full)
            .with(invitations::take_one(invitation.id, now))
            .with(members::insert(&member, &password_hash));
        batch.extend(invitation.group_ids.iter().map(|group| groups::join_if_there(member.scope(), *group)));
        batch.push(fresh.write.clone());
        self.db.write(batch).await.map_err(|error| match error {
            StoreError::Expectation { name: invitations::USE } => link_invalid(),
            other => login_taken(other),
        })?;
        Ok(fresh.for_member(Me { member, workspace }))
    }

    async fn invitation_of(
        &self,
        token: &Secret<String>,
    ) -> Result<(Invitation, Workspace, Member), AppError> {
        let hash = hash_of(token.expose());
        let found = invitations::by_token(&self.db, hash, self.clock.now()).await?;
        found.ok_or_else(link_invalid)
    }
}

/// One answer for every link that opens nothing.
pub(crate) fn link_invalid() -> AppError {
    AppError::new(ErrorCode::LinkInvalid, "This link opens nothing, or nothing any more.")
}

/// For a batch that keeps a member.
pub(crate) fn login_taken(error: StoreError) -> AppError {
    match error {
        StoreError::Conflict { name: members::INSERT | store::join_requests::FOUND } => {
            AppError::new(ErrorCode::LoginTaken, "Somebody else signs in with this name.")
        }
        other => other.into(),
    }
}
