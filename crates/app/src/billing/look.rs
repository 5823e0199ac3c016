//! How a member stands, read in one look: what was seen of them the last time says what to read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use money::Amount;
use plans::{Budget, Plan, Read, Spent, Standing, Standings};
use stdx::{KeyId, Timestamp};
use store::charges::{self, Counted, Tail};
use store::room::{self, Look, Room};
use store::{NamedBudget, Scope};

use super::Ticket;
use super::bounds::{Bound, Bounded, bounds_of};
use super::holding::{Holding, MOST_LOOKS, busy};
use crate::{Actor, App, AppError};

/// Of whom is remembered what to read, before all are forgotten.
const MOST_LASTS: usize = 100_000;

/// How a member stands, read at one instant: what an admission is decided by.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(super) holding: Holding<'a>,
    pub(super) standings: Standings,
    pub(super) bounds: Vec<Bounded>,
    /// Since then.
    pub(super) ticket: Ticket,
    running: u32,
    budgets: Vec<Budget>,
}

impl<'a> Seen<'a> {
    /// The plan that counts.
    pub(crate) fn plan(&self) -> &'a Plan {
        self.holding.plan
    }

    /// The most that a request of so many tokens may cost; absent where nothing bounds it.
    pub(crate) fn left(&self, offset_minutes: i32, tokens: u64) -> Option<Amount> {
        plans::left(&self.standing(offset_minutes), tokens)
    }

    pub(super) fn standing(&self, offset_minutes: i32) -> Standing<'_> {
        Standing {
            plan: self.holding.plan,
            uses: &self.standings.uses,
            running: self.running,
            wallet: self.holding.wallet,
            budgets: &self.budgets,
            now: self.ticket.at(),
            offset_minutes,
        }
    }
}

/// The plan and the budgets that everybody had the last time. Nothing hangs on it but how often is read: whose are others by
/// now is read once more.
#[derive(Debug, Default)]
pub(crate) struct Lasts(Mutex<HashMap<(Scope, Option<KeyId>), Last>>);

#[derive(Clone, Debug)]
struct Last {
    plan: String,
    bounds: Arc<[Bound]>,
}

impl Lasts {
    fn get(&self, actor: &Actor) -> Option<Last> {
        self.lock().get(&(actor.scope(), actor.key_id())).cloned()
    }

    fn note(&self, actor: &Actor, plan: &Plan, bounds: &[Bound]) {
        let mut lasts = self.lock();
        let name = (actor.scope(), actor.key_id());
        if lasts.get(&name).is_some_and(|last| last.plan == plan.id && *last.bounds == *bounds) {
            return;
        }
        if lasts.len() >= MOST_LASTS {
            lasts.clear();
        }
        lasts.insert(name, Last { plan: plan.id.clone(), bounds: bounds.into() });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(Scope, Option<KeyId>), Last>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is read of somebody: their runs since then, and what was spent of budgets since so much is known of them.
#[derive(Debug)]
struct Aim {
    since: Timestamp,
    budgets: Vec<(Counted, Spent)>,
}

/// What was read of budgets.
pub(super) type Tails = HashMap<Counted, (Spent, Tail)>;

impl App {
    /// How a member stands. A period that is over is seen to first.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub(crate) async fn look(&self, actor: &Actor) -> Result<Seen<'_>, AppError> {
        let scope = actor.scope();
        for _ in 0..MOST_LOOKS {
            let ticket = self.noted.tallies.ticket(self.clock.now());
            let (now, closed) = (ticket.at(), ticket.closed());
            let aim = self.aim(actor, now)?;
            let wanted: Vec<_> = aim.budgets.iter().map(|(counted, past)| (*counted, past.edge)).collect();
            let Look { standing, room, tails } = room::look(&self.db, scope, aim.since, &wanted).await?;
            let Some(holding) = self.holding_in(scope, actor.role, standing).await? else { continue };
            let tails: Tails =
                aim.budgets.into_iter().zip(tails).map(|((of, past), tail)| (of, (past, tail))).collect();
            let (standings, running, budgets) =
                self.standings(scope, holding.plan, (now, closed), (room, aim.since)).await?;
            let bounds = bounds_of(actor, budgets);
            self.noted.lasts.note(actor, holding.plan, &bounds);
            let bounds = self.spent_since(bounds, now, closed, tails).await?;
            let budgets = bounds.iter().map(|bounded| bounded.budget.clone()).collect();
            return Ok(Seen { holding, standings, running, bounds, budgets, ticket });
        }
        Err(busy())
    }

    fn aim(&self, actor: &Actor, now: Timestamp) -> Result<Aim, AppError> {
        let last = self.noted.lasts.get(actor);
        let plan = last.as_ref().and_then(|last| self.tariff.plans.get(&last.plan));
        let plan = plan.map_or_else(|| self.plan_of_role(actor.role), Ok)?;
        let offset_minutes = self.tariff.offset_minutes;
        let since = self.noted.tallies.unread(actor.scope(), plan.counts_since(now, offset_minutes));
        let known = |bound: &Bound| {
            let past = self.noted.tallies.spent(bound.counted, bound.counts_since(now, offset_minutes))?;
            Some((bound.counted, past))
        };
        let bounds = last.iter().flat_map(|last| last.bounds.iter());
        Ok(Aim { since, budgets: bounds.filter(|bound| !bound.is_of_group()).filter_map(known).collect() })
    }

    /// What a member has used in the windows of a plan, how many of their runs go on, and the budgets above them; nobody who
    /// is inserted from now on began at `closed` or before. The room was read with the runs that began after an instant.
    async fn standings(
        &self,
        scope: Scope,
        plan: &Plan,
        (now, closed): (Timestamp, Timestamp),
        (mut room, mut read_since): (Room, Timestamp),
    ) -> Result<(Standings, u32, Vec<NamedBudget>), AppError> {
        let offset_minutes = self.tariff.offset_minutes;
        let windows = plan.rates.iter().chain(&plan.allowances);
        let begins: Vec<Timestamp> =
            windows.map(|allowance| allowance.window.counts_since(now, offset_minutes)).collect();
        let since = plan.counts_since(now, offset_minutes);
        let remember = |room: &Room, since: Timestamp| {
            let read = Read { uses: &room.uses, open_since: room.open_since };
            self.noted.tallies.standings(scope, (since, closed), &read, &begins)
        };
        let unread = self.noted.tallies.unread(scope, since);
        if read_since > unread {
            (room, read_since) = (room::of_member(&self.db, scope, unread).await?, unread);
        }
        let mut standings = remember(&room, read_since);
        if standings.is_none() && read_since > since {
            room = room::of_member(&self.db, scope, since).await?;
            standings = remember(&room, since);
        }
        let Room { uses, running, budgets, .. } = room;
        Ok((standings.unwrap_or_else(|| Standings::read(uses)), running, budgets))
    }

    /// What a member has used, run by run: when there is room again depends on each of them.
    pub(super) async fn each_use(&self, scope: Scope, seen: &mut Seen<'_>) -> Result<(), AppError> {
        let since = seen.holding.plan.counts_since(seen.ticket.at(), self.tariff.offset_minutes);
        seen.standings = Standings::read(charges::uses(&self.db, scope, since).await?.0);
        Ok(())
    }
}
