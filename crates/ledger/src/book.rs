//! A ledger in memory.

use std::collections::BTreeMap;

use money::{Amount, Currency};
use stdx::{CommandId, HoldId, RunId, Timestamp};

use crate::{Account, Act, Command, Decision, Entry, Floors, Hold, Known, LedgerError, decide};

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// It was carried out.
    Changed,
    /// It had been carried out before.
    Replayed,
}

/// A ledger in memory: every decision is performed at once. Tests, simulations and dry runs use it.
#[derive(Clone, Debug, Default)]
pub struct Book {
    floors: Floors,
    balances: BTreeMap<(Account, Currency), Amount>,
    holds: BTreeMap<HoldId, Hold>,
    runs: BTreeMap<RunId, HoldId>,
    acts: BTreeMap<CommandId, Act>,
    entries: Vec<Entry>,
}

impl Book {
    /// An empty ledger with these floors.
    pub fn new(floors: Floors) -> Self {
        Self { floors, ..Self::default() }
    }

    /// Carries a command out, whole or not at all.
    ///
    /// # Errors
    /// As [`decide`].
    pub fn apply(&mut self, command: &Command) -> Result<Applied, LedgerError> {
        let Decision::Change { sets, hold } = decide(self, command)? else { return Ok(Applied::Replayed) };
        let mut balances = BTreeMap::new();
        for line in sets.iter().flat_map(|set| set.lines()) {
            let key = (line.account, line.money.currency);
            let before = balances.get(&key).copied().unwrap_or_else(|| self.balance(key.0, key.1));
            balances.insert(key, Amount::sum([before, line.money.amount])?);
        }
        self.balances.extend(balances);
        self.entries.extend(sets.iter().flat_map(|set| set.entries(command.id, command.at)));
        if let Some(hold) = hold {
            self.runs.insert(hold.run, hold.id);
            self.holds.insert(hold.id, hold);
        }
        self.acts.insert(command.id, command.act.clone());
        Ok(Applied::Changed)
    }

    /// All entries, in the order in which they were made.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// All holds.
    pub fn holds(&self) -> impl Iterator<Item = &Hold> {
        self.holds.values()
    }

    /// The open holds whose time is over, which are to be expired.
    pub fn overdue(&self, now: Timestamp) -> impl Iterator<Item = &Hold> {
        self.holds.values().filter(move |hold| hold.is_open() && hold.expires_at <= now)
    }

    /// The floors.
    pub fn floors(&self) -> &Floors {
        &self.floors
    }

    /// All balances that were ever moved.
    pub fn balances(&self) -> &BTreeMap<(Account, Currency), Amount> {
        &self.balances
    }
}

impl Known for Book {
    fn balance(&self, account: Account, currency: Currency) -> Amount {
        self.balances.get(&(account, currency)).copied().unwrap_or_default()
    }

    fn floor(&self, account: Account) -> Option<Amount> {
        self.floors.of(account)
    }

    fn hold(&self, id: HoldId) -> Option<Hold> {
        self.holds.get(&id).cloned()
    }

    fn hold_of(&self, run: RunId) -> Option<HoldId> {
        self.runs.get(&run).copied()
    }

    fn act(&self, id: CommandId) -> Option<Act> {
        self.acts.get(&id).cloned()
    }
}
