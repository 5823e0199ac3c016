//! What decides whether a run may begin, all of it read at one instant: on a server each look has its price.

use db::{Db, Query, Row, StoreError};
use plans::Use;
use stdx::Timestamp;

use crate::charges::{Counted, Tail};
use crate::subscriptions::Standing;
use crate::{NamedBudget, Scope, budgets, charges, subscriptions};

/// What a member has used, and what stands above another run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// What each run used that began after the instant, the oldest first.
    pub uses: Vec<Use>,
    /// How many runs go on.
    pub running: u32,
    /// When the first of these began that go on.
    pub open_since: Option<Timestamp>,
    /// The budgets that bound what the member may spend.
    pub budgets: Vec<NamedBudget>,
}

/// The same, and what else decides.
#[derive(Clone, Debug)]
pub struct Look {
    /// What the member holds.
    pub standing: Standing,
    /// What they have used.
    pub room: Room,
    /// What was spent of each that was wanted.
    pub tails: Vec<Tail>,
}

/// Reads it; runs that began after `since` count.
///
/// # Errors
/// Those of reading.
pub async fn of_member(db: &Db, scope: Scope, since: Timestamp) -> Result<Room, StoreError> {
    room(&mut db.snapshot(queries(scope, since)).await?.into_iter())
}

/// Reads all of it in one look: runs of the member that began after `since` count, and of each that is wanted those that
/// began after its instant.
///
/// # Errors
/// Those of reading.
pub async fn look(
    db: &Db,
    scope: Scope,
    since: Timestamp,
    wanted: &[(Counted, Timestamp)],
) -> Result<Look, StoreError> {
    let mut queries = queries(scope, since);
    queries.push(subscriptions::standing_query(scope));
    queries.extend(wanted.iter().map(|(counted, since)| charges::tail_query(*counted, *since)));
    let mut answers = db.glance(queries).await?.into_iter();
    let room = room(&mut answers)?;
    let standing = subscriptions::read_standing(scope, answers.next().unwrap_or_default())?;
    let tails = answers.map(charges::read_tail).collect::<Result<_, _>>()?;
    Ok(Look { standing, room, tails })
}

fn queries(scope: Scope, since: Timestamp) -> Vec<Query> {
    vec![charges::uses_query(scope, since), budgets::of_member_query(scope)]
}

fn room(answers: &mut impl Iterator<Item = Vec<Row>>) -> Result<Room, StoreError> {
    let mut next = || answers.next().unwrap_or_default();
    let (uses, running, open_since) = charges::read_uses(next())?;
    Ok(Room { uses, running, open_since, budgets: budgets::sorted(next())? })
}
