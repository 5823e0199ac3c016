use ledger::{
    Account, Act, Applied, Bill, Book, Breach, Command, History, HoldState, LedgerError, Leg, Reason,
    breaches,
};
use money::{Amount, Currency, Money};
use stdx::{CommandId, EntityId, HoldId, MemberId, RunId, Timestamp};

/// The first instant of every test: 2026-11-22T08:00:00Z.
pub(crate) const START: i64 = 1_795_334_400_000_000;

/// The `n`th identifier of its kind.
pub(crate) fn id<I: EntityId>(n: u64) -> I {
    format!("019aab5e-8c00-7000-8000-{n:012x}").parse().unwrap()
}

pub(crate) fn cny() -> Currency {
    "CNY".parse().unwrap()
}

pub(crate) fn yuan(text: &str) -> Amount {
    text.parse().unwrap()
}

pub(crate) fn wallet(n: u64) -> Account {
    Account::Wallet(id::<MemberId>(n))
}

pub(crate) fn allowance(n: u64) -> Account {
    Account::Allowance(id::<MemberId>(n))
}

pub(crate) fn second(n: i64) -> Timestamp {
    Timestamp::from_micros(START + n * 1_000_000)
}

pub(crate) fn transfer(reason: Reason, from: Account, to: Account, amount: Amount) -> Act {
    Act::Transfer { reason, from, to, money: amount.of(cny()) }
}

pub(crate) fn top_up(member: u64, amount: &str) -> Act {
    transfer(Reason::TopUp, Account::Cash, wallet(member), yuan(amount))
}

pub(crate) fn hold(n: u64, legs: &[(Account, &str)]) -> Act {
    let legs = legs.iter().map(|(account, amount)| Leg { account: *account, amount: yuan(amount) });
    Act::Hold { hold: id(n), run: id(n), currency: cny(), legs: legs.collect(), ttl_seconds: 600 }
}

pub(crate) fn bill(charge: &str) -> Bill {
    Bill { charge: yuan(charge), ..Bill::default() }
}

pub(crate) fn settle(n: u64, charge: &str) -> Act {
    Act::Settle { hold: id(n), bill: bill(charge) }
}

pub(crate) fn release(n: u64) -> Act {
    Act::Release { hold: id(n), costs: Vec::new() }
}

/// A book and the next command's number and time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    pub(crate) book: Book,
    next: u64,
    now: i64,
}

impl Desk {
    /// Sends a new command.
    pub(crate) fn act(&mut self, act: Act) -> Result<Applied, LedgerError> {
        self.next += 1;
        self.act_as(self.next, act)
    }

    /// Sends a command under an id.
    pub(crate) fn act_as(&mut self, command: u64, act: Act) -> Result<Applied, LedgerError> {
        let command = Command { id: id::<CommandId>(command), at: self.now(), act };
        let before = (self.book.balances().clone(), self.book.entries().len());
        let result = self.book.apply(&command);
        if result != Ok(Applied::Changed) {
            assert_eq!(before, (self.book.balances().clone(), self.book.entries().len()), "{result:?}");
        }
        result
    }

    pub(crate) fn wait(&mut self, seconds: i64) {
        self.now += seconds;
    }

    pub(crate) fn now(&self) -> Timestamp {
        second(self.now)
    }

    pub(crate) fn balance(&self, account: Account) -> String {
        self.book.balances().get(&(account, cny())).copied().unwrap_or_default().to_string()
    }

    /// What the checker finds, given the charges that the holds themselves report.
    pub(crate) fn breaches(&self) -> Vec<Breach> {
        let holds: Vec<_> = self.book.holds().cloned().collect();
        let charges: Vec<(RunId, Money)> = holds
            .iter()
            .filter_map(|hold| match hold.state {
                HoldState::Settled { charge } | HoldState::Expired { charge } => {
                    Some((hold.run, charge.of(hold.currency)))
                }
                HoldState::Open | HoldState::Released => None,
            })
            .collect();
        let (entries, floors, now) = (self.book.entries(), self.book.floors(), self.now());
        breaches(&History { entries, holds: &holds, charges: &charges, floors, now })
    }
}

pub(crate) fn hold_id(n: u64) -> HoldId {
    id(n)
}
