//! The people and service accounts of a workspace.

use serde::{Deserialize, Serialize};
use stdx::{MemberId, Timestamp, WorkspaceId};

use crate::{MemberRole, Scope};

/// What a member is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// Somebody who signs in.
    Person,
    /// A program that has keys and never signs in.
    Service,
}

/// A person or a service account in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Their id.
    pub id: MemberId,
    /// Where they are a member.
    pub workspace_id: WorkspaceId,
    /// What they sign in with, as they wrote it.
    pub login: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: MemberRole,
    /// The language they read, such as `zh-CN`.
    pub locale: String,
    /// When they joined.
    pub created_at: Timestamp,
    /// A person or a program.
    pub kind: MemberKind,
    /// Since when their sessions and keys open nothing.
    pub suspended_at: Option<Timestamp>,
    /// The agents a guest was invited to; absent: all there are.
    pub agents: Option<Vec<String>>,
}

impl Member {
    /// What this member may see.
    pub fn scope(&self) -> Scope {
        Scope { workspace_id: self.workspace_id, member_id: self.id }
    }
}
