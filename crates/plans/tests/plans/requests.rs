use money::Amount;
use plans::{
    Ask, Budget, Grant, Pay, Plans, Reason, Refusal, Remedy, Room, Scope, Standing, Term, Use, Verdict,
    check, left,
};
use proptest::prelude::*;
use stdx::Timestamp;

use crate::support::{OFFSET, at, shipped, yuan};

const NOW: &str = "2026-11-22T08:00:00Z";

fn ask(model: &str) -> Ask<'_> {
    Ask { agent: Some("ask"), model, tools: &[], app: None, ceiling: Some(yuan("0.50")), tokens: 1_000 }
}

fn standing<'a>(plans: &'a Plans, plan: &str, uses: &'a [Use]) -> Standing<'a> {
    Standing {
        plan: plans.get(plan).unwrap(),
        uses,
        running: 0,
        wallet: Amount::ZERO,
        budgets: &[],
        now: at(NOW),
        offset_minutes: OFFSET,
    }
}

fn used(minutes_ago: i64, credits: &str, tokens: u64) -> Use {
    let at = Timestamp::from_micros(at(NOW).as_micros() - minutes_ago * 60_000_000);
    Use { at, credits: u64::try_from(yuan(credits).micros()).unwrap(), tokens, requests: 1 }
}

fn verdict(plan: &str, uses: &[Use], change: impl FnOnce(&mut Standing<'_>), ask: &Ask<'_>) -> Verdict {
    let plans = shipped();
    let mut standing = standing(&plans, plan, uses);
    change(&mut standing);
    check(&plans, &standing, ask).unwrap()
}

fn no(reason: Reason, remedies: impl IntoIterator<Item = Remedy>) -> Verdict {
    Verdict::No(Refusal { reason, remedies: remedies.into_iter().collect() })
}

fn upgrade(plan: &str) -> Remedy {
    Remedy::Upgrade(plan.to_owned())
}

fn go(model: &str, pay: Pay, weight: u32) -> Verdict {
    Verdict::Go(Grant { model: model.to_owned(), pay, weight })
}

const LOCAL: &str = "qwen2.5-coder-0.5b-instruct";

#[test]
fn what_fits_is_paid_by_the_allowance() {
    assert_eq!(verdict("free", &[], |_| (), &ask(LOCAL)), go(LOCAL, Pay::Allowance, 1));
    assert_eq!(verdict("pro", &[], |_| (), &ask("far-away")), go("far-away", Pay::Allowance, 4));
}

#[test]
fn what_a_plan_does_not_have_names_the_least_plan_that_does() {
    let model = Reason::Model("far-away".to_owned());
    assert_eq!(verdict("free", &[], |_| (), &ask("far-away")), no(model, [upgrade("plus")]));
    let tools = Ask { tools: &["search"], ..ask(LOCAL) };
    let tool = Reason::Tool("search".to_owned());
    assert_eq!(verdict("free", &[], |_| (), &tools), no(tool, [upgrade("plus")]));
    let app = Ask { app: Some("maps"), ..ask(LOCAL) };
    assert_eq!(verdict("free", &[], |_| (), &app), no(Reason::App("maps".to_owned()), [upgrade("pro")]));
}

#[test]
fn a_model_without_a_price_goes_only_where_a_plan_says_so() {
    let unpriced = Ask { ceiling: None, ..ask("brand-new") };
    let reason = Reason::Unpriced("brand-new".to_owned());
    assert_eq!(verdict("plus", &[], |_| (), &unpriced), no(reason, [upgrade("pro")]));
    assert_eq!(verdict("pro", &[], |_| (), &unpriced), go("brand-new", Pay::Allowance, 4));
}

#[test]
fn a_plan_that_stops_says_until_when_and_which_plan_goes_on() {
    let uses = [used(240, "0", 40_000), used(10, "0", 9_500)];
    let wait = Remedy::WaitUntil(at("2026-11-22T09:00:00Z"));
    assert_eq!(verdict("free", &uses, |_| (), &ask(LOCAL)), no(Reason::Allowance, [wait, upgrade("plus")]));
}

#[test]
fn all_windows_must_have_room_and_the_latest_one_counts() {
    // The five hours are free again at once, the day is used up until midnight in Beijing.
    let uses = [used(8 * 60 - 1, "0", 149_500)];
    let wait = Remedy::WaitUntil(at("2026-11-22T16:00:00Z"));
    let found = verdict("free", &uses, |_| (), &ask(LOCAL));
    assert_eq!(found, no(Reason::Allowance, [wait, upgrade("plus")]));
}

#[test]
fn what_fits_no_window_is_not_to_be_waited_for() {
    let huge = Ask { tokens: 50_001, ..ask(LOCAL) };
    let found = verdict("free", &[], |_| (), &huge);
    assert_eq!(found, no(Reason::Allowance, [Remedy::AskForLess, upgrade("plus")]));
}

#[test]
fn a_plan_can_fall_to_a_cheaper_model_instead_of_stopping() {
    let uses = [used(10, "2.60", 0)];
    assert_eq!(verdict("plus", &uses, |_| (), &ask("far-away")), go(LOCAL, Pay::Included, 2));
}

#[test]
fn a_plan_can_go_on_from_the_wallet_and_says_what_is_missing_in_it() {
    let uses = [used(60, "19.80", 0)];
    let rich = |standing: &mut Standing<'_>| standing.wallet = yuan("0.50");
    assert_eq!(verdict("pro", &uses, rich, &ask("far-away")), go("far-away", Pay::Wallet, 4));
    let poor = |standing: &mut Standing<'_>| standing.wallet = yuan("0.499999");
    let remedies = [Remedy::TopUp(yuan("0.000001")), Remedy::WaitUntil(at("2026-11-22T12:00:00Z"))];
    assert_eq!(verdict("pro", &uses, poor, &ask("far-away")), no(Reason::Wallet, remedies));
}

#[test]
fn nobody_pays_around_a_rate() {
    let uses = [used(0, "0", 1); 60];
    let rich = |standing: &mut Standing<'_>| standing.wallet = yuan("1000");
    let wait = Remedy::WaitUntil(at("2026-11-22T08:01:00Z"));
    assert_eq!(verdict("pro", &uses, rich, &ask("far-away")), no(Reason::Rate, [wait]));
}

#[test]
fn as_many_runs_as_the_plan_says_and_no_more() {
    let busy = |running| move |standing: &mut Standing<'_>| standing.running = running;
    assert_eq!(verdict("plus", &[], busy(2), &ask(LOCAL)), go(LOCAL, Pay::Allowance, 2));
    let remedies = [Remedy::FinishARun, upgrade("pro")];
    assert_eq!(verdict("plus", &[], busy(3), &ask(LOCAL)), no(Reason::Concurrency, remedies));
    assert_eq!(verdict("pro", &[], busy(10), &ask(LOCAL)), no(Reason::Concurrency, [Remedy::FinishARun]));
}

fn budget(scope: Scope, term: Term, most: &str, spent: &str) -> Budget {
    Budget { scope, name: format!("{scope:?}"), most: yuan(most), term, spent: yuan(spent) }
}

fn budgets(budgets: &[Budget]) -> Verdict {
    let plans = shipped();
    let standing = Standing { budgets, ..standing(&plans, "pro", &[]) };
    check(&plans, &standing, &ask(LOCAL)).unwrap()
}

#[test]
fn every_budget_above_must_have_room() {
    let room =
        [budget(Scope::Key, Term::Day, "0.50", "0"), budget(Scope::Workspace, Term::Month, "100", "99.50")];
    assert_eq!(budgets(&room), go(LOCAL, Pay::Allowance, 4));
    let full = [
        budget(Scope::Workspace, Term::Month, "100", "99.500001"),
        budget(Scope::Group, Term::Day, "1", "0.60"),
        budget(Scope::Key, Term::Once, "9", "0"),
    ];
    let reason = Reason::Budget {
        scope: Scope::Group,
        name: "Group".to_owned(),
        room: Room::From(at("2026-11-22T16:00:00Z")),
    };
    let wait = Remedy::WaitUntil(at("2026-11-30T16:00:00Z"));
    assert_eq!(budgets(&full), no(reason, [wait, Remedy::RaiseBudget]));
}

#[test]
fn a_budget_for_once_is_not_to_be_waited_for() {
    for most in ["0.49", "5"] {
        let full = [budget(Scope::Member, Term::Once, most, most)];
        let reason = Reason::Budget { scope: Scope::Member, name: "Member".to_owned(), room: Room::Never };
        assert_eq!(budgets(&full), no(reason, [Remedy::RaiseBudget]));
    }
    let plans = shipped();
    let huge = [Budget { spent: Amount::from_micros(i64::MAX), ..budget(Scope::Key, Term::Day, "1", "0") }];
    let standing = Standing { budgets: &huge, ..standing(&plans, "pro", &[]) };
    assert!(check(&plans, &standing, &ask(LOCAL)).is_err());
}

#[test]
fn nothing_bounds_what_a_plan_of_tokens_may_cost_but_budgets() {
    let plans = shipped();
    assert_eq!(left(&standing(&plans, "free", &[]), 1_000), None);
    let budgets = [budget(Scope::Key, Term::Day, "1", "0.40"), budget(Scope::Group, Term::Once, "9", "0")];
    let bounded = Standing { budgets: &budgets, ..standing(&plans, "free", &[]) };
    assert_eq!(left(&bounded, 1_000), Some(yuan("0.60")));
}

proptest! {
    #[test]
    fn what_is_left_goes_and_a_micro_more_does_not(
        uses in prop::collection::vec((0_i64..600, 0_u64..9_000_000), 0..6),
        wallet in 0_i64..30_000_000, spent in 0_i64..60_000_000,
    ) {
        let plans = shipped();
        let uses: Vec<Use> = uses.into_iter().map(|(minutes, credits)| Use { credits, ..used(minutes, "0", 1) }).collect();
        let budgets = [Budget { spent: Amount::from_micros(spent), ..budget(Scope::Member, Term::Month, "50", "0") }];
        for plan in ["plus", "pro"] {
            let standing = Standing { wallet: Amount::from_micros(wallet), budgets: &budgets, ..standing(&plans, plan, &uses) };
            let goes = |ceiling: i64| {
                let ask = Ask { ceiling: Some(Amount::from_micros(ceiling)), ..ask(LOCAL) };
                matches!(check(&plans, &standing, &ask), Ok(Verdict::Go(Grant { pay: Pay::Allowance | Pay::Wallet, .. })))
            };
            let left = left(&standing, 1_000).unwrap().micros();
            prop_assert!(!goes(left + 1), "{plan} {left}");
            // More than there was room for was used before: then nothing goes, however little it costs.
            prop_assert!(left == 0 || goes(left), "{plan} {left}");
        }
    }

    #[test]
    fn whoever_waits_as_told_may_go_on(
        uses in prop::collection::vec((0_i64..2_000, 0_u64..20_000), 0..40), tokens in 1_u64..50_000,
    ) {
        let plans = shipped();
        let uses: Vec<Use> = uses.into_iter().map(|(minutes, tokens)| used(minutes, "0", tokens)).collect();
        let ask = Ask { tokens, ..ask(LOCAL) };
        let mut standing = standing(&plans, "free", &uses);
        // A rate may hide an allowance: each answer is right for its own reason, so a few waits may be needed.
        for _ in 0..3 {
            match check(&plans, &standing, &ask).unwrap() {
                Verdict::Go(_) => break,
                Verdict::No(refusal) => {
                    let Some(Remedy::WaitUntil(then)) = refusal.remedies.first() else {
                        panic!("{refusal:?}");
                    };
                    prop_assert!(*then > standing.now);
                    standing.now = *then;
                }
            }
        }
        prop_assert!(matches!(check(&plans, &standing, &ask), Ok(Verdict::Go(_))));
    }

    #[test]
    fn no_window_is_ever_overdrawn(wishes in prop::collection::vec((0_i64..90, 1_u64..20_000), 1..80)) {
        let plans = shipped();
        let (mut uses, mut now): (Vec<Use>, i64) = (Vec::new(), at(NOW).as_micros());
        for (minutes, tokens) in wishes {
            now += minutes * 60_000_000;
            let now = Timestamp::from_micros(now);
            let standing = Standing { now, ..standing(&plans, "free", &uses) };
            if matches!(check(&plans, &standing, &Ask { tokens, ..ask(LOCAL) }), Ok(Verdict::Go(_))) {
                uses.push(Use { at: now, credits: 0, tokens, requests: 1 });
            }
            let five_hours = 5 * 3_600_000_000;
            let inside = uses.iter().filter(|used| used.at.as_micros() > now.as_micros() - five_hours);
            prop_assert!(inside.map(|used| used.tokens).sum::<u64>() <= 50_000);
        }
    }
}
