//! Each kind of policy, and each cause for leaving a deployment out.

use money::Amount;
use money::{Unit, Usage};
use router::{Breaker, Cause, Concern, Cost, Gap, Need, Reason, Saving, When, route, would_cost};

use crate::world::{World, at, id, order, plan_access, policy};

const GOOD_ENOUGH: &str = "kind = \"cheapest\"\nfloor = { usual = \"0.55\" }\n";
const BEST: &str =
    "kind = \"cheapest\"\nfloor = { usual = \"0.55\" }\nunrated = \"last\"\nshort = \"best\"\n";
const REFERENCE: &str = "[reference]\nvendor = \"toy\"\nmodel = \"large\"\n";

fn micros(micros: i64) -> Amount {
    Amount::from_micros(micros)
}

fn causes(decision: &router::Decision, name: &str) -> Vec<Cause> {
    let of = decision.excluded.iter().find(|excluded| excluded.deployment == id(name));
    of.map(|excluded| excluded.causes.clone()).unwrap_or_default()
}

#[test]
fn the_cheapest_that_is_good_enough_says_why_and_what_it_saves() {
    let decision = World::new().route(&format!("{GOOD_ENOUGH}{REFERENCE}"));
    assert_eq!(order(&decision), ["toy/large", "toy/owl"]);
    let chosen = decision.first().unwrap();
    // (1,000 × 2 + 500 × 8) millionths of a dollar at seven yuan.
    assert_eq!(chosen.cost, Cost::Known(micros(42_000)));
    let floor = "0.55".parse().unwrap();
    assert_eq!((chosen.when, &chosen.reason), (When::First, &Reason::GoodEnough { floor: Some(floor) }));
    assert_eq!(chosen.quality, Some("0.9".parse().unwrap()));
    assert_eq!(decision.runner_up().unwrap().cost, Cost::Known(micros(52_500)));
    assert_eq!(decision.saving, Saving::Known { reference: micros(42_000), saved: micros(0) });
    let quality = "0.5".parse().unwrap();
    assert_eq!(causes(&decision, "toy/small"), [Cause::BelowFloor { quality, floor }]);
    assert_eq!(causes(&decision, "local/tiny"), [Cause::Unrated]);
}

#[test]
fn the_price_is_the_one_of_the_hour() {
    let night = World::new().with(|world| world.now = at("2026-11-23T23:00:00Z"));
    let decision = night.route(&format!("{GOOD_ENOUGH}{REFERENCE}"));
    assert_eq!(order(&decision), ["toy/owl", "toy/large"]);
    assert_eq!(decision.expected, Some(Cost::Known(micros(17_500))));
    assert_eq!(decision.saving, Saving::Known { reference: micros(42_000), saved: micros(24_500) });
}

#[test]
fn a_warm_prefix_can_make_the_dearer_one_cheaper() {
    let owl = |world: World| world.with(|world| world.now = at("2026-11-23T23:00:00Z"));
    let warm = owl(World::new()).change("toy/large", |it| it.prefix.warm_tokens = 900);
    let long = warm.with(|world| world.request.expected_output_tokens = 10);
    let decision = long.route(GOOD_ENOUGH);
    // 900 × 0.2 + 100 × 2 + 10 × 8 = 460 against 1,000 × 1 + 10 × 3 = 1,030 millionths of a dollar.
    assert_eq!(order(&decision), ["toy/large", "toy/owl"]);
    assert_eq!(decision.expected, Some(Cost::Known(micros(3_220))));
}

#[test]
fn what_would_be_written_to_a_cache_costs_what_writing_costs_there() {
    let world = World::new().without(&["toy/owl"]).change("toy/large", |it| it.prefix.written_tokens = 400);
    // 600 × 2 + 400 × 2.5 + 500 × 8 = 6,200.
    assert_eq!(world.route(GOOD_ENOUGH).expected, Some(Cost::Known(micros(43_400))));
    let none = World::new().change("toy/owl", |it| it.prefix.warm_tokens = 1_000);
    let decision = none.without(&["toy/large"]).route(GOOD_ENOUGH);
    assert_eq!(decision.expected, Some(Cost::Known(micros(52_500))), "no rate for reading, no discount");
}

#[test]
fn unpriced_models_come_last_where_the_plan_allows_them_and_never_cost_nothing() {
    let all = "kind = \"cheapest\"\n";
    let decision = World::new().route(all);
    let what = Gap::NoPrice { unit: money::Unit::Input };
    assert_eq!(causes(&decision, "toy/mystery"), [Cause::Unpriced { what: what.clone() }]);
    let decision = World::new().with(|world| world.access = plan_access(true)).route(all);
    assert_eq!(order(&decision), ["local/tiny", "toy/small", "toy/large", "toy/owl", "toy/mystery"]);
    assert_eq!(decision.attempts[4].cost, Cost::Unpriced(what));
    assert_eq!(decision.attempts[0].cost, Cost::Known(Amount::ZERO), "free is a price");
    let alone = World::new().with(|world| world.access = plan_access(true)).without(&[
        "local/tiny",
        "toy/large",
        "toy/owl",
        "toy/small",
    ]);
    let decision = alone.route(&format!("{all}{REFERENCE}"));
    assert_eq!((order(&decision), &decision.saving), (vec!["toy/mystery"], &Saving::ChoiceUnpriced));
}

#[test]
fn a_currency_without_an_exchange_rate_is_unpriced() {
    let world = World::new().with(|world| world.exchange = money::ExchangeRates::default());
    let decision = world.route("kind = \"cheapest\"\n");
    assert_eq!(order(&decision), ["local/tiny"]);
    let [from, to] = ["USD", "CNY"].map(|text| text.parse().unwrap());
    let what = Gap::NoExchangeRate { from, to };
    assert_eq!(causes(&decision, "toy/large"), [Cause::Unpriced { what }]);
}

#[test]
fn every_cause_is_told_and_not_just_the_first() {
    let world = World::new().change("toy/large", |it| {
        it.health.breaker = Breaker::Open;
        it.abilities.context_tokens = 1_500;
        it.abilities.most_output_tokens = Some(900);
        it.room.calls = Some(0);
        it.room.tokens = Some(1_999);
    });
    let world = world.with(|world| {
        world.request.features.needs = [Need::Json, Need::Vision].into();
        world.budget_left = Some(micros(50_000));
    });
    let decision = world.route(GOOD_ENOUGH);
    let expected = [
        // 1,000 × the dearest input rate, 2.5, and 1,000 × 8; at 7 yuan, and never rounded down.
        Cause::OverBudget { ceiling: micros(73_501), left: micros(50_000) },
        Cause::Cannot { need: Need::Vision },
        Cause::ContextTooShort { needs: 2_000, has: 1_500 },
        Cause::AnswerTooLong { needs: 1_000, has: 900 },
        Cause::BreakerOpen,
        Cause::Busy,
        Cause::RateLimited,
    ];
    assert_eq!(causes(&decision, "toy/large"), expected);
    assert_eq!((decision.first(), &decision.saving), (None, &Saving::NoReference));
}

#[test]
fn a_plan_names_deployments_and_no_models_of_others_by_the_way() {
    let text = "id = \"few\"\nrank = 0\nname = { zh = \"少\", en = \"Few\" }\nat_end = { then = \"stop\" }\n\
        price = { currency = \"CNY\", amount = \"0\", every = \"month\" }\nlimits = { concurrent_runs = 1, weight = 1 }\n\
        access = { agents = [\"*\"], models = [\"small\", \"toy/large\", \"local/*\"], tools = [], apps = [] }\n";
    let plans = plans::Plans::read([("few.toml", text)]).unwrap();
    let world = World::new().with(|world| world.access = plans.get("few").unwrap().access.clone());
    let decision = world.route("kind = \"cheapest\"\n");
    assert_eq!(order(&decision), ["local/tiny", "toy/large"]);
    assert_eq!(causes(&decision, "toy/small"), [Cause::NotInPlan]);
}

#[test]
fn whoever_is_short_of_the_floor_comes_after_and_the_unmeasured_last() {
    let world = World::new().change("toy/large", |it| it.health.breaker = Breaker::Open);
    let decision = world.change("toy/owl", |it| it.room.requests = Some(0)).route(BEST);
    assert_eq!(order(&decision), ["toy/small", "local/tiny"]);
    let floor = "0.55".parse().unwrap();
    assert_eq!(decision.attempts[0].reason, Reason::BestBelow { floor });
    assert_eq!(decision.attempts[1].reason, Reason::Unrated);
}

#[test]
fn the_doubtful_come_after_the_sound_and_say_what_speaks_against_them() {
    let patience = "[patience]\nfirst_token_ms = 1000\ntokens_per_second = 10\nerrors = \"0.1\"\n";
    let world = World::new().change("toy/large", |it| {
        it.health.errors = Some("0.25".parse().unwrap());
        it.health.breaker = Breaker::HalfOpen;
        it.latency.first_token_ms = Some(1_001);
        it.latency.tokens_per_second = Some(9);
    });
    let decision = world.route(&format!("{GOOD_ENOUGH}{patience}"));
    assert_eq!(order(&decision), ["toy/owl", "toy/large"]);
    let [share, most] = ["0.25", "0.1"].map(|text| text.parse().unwrap());
    let concerns = [
        Concern::Probing,
        Concern::Errors { share, most },
        Concern::SlowStart { first_token_ms: 1_001, most_ms: 1_000 },
        Concern::SlowWriting { tokens_per_second: 9, least: 10 },
    ];
    assert_eq!(decision.attempts[1].concerns, concerns);
    assert_eq!(order(&world.route(GOOD_ENOUGH)), ["toy/owl", "toy/large"], "a probe is always a doubt");
}

#[test]
fn a_chain_is_kept_and_a_model_in_it_goes_to_its_cheapest_place() {
    let mut twin = crate::world::deployment("toy", "large");
    twin.prefix.warm_tokens = 500;
    let world = World::new().with(|world| {
        world.deployments.insert(id("elsewhere/large"), twin);
    });
    let decision = world.route("kind = \"fall_back\"\nchain = [\"large\", \"toy/small\", \"gone\"]\n");
    assert_eq!(order(&decision), ["elsewhere/large", "toy/large", "toy/small"]);
    assert_eq!(decision.attempts[2].reason, Reason::Named { position: 1 });
    assert_eq!(causes(&decision, "toy/owl"), [Cause::NotNamed]);
    let decision = world.route("kind = \"fixed\"\ntarget = \"toy/owl\"\n");
    assert_eq!(order(&decision), ["toy/owl"]);
}

const CASCADE: &str = "kind = \"cascade\"\nfloor = { usual = \"0.55\" }\nescalations = \"0.4\"\n\
    check = { kind = \"agreement\", answers = 3, agree = 2, longest = 2000 }\n";

#[test]
fn a_cascade_tries_the_cheapest_and_expects_its_escalations() {
    let world = World::new().without(&["local/tiny"]);
    let decision = world.route(&format!("{CASCADE}{REFERENCE}"));
    assert_eq!(order(&decision), ["toy/small", "toy/large", "toy/owl"]);
    let whens: Vec<When> = decision.attempts.iter().map(|attempt| attempt.when).collect();
    assert_eq!(whens, [When::First, When::AfterDoubt, When::AfterFailure]);
    // Three answers, each with its prompt: 3 × 2,100; and two fifths of 42,000.
    assert_eq!((decision.attempts[0].answers, &decision.attempts[0].cost), (3, &Cost::Known(micros(6_300))));
    assert_eq!(decision.expected, Some(Cost::Known(micros(23_100))));
    assert_eq!(decision.saving, Saving::Known { reference: micros(42_000), saved: micros(18_900) });
    assert_eq!(decision.chosen().count(), 2);
}

#[test]
fn without_its_draft_a_cascade_is_what_the_better_one_costs() {
    let mut decision = World::new().without(&["local/tiny"]).route(&format!("{CASCADE}{REFERENCE}"));
    let mut better = decision.attempts[1].clone();
    assert!(matches!(better.reason, Reason::Escalation { .. }));
    decision.begin_with(&mut better);
    assert!(matches!((better.when, &better.reason), (When::First, Reason::GoodEnough { .. })), "{better:?}");
    assert_eq!(decision.expected, Some(Cost::Known(micros(42_000))));
    assert_eq!(decision.saving, Saving::Known { reference: micros(42_000), saved: micros(0) });
}

#[test]
fn drafts_that_are_compared_are_short_and_whoever_comes_after_them_is_within_what_is_left() {
    let short = CASCADE.replace("longest = 2000", "longest = 100");
    let world = World::new().without(&["local/tiny"]);
    // Three answers of a hundred tokens, each with its prompt: 3 × (1,000 × 0.1 + 100 × 0.4), in dollars of seven yuan.
    assert_eq!(world.route(&short).attempts[0].cost, Cost::Known(micros(2_940)));
    // Beside the drafts the large one can be paid, and no other.
    let poor = World::new().without(&["local/tiny"]).with(|world| world.budget_left = Some(micros(78_000)));
    let decision = poor.route(&short);
    assert_eq!(order(&decision), ["toy/small", "toy/large"]);
    assert!(matches!(causes(&decision, "toy/owl")[..], [Cause::OverBudget { .. }]), "{decision:?}");
}

#[test]
fn a_cascade_that_would_cost_more_is_none() {
    let dear = CASCADE.replace("\"0.4\"", "\"0.9\"");
    let world = World::new().without(&["local/tiny"]);
    assert_eq!(order(&world.route(&dear)), ["toy/large", "toy/owl"]);
    let free = World::new().route(&dear);
    assert_eq!(order(&free), ["local/tiny", "toy/large", "toy/owl"], "what is free is worth a try");
    // The small one alone is within the budget, both together are not.
    let poor = World::new().without(&["local/tiny"]).with(|world| world.budget_left = Some(micros(74_000)));
    assert_eq!(order(&poor.route(CASCADE)), ["toy/large"]);
}

#[test]
fn weights_are_shares_and_a_seed_repeats() {
    let way = "kind = \"balance\"\nweights = { large = 3, \"toy/small\" = 1, owl = 0 }\n";
    let mut large = 0;
    for draw in 0..4_000_u64 {
        let spread = draw.wrapping_mul(0x1234_5678_9ABC_DEF1);
        let decision = World::new().with(|world| world.draw = spread).route(way);
        let first = decision.first().unwrap();
        let is_large = first.deployment == id("toy/large");
        large += u32::from(is_large);
        assert_eq!(first.reason, Reason::Drawn { weight: if is_large { 3 } else { 1 }, of: 4 });
    }
    assert!((2_900..3_100).contains(&large), "{large} of 4,000");
    let decision = World::new().route(way);
    assert_eq!(decision, World::new().route(way));
    assert_eq!(causes(&decision, "toy/owl"), [Cause::NoWeight]);
}

#[test]
fn a_shadow_costs_what_was_really_used_at_its_own_prices() {
    let world = World::new().without(&["local/tiny"]);
    let used = |parts: &[(Unit, u64)]| Usage::of(parts.iter().copied()).unwrap();
    let would = |way: &str, used: &Usage| {
        let facts = world.facts();
        would_cost(&facts.market, &route(&facts, &policy(way)), facts.deployments, used)
    };
    let cached = used(&[(Unit::Input, 400), (Unit::CacheRead, 600), (Unit::Output, 100)]);
    let fixed = |target: &str| format!("kind = \"fixed\"\ntarget = \"{target}\"\n");
    // In dollars of seven yuan: 400 × 2 + 600 × 0.2 + 100 × 8.
    assert_eq!(would(&fixed("large"), &cached), Some(micros(12_040)));
    // The owl has no price for what is read from a cache: 1,000 × 3 + 100 × 9.
    assert_eq!(would(&fixed("owl"), &cached), Some(micros(27_300)));
    // Three drafts of the small one, each 1,000 × 0.1 + 100 × 0.4, and two fifths of the large one: 420 + 0.4 × 2,800.
    let plain = used(&[(Unit::Input, 1_000), (Unit::Output, 100)]);
    assert_eq!(would(CASCADE, &plain), Some(micros(10_780)));
    assert_eq!(would(&fixed("gone"), &plain), None);
    assert_eq!(would(&fixed("large"), &used(&[(Unit::Images, 1)])), None, "what has no price is not free");
}

#[test]
fn a_decision_is_kept_as_it_was() {
    for way in [GOOD_ENOUGH, BEST, CASCADE, "kind = \"balance\"\nweights = { large = 3 }\n"] {
        let decision = World::new().route(way);
        let text = serde_json::to_string(&decision).unwrap();
        assert_eq!(serde_json::from_str::<router::Decision>(&text).unwrap(), decision, "{text}");
    }
}
