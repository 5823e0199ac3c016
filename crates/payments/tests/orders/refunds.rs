//! What was paid and goes back.

use ledger::Account;
use money::Amount;
use money::payment::Happened;
use payments::{Effect, Flag, Now, RefundError, Status, Verdict};

use crate::shop::*;

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
fn a_refund_that_a_bank_sends_back_is_in_the_wallet_again() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    shop.asks_back(REFUND, "p", 4).unwrap();
    shop.hears(&refunded("p", REFUND, 4));
    shop.hears(&refunded_in_all("p", 4));
    shop.hears(&refund_failed("p", REFUND));
    assert_eq!((shop.wallet(), shop.status()), (yuan(10).amount, Status::Paid));
    shop.asks_back(OTHER_REFUND, "p", 10).unwrap();
    shop.hears(&refunded_in_all("p", 10));
    assert_eq!((shop.wallet(), shop.status()), (Amount::ZERO, Status::Refunded));
}

#[test]
fn what_a_bank_takes_back_is_gone_until_the_dispute_is_won() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(10)));
    shop.hears(&refunded_in_all("p", 3));
    let dispute = || "d".to_owned();
    let flags = shop.hears(&says("p", Happened::Disputed { dispute: dispute(), money: yuan(7) }));
    assert_eq!(flags, [Flag::Disputed { payment: "p".to_owned(), dispute: dispute() }]);
    assert_eq!((shop.wallet(), shop.status()), (Amount::ZERO, Status::Refunded));
    shop.hears(&says("p", Happened::DisputeWon { dispute: dispute() }));
    assert!(shop.order.flags().unwrap().is_empty());
    assert_eq!((shop.wallet(), shop.status()), (yuan(7).amount, Status::PartlyRefunded));
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
