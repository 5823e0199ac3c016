//! Any order of arrival and any repetition end alike.

use money::Amount;
use money::payment::{Fact, Happened};
use payments::{Effect, PlanNow};
use proptest::prelude::*;

use crate::shop::*;

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
        ("[ab]", 0..8_i64).prop_map(|(refund, amount)| Happened::RefundAsked { refund, money: yuan(amount) }),
        "[ab]".prop_map(|refund| Happened::RefundFailed { refund }),
        "[ab]".prop_map(|refund| Happened::RefundStuck { refund }),
        ("[ab]", 0..8_i64).prop_map(|(dispute, amount)| Happened::Disputed { dispute, money: yuan(amount) }),
        "[ab]".prop_map(|dispute| Happened::DisputeWon { dispute }),
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
    fn a_plan_and_the_wallet_have_together_what_the_order_is_worth((facts, shuffled) in told_twice()) {
        let (mut one, mut other) = (Shop::plan(PlanNow::Fits), Shop::plan(PlanNow::Fits));
        for fact in &facts {
            one.hears(fact);
            let has = Amount::sum([one.wallet(), one.revenue()]).unwrap();
            prop_assert_eq!(has, one.order.worth().unwrap());
            prop_assert!(one.wallet() >= Amount::ZERO && one.revenue() >= Amount::ZERO);
        }
        for fact in &shuffled {
            other.hears(fact);
        }
        for shop in [&one, &other] {
            let begun = shop.log.iter().filter(|effect| matches!(effect, Effect::BeginPlan { .. })).count();
            prop_assert!(begun <= 1);
        }
        prop_assert_eq!(&one.order.evidence, &other.order.evidence);
        prop_assert_eq!(one.order.worth(), other.order.worth());
    }

    #[test]
    fn what_is_kept_is_credited_beside_the_worth((facts, shuffled) in told_twice(), at in 0..12_usize) {
        let mut facts = facts;
        facts.insert(at.min(facts.len()), says("q", Happened::Kept));
        let (mut one, mut other) = (Shop::top_up(), Shop::top_up());
        for fact in &facts {
            one.hears(fact);
            let (worth, extra) = (one.order.worth().unwrap(), one.order.extra_credit().unwrap());
            prop_assert_eq!(one.wallet(), Amount::sum([worth, extra]).unwrap());
        }
        for fact in shuffled.iter().chain([&says("q", Happened::Kept)]) {
            other.hears(fact);
        }
        prop_assert_eq!(&one.order, &other.order);
        prop_assert_eq!(one.wallet(), other.wallet());
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
