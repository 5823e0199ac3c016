//! What is credited for what gateways say, in whatever order they say it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod any_order;
mod keep;
mod plans;
mod refunds;
mod shop;

use ledger::{Applied, Book};
use money::Amount;
use money::payment::{Fact, Happened};
use payments::{Delivery, Effect, Flag, Mismatch, NotBegun, Order, Status, Verdict};

use crate::shop::*;

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
fn an_order_is_stored_and_read_back_whole() {
    let mut shop = Shop::top_up();
    shop.order.delivery = Some(Delivery::Credited { because: NotBegun::Debt });
    shop.hears(&paid("p", yuan(10)));
    shop.hears(&refunded_in_all("p", 1));
    shop.hears(&refund_failed("p", REFUND));
    let text = serde_json::to_string(&shop.order).unwrap();
    assert_eq!(serde_json::from_str::<Order>(&text).unwrap(), shop.order);
}
