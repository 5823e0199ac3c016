//! Calls that keep no thread: held before, settled after, also when whoever asked goes away.

use std::sync::Arc;

use agent::Outcome;
use courses::Course;
use ports::Attempt;
use store::charges::{self, Charge};
use store::{Batch, Durability, StoreError, Write, routes};
use wire::{Cost, ErrorCode, RunState, Timings, Usage};

use super::{Admitted, Ended, HoldSeen, MOST_LOOKS, Ticket, Wanted, is_outdated, is_unknown};
use crate::routing::{Asked, Ready, Trail};
use crate::{Actor, App, AppError};

/// What is held for a call. It is settled once: by [`Tab::settle`], or, when it is dropped before, as a call that ended
/// without a word.
#[derive(Debug)]
pub(crate) struct Tab {
    app: Arc<App>,
    charge: Option<Charge>,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Called {
    /// How it ended.
    pub(crate) state: RunState,
    /// What it used, as far as that was told or counted.
    pub(crate) usage: Usage,
    /// What came of asking providers.
    pub(crate) attempts: Vec<Attempt>,
    /// Who was asked; absent: whoever it was held for.
    pub(crate) trail: Option<Trail>,
}

impl Called {
    /// A model of this machine answered.
    pub(crate) fn answered(usage: Usage) -> Self {
        Self { state: RunState::Succeeded, usage, attempts: Vec::new(), trail: None }
    }
}

impl App {
    /// Admits a call to a model and holds what it may cost.
    ///
    /// # Errors
    /// Those of [`App::admit`], and `overloaded` when others are faster again and again.
    pub(crate) async fn open_tab(
        self: &Arc<Self>,
        actor: &Actor,
        wanted: &Wanted<'_>,
    ) -> Result<Tab, AppError> {
        for _ in 0..MOST_LOOKS {
            let Admitted { charge, writes, ticket, .. } = self.admit(actor, wanted).await?;
            if let Some(tab) = self.keep_tab(charge, writes, ticket).await? {
                return Ok(tab);
            }
        }
        Err(begin_at_once())
    }

    /// Admits a question and holds what it may cost, whoever answers it.
    ///
    /// # Errors
    /// Those of [`App::admit_chat`], and `overloaded` when others are faster again and again.
    pub(crate) async fn open_chat(
        self: &Arc<Self>,
        actor: &Actor,
        asked: Asked<'_>,
    ) -> Result<(Tab, Course, Trail), AppError> {
        for _ in 0..MOST_LOOKS {
            let ready = self.admit_chat(actor, asked).await?;
            let trail = ready.trail();
            let Ready { admitted: Admitted { charge, mut writes, ticket, .. }, course, route, .. } = ready;
            writes.extend(route.map(|it| routes::insert(charge.scope, charge.run_id, charge.began_at, &it)));
            writes.extend(asked.turn_of.map(|run| charges::set_turn(charge.scope, charge.run_id, run)));
            if let Some(tab) = self.keep_tab(charge, writes, ticket).await? {
                return Ok((tab, course, trail));
            }
        }
        Err(begin_at_once())
    }

    /// Nothing when somebody else was faster. No call waits for the disk: what is held outlives this program at once, and when
    /// the power fails before the disk has it (half a second at most, or when anything else is confirmed), nothing is left
    /// to be settled either. What is charged in the end is confirmed.
    pub(super) async fn keep_tab(
        self: &Arc<Self>,
        charge: Charge,
        writes: Vec<Write>,
        ticket: Ticket,
    ) -> Result<Option<Tab>, AppError> {
        let mut batch = Batch::new(Durability::Relaxed);
        batch.extend(writes);
        match ticket.until(self.db.write(batch), is_unknown).await {
            Ok(_) => Ok(Some(Tab { app: Arc::clone(self), charge: Some(charge) })),
            Err(error) if is_outdated(&error) => Ok(None),
            Err(other) => Err(other.into()),
        }
    }
}

fn begin_at_once() -> AppError {
    AppError::new(ErrorCode::Overloaded, "Too many requests of this member begin at once.")
}

impl Tab {
    /// Charges what was used. When it cannot be stored now it goes on being tried behind the caller's back.
    /// Answers with what it cost, once that is stored.
    pub(crate) async fn settle(&mut self, called: Called) -> Option<Cost> {
        let charge = self.charge.take()?;
        let over = Over::of(called, &charge);
        match store_bill(&self.app, &charge, over.ended()).await {
            Ok(cost) => cost,
            Err(error) => {
                tracing::warn!(call = %charge.run_id, %error, "a call is not settled yet");
                spawn(Arc::clone(&self.app), charge, over);
                None
            }
        }
    }

    /// For whoever settles it in another way.
    pub(crate) fn into_charge(mut self) -> Option<Charge> {
        self.charge.take()
    }

    /// Of something that was held for.
    pub(crate) fn of(app: &Arc<App>, charge: Charge) -> Self {
        Self { app: Arc::clone(app), charge: Some(charge) }
    }

    /// As [`Tab::settle`], behind the caller's back.
    pub(crate) fn settle_later(&mut self, called: Called) {
        if let Some(charge) = self.charge.take() {
            let over = Over::of(called, &charge);
            spawn(Arc::clone(&self.app), charge, over);
        }
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.settle_later(Called { state: RunState::Failed, ..Called::answered(Usage::default()) });
    }
}

/// Only a full disk or queue can be in the way; both pass, or the next start gives back what is held. So it does for what is
/// dropped when nothing runs any more.
fn spawn(app: Arc<App>, charge: Charge, over: Over) {
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(2);
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let tasks = app.tasks.clone();
    let settling = async move {
        while let Err(error) = store_bill(&app, &charge, over.ended()).await {
            tracing::warn!(call = %charge.run_id, %error, "a call is not settled yet");
            if app.tasks.is_closed() {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    tasks.spawn_on(settling, &runtime);
}

/// Settles a call, or a run that nothing else is left of, by itself.
///
/// # Errors
/// Those of the database; it can be tried again.
pub(crate) async fn store_bill(
    app: &App,
    charge: &Charge,
    ended: Ended<'_>,
) -> Result<Option<Cost>, StoreError> {
    let mut seen = HoldSeen::Placed;
    loop {
        let Some(bill) = app.bill_outcome(charge, ended, seen).await? else { return Ok(None) };
        let mut batch = Batch::new(Durability::Full);
        batch.extend(bill.writes);
        match app.db.write(batch).await {
            Err(error) if is_outdated(&error) => seen = HoldSeen::Stored,
            // It was settled before.
            Err(StoreError::Expectation { .. }) => return Ok(None),
            other => {
                other?;
                app.noted.spenders.note(charge);
                return Ok(Some(bill.cost));
            }
        }
    }
}

/// A call that is over.
#[derive(Debug)]
struct Over {
    outcome: Outcome,
    attempts: Vec<Attempt>,
    trail: Trail,
}

impl Over {
    fn of(called: Called, charge: &Charge) -> Self {
        let Called { state, usage, attempts, trail } = called;
        let outcome = Outcome { state, finish_reason: None, usage, timings: Timings::default(), error: None };
        Self { outcome, attempts, trail: trail.unwrap_or_else(|| Trail::of(&charge.model)) }
    }

    fn ended(&self) -> Ended<'_> {
        Ended { outcome: &self.outcome, attempts: &self.attempts, trail: &self.trail }
    }
}
