//! Signs a member in.

use std::time::Duration;

use stdx::Secret;
use store::{Batch, Durability, Scope, Session, Write, members, sessions, workspaces};
use wire::ErrorCode;

use crate::password::verify_password;
use crate::{App, AppError, Me, TokenHash, fresh_token};

/// How long a session lasts without being used.
const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3_600);

/// A member who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who it is.
    pub me: Me,
    /// The session's token, for the client alone.
    pub token: Secret<String>,
    /// How long it lasts.
    pub lifetime: Duration,
}

impl App {
    /// Signs a member in by name and password.
    ///
    /// # Errors
    /// `wrong_credentials` (the same for a wrong name and a wrong password), `rate_limited` after ten failures for a
    /// name within five minutes.
    pub async fn sign_in(&self, login: &str, password: Secret<String>) -> Result<SignedIn, AppError> {
        let wrong = || AppError::new(ErrorCode::WrongCredentials, "The name or the password is wrong.");
        let subject = login.trim().to_lowercase();
        let now = self.clock.monotonic();
        if check_login(login).is_err() || password.expose().len() > crate::LONGEST_PASSWORD {
            return Err(wrong());
        }
        if !self.attempts.begin(&subject, now) {
            return Err(AppError::new(
                ErrorCode::RateLimited,
                "Too many failed sign-ins; wait five minutes.",
            ));
        }
        let workspace = workspaces::first(&self.db).await?.ok_or_else(wrong)?;
        let found = members::by_login(&self.db, workspace.id, login.trim()).await?;
        let (member, hash) = found.unzip();
        let turn = self.hashing.acquire().await.map_err(AppError::internal)?;
        let is_right = verify_password(password, hash).await?;
        drop(turn);
        let member = member.filter(|_| is_right).ok_or_else(wrong)?;
        self.attempts.succeeded(&subject, now);
        let fresh = self.fresh_session(member.scope());
        let batch = Batch::new(Durability::Full)
            .with(sessions::delete_expired(self.clock.now()))
            .with(fresh.write.clone());
        self.db.write(batch).await?;
        Ok(fresh.for_member(Me { member, workspace }))
    }

    pub(crate) fn fresh_session(&self, scope: Scope) -> FreshSession {
        let token = fresh_token("", self.rng.as_ref());
        let now = self.clock.now();
        let session = Session {
            id: self.ids.make(),
            scope,
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(SESSION_LIFETIME),
        };
        let write = sessions::insert(&session, TokenHash::of(token.expose()).into());
        FreshSession { token, write }
    }
}

/// A session that is not stored yet.
pub(crate) struct FreshSession {
    pub(crate) write: Write,
    token: Secret<String>,
}

impl FreshSession {
    pub(crate) fn for_member(self, me: Me) -> SignedIn {
        SignedIn { me, token: self.token, lifetime: SESSION_LIFETIME }
    }
}

/// What is wrong with a name to sign in with, if anything.
pub(crate) fn check_login(login: &str) -> Result<(), AppError> {
    let login = login.trim();
    let length = login.chars().count();
    if !(1..=100).contains(&length) || login.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(AppError::invalid("login: 1 to 100 characters without spaces"));
    }
    Ok(())
}
