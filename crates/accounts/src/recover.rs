//! Recovery: a link by which somebody who lost their password, or second factor, gets a new password. Admins make it and
//! hand it over; there is nothing to be asked for by name, so nothing tells which names exist.

use std::time::Duration;

use stdx::{MemberId, Secret, Timestamp};
use store::{
    Batch, Durability, Member, MemberKind, RecoveryLink, StoreError, members, recovery, second_factors,
    sessions,
};
use wire::ErrorCode;

use crate::accept_invitation::link_invalid;
use crate::hash_of::hash_of;
use crate::{Accounts, Actor, AppError, fresh_token};
use doors::check_new_password;

/// How long a link is good for.
const LIFETIME: Duration = Duration::from_secs(3_600);

/// A fresh link. The token is shown now and never again: only its hash is kept.
#[derive(Debug)]
pub struct CreatedRecoveryLink {
    /// For the link.
    pub token: Secret<String>,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

/// What a recovery link says to whoever holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryView {
    /// The name to sign in with.
    pub login: String,
    /// True when it takes the second factor away too.
    pub drops_second_factor: bool,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}

impl Accounts {
    /// Makes a link for a member, good for an hour and for one use, in the place of an earlier one.
    ///
    /// # Errors
    /// `forbidden` for members and guests, and for admins about owners; `not_found`; `invalid_request` for a service
    /// account.
    pub async fn create_recovery_link(
        &self,
        actor: &Actor,
        id: MemberId,
        drops_second_factor: bool,
    ) -> Result<CreatedRecoveryLink, AppError> {
        let member = self.administered(actor, id).await?;
        actor.must_manage(&member)?;
        if member.kind == MemberKind::Service {
            return Err(AppError::invalid("member: a service account has no password"));
        }
        if member.suspended_at.is_some() {
            return Err(AppError::new(ErrorCode::Conflict, "The member is suspended; let them in first."));
        }
        let now = self.clock.now();
        let link = RecoveryLink {
            scope: member.scope(),
            drops_second_factor,
            made_by: actor.member_id,
            created_at: now,
            expires_at: now.plus(LIFETIME),
        };
        let token = fresh_token("hr_", self.rng.as_ref());
        let write = recovery::put(&link, hash_of(token.expose()));
        let written = self.db.write(Batch::new(Durability::Full).with(write)).await;
        written.map_err(AppError::gone("member"))?;
        Ok(CreatedRecoveryLink { token, expires_at: link.expires_at })
    }

    /// What a link says.
    ///
    /// # Errors
    /// `link_invalid`: the same for one that is spent, over or unknown.
    pub async fn look_at_recovery(&self, token: &Secret<String>) -> Result<RecoveryView, AppError> {
        let (link, member) = self.recovery_of(token).await?;
        Ok(RecoveryView {
            login: member.login,
            drops_second_factor: link.drops_second_factor,
            expires_at: link.expires_at,
        })
    }

    /// Sets a new password and ends all sessions of the member. They sign in with it after, with a code where they have
    /// a second factor.
    ///
    /// # Errors
    /// `link_invalid`, `invalid_request` for the password.
    pub async fn recover(&self, token: &Secret<String>, password: Secret<String>) -> Result<(), AppError> {
        let (link, _) = self.recovery_of(token).await?;
        check_new_password(&password).map_err(AppError::invalid)?;
        let hash = self.doors.hash(password, self.rng.as_ref()).await?;
        let spent = recovery::spend(hash_of(token.expose()), self.clock.now());
        let mut batch = Batch::new(Durability::Full)
            .with(spent)
            .with(members::set_password(link.scope, &hash))
            .with(sessions::delete_others(link.scope, None));
        if link.drops_second_factor {
            batch.extend(second_factors::delete(link.scope));
        }
        self.db.write(batch).await.map_err(|error| match error {
            StoreError::Expectation { .. } => link_invalid(),
            other => other.into(),
        })?;
        Ok(())
    }

    async fn recovery_of(&self, token: &Secret<String>) -> Result<(RecoveryLink, Member), AppError> {
        let hash = hash_of(token.expose());
        let found = recovery::by_token(&self.db, hash, self.clock.now()).await?;
        found.ok_or_else(link_invalid)
    }
}
