use money::Amount;
use plans::{Bought, Next, Plans, Subscription, SubscriptionError, Turn};
use proptest::prelude::*;
use stdx::Timestamp;

use crate::support::{OFFSET, at, shipped, yuan};

fn bought(plans: &Plans, plan: &str, now: &str) -> Subscription {
    Subscription::buy(plans.get(plan).unwrap(), at(now), OFFSET).subscription
}

fn begun(turn: Result<Turn, SubscriptionError>) -> Bought {
    match turn.unwrap() {
        Turn::Begun(bought) => bought,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plan_is_paid_when_it_is_bought_and_again_when_its_period_ends() {
    let plans = shipped();
    let first = Subscription::buy(plans.get("plus").unwrap(), at("2027-01-31T02:00:00Z"), OFFSET);
    assert_eq!((first.charge, first.credit), (yuan("39"), Amount::ZERO));
    let subscription = first.subscription;
    assert_eq!(subscription.period.end, at("2027-02-28T02:00:00Z"));
    assert_eq!(subscription.turn(&plans, at("2027-02-28T01:59:59Z"), OFFSET), Ok(Turn::None));
    let second = begun(subscription.turn(&plans, at("2027-02-28T02:00:00Z"), OFFSET));
    assert_eq!(second.charge, yuan("39"));
    assert_eq!(second.subscription.period.end, at("2027-03-31T02:00:00Z"), "the 31st is not forgotten");
}

#[test]
fn months_in_which_nobody_could_use_it_are_not_charged() {
    let plans = shipped();
    let later = begun(bought(&plans, "plus", "2027-01-10T00:00:00Z").turn(
        &plans,
        at("2027-06-20T00:00:00Z"),
        OFFSET,
    ));
    assert_eq!(later.charge, yuan("39"));
    assert_eq!(later.subscription.period.begin, at("2027-06-10T00:00:00Z"));
}

#[test]
fn an_upgrade_begins_now_and_gives_back_what_is_unused() {
    let plans = shipped();
    let plus = bought(&plans, "plus", "2026-11-01T00:00:00Z");
    let pro = plus.upgrade(&plans, "pro", at("2026-11-21T00:00:00Z"), OFFSET).unwrap();
    // Ten of thirty days are left.
    assert_eq!((pro.charge, pro.credit), (yuan("199"), yuan("13")));
    assert_eq!(pro.subscription.period.end, at("2026-12-21T00:00:00Z"));
    let down = pro.subscription.upgrade(&plans, "plus", at("2026-11-22T00:00:00Z"), OFFSET).unwrap_err();
    assert_eq!(
        down.to_string(),
        "plan `plus` is not above `pro`; change to it at the end of the period instead"
    );
}

#[test]
fn a_downgrade_waits_for_the_end_and_can_be_taken_back() {
    let plans = shipped();
    let pro = bought(&plans, "pro", "2026-11-01T00:00:00Z");
    let end = at("2026-12-01T00:00:00Z");
    let down = pro.clone().at_end(&plans, Next::Change("plus".to_owned())).unwrap();
    assert_eq!(down.turn(&plans, at("2026-11-30T00:00:00Z"), OFFSET), Ok(Turn::None));
    let plus = begun(down.turn(&plans, end, OFFSET));
    assert_eq!((plus.subscription.plan.as_str(), plus.charge), ("plus", yuan("39")));
    assert_eq!(plus.subscription.next, Next::Renew);
    let kept = down.at_end(&plans, Next::Renew).unwrap();
    assert_eq!(kept, pro);
    assert!(kept.at_end(&plans, Next::Change("gold".to_owned())).is_err());
}

#[test]
fn who_cancels_keeps_what_was_paid_for() {
    let plans = shipped();
    let ending = bought(&plans, "plus", "2026-11-01T00:00:00Z").at_end(&plans, Next::End).unwrap();
    assert_eq!(ending.turn(&plans, at("2026-11-30T23:59:59Z"), OFFSET), Ok(Turn::None));
    assert_eq!(ending.turn(&plans, at("2026-12-01T00:00:00Z"), OFFSET), Ok(Turn::Ended));
}

#[test]
fn a_trial_costs_nothing_and_becomes_a_plan_unless_it_is_cancelled() {
    let plans = shipped();
    let trial = Subscription::try_out(plans.get("plus").unwrap(), at("2026-11-01T00:00:00Z")).unwrap();
    let end = at("2026-11-08T00:00:00Z");
    assert_eq!((trial.paid, trial.period.end), (Amount::ZERO, end));
    let paid = begun(trial.turn(&plans, end, OFFSET));
    assert_eq!((paid.charge, paid.subscription.period.end), (yuan("39"), at("2026-12-08T00:00:00Z")));
    let early = trial.upgrade(&plans, "pro", at("2026-11-02T00:00:00Z"), OFFSET).unwrap();
    assert_eq!((early.charge, early.credit), (yuan("199"), Amount::ZERO), "nothing was paid for the trial");
    let ending = trial.at_end(&plans, Next::End).unwrap();
    assert_eq!(ending.turn(&plans, end, OFFSET), Ok(Turn::Ended));
    let no_trial = Subscription::try_out(plans.get("pro").unwrap(), end).unwrap_err();
    assert_eq!(no_trial, SubscriptionError::NoTrial { plan: "pro".to_owned() });
}

#[test]
fn a_plan_that_is_gone_is_not_renewed() {
    let plans = shipped();
    let gone = Subscription { plan: "gold".to_owned(), ..bought(&plans, "pro", "2026-11-01T00:00:00Z") };
    let error = gone.turn(&plans, at("2026-12-01T00:00:00Z"), OFFSET).unwrap_err();
    assert_eq!(error, SubscriptionError::UnknownPlan { plan: "gold".to_owned() });
}

proptest! {
    #[test]
    fn what_is_unused_is_between_all_and_nothing_and_only_falls(first in 0_u32..2_700_000, second in 0_u32..2_700_000) {
        let plans = shipped();
        let plus = bought(&plans, "plus", "2026-11-01T00:00:00Z");
        let unused = |seconds: u32| {
            let now = plus.period.begin.as_micros() + i64::from(seconds) * 1_000_000;
            plus.unused(Timestamp::from_micros(now)).unwrap()
        };
        prop_assert_eq!(unused(0), plus.paid);
        prop_assert!(unused(first.min(second)) >= unused(first.max(second)));
        prop_assert!(unused(first) >= Amount::ZERO && unused(first) <= plus.paid);
        prop_assert_eq!(plus.unused(plus.period.end), Ok(Amount::ZERO));
    }
}

#[test]
fn days_that_are_given_are_added_up_and_never_wasted() {
    let plans = shipped();
    let now = at("2026-11-01T00:00:00Z");
    let give = |held: Option<&Subscription>, plan: &str, days| {
        Subscription::give_days(held, &plans, plan, days, now)
    };
    let first = give(None, "plus", 10).unwrap().subscription;
    assert_eq!(
        (first.period.end, first.turn(&plans, first.period.end, OFFSET)),
        (at("2026-11-11T00:00:00Z"), Ok(Turn::Ended))
    );
    let more = give(Some(&first), "plus", 20).unwrap();
    assert_eq!((more.credit, more.subscription.period.end), (Amount::ZERO, at("2026-12-01T00:00:00Z")));
    let higher = give(Some(&bought(&plans, "plus", "2026-11-01T00:00:00Z")), "pro", 5).unwrap();
    assert_eq!((higher.credit, higher.subscription.period.end), (yuan("39"), at("2026-11-06T00:00:00Z")));
    let paid = bought(&plans, "plus", "2026-11-01T00:00:00Z");
    assert!(
        matches!(give(Some(&paid), "plus", 5), Err(SubscriptionError::NotHigher { .. })),
        "it is paid for already"
    );
    assert!(matches!(give(Some(&higher.subscription), "plus", 5), Err(SubscriptionError::NotHigher { .. })));
    assert!(matches!(give(None, "gold", 5), Err(SubscriptionError::UnknownPlan { .. })));
}

#[test]
fn what_was_given_goes_on_when_the_member_wants_it_to() {
    let plans = shipped();
    let end = at("2026-11-11T00:00:00Z");
    let gift = Subscription::give(plans.get("plus").unwrap(), at("2026-11-01T00:00:00Z"), end);
    assert_eq!(gift.renewal(&plans), Amount::ZERO);
    let kept = gift.at_end(&plans, Next::Renew).unwrap();
    assert_eq!(kept.renewal(&plans), yuan("39"));
    let paid = begun(kept.turn(&plans, end, OFFSET));
    assert_eq!((paid.charge, paid.subscription.period.end), (yuan("39"), at("2026-12-11T00:00:00Z")));
}
