//! Orders for plans: what begins, what goes into the wallet instead, and what ends when money goes back.

use money::Amount;
use money::payment::Happened;
use payments::{Delivery, Effect, NotBegun, PlanNow, Status};
use stdx::Timestamp;

use crate::shop::*;

fn begun() -> Option<Delivery> {
    Some(Delivery::Begun { at: Timestamp::from_micros(5) })
}

fn began(shop: &Shop) -> usize {
    shop.log.iter().filter(|effect| matches!(effect, Effect::BeginPlan { .. })).count()
}

#[test]
fn a_plan_that_is_paid_begins_once_however_often_it_is_told() {
    let mut shop = Shop::plan(PlanNow::Fits);
    for _ in 0..3 {
        shop.hears(&paid("p", yuan(10)));
    }
    assert_eq!(shop.log.last(), Some(&Effect::BeginPlan { paid: yuan(10) }));
    assert_eq!((began(&shop), shop.credits, shop.order.delivery), (1, 1, begun()));
    assert_eq!((shop.wallet(), shop.revenue()), (Amount::ZERO, yuan(10).amount));
}

#[test]
fn what_cannot_begin_is_in_the_wallet_and_the_order_says_why() {
    for because in
        [NotBegun::NotOffered, NotBegun::NotAbove, NotBegun::Inactive, NotBegun::Debt, NotBegun::CameBack]
    {
        let mut shop = Shop::plan(PlanNow::InTheWay(because));
        shop.hears(&paid("p", yuan(10)));
        assert_eq!(shop.order.delivery, Some(Delivery::Credited { because }));
        assert_eq!(
            (shop.wallet(), shop.revenue(), shop.status()),
            (yuan(10).amount, Amount::ZERO, Status::Paid)
        );
        // What has gone into the wallet stays there, whatever there is room for later.
        shop.place = PlanNow::Fits;
        shop.hears(&says("p", Happened::Disputed { dispute: "d".to_owned(), money: yuan(10) }));
        shop.hears(&says("p", Happened::DisputeWon { dispute: "d".to_owned() }));
        assert_eq!((shop.wallet(), began(&shop)), (yuan(10).amount, 0));
    }
}

#[test]
fn another_amount_begins_nothing() {
    for wrong in [yuan(9), yuan(11), dollars(10)] {
        let mut shop = Shop::plan(PlanNow::Fits);
        assert_eq!(shop.hears(&paid("p", wrong)).len(), 1);
        assert_eq!((shop.order.delivery, shop.wallet(), shop.status()), (None, Amount::ZERO, Status::Open));
    }
}

#[test]
fn a_plan_ends_when_all_of_its_price_is_given_back() {
    let mut shop = Shop::plan(PlanNow::Fits);
    shop.hears(&paid("p", yuan(10)));
    shop.asks_back(REFUND, "p", 4).unwrap();
    assert!(shop.log.contains(&Effect::PlanPaid { paid: yuan(6) }) && !shop.log.contains(&Effect::EndPlan));
    shop.asks_back(OTHER_REFUND, "p", 6).unwrap();
    assert!(shop.log.contains(&Effect::EndPlan));
    assert_eq!((shop.wallet(), shop.revenue()), (Amount::ZERO, Amount::ZERO));
    assert_eq!((shop.order.delivery, shop.status()), (Some(Delivery::Ended), Status::Refunded));
}

#[test]
fn money_that_comes_again_pays_a_plan_that_goes_on_and_begins_none_anew() {
    let mut shop = Shop::plan(PlanNow::Fits);
    shop.hears(&paid("p", yuan(10)));
    shop.asks_back(REFUND, "p", 4).unwrap();
    shop.hears(&refund_failed("p", REFUND));
    assert_eq!(shop.log.last(), Some(&Effect::PlanPaid { paid: yuan(10) }));
    assert_eq!((shop.wallet(), shop.revenue()), (Amount::ZERO, yuan(10).amount));
    shop.hears(&says("p", Happened::Disputed { dispute: "d".to_owned(), money: yuan(10) }));
    assert_eq!(shop.order.delivery, Some(Delivery::Ended));
    shop.hears(&says("p", Happened::DisputeWon { dispute: "d".to_owned() }));
    assert_eq!(shop.order.delivery, Some(Delivery::Credited { because: NotBegun::CameBack }));
    assert_eq!((shop.wallet(), shop.revenue(), began(&shop)), (yuan(10).amount, Amount::ZERO, 1));
}

/// What is unused of the plan was given back already when it was left for a higher one.
#[test]
fn what_goes_back_for_a_period_that_is_over_comes_out_of_the_wallet() {
    let mut shop = Shop::plan(PlanNow::Fits);
    shop.hears(&paid("p", yuan(10)));
    shop.place = PlanNow::InTheWay(NotBegun::NotAbove);
    assert!(shop.asks_back(REFUND, "p", 4).is_err(), "the member has spent it");
    shop.hears(&refunded_in_all("p", 10));
    assert_eq!(shop.log.last(), Some(&Effect::Shortfall { missing: yuan(10).amount }));
    assert!(!shop.log.contains(&Effect::EndPlan));
    assert_eq!((shop.wallet(), shop.revenue(), shop.order.delivery), (Amount::ZERO, Amount::ZERO, begun()));
}

#[test]
fn a_part_that_is_given_back_before_the_payment_is_known_is_not_paid() {
    let mut shop = Shop::plan(PlanNow::Fits);
    shop.hears(&refunded_in_all("p", 4));
    shop.hears(&paid("p", yuan(10)));
    assert_eq!(shop.log.last(), Some(&Effect::BeginPlan { paid: yuan(6) }));
    assert_eq!((shop.wallet(), shop.revenue()), (Amount::ZERO, yuan(6).amount));
}
