//! What decides whether a run may begin, all of it read at one instant: on a server each look has its price.

use plans::Use;
use stdx::Timestamp;

use crate::{Db, NamedBudget, Scope, StoreError, budgets, charges};

/// What a member has used, and what stands above another run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// What each run used that began after the instant, the oldest first.
    pub uses: Vec<Use>,
    /// How many runs go on.
    pub running: u32,
    /// The budgets that bound what the member may spend.
    pub budgets: Vec<NamedBudget>,
}

/// Reads it; runs that began after `since` count.
///
/// # Errors
/// Those of reading.
pub async fn of_member(db: &Db, scope: Scope, since: Timestamp) -> Result<Room, StoreError> {
    let queries = vec![charges::uses_query(scope, since), budgets::of_member_query(scope)];
    let mut answers = db.snapshot(queries).await?.into_iter();
    let mut next = || answers.next().unwrap_or_default();
    let (uses, running) = charges::read_uses(next())?;
    Ok(Room { uses, running, budgets: budgets::sorted(next())? })
}
