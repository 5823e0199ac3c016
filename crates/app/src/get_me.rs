//! Who is signed in.

use store::{members, workspaces};

pub use store::{Member, MemberKind, Workspace};

use crate::{Actor, App, AppError};

/// A member and the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The person or service account.
    pub member: Member,
    /// The tenant.
    pub workspace: Workspace,
}

impl App {
    /// Who is signed in.
    ///
    /// # Errors
    /// `not_found` when the member was removed in the meantime.
    pub async fn me(&self, actor: &Actor) -> Result<Me, AppError> {
        let member = members::get(&self.db, actor.scope()).await?;
        let workspace = workspaces::get(&self.db, actor.workspace_id).await?;
        match (member, workspace) {
            (Some(member), Some(workspace)) => Ok(Me { member, workspace }),
            _ => Err(AppError::not_found("member")),
        }
    }
}
