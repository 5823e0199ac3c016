//! What a member is told about a month.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::Offset;
use money::{Amount, Currency, MoneyError};
use serde::Serialize;
use stdx::{CommandId, MemberId, RunId, Timestamp};

use crate::{Account, Entry, Reason};

/// A month of the calendar, `2026-11`, at a fixed distance from Greenwich.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    first: Date,
    begin: Timestamp,
    end: Timestamp,
}

impl Month {
    /// The month of `2026-11` where clocks are `offset_minutes` ahead of UTC; `None` when the text is no month.
    pub fn parse(text: &str, offset_minutes: i32) -> Option<Self> {
        let is_shaped = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let first = Date::from_str(&format!("{text}-01")).ok().filter(|_| is_shaped)?;
        Self::beginning(first, offset_minutes)
    }

    /// The month that has this instant in it; `None` where the calendar ends.
    pub fn of(instant: Timestamp, offset_minutes: i32) -> Option<Self> {
        let here = instant.as_micros().checked_add(i64::from(offset_minutes).checked_mul(60_000_000)?)?;
        let here = jiff::Timestamp::from_microsecond(here).ok()?;
        Self::beginning(Offset::UTC.to_datetime(here).date().first_of_month(), offset_minutes)
    }

    /// The one before it; `None` where the calendar begins.
    pub fn before(self, offset_minutes: i32) -> Option<Self> {
        Self::beginning(self.first.checked_sub(jiff::Span::new().months(1)).ok()?, offset_minutes)
    }

    /// Its first instant.
    pub const fn begin(self) -> Timestamp {
        self.begin
    }

    /// The first instant of the next one.
    pub const fn end(self) -> Timestamp {
        self.end
    }

    fn beginning(first: Date, offset_minutes: i32) -> Option<Self> {
        let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
        let instant = |date: Date| {
            let utc = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()?;
            let offset = i64::from(offset_minutes).checked_mul(60_000_000)?;
            utc.as_microsecond().checked_sub(offset).map(Timestamp::from_micros)
        };
        Some(Self { first, begin: instant(first)?, end: instant(next)? })
    }

    fn has(self, at: Timestamp) -> bool {
        self.begin <= at && at < self.end
    }
}

/// `2026-11`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first.year(), self.first.month())
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
    /// What made it; for a run, what made the first of its movements.
    pub command: CommandId,
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
        Self::from_opening(opening, entries, member, currency, month)
    }

    /// The same when what the member had before is known, and the entries are those of the month alone.
    ///
    /// # Errors
    /// As [`Statement::of`].
    pub fn from_opening(
        opening: Amount,
        entries: &[Entry],
        member: MemberId,
        currency: Currency,
        month: Month,
    ) -> Result<Self, MoneyError> {
        let theirs = |account| account == Account::Wallet(member) || account == Account::Allowance(member);
        let own = entries.iter().filter(|entry| theirs(entry.account) && entry.money.currency == currency);
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

    /// As comma-separated values (RFC 4180), with the balance after each line and what is said about it. A text that a
    /// spreadsheet would take for a formula is marked as text.
    ///
    /// # Errors
    /// When a sum does not fit, which no statement that was made has.
    pub fn csv(&self, label: impl Fn(&StatementLine) -> Label) -> Result<String, MoneyError> {
        let mut csv = "time,account,reason,run,currency,amount,balance,agent,model,plan,note\r\n".to_owned();
        let mut row = |fields: [String; 11]| write!(csv, "{}\r\n", fields.join(",")).is_ok();
        let bare = |reason: &str, balance: Amount| {
            let mut fields: [String; 11] = Default::default();
            for (at, text) in
                [(2, reason.to_owned()), (4, self.currency.to_string()), (6, balance.to_string())]
            {
                if let Some(field) = fields.get_mut(at) {
                    *field = text;
                }
            }
            fields
        };
        row(bare("opening", self.opening));
        let mut balance = self.opening;
        for line in &self.lines {
            balance = balance.checked_add(line.amount).ok_or(MoneyError::Overflow)?;
            let Label { agent, model, plan, note } = label(line);
            row([
                line.at.to_string(),
                line.account.kind().to_owned(),
                line.reason.as_str().to_owned(),
                line.run.map(|run| run.to_string()).unwrap_or_default(),
                self.currency.to_string(),
                line.amount.to_string(),
                balance.to_string(),
                cell(&agent),
                cell(&model),
                cell(&plan),
                cell(&note),
            ]);
        }
        row(bare("closing", self.closing));
        Ok(csv)
    }
}

/// What is said about a line beside its amount; empty, where there is nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label {
    /// The agent that answered.
    pub agent: String,
    /// The model that it was answered with.
    pub model: String,
    /// The plan that was paid.
    pub plan: String,
    /// What somebody wrote.
    pub note: String,
}

/// A text as a cell that no spreadsheet carries out
/// (<https://owasp.org/www-community/attacks/CSV_Injection>) and that keeps to itself.
fn cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let mark = if is_formula { "'" } else { "" };
    let text = format!("{mark}{text}");
    if text.contains(['"', ',', '\r', '\n', ';']) || is_formula {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// How each run stands after these entries, and since when. An account that a settlement gives nothing back to has no entry
/// of it, so this is told by the entries of all accounts.
fn states<'a>(entries: impl Iterator<Item = &'a Entry>) -> BTreeMap<RunId, (Timestamp, Reason)> {
    let mut states = BTreeMap::new();
    for entry in entries.filter(|entry| entry.reason != Reason::Cost) {
        let Some(run) = entry.run else { continue };
        // What ends a run comes last, also when a clock is too coarse to tell it from the beginning.
        let state = states.entry(run).or_insert((entry.at, entry.reason));
        if entry.reason.is_terminal() || !state.1.is_terminal() {
            *state = (entry.at, entry.reason);
        }
    }
    states
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
            let command = entry.command;
            lines.push(StatementLine { at, account, reason, command, run, amount: entry.money.amount });
        }
    }
    lines.sort_by_key(|line| line.at);
    Ok(lines)
}
