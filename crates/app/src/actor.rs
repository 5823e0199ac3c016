//! Who asks. Made here and nowhere else.

use stdx::{KeyId, MemberId, Secret, SessionId, WorkspaceId};
use store::{Member, Scope};
use wire::ErrorCode;

pub use store::MemberRole as Role;

use crate::{App, AppError, TokenHash};

/// Who asks, in which workspace, with which rights, by which carrier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The person or service account.
    pub member_id: MemberId,
    /// The rights.
    pub role: Role,
    /// What the request was signed with.
    pub carrier: Carrier,
}

/// What a request was signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A browser's session.
    Session(SessionId),
    /// An API key.
    Key(KeyId),
    /// The token in the data folder: a program of the user who runs the server.
    Local,
}

impl Actor {
    fn new(member: &Member, carrier: Carrier) -> Self {
        Self { workspace_id: member.workspace_id, member_id: member.id, role: member.role, carrier }
    }

    /// Whose data it may see.
    pub(crate) fn scope(&self) -> Scope {
        Scope { workspace_id: self.workspace_id, member_id: self.member_id }
    }

    /// Fails unless the actor runs the workspace.
    pub(crate) fn must_administer(&self) -> Result<(), AppError> {
        match self.role {
            Role::Owner | Role::Admin => Ok(()),
            Role::Member | Role::Guest => {
                Err(AppError::new(ErrorCode::Forbidden, "Only owners and admins may do this."))
            }
        }
    }
}

impl App {
    /// The member behind a session's token.
    ///
    /// # Errors
    /// `unauthenticated` when the session is unknown or over.
    pub async fn actor_of_session(&self, token: &Secret<String>) -> Result<Actor, AppError> {
        let hash = TokenHash::of(token.expose()).into();
        let found = store::sessions::by_token(&self.db, hash, self.clock.now()).await?;
        let (session, member) =
            found.ok_or_else(|| unauthenticated("The session is over or was never there."))?;
        Ok(Actor::new(&member, Carrier::Session(session.id)))
    }

    /// The member behind an API key.
    ///
    /// # Errors
    /// `unauthenticated` when the key is unknown or revoked.
    pub async fn actor_of_key(&self, token: &Secret<String>) -> Result<Actor, AppError> {
        let hash = TokenHash::of(token.expose()).into();
        let found = store::keys::by_token(&self.db, hash).await?;
        let (key, member) = found.ok_or_else(|| unauthenticated("The key is unknown or revoked."))?;
        Ok(Actor::new(&member, Carrier::Key(key.id)))
    }

    /// The owner, for a program of the user who runs the server.
    ///
    /// # Errors
    /// `unauthenticated` when the token is wrong or there is no owner yet.
    pub async fn actor_of_local_token(&self, token: &Secret<String>) -> Result<Actor, AppError> {
        let is_ours = self.options.local_token.is_some_and(|hash| hash.matches(token.expose()));
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
        let owner = members.iter().find(|member| member.role == Role::Owner).ok_or_else(none)?;
        Ok(Actor::new(owner, Carrier::Local))
    }
}

fn unauthenticated(detail: &str) -> AppError {
    AppError::new(ErrorCode::Unauthenticated, detail)
}
