//! Ends what nobody ends any more, and looks whether the books are in order.

use ledger::{Basis, History, breaches};
use money::{Amount, Usage};
use stdx::Timestamp;
use store::charges::{self, ChargeState, Settled};
use store::{Batch, Db, Durability, workspaces};

use super::is_outdated;
use super::settle::HoldSeen;
use crate::{App, AppError};

/// Holds that one look ends at most.
const MOST_AT_ONCE: u32 = 200;

/// How the books of all workspaces stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Entries that were looked at.
    pub entries: usize,
    /// Holds that are open.
    pub open_holds: usize,
    /// What is so and must not be; nothing, for sound books.
    pub breaches: Vec<String>,
}

/// Holds every invariant of the ledger against every row of it.
///
/// # Errors
/// When the database cannot be read.
pub async fn check_books(db: &Db, now: Timestamp) -> Result<Books, AppError> {
    let mut books = Books::default();
    for workspace in workspaces::all(db).await? {
        let audit = store::ledger::audit(db, workspace.id).await?;
        let history = History {
            entries: &audit.entries,
            holds: &audit.holds,
            charges: &audit.charges,
            floors: &audit.floors,
            now,
        };
        books.entries += audit.entries.len();
        books.open_holds += audit.holds.iter().filter(|hold| hold.is_open()).count();
        books.breaches.extend(breaches(&history).iter().map(ToString::to_string));
        books.breaches.extend(audit.drift().iter().map(|(line, sum)| {
            let (account, amount) = (line.account, line.money.amount);
            format!("{account} is kept as {amount} {}; its entries add up to {sum}", line.money.currency)
        }));
    }
    Ok(books)
}

impl App {
    /// Gives back what is held for calls that no process drives: what a start finds after the runs were recovered. They
    /// kept no journal, so nothing is charged. Answers how many there were.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn release_holds(&self) -> Result<usize, AppError> {
        let left = charges::open_everywhere(&self.db).await?;
        for ChargeState { charge, .. } in &left {
            self.give_back(charge).await?;
        }
        Ok(left.len())
    }

    /// Gives back what was held for longer than any run may take. Answers how many holds there were.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn expire_holds(&self) -> Result<usize, AppError> {
        let overdue = store::ledger::overdue(&self.db, self.clock.now(), MOST_AT_ONCE).await?;
        let mut ended = 0;
        for (workspace_id, hold) in overdue {
            let found = charges::of_run(&self.db, workspace_id, hold.run).await?;
            if let Some(ChargeState { charge, settled: None }) = found {
                self.give_back(&charge).await?;
                ended += 1;
            }
        }
        Ok(ended)
    }

    /// How many holds are open, and how many seconds ago the oldest of them began.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn open_holds(&self) -> Result<(u64, u64), AppError> {
        let (open, ends_at) = store::ledger::open_holds(&self.db).await?;
        let left = ends_at.map(|ends_at| ends_at.since(self.clock.now()).as_secs());
        let age = left.map_or(0, |left| u64::from(super::HOLD_SECONDS).saturating_sub(left));
        Ok((open, age))
    }

    async fn give_back(&self, charge: &charges::Charge) -> Result<(), AppError> {
        loop {
            let settled = Settled {
                at: self.clock.now(),
                amount: Amount::ZERO,
                basis: Basis::Nothing,
                usage: Usage::default(),
                costs: Vec::new(),
            };
            let mut batch = Batch::new(Durability::Full);
            batch.extend(self.settlement(charge, &settled, HoldSeen::Stored).await?);
            match self.db.write(batch).await {
                Err(error) if is_outdated(&error) => {}
                other => return other.map(|_| ()).map_err(AppError::from),
            }
        }
    }
}
