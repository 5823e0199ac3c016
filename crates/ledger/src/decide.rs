//! What a command does, as a pure function of what is known.

use std::collections::BTreeMap;
use std::time::Duration;

use money::{Amount, Currency, Money};
use stdx::{CommandId, HoldId, RunId, Timestamp};

use crate::{Account, Act, Bill, Command, EntrySet, Hold, HoldState, LedgerError, Leg, Line, Reason};

/// What a decision depends on. A store answers these questions from its rows, inside the batch that the decision becomes
/// or with expectations on them.
pub trait Known {
    /// The balance of an account: credits less debits.
    fn balance(&self, account: Account, currency: Currency) -> Amount;
    /// What the balance of an account must not fall below.
    fn floor(&self, account: Account) -> Option<Amount>;
    /// A hold, open or ended.
    fn hold(&self, id: HoldId) -> Option<Hold>;
    /// The hold of a run, open or ended.
    fn hold_of(&self, run: RunId) -> Option<HoldId>;
    /// What a command said that was carried out.
    fn act(&self, id: CommandId) -> Option<Act>;
}

/// What becomes of a command that was not refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It was carried out before; nothing is to be done.
    Replayed,
    /// These changes are to be made together.
    Change {
        /// Sets of entries; each balances.
        sets: Vec<EntrySet>,
        /// The hold as it is afterwards, for the commands of holds.
        hold: Option<Hold>,
    },
}

/// The floors of accounts. Wallets, allowances and holds end at nothing unless a credit line was granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Floors(BTreeMap<Account, Amount>);

impl Floors {
    /// Lets a balance fall to `floor`: below zero for a credit line, above for a deposit.
    pub fn set(&mut self, account: Account, floor: Amount) {
        self.0.insert(account, floor);
    }

    /// The floor of an account; the workspace's own accounts have none.
    pub fn of(&self, account: Account) -> Option<Amount> {
        account.has_floor().then(|| self.0.get(&account).copied().unwrap_or(Amount::ZERO))
    }
}

/// What a command does.
///
/// # Errors
/// When it cannot be carried out; nothing of it may be then.
pub fn decide(known: &impl Known, command: &Command) -> Result<Decision, LedgerError> {
    if let Some(before) = known.act(command.id) {
        let is_same = before == command.act;
        return if is_same { Ok(Decision::Replayed) } else { Err(LedgerError::Conflict { id: command.id }) };
    }
    let at = command.at;
    let (sets, hold) = match &command.act {
        Act::Transfer { reason, from, to, money } => (transfer(*reason, *from, *to, *money)?, None),
        Act::Hold { hold, run, currency, legs, ttl_seconds } => {
            let expires_at = after(at, *ttl_seconds);
            let state = HoldState::Open;
            let new =
                Hold { id: *hold, run: *run, currency: *currency, legs: legs.clone(), expires_at, state };
            (begin(known, &new)?, Some(new))
        }
        Act::Extend { hold, legs, ttl_seconds } => {
            let mut hold = open(known, *hold)?;
            in_time(&hold, at)?;
            let sets = set_aside(&hold, legs, Reason::Extension)?;
            hold.legs.extend(legs);
            hold.held()?;
            // A shorter time than was promised would end a run early.
            hold.expires_at = hold.expires_at.max(after(at, *ttl_seconds));
            (sets, Some(hold))
        }
        Act::Settle { hold, bill } => {
            let hold = open(known, *hold)?;
            in_time(&hold, at)?;
            end(hold, bill, Reason::Settlement, HoldState::Settled { charge: bill.charge })?
        }
        Act::Release { hold, costs } => {
            let hold = open(known, *hold)?;
            in_time(&hold, at)?;
            let bill = Bill { costs: costs.clone(), ..Bill::default() };
            end(hold, &bill, Reason::Release, HoldState::Released)?
        }
        Act::Expire { hold, bill } => {
            let hold = open(known, *hold)?;
            if at < hold.expires_at {
                return Err(LedgerError::TooEarly { hold: hold.id, expires_at: hold.expires_at });
            }
            end(hold, bill, Reason::Expiry, HoldState::Expired { charge: bill.charge })?
        }
    };
    above_floors(known, &sets)?;
    Ok(Decision::Change { sets, hold })
}

type Ended = (Vec<EntrySet>, Option<Hold>);

fn transfer(reason: Reason, from: Account, to: Account, money: Money) -> Result<Vec<EntrySet>, LedgerError> {
    if !reason.allows(from, to) {
        return Err(LedgerError::NotAllowed { reason, from, to });
    }
    if !money.amount.is_positive() {
        return Err(LedgerError::NotAnAmount { what: "the transfer", amount: money.amount });
    }
    Ok(vec![EntrySet::new(reason, None, moved(from, to, money)?)?])
}

fn begin(known: &impl Known, new: &Hold) -> Result<Vec<EntrySet>, LedgerError> {
    if known.hold(new.id).is_some() {
        return Err(LedgerError::HoldExists { hold: new.id });
    }
    if let Some(hold) = known.hold_of(new.run) {
        return Err(LedgerError::RunHeld { run: new.run, hold });
    }
    new.held()?;
    set_aside(new, &new.legs, Reason::Hold)
}

/// Moves legs to the hold's account. A leg of nothing is one, too: what is free of charge is held like anything else.
fn set_aside(hold: &Hold, legs: &[Leg], reason: Reason) -> Result<Vec<EntrySet>, LedgerError> {
    let mut lines = Vec::new();
    for leg in legs {
        if !matches!(leg.account, Account::Wallet(_) | Account::Allowance(_)) {
            return Err(LedgerError::NotHoldable { account: leg.account });
        }
        not_negative("a leg of the hold", leg.amount)?;
        lines.extend(moved(leg.account, Account::Held(hold.id), leg.amount.of(hold.currency))?);
    }
    some(EntrySet::new(reason, Some(hold.run), lines))
}

fn end(mut hold: Hold, bill: &Bill, reason: Reason, state: HoldState) -> Result<Ended, LedgerError> {
    not_negative("the charge", bill.charge)?;
    not_negative("the tax", bill.tax)?;
    let held = hold.held()?;
    if bill.charge > held {
        return Err(LedgerError::BeyondHold { held, charge: bill.charge });
    }
    let earned = bill.charge.checked_sub(bill.tax).filter(|earned| !earned.is_negative());
    let earned =
        earned.ok_or(LedgerError::NotAnAmount { what: "the charge less its tax", amount: bill.tax })?;
    let line = |account, amount: Amount| Line { account, money: amount.of(hold.currency) };
    let mut lines = hold.rest_after(bill.charge)?;
    lines.extend([line(Account::Revenue, earned), line(Account::Tax, bill.tax)]);
    lines.push(line(Account::Held(hold.id), negated(held)?));
    let mut sets = some(EntrySet::new(reason, Some(hold.run), lines))?;
    let mut costs = Vec::new();
    for cost in &bill.costs {
        not_negative("a provider's cost", cost.amount)?;
        costs.extend(moved(Account::ProviderCost, Account::Payable, *cost)?);
    }
    sets.extend(some(EntrySet::new(Reason::Cost, Some(hold.run), costs))?);
    hold.state = state;
    Ok((sets, Some(hold)))
}

fn open(known: &impl Known, id: HoldId) -> Result<Hold, LedgerError> {
    let hold = known.hold(id).ok_or(LedgerError::UnknownHold { hold: id })?;
    if hold.is_open() { Ok(hold) } else { Err(LedgerError::Closed { hold: id }) }
}

fn in_time(hold: &Hold, at: Timestamp) -> Result<(), LedgerError> {
    let is_in_time = at < hold.expires_at;
    let late = LedgerError::TooLate { hold: hold.id, expired_at: hold.expires_at };
    if is_in_time { Ok(()) } else { Err(late) }
}

fn above_floors(known: &impl Known, sets: &[EntrySet]) -> Result<(), LedgerError> {
    for line in sets.iter().flat_map(EntrySet::lines).filter(|line| line.money.amount.is_negative()) {
        let Some(floor) = known.floor(line.account) else { continue };
        let currency = line.money.currency;
        let balance = known.balance(line.account, currency);
        let left = Amount::sum([balance, line.money.amount])?;
        if left < floor {
            let missing = Amount::sum([floor, negated(left)?])?;
            return Err(LedgerError::BelowFloor { account: line.account, currency, balance, floor, missing });
        }
    }
    Ok(())
}

fn moved(from: Account, to: Account, money: Money) -> Result<[Line; 2], LedgerError> {
    let debit = negated(money.amount)?.of(money.currency);
    Ok([Line { account: from, money: debit }, Line { account: to, money }])
}

fn negated(amount: Amount) -> Result<Amount, LedgerError> {
    Ok(Amount::ZERO.checked_sub(amount).ok_or(money::MoneyError::Overflow)?)
}

fn not_negative(what: &'static str, amount: Amount) -> Result<(), LedgerError> {
    if amount.is_negative() { Err(LedgerError::NotAnAmount { what, amount }) } else { Ok(()) }
}

/// A set, if there is anything to enter.
fn some(set: Result<EntrySet, LedgerError>) -> Result<Vec<EntrySet>, LedgerError> {
    match set {
        Ok(set) => Ok(vec![set]),
        Err(LedgerError::Nothing) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn after(at: Timestamp, seconds: u32) -> Timestamp {
    at.plus(Duration::from_secs(u64::from(seconds)))
}
