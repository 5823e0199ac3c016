//! What a member is told about a month.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use money::{Amount, Currency, MoneyError};
use serde::Serialize;
use stdx::{MemberId, RunId, Timestamp};

use crate::{Account, Entry, Reason};

/// A month of the calendar, `2026-11`, at a fixed distance from Greenwich.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    begin: Timestamp,
    end: Timestamp,
}

impl Month {
    /// The month of `2026-11` where clocks are `offset_minutes` ahead of UTC; `None` when the text is no month.
    pub fn parse(text: &str, offset_minutes: i32) -> Option<Self> {
        let is_shaped = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let first = jiff::civil::Date::from_str(&format!("{text}-01")).ok().filter(|_| is_shaped)?;
        let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
        let instant = |date: jiff::civil::Date| {
            let utc = jiff::tz::Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
            let offset = i64::from(offset_minutes).checked_mul(60_000_000)?;
            utc.as_microsecond().checked_sub(offset).map(Timestamp::from_micros)
        };
        Some(Self { begin: instant(first)?, end: instant(next)? })
    }

    /// Its first instant.
    pub const fn begin(self) -> Timestamp {
        self.begin
    }

    /// The first instant of the next one.
    pub const fn end(self) -> Timestamp {
        self.end
    }

    fn has(self, at: Timestamp) -> bool {
        self.begin <= at && at < self.end
    }
}

/// A movement as a member sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StatementLine {
    /// When; for a run, when it last moved money.
    pub at: Timestamp,
    /// The wallet or the allowance.
    pub account: Account,
    /// Why; for a run, how it stands at the end of the month.
    pub reason: Reason,
    /// The run, if it was one.
    pub run: Option<RunId>,
    /// What it changed.
    pub amount: Amount,
}

/// What a member had, got, used and has. `opening` and all lines add up to `closing`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// In which currency.
    pub currency: Currency,
    /// Wallet and allowance together when the month began.
    pub opening: Amount,
    /// One for each run and each other movement, in the order of time.
    pub lines: Vec<StatementLine>,
    /// The lines by reason.
    pub totals: BTreeMap<Reason, Amount>,
    /// Wallet and allowance together when the month ended.
    pub closing: Amount,
}

impl Statement {
    /// Of a member and a month, from all their entries in the order in which they were made. What a run moved to and fro
    /// within the month is one line for each account.
    ///
    /// # Errors
    /// When a sum does not fit, which no sound ledger has.
    pub fn of(
        entries: &[Entry],
        member: MemberId,
        currency: Currency,
        month: Month,
    ) -> Result<Self, MoneyError> {
        let theirs = |account| account == Account::Wallet(member) || account == Account::Allowance(member);
        let own = entries.iter().filter(|entry| theirs(entry.account) && entry.money.currency == currency);
        let before = own.clone().filter(|entry| entry.at < month.begin);
        let opening = Amount::sum(before.map(|entry| entry.money.amount))?;
        let states = states(entries.iter().filter(|entry| month.has(entry.at)));
        let lines = lines(own.filter(|entry| month.has(entry.at)), &states)?;
        let mut totals: BTreeMap<Reason, Amount> = BTreeMap::new();
        for line in &lines {
            let total = totals.entry(line.reason).or_default();
            *total = total.checked_add(line.amount).ok_or(MoneyError::Overflow)?;
        }
        let closing = Amount::sum(lines.iter().map(|line| line.amount).chain([opening]))?;
        Ok(Self { currency, opening, lines, totals, closing })
    }

    /// As comma-separated values (RFC 4180), with the balance after each line. No value needs quotes: all are
    /// identifiers, instants, amounts and words of this crate.
    ///
    /// # Errors
    /// When a sum does not fit, which no statement that was made has.
    pub fn csv(&self) -> Result<String, MoneyError> {
        let mut csv = "time,account,reason,run,currency,amount,balance\r\n".to_owned();
        let mut row = |fields: [String; 7]| write!(csv, "{}\r\n", fields.join(",")).is_ok();
        let currency = self.currency.to_string();
        let none = String::new;
        row([none(), none(), "opening".into(), none(), currency.clone(), none(), self.opening.to_string()]);
        let mut balance = self.opening;
        for line in &self.lines {
            balance = balance.checked_add(line.amount).ok_or(MoneyError::Overflow)?;
            row([
                line.at.to_string(),
                line.account.kind().to_owned(),
                line.reason.as_str().to_owned(),
                line.run.map(|run| run.to_string()).unwrap_or_default(),
                currency.clone(),
                line.amount.to_string(),
                balance.to_string(),
            ]);
        }
        row([none(), none(), "closing".into(), none(), currency, none(), self.closing.to_string()]);
        Ok(csv)
    }
}

/// How each run stands after these entries, and since when. An account that a settlement gives nothing back to has no entry
/// of it, so this is told by the entries of all accounts.
fn states<'a>(entries: impl Iterator<Item = &'a Entry>) -> BTreeMap<RunId, (Timestamp, Reason)> {
    let of_members = entries.filter(|entry| entry.reason != Reason::Cost);
    of_members.filter_map(|entry| Some((entry.run?, (entry.at, entry.reason)))).collect()
}

fn lines<'a>(
    entries: impl Iterator<Item = &'a Entry>,
    states: &BTreeMap<RunId, (Timestamp, Reason)>,
) -> Result<Vec<StatementLine>, MoneyError> {
    let mut lines: Vec<StatementLine> = Vec::new();
    let mut runs: BTreeMap<(RunId, Account), usize> = BTreeMap::new();
    for entry in entries {
        let Entry { account, run, .. } = *entry;
        let key = run.map(|run| (run, account));
        let known = key.and_then(|key| runs.get(&key)).and_then(|index| lines.get_mut(*index));
        if let Some(line) = known {
            line.amount = line.amount.checked_add(entry.money.amount).ok_or(MoneyError::Overflow)?;
        } else {
            runs.extend(key.map(|key| (key, lines.len())));
            let state = run.and_then(|run| states.get(&run)).copied();
            let (at, reason) = state.unwrap_or((entry.at, entry.reason));
            lines.push(StatementLine { at, account, reason, run, amount: entry.money.amount });
        }
    }
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}
