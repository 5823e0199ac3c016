//! What is credited for what gateways say, in whatever order they say it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use ledger::{Account, Applied, Book};
use money::payment::{Fact, Happened};
use money::{Amount, Money};
use payments::{Effect, Evidence, Flag, Mismatch, Now, Order, Product, RefundError, Status, Verdict};
use proptest::prelude::*;
use stdx::{MemberId, RefundId, Timestamp};

const MEMBER: &str = "019aab5e-8c00-7000-8000-000000000001";
const REFUND: &str = "019aab5e-8c00-7000-8000-00000000000a";
const OTHER_REFUND: &str = "019aab5e-8c00-7000-8000-00000000000b";

/// A member's order with the ledger that it is credited in.
struct Shop {
    order: Order,
    book: Book,
    credits: u32,
    log: Vec<Effect>,
}

impl Shop {
    fn sells(product: Product) -> Self {
        let order = Order {
            id: "019aab5e-8c00-7000-8000-000000000002".parse().unwrap(),
            member: member(),
            product,
            price: yuan(10),
            gateway: "toy".to_owned(),
            reference: None,
            placed_at: Timestamp::from_micros(1),
            evidence: Evidence::default(),
        };
        Self { order, book: Book::default(), credits: 0, log: Vec::new() }
    }

    fn top_up() -> Self {
        Self::sells(Product::TopUp)
    }

    /// Learns a fact and carries out what follows, as the application does.
    fn hears(&mut self, fact: &Fact) -> Vec<Flag> {
        match self.order.learn(fact, self.now()).unwrap() {
            Verdict::Ignore => Vec::new(),
            Verdict::Refuse(mismatch) => panic!("{mismatch:?}"),
            Verdict::Change(change) => {
                self.carry_out(&change.effects);
                self.order = change.order;
                change.flags
            }
        }
    }

    fn carry_out(&mut self, effects: &[Effect]) {
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

    fn asks_back(&mut self, refund: &str, payment: &str, amount: i64) -> Result<(), RefundError> {
        let refund: RefundId = refund.parse().unwrap();
        let (_, change) = self.order.refund(refund, payment, yuan(amount).amount, self.now())?;
        if let Some(change) = change {
            self.carry_out(&change.effects);
            self.order = change.order;
        }
        Ok(())
    }

    fn now(&self) -> Now {
        Now { at: Timestamp::from_micros(5), spendable: self.wallet() }
    }

    fn wallet(&self) -> Amount {
        let key = (Account::Wallet(member()), yuan(0).currency);
        self.book.balances().get(&key).copied().unwrap_or_default()
    }

    fn status(&self) -> Status {
        self.order.status().unwrap()
    }
}

fn member() -> MemberId {
    MEMBER.parse().unwrap()
}

fn yuan(amount: i64) -> Money {
    Amount::from_micros(amount * 1_000_000).of("CNY".parse().unwrap())
}

fn dollars(amount: i64) -> Money {
    Money { currency: "USD".parse().unwrap(), ..yuan(amount) }
}

fn says(payment: &str, what: Happened) -> Fact {
    let event = format!("{payment} {what:?}");
    Fact { gateway: "toy".to_owned(), event, payment: payment.to_owned(), order: None, what }
}

fn paid(payment: &str, money: Money) -> Fact {
    says(payment, Happened::Paid { money })
}

fn refunded_in_all(payment: &str, amount: i64) -> Fact {
    says(payment, Happened::RefundedInAll { money: yuan(amount) })
}

fn refunded(payment: &str, refund: &str, amount: i64) -> Fact {
    says(payment, Happened::Refunded { refund: refund.to_owned(), money: yuan(amount) })
}

fn refund_failed(payment: &str, refund: &str) -> Fact {
    says(payment, Happened::RefundFailed { refund: refund.to_owned() })
}

#[test]
fn a_payment_is_credited_once_however_often_it_is_told() {
    let mut shop = Shop::top_up();
    for _ in 0..3 {
        assert_eq!(shop.hears(&paid("p", yuan(10))), []);
    }
    assert_eq!((shop.wallet(), shop.credits, shop.status()), (yuan(10).amount, 1, Status::Paid));
}

#[test]
fn the_ledger_knows_a_repetition_even_if_the_order_was_forgotten() {
    let shop = Shop::top_up();
    let mut book = Book::default();
    for expected in [Applied::Changed, Applied::Replayed] {
        let Verdict::Change(change) = shop.order.learn(&paid("p", yuan(10)), shop.now()).unwrap() else {
            panic!("a first payment changes an order");
        };
        let [Effect::Ledger(command)] = &change.effects[..] else { panic!("{change:?}") };
        assert_eq!(book.apply(command), Ok(expected));
    }
}

#[test]
fn another_amount_or_another_currency_is_credited_nothing() {
    for wrong in [yuan(9), yuan(11), yuan(0), yuan(-10), yuan(10_000)] {
        let mut shop = Shop::top_up();
        let flags = shop.hears(&paid("p", wrong));
        // Nothing to give back: nobody has to look.
        let expected = Flag::WrongAmount { payment: "p".to_owned(), paid: wrong };
        assert_eq!(flags, if wrong.amount.is_positive() { vec![expected] } else { vec![] });
        assert_eq!((shop.wallet(), shop.status()), (Amount::ZERO, Status::Open), "{wrong}");
    }
    let mut shop = Shop::top_up();
    let flags = shop.hears(&paid("p", dollars(10)));
    assert_eq!(flags, [Flag::WrongCurrency { payment: "p".to_owned(), paid: dollars(10) }]);
    assert_eq!(shop.wallet(), Amount::ZERO);
}

#[test]
fn a_wrong_payment_does_not_stand_in_the_way_of_the_right_one() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("wrong", yuan(1)));
    shop.hears(&paid("right", yuan(10)));
    assert_eq!((shop.wallet(), shop.credits), (yuan(10).amount, 1));
    assert_eq!(shop.order.flags().unwrap().len(), 1);
    shop.hears(&refunded_in_all("wrong", 1));
    assert!(shop.order.flags().unwrap().is_empty(), "given back, and nobody has to look any more");
    assert_eq!(shop.wallet(), yuan(10).amount);
}

#[test]
fn who_pays_twice_is_credited_once_until_one_of_both_is_given_back() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    assert_eq!(shop.hears(&paid("q", yuan(10))), [Flag::PaidTwice { extra: yuan(10) }]);
    assert_eq!((shop.wallet(), shop.credits), (yuan(10).amount, 1));
    shop.hears(&refunded_in_all("p", 10));
    assert_eq!((shop.wallet(), shop.status()), (yuan(10).amount, Status::Paid));
    shop.hears(&refunded_in_all("q", 10));
    assert_eq!((shop.wallet(), shop.status()), (Amount::ZERO, Status::Refunded));
}

#[test]
fn one_gateway_has_no_say_about_the_orders_of_another() {
    let shop = Shop::top_up();
    let other = Fact { gateway: "other".to_owned(), ..paid("p", yuan(10)) };
    assert_eq!(shop.order.learn(&other, shop.now()), Ok(Verdict::Refuse(Mismatch::OtherGateway)));
    let foreign = "019aab5e-8c00-7000-8000-000000000099".parse().unwrap();
    let other = Fact { order: Some(foreign), ..paid("p", yuan(10)) };
    assert_eq!(shop.order.learn(&other, shop.now()), Ok(Verdict::Refuse(Mismatch::OtherOrder)));
}

#[test]
fn money_that_comes_after_the_order_was_closed_counts() {
    let mut shop = Shop::top_up();
    shop.hears(&says("p", Happened::Pending));
    assert_eq!(shop.status(), Status::Pending);
    shop.hears(&says("p", Happened::Failed));
    assert_eq!(shop.status(), Status::Closed);
    shop.hears(&paid("p", yuan(10)));
    assert_eq!((shop.wallet(), shop.status()), (yuan(10).amount, Status::Paid));
}

#[test]
fn a_refund_at_the_gateways_own_page_leaves_the_wallet() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    shop.hears(&refunded_in_all("p", 4));
    assert_eq!((shop.wallet(), shop.status()), (yuan(6).amount, Status::PartlyRefunded));
    // An older sum that comes late is less than what is known.
    shop.hears(&refunded_in_all("p", 3));
    assert_eq!(shop.wallet(), yuan(6).amount);
    shop.hears(&refunded_in_all("p", 10));
    assert_eq!((shop.wallet(), shop.status()), (Amount::ZERO, Status::Refunded));
}

#[test]
fn a_refund_that_is_heard_of_first_is_not_forgotten() {
    let mut shop = Shop::top_up();
    shop.hears(&refunded_in_all("p", 4));
    assert_eq!(shop.wallet(), Amount::ZERO);
    shop.hears(&paid("p", yuan(10)));
    assert_eq!((shop.wallet(), shop.status()), (yuan(6).amount, Status::PartlyRefunded));
}

#[test]
fn more_given_back_than_was_paid_is_for_a_person_to_look_at() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    let flags = shop.hears(&refunded_in_all("p", 12));
    assert_eq!(flags, [Flag::RefundTooLarge { payment: "p".to_owned(), refunded: yuan(12) }]);
    assert_eq!(shop.wallet(), Amount::ZERO);
}

#[test]
fn what_was_spent_before_it_was_given_back_is_borne_by_the_workspace() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    let now = Now { spendable: yuan(3).amount, ..shop.now() };
    let Verdict::Change(change) = shop.order.learn(&refunded_in_all("p", 10), now).unwrap() else { panic!() };
    assert_eq!(change.effects.last(), Some(&Effect::Shortfall { missing: yuan(7).amount }));
    shop.carry_out(&change.effects);
    assert_eq!(shop.wallet(), yuan(7).amount, "the wallet gave what it could");
    assert_eq!(shop.book.balances()[&(Account::Cash, yuan(0).currency)], Amount::ZERO);
}

#[test]
fn our_own_refund_leaves_the_wallet_at_once_and_only_once() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    shop.asks_back(REFUND, "p", 4).unwrap();
    assert_eq!(shop.wallet(), yuan(6).amount);
    shop.asks_back(REFUND, "p", 4).unwrap();
    assert_eq!(shop.order.open_refunds(), [REFUND.parse().unwrap()]);
    shop.hears(&refunded("p", REFUND, 4));
    assert_eq!(shop.order.open_refunds(), []);
    shop.hears(&refunded_in_all("p", 4));
    assert_eq!((shop.wallet(), shop.status()), (yuan(6).amount, Status::PartlyRefunded));
}

#[test]
fn a_refund_that_the_gateway_refuses_comes_back() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    shop.asks_back(REFUND, "p", 4).unwrap();
    let refund = Flag::RefundFailed { payment: "p".to_owned(), refund: REFUND.to_owned() };
    assert_eq!(shop.hears(&refund_failed("p", REFUND)), [refund]);
    assert_eq!((shop.wallet(), shop.status()), (yuan(10).amount, Status::Paid));
    assert!(matches!(shop.asks_back(REFUND, "p", 4), Err(RefundError::Conflict { .. })), "its id is spent");
    shop.asks_back(OTHER_REFUND, "p", 4).unwrap();
    assert_eq!(shop.wallet(), yuan(6).amount);
}

#[test]
fn a_refund_that_is_stuck_stays_out_of_the_wallet_and_is_shown() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    shop.asks_back(REFUND, "p", 4).unwrap();
    let refund = REFUND.to_owned();
    let flags = shop.hears(&says("p", Happened::RefundStuck { refund: refund.clone() }));
    assert_eq!(flags, [Flag::RefundStuck { payment: "p".to_owned(), refund }]);
    assert_eq!(shop.wallet(), yuan(6).amount);
    shop.hears(&refunded("p", REFUND, 4));
    assert!(shop.order.flags().unwrap().is_empty(), "somebody did something");
    assert_eq!(shop.wallet(), yuan(6).amount);
}

#[test]
fn nobody_gives_back_what_is_not_there() {
    let mut shop = Shop::top_up();
    assert!(matches!(shop.asks_back(REFUND, "p", 4), Err(RefundError::NotPaid { .. })));
    shop.hears(&paid("p", yuan(10)));
    assert!(matches!(shop.asks_back(REFUND, "p", 0), Err(RefundError::NotAnAmount { .. })));
    assert_eq!(shop.asks_back(REFUND, "p", 11), Err(RefundError::TooMuch { left: yuan(10) }));
    shop.asks_back(REFUND, "p", 4).unwrap();
    assert_eq!(shop.asks_back(OTHER_REFUND, "p", 7), Err(RefundError::TooMuch { left: yuan(6) }));
    let poor = Now { spendable: yuan(1).amount, ..shop.now() };
    let spent = shop.order.refund(OTHER_REFUND.parse().unwrap(), "p", yuan(3).amount, poor);
    assert_eq!(spent, Err(RefundError::Spent { missing: yuan(2).amount }));
}

#[test]
fn a_plan_that_is_paid_begins_and_ends_when_all_is_given_back() {
    let mut shop = Shop::sells(Product::Plan { plan: "plus".to_owned() });
    shop.hears(&paid("p", yuan(10)));
    assert_eq!(shop.log.last(), Some(&Effect::BeginPlan { plan: "plus".to_owned() }));
    let revenue = (Account::Revenue, yuan(0).currency);
    assert_eq!((shop.wallet(), shop.book.balances()[&revenue]), (Amount::ZERO, yuan(10).amount));
    shop.asks_back(REFUND, "p", 4).unwrap();
    assert!(!shop.log.contains(&Effect::EndPlan { plan: "plus".to_owned() }));
    shop.asks_back(OTHER_REFUND, "p", 6).unwrap();
    assert!(shop.log.contains(&Effect::EndPlan { plan: "plus".to_owned() }));
    assert_eq!((shop.wallet(), shop.book.balances()[&revenue]), (Amount::ZERO, Amount::ZERO));
}

#[test]
fn an_order_is_stored_and_read_back_whole() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    shop.hears(&refunded_in_all("p", 1));
    shop.hears(&refund_failed("p", REFUND));
    let text = serde_json::to_string(&shop.order).unwrap();
    assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), shop.order);
}

/// Everything that a gateway could say about an order, true or not.
fn any_fact() -> impl Strategy<Value = Fact> {
    let payment = prop_oneof![Just("p"), Just("q"), Just("wrong")];
    let what = prop_oneof![
        Just(Happened::Pending),
        Just(Happened::Failed),
        Just(Happened::Paid { money: yuan(10) }),
        Just(Happened::Paid { money: yuan(10) }),
        Just(Happened::Paid { money: yuan(9) }),
        Just(Happened::Paid { money: dollars(10) }),
        (0..14_i64).prop_map(|amount| Happened::RefundedInAll { money: yuan(amount) }),
        (0..14_i64).prop_map(|amount| Happened::RefundedInAll { money: dollars(amount) }),
        ("[ab]", 0..8_i64).prop_map(|(refund, amount)| Happened::Refunded { refund, money: yuan(amount) }),
        "[ab]".prop_map(|refund| Happened::RefundFailed { refund }),
        "[ab]".prop_map(|refund| Happened::RefundStuck { refund }),
    ];
    (payment, what).prop_map(|(payment, what)| says(payment, what))
}

/// Facts, and the same facts in another order with repetitions.
fn told_twice() -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    prop::collection::vec(any_fact(), 1..12).prop_flat_map(|facts| {
        let again = prop::collection::vec(prop::sample::select(facts.clone()), 0..6);
        let with_repetitions = (Just(facts.clone()), again).prop_map(|(all, again)| [all, again].concat());
        (Just(facts), with_repetitions.prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_any_repetition_end_alike((facts, shuffled) in told_twice()) {
        let (mut one, mut other) = (Shop::top_up(), Shop::top_up());
        for fact in &facts {
            one.hears(fact);
            prop_assert_eq!(one.wallet(), one.order.worth().unwrap(), "the wallet is right at every moment");
        }
        for fact in &shuffled {
            other.hears(fact);
        }
        prop_assert_eq!(&one.order, &other.order);
        prop_assert_eq!(one.status(), other.status());
        prop_assert_eq!(one.order.flags(), other.order.flags());
        prop_assert_eq!(one.wallet(), other.wallet());
        prop_assert!(one.wallet() >= Amount::ZERO && one.wallet() <= yuan(10).amount);
    }

    #[test]
    fn without_refunds_an_order_is_credited_exactly_once_or_not_at_all((facts, shuffled) in told_twice()) {
        let is_refund = |fact: &&Fact| {
            matches!(fact.what, Happened::Paid { .. } | Happened::Pending | Happened::Failed)
        };
        let was_paid = facts.iter().any(|fact| fact.what == Happened::Paid { money: yuan(10) });
        let mut shop = Shop::top_up();
        for fact in shuffled.iter().filter(is_refund) {
            shop.hears(fact);
        }
        prop_assert_eq!(shop.credits, u32::from(was_paid));
        prop_assert_eq!(shop.wallet(), if was_paid { yuan(10).amount } else { Amount::ZERO });
    }
}
