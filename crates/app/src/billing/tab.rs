//! Calls that keep no thread: held before, settled after, also when whoever asked goes away.

use std::sync::Arc;

use agent::Outcome;
use ports::Attempt;
use store::charges::Charge;
use store::{Batch, Durability, StoreError};
use wire::{ErrorCode, RunState, Timings, Usage};

use super::{Admitted, HoldSeen, MOST_LOOKS, Wanted, is_outdated};
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
}

impl Called {
    /// A model of this machine answered.
    pub(crate) fn answered(usage: Usage) -> Self {
        Self { state: RunState::Succeeded, usage, attempts: Vec::new() }
    }
}

/// A call that may be made.
#[derive(Debug)]
pub(crate) struct Opened {
    /// To be settled when it is over.
    pub(crate) tab: Tab,
    /// The model to use, which may be another than the one asked for.
    pub(crate) model: String,
    /// How much its member counts against others on a busy model.
    pub(crate) weight: u32,
}

impl App {
    /// Admits a call and holds what it may cost.
    ///
    /// # Errors
    /// Those of [`App::admit`], and `overloaded` when others are faster again and again.
    pub(crate) async fn open_tab(
        self: &Arc<Self>,
        actor: &Actor,
        wanted: &Wanted<'_>,
    ) -> Result<Opened, AppError> {
        for _ in 0..MOST_LOOKS {
            let Admitted { model, weight, charge, writes } = self.admit(actor, wanted).await?;
            let mut batch = Batch::new(Durability::Full);
            batch.extend(writes);
            match self.db.write(batch).await {
                Ok(_) => {
                    let tab = Tab { app: Arc::clone(self), charge: Some(charge) };
                    return Ok(Opened { tab, model, weight });
                }
                Err(error) if is_outdated(&error) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(AppError::new(ErrorCode::Overloaded, "Too many requests of this member begin at once."))
    }
}

impl Tab {
    /// Charges what was used. When it cannot be stored now it goes on being tried behind the caller's back.
    pub(crate) async fn settle(&mut self, called: Called) {
        let Some(charge) = self.charge.take() else { return };
        let outcome = outcome(&called);
        if let Err(error) = store_bill(&self.app, &charge, &outcome, &called.attempts).await {
            tracing::warn!(call = %charge.run_id, %error, "a call is not settled yet");
            spawn(Arc::clone(&self.app), charge, outcome, called.attempts);
        }
    }

    /// As [`Tab::settle`], behind the caller's back.
    pub(crate) fn settle_later(&mut self, called: Called) {
        if let Some(charge) = self.charge.take() {
            let outcome = outcome(&called);
            spawn(Arc::clone(&self.app), charge, outcome, called.attempts);
        }
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.settle_later(Called { state: RunState::Failed, usage: Usage::default(), attempts: Vec::new() });
    }
}

/// Only a full disk or queue can be in the way; both pass, or the next start gives back what is held. So it does for what is
/// dropped when nothing runs any more.
fn spawn(app: Arc<App>, charge: Charge, outcome: Outcome, attempts: Vec<Attempt>) {
    const PAUSE: std::time::Duration = std::time::Duration::from_secs(2);
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let tasks = app.tasks.clone();
    let settling = async move {
        while let Err(error) = store_bill(&app, &charge, &outcome, &attempts).await {
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
pub(crate) async fn store_bill(
    app: &App,
    charge: &Charge,
    outcome: &Outcome,
    attempts: &[Attempt],
) -> Result<(), StoreError> {
    let mut seen = HoldSeen::Placed;
    loop {
        let Some(bill) = app.bill_outcome(charge, outcome, attempts, seen).await? else { return Ok(()) };
        let mut batch = Batch::new(Durability::Full);
        batch.extend(bill.writes);
        match app.db.write(batch).await {
            Err(error) if is_outdated(&error) => seen = HoldSeen::Stored,
            // It was settled before.
            Err(StoreError::Expectation { .. }) => return Ok(()),
            other => {
                other?;
                app.noted.spenders.note(charge);
                return Ok(());
            }
        }
    }
}

fn outcome(called: &Called) -> Outcome {
    let Called { state, usage, .. } = *called;
    Outcome { state, finish_reason: None, usage, timings: Timings::default(), error: None }
}
