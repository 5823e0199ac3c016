//! The ways in: who is behind a token.

use std::time::Duration;

use stdx::Secret;
use store::{Batch, Durability, Session};
use wire::ErrorCode;

use crate::hash_of::hash_of;
use crate::{Accounts, Actor, AppError, Carrier, Role};

/// What the token in the data folder begins with.
const LOCAL_PREFIX: &str = "hl_";
/// How exactly it is known when a browser was last seen.
const SEEN_STEP: Duration = Duration::from_secs(300);

impl Accounts {
    /// The member behind a session's token.
    ///
    /// # Errors
    /// `unauthenticated` when the session is unknown or over, or the member suspended.
    pub async fn actor_of_session(&self, token: &Secret<String>) -> Result<Actor, AppError> {
        let hash = hash_of(token.expose());
        let found = store::sessions::by_token(&self.db, hash, self.clock.now()).await?;
        let (session, member) =
            found.ok_or_else(|| unauthenticated("The session is over or was never there."))?;
        self.note_seen(&session);
        Ok(Actor::new(&member, Carrier::Session(session.id)))
    }

    /// Who sent a token to a face, by whatever header: the one way in for programs. `page` is the origin of the page it
    /// came from, where a browser says so.
    ///
    /// # Errors
    /// `unauthenticated` when the token is unknown, revoked or expired, or the member suspended; `untrusted_origin` for a
    /// page the key is not for; `rate_limited`.
    pub async fn actor_of_program(
        &self,
        token: &Secret<String>,
        page: Option<&str>,
    ) -> Result<Actor, AppError> {
        if !token.expose().starts_with(LOCAL_PREFIX) {
            return self.actor_of_key(token, page).await;
        }
        // The page is told nothing about whether the token is right.
        if page.is_some() {
            return Err(foreign_page());
        }
        self.actor_of_local_token(token).await
    }

    async fn actor_of_key(&self, token: &Secret<String>, page: Option<&str>) -> Result<Actor, AppError> {
        let hash = hash_of(token.expose());
        let found = store::keys::by_token(&self.db, hash, self.clock.now()).await?;
        let (key, member) =
            found.ok_or_else(|| unauthenticated("The key is unknown, revoked or expired."))?;
        if !key.scope.comes_from(page) {
            return Err(foreign_page());
        }
        let most = key.scope.rate_per_minute;
        if most.is_some_and(|most| !self.doors.rates.take(key.id, most, self.clock.monotonic())) {
            return Err(AppError::new(
                ErrorCode::RateLimited,
                "The key has had its requests of this minute.",
            ));
        }
        let budget = key.budget.map(|budget| (key.name, budget));
        Ok(Actor { key: Some(key.scope), budget, ..Actor::new(&member, Carrier::Key(key.id)) })
    }

    /// Notes now and then that a browser was seen, beside the request: nobody waits for it, and nothing depends on it.
    fn note_seen(&self, session: &Session) {
        let now = self.clock.now();
        if now.since(session.last_seen_at) < SEEN_STEP {
            return;
        }
        let write = store::sessions::touch(session.scope, session.id, now, session.expires_at);
        let db = self.db.clone();
        self.tasks.spawn(async move {
            if let Err(error) = db.write(Batch::new(Durability::Relaxed).with(write)).await {
                tracing::debug!(%error, "it was not noted when a browser was last seen");
            }
        });
    }

    /// The owner, for a program of the user who runs the server.
    ///
    /// # Errors
    /// `unauthenticated` when the token is wrong or there is no owner yet.
    pub async fn actor_of_local_token(&self, token: &Secret<String>) -> Result<Actor, AppError> {
        let is_ours = self.local_token.is_some_and(|hash| hash.matches(token.expose()));
        if !is_ours {
            return Err(unauthenticated("The token is not this server's. (API keys open /v1, not /api.)"));
        }
        self.owner().await
    }

    /// The owner of the first workspace, for commands that work on the data folder itself.
    ///
    /// # Errors
    /// `unauthenticated` when there is no owner yet.
    pub async fn owner(&self) -> Result<Actor, AppError> {
        let none = || unauthenticated("There is no owner yet: open the link that `hutong up` prints.");
        let workspace = store::workspaces::first(&self.db).await?.ok_or_else(none)?;
        let members = store::members::list(&self.db, workspace.id).await?;
        let owner = members
            .iter()
            .find(|member| member.role == Role::Owner && member.suspended_at.is_none())
            .ok_or_else(none)?;
        Ok(Actor::new(owner, Carrier::Local))
    }
}

fn foreign_page() -> AppError {
    AppError::new(ErrorCode::UntrustedOrigin, "The key is not for where this request comes from.")
}

fn unauthenticated(detail: &str) -> AppError {
    AppError::new(ErrorCode::Unauthenticated, detail)
}
