//! What must always be true of a ledger, checked on plain rows.

use std::collections::{BTreeMap, BTreeSet};

use money::{Amount, Currency, Money};
use stdx::{CommandId, HoldId, RunId, Timestamp};
use thiserror::Error;

use crate::entry::imbalance;
use crate::{Account, Entry, Floors, Hold, HoldState};

/// Rows of a ledger, wherever they were read from.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// All entries.
    pub entries: &'a [Entry],
    /// All holds.
    pub holds: &'a [Hold],
    /// What the records of usage say that members pay.
    pub charges: &'a [(RunId, Money)],
    /// The floors.
    pub floors: &'a Floors,
    /// The instant of the check.
    pub now: Timestamp,
}

/// Something that must not be so.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Breach {
    /// Entries made together do not add up to nothing.
    #[error("the entries of command {command} are off by {off}")]
    Unbalanced {
        /// What made them.
        command: CommandId,
        /// Credits less debits.
        off: Money,
    },
    /// A sum is beyond what can be.
    #[error("the entries of {what} do not fit a sum")]
    Overflow {
        /// Of what.
        what: String,
    },
    /// A balance is below its floor.
    #[error("{account} has {balance}, which is below its floor of {floor}")]
    BelowFloor {
        /// Whose.
        account: Account,
        /// What is there.
        balance: Money,
        /// What should be left.
        floor: Amount,
    },
    /// A run was ended more than once.
    #[error("run {run} was settled {times} times")]
    SettledTwice {
        /// The run.
        run: RunId,
        /// How often.
        times: usize,
    },
    /// A run has more than one hold.
    #[error("run {run} has {holds} holds")]
    HeldTwice {
        /// The run.
        run: RunId,
        /// How many.
        holds: usize,
    },
    /// A hold stayed open after its time.
    #[error("hold {hold} should have ended at {expires_at}; expire it")]
    PastExpiry {
        /// The hold.
        hold: HoldId,
        /// When its time was over.
        expires_at: Timestamp,
    },
    /// What a hold says and what its account has differ.
    #[error("hold {hold} should have {expected} set aside and has {found}")]
    HeldDiffers {
        /// The hold.
        hold: HoldId,
        /// By its legs; nothing once it has ended.
        expected: Amount,
        /// By its entries.
        found: Amount,
    },
    /// What a run used and what was entered for it differ.
    #[error("run {run} used {expected} and was charged {found}")]
    ChargeDiffers {
        /// The run.
        run: RunId,
        /// By the records of usage.
        expected: Amount,
        /// By the entries.
        found: Amount,
    },
}

/// Everything that is so and must not be; nothing, for a sound ledger.
pub fn breaches(history: &History<'_>) -> Vec<Breach> {
    let mut found = balanced(history);
    found.extend(above_floors(history));
    found.extend(ended_once(history));
    found.extend(holds_in_order(history));
    found.extend(charged_as_used(history));
    found
}

fn balanced(history: &History<'_>) -> Vec<Breach> {
    let mut commands: BTreeMap<CommandId, Vec<Money>> = BTreeMap::new();
    for entry in history.entries {
        commands.entry(entry.command).or_default().push(entry.money);
    }
    let off = commands.into_iter().filter_map(|(command, moneys)| match imbalance(moneys) {
        Ok(off) => off.map(|off| Breach::Unbalanced { command, off }),
        Err(_) => Some(Breach::Overflow { what: format!("command {command}") }),
    });
    off.collect()
}

fn above_floors(history: &History<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    for ((account, currency), sum) in sums(history.entries.iter().map(|entry| (entry.account, entry.money))) {
        let Some(floor) = history.floors.of(account) else { continue };
        match sum {
            Some(balance) if balance >= floor => {}
            Some(balance) => found.push(Breach::BelowFloor { account, balance: balance.of(currency), floor }),
            None => found.push(Breach::Overflow { what: account.to_string() }),
        }
    }
    found
}

fn ended_once(history: &History<'_>) -> Vec<Breach> {
    let mut endings: BTreeMap<RunId, BTreeSet<CommandId>> = BTreeMap::new();
    for entry in history.entries.iter().filter(|entry| entry.reason.is_terminal()) {
        if let Some(run) = entry.run {
            endings.entry(run).or_default().insert(entry.command);
        }
    }
    let twice = endings.into_iter().filter(|(_, commands)| commands.len() > 1);
    twice.map(|(run, commands)| Breach::SettledTwice { run, times: commands.len() }).collect()
}

fn holds_in_order(history: &History<'_>) -> Vec<Breach> {
    let mut found = Vec::new();
    let balances = sums(history.entries.iter().map(|entry| (entry.account, entry.money)));
    let mut runs: BTreeMap<RunId, usize> = BTreeMap::new();
    for hold in history.holds {
        *runs.entry(hold.run).or_default() += 1;
        if hold.is_open() && hold.expires_at <= history.now {
            found.push(Breach::PastExpiry { hold: hold.id, expires_at: hold.expires_at });
        }
        let expected = if hold.is_open() { hold.held().ok() } else { Some(Amount::ZERO) };
        let balance = balances.get(&(Account::Held(hold.id), hold.currency)).copied();
        match (expected, balance.unwrap_or(Some(Amount::ZERO))) {
            (Some(expected), Some(balance)) if expected == balance => {}
            (Some(expected), Some(balance)) => {
                found.push(Breach::HeldDiffers { hold: hold.id, expected, found: balance });
            }
            _ => found.push(Breach::Overflow { what: format!("hold {}", hold.id) }),
        }
    }
    let twice = runs.into_iter().filter(|(_, holds)| *holds > 1);
    found.extend(twice.map(|(run, holds)| Breach::HeldTwice { run, holds }));
    found
}

/// What went to revenue and tax for a run is what its records of usage say, and what its hold says.
fn charged_as_used(history: &History<'_>) -> Vec<Breach> {
    let earning = history.entries.iter().filter(|entry| {
        entry.reason.is_terminal() && matches!(entry.account, Account::Revenue | Account::Tax)
    });
    let entered = sums(earning.filter_map(|entry| Some((entry.run?, entry.money))));
    let used = sums(history.charges.iter().copied());
    let held = sums(history.holds.iter().map(|hold| (hold.run, charge_of(hold).of(hold.currency))));
    let keys: BTreeSet<(RunId, Currency)> =
        entered.keys().chain(used.keys()).chain(held.keys()).copied().collect();
    let mut found = Vec::new();
    for key in keys {
        let sum = |sums: &Sums<RunId>| sums.get(&key).copied().unwrap_or(Some(Amount::ZERO));
        match (sum(&entered), sum(&used), sum(&held)) {
            (Some(entered), Some(used), Some(held)) if entered == used && entered == held => {}
            (Some(entered), Some(used), Some(held)) => {
                let expected = if used == entered { held } else { used };
                found.push(Breach::ChargeDiffers { run: key.0, expected, found: entered });
            }
            _ => found.push(Breach::Overflow { what: format!("run {}", key.0) }),
        }
    }
    found
}

fn charge_of(hold: &Hold) -> Amount {
    match hold.state {
        HoldState::Settled { charge } | HoldState::Expired { charge } => charge,
        HoldState::Open | HoldState::Released => Amount::ZERO,
    }
}

type Sums<K> = BTreeMap<(K, Currency), Option<Amount>>;

/// Sums by key and currency; `None` where one does not fit.
fn sums<K: Ord + Copy>(items: impl IntoIterator<Item = (K, Money)>) -> Sums<K> {
    let mut amounts: BTreeMap<(K, Currency), Vec<Amount>> = BTreeMap::new();
    for (key, money) in items {
        amounts.entry((key, money.currency)).or_default().push(money.amount);
    }
    amounts.into_iter().map(|(key, amounts)| (key, Amount::sum(amounts).ok())).collect()
}
