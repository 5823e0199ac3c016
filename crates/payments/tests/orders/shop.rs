//! An order and the ledger that it is credited in: what the application does with facts, without a database.

use ledger::{Account, Applied, Book};
use money::payment::{Fact, Happened};
use money::{Amount, Money};
use payments::{
    Delivery, Effect, Evidence, Flag, Now, Order, PlanNow, Product, RefundError, Status, Verdict,
};
use stdx::{MemberId, RefundId, Timestamp};

pub(crate) const MEMBER: &str = "019aab5e-8c00-7000-8000-000000000001";
pub(crate) const REFUND: &str = "019aab5e-8c00-7000-8000-00000000000a";
pub(crate) const OTHER_REFUND: &str = "019aab5e-8c00-7000-8000-00000000000b";

/// A member's order with the ledger that it is credited in.
pub(crate) struct Shop {
    pub(crate) order: Order,
    pub(crate) book: Book,
    pub(crate) credits: u32,
    pub(crate) log: Vec<Effect>,
    /// How it stands with a plan that has not begun, and with one that has begun and is over.
    pub(crate) place: PlanNow,
}

impl Shop {
    pub(crate) fn sells(product: Product) -> Self {
        let order = Order {
            id: "019aab5e-8c00-7000-8000-000000000002".parse().unwrap(),
            member: member(),
            product,
            price: yuan(10),
            gateway: "toy".to_owned(),
            reference: None,
            placed_at: Timestamp::from_micros(1),
            evidence: Evidence::default(),
            delivery: None,
        };
        Self { order, book: Book::default(), credits: 0, log: Vec::new(), place: PlanNow::Fits }
    }

    /// Sells a plan for which there is room, or not.
    pub(crate) fn plan(place: PlanNow) -> Self {
        Self { place, ..Self::sells(Product::Plan { plan: "plus".to_owned() }) }
    }

    pub(crate) fn top_up() -> Self {
        Self::sells(Product::TopUp)
    }

    /// Learns a fact and carries out what follows, as the application does.
    pub(crate) fn hears(&mut self, fact: &Fact) -> Vec<Flag> {
        match self.order.learn(fact, self.now()).unwrap() {
            Verdict::Ignore => Vec::new(),
            Verdict::Refuse(mismatch) => panic!("{mismatch:?}"),
            Verdict::Change(change) => {
                self.carry_out(&change.effects);
                self.order = change.order;
                self.goes_on();
                change.flags
            }
        }
    }

    pub(crate) fn carry_out(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Ledger(command) = effect {
                assert_eq!(self.book.apply(command), Ok(Applied::Changed), "{command:?}");
                self.credits += u32::from(matches!(
                    &command.act,
                    ledger::Act::Transfer { reason: ledger::Reason::TopUp, .. }
                ));
            }
        }
        self.log.extend_from_slice(effects);
    }

    pub(crate) fn asks_back(&mut self, refund: &str, payment: &str, amount: i64) -> Result<(), RefundError> {
        let refund: RefundId = refund.parse().unwrap();
        let (_, change) = self.order.refund(refund, payment, yuan(amount).amount, self.now())?;
        if let Some(change) = change {
            self.carry_out(&change.effects);
            self.order = change.order;
            self.goes_on();
        }
        Ok(())
    }

    /// A plan that has just begun goes on.
    fn goes_on(&mut self) {
        match (self.order.delivery, self.place) {
            (Some(Delivery::Begun { .. }), PlanNow::Fits) => self.place = PlanNow::GoesOn,
            (Some(Delivery::Ended), PlanNow::GoesOn) => self.place = PlanNow::Fits,
            _ => {}
        }
    }

    pub(crate) fn now(&self) -> Now {
        Now { at: Timestamp::from_micros(5), spendable: self.wallet(), plan: self.place }
    }

    pub(crate) fn revenue(&self) -> Amount {
        let key = (Account::Revenue, yuan(0).currency);
        self.book.balances().get(&key).copied().unwrap_or_default()
    }

    pub(crate) fn wallet(&self) -> Amount {
        let key = (Account::Wallet(member()), yuan(0).currency);
        self.book.balances().get(&key).copied().unwrap_or_default()
    }

    pub(crate) fn status(&self) -> Status {
        self.order.status().unwrap()
    }
}

pub(crate) fn member() -> MemberId {
    MEMBER.parse().unwrap()
}

pub(crate) fn yuan(amount: i64) -> Money {
    Amount::from_micros(amount * 1_000_000).of("CNY".parse().unwrap())
}

pub(crate) fn dollars(amount: i64) -> Money {
    Money { currency: "USD".parse().unwrap(), ..yuan(amount) }
}

pub(crate) fn says(payment: &str, what: Happened) -> Fact {
    let event = format!("{payment} {what:?}");
    Fact { gateway: "toy".to_owned(), event, payment: payment.to_owned(), order: None, what }
}

pub(crate) fn paid(payment: &str, money: Money) -> Fact {
    says(payment, Happened::Paid { money })
}

pub(crate) fn refunded_in_all(payment: &str, amount: i64) -> Fact {
    says(payment, Happened::RefundedInAll { money: yuan(amount) })
}

pub(crate) fn refunded(payment: &str, refund: &str, amount: i64) -> Fact {
    says(payment, Happened::Refunded { refund: refund.to_owned(), money: yuan(amount) })
}

pub(crate) fn refund_failed(payment: &str, refund: &str) -> Fact {
    says(payment, Happened::RefundFailed { refund: refund.to_owned() })
}
