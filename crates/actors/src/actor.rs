//! Who asks.

use people::{Face, KeyBudget, KeyScope, Member, Scope};
use stdx::{KeyId, MemberId, RunId, SessionId, TraceParent, WorkspaceId};
use wire::ErrorCode;

pub use people::MemberRole as Role;

use crate::AppError;

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
    /// The agents a guest was invited to; absent: all there are.
    pub agents: Option<Vec<String>>,
    /// What the key may do that the request was signed with; absent: whatever its member may.
    pub key: Option<KeyScope>,
    /// What that key may spend, with its name; absent: whatever its member may.
    pub budget: Option<(String, KeyBudget)>,
    /// The request by which a program asks; absent for people.
    pub via: Option<Via>,
}

/// A request of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// What its client was told it is called.
    pub request_id: RunId,
    /// The address below `/v1`.
    pub face: String,
    /// The span that its client is in, where it says so.
    pub parent: Option<TraceParent>,
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
    /// A member, by what their request was signed with.
    pub fn new(member: &Member, carrier: Carrier) -> Self {
        // A guest of whom nothing is said was invited to nothing.
        let agents =
            (member.role == Role::Guest).then(|| member.agents.as_deref().unwrap_or_default().to_vec());
        Self {
            workspace_id: member.workspace_id,
            member_id: member.id,
            role: member.role,
            carrier,
            agents,
            key: None,
            budget: None,
            via: None,
        }
    }

    /// The key that it came with, if it did.
    pub fn key_id(&self) -> Option<KeyId> {
        match self.carrier {
            Carrier::Key(id) => Some(id),
            Carrier::Session(_) | Carrier::Local => None,
        }
    }

    /// Whose data it may see.
    pub fn scope(&self) -> Scope {
        Scope { workspace_id: self.workspace_id, member_id: self.member_id }
    }

    /// Another member's scope, for those who run the workspace.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub fn scope_of(&self, id: MemberId) -> Result<Scope, AppError> {
        self.must_administer()?;
        Ok(Scope { workspace_id: self.workspace_id, member_id: id })
    }

    /// Fails unless the actor runs the workspace.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub fn must_administer(&self) -> Result<(), AppError> {
        if self.role.administers() {
            return Ok(());
        }
        Err(AppError::new(ErrorCode::Forbidden, "Only owners and admins may do this."))
    }

    /// Fails unless the actor may make somebody a `role`.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn must_give(&self, role: Role) -> Result<(), AppError> {
        self.must_administer()?;
        if self.role.may_give(role) {
            return Ok(());
        }
        Err(AppError::new(ErrorCode::Forbidden, "Only owners make owners."))
    }

    /// Fails unless the actor may change this member.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn must_manage(&self, member: &Member) -> Result<(), AppError> {
        self.must_administer()?;
        if self.role.may_give(member.role) {
            return Ok(());
        }
        Err(AppError::new(ErrorCode::Forbidden, "Only owners change owners."))
    }

    /// True when the actor may talk to an agent: a guest to those of the invitation, a key to those of its patterns.
    /// Which model answers is the agent's own affair.
    pub fn may_use_agent(&self, id: &str) -> bool {
        let invited = self.agents.as_ref().is_none_or(|agents| agents.iter().any(|agent| agent == id));
        invited && self.key.as_ref().is_none_or(|key| key.reaches_agent(id))
    }

    /// True when the actor may call a model by its name: a guest none, a key those of its patterns.
    pub fn may_call_model(&self, id: &str) -> bool {
        self.agents.is_none() && self.key.as_ref().is_none_or(|key| key.reaches_model(id))
    }

    /// Fails unless the actor may call this model by its name. Like one that is not there: a key does not tell what it
    /// cannot reach.
    ///
    /// # Errors
    /// `not_found`.
    pub fn must_call_model(&self, id: &str) -> Result<(), AppError> {
        if self.may_call_model(id) { Ok(()) } else { Err(AppError::not_found("model")) }
    }

    /// Fails when the key is for something else.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn must_use_face(&self, face: Face) -> Result<(), AppError> {
        if self.key.as_ref().is_none_or(|key| key.is_for(face)) {
            return Ok(());
        }
        Err(AppError::new(ErrorCode::Forbidden, "The key is not for this kind of request."))
    }
}
