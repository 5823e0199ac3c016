//! What a provider bills for a month against what was entered for it, and the entries that make the books agree.

use std::time::Duration;

use ledger::{Command, DayCost, LedgerError, Match, Month, day_of, reconcile};
use payments::command_id;
use store::ledger::{ProviderCost, Sheet, provider_costs};
use store::{Batch, Durability};
use wire::ErrorCode;

use crate::billing::is_outdated;
use crate::{Actor, App, AppError};

/// A run's cost is entered when it is over, which is within this time after it began.
const LONGEST_RUN: Duration = Duration::from_secs(7 * 3_600);

/// A provider's bill of a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderBill {
    /// The vendor, as its file of prices is named.
    pub vendor: String,
    /// `2026-11`.
    pub month: String,
    /// How far the provider's days are ahead of UTC.
    pub offset_minutes: i32,
    /// What it bills; lines of other months are left out.
    pub lines: Vec<DayCost>,
}

/// What was booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Booked {
    /// Differences that were entered now.
    pub new: usize,
    /// Those that were entered before.
    pub before: usize,
}

impl App {
    /// Holds a provider's bill against the costs that were entered for it, by day and model.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `invalid_request` for the month.
    pub async fn reconcile(&self, actor: &Actor, bill: &ProviderBill) -> Result<Vec<Match>, AppError> {
        actor.must_administer()?;
        let month = Month::parse(&bill.month, bill.offset_minutes)
            .ok_or_else(|| AppError::invalid("month: a month such as 2026-11"))?;
        let (begin, end) = (month.begin(), month.end());
        let costs = provider_costs(&self.db, actor.workspace_id, begin, end.plus(LONGEST_RUN)).await?;
        let is_of_bill = |cost: &&ProviderCost| {
            let is_in = begin <= cost.began_at && cost.began_at < end;
            is_in && cost.price.as_ref().is_some_and(|price| price.vendor() == bill.vendor)
        };
        let day_cost = |cost: &ProviderCost| DayCost {
            day: day_of(cost.began_at, bill.offset_minutes),
            model: cost.model.clone(),
            cost: cost.cost,
        };
        let ours: Vec<DayCost> = costs.iter().filter(is_of_bill).map(day_cost).collect();
        let is_in_month = |line: &&DayCost| line.day.starts_with(&bill.month);
        let theirs: Vec<DayCost> = bill.lines.iter().filter(is_in_month).cloned().collect();
        reconcile(&ours, &theirs).map_err(AppError::internal)
    }

    /// Enters the differences, so that what is owed to the provider is what it bills. A difference is entered once,
    /// however often the same bill comes.
    ///
    /// # Errors
    /// Those of [`App::reconcile`]; `conflict` when a day was booked before with another difference.
    pub async fn book_bill(&self, actor: &Actor, bill: &ProviderBill) -> Result<Booked, AppError> {
        let mut booked = Booked::default();
        for it in self.reconcile(actor, bill).await? {
            let Some(act) = it.adjustment().map_err(AppError::internal)? else { continue };
            let words = ["bill", &bill.vendor, &it.day, &it.model, &it.currency.to_string()];
            let command = Command { id: command_id(&words), at: self.clock.now(), act };
            match self.enter(actor, &command).await.map_err(|error| explain(error, &it))? {
                true => booked.new += 1,
                false => booked.before += 1,
            }
        }
        Ok(booked)
    }

    /// Whether it is new.
    async fn enter(&self, actor: &Actor, command: &Command) -> Result<bool, AppError> {
        loop {
            let mut sheet = Sheet::read(&self.db, actor.workspace_id, std::slice::from_ref(command)).await?;
            let writes = sheet.perform(command).map_err(|error| match error {
                LedgerError::Conflict { .. } => AppError::new(ErrorCode::Conflict, "It was booked before."),
                other => AppError::internal(other),
            })?;
            let mut batch = Batch::new(Durability::Full);
            batch.extend(writes);
            if batch.is_empty() {
                return Ok(false);
            }
            match self.db.write(batch).await {
                Err(error) if is_outdated(&error) => {}
                // Somebody else entered the same at the same time.
                Err(store::StoreError::Conflict { name: store::ledger::COMMAND }) => {}
                other => return other.map(|_| true).map_err(AppError::from),
            }
        }
    }
}

fn explain(error: AppError, it: &Match) -> AppError {
    if error.code != ErrorCode::Conflict {
        return error;
    }
    let detail = format!(
        "{} of {} was booked before with another difference; put that right by hand, with a correction.",
        it.model, it.day
    );
    AppError { detail, kept: "What stands before it in the bill was booked.", ..error }
}
