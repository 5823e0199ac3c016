//! Whose data a query may see.

use stdx::{MemberId, WorkspaceId};

/// A member in a workspace. Every query for personal data takes one and finds nothing of anybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The person in it.
    pub member_id: MemberId,
}
