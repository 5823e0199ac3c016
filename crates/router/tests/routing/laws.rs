//! What holds whatever the facts are.

use std::collections::BTreeMap;

use catalog::PerMille;
use money::Amount;
use proptest::prelude::*;
use router::{Breaker, Cause, Cost, Decision, Deployment, DeploymentId, Need, Policy, Saving, route};

use crate::world::{World, deployment, id, plan_access, policy};

const MODELS: [(&str, &str); 5] =
    [("toy", "small"), ("toy", "large"), ("toy", "owl"), ("toy", "mystery"), ("local", "tiny")];

const WAYS: [&str; 7] = [
    "kind = \"cheapest\"\n",
    "kind = \"cheapest\"\nfloor = { usual = \"0.55\" }\n",
    "kind = \"cheapest\"\nfloor = { usual = \"0.85\" }\nunrated = \"last\"\nshort = \"best\"\n",
    "kind = \"cascade\"\nfloor = { usual = \"0.55\" }\nescalations = \"0.4\"\n\
     check = { kind = \"agreement\", answers = 3, agree = 2 }\n",
    "kind = \"cascade\"\nfloor = { usual = \"0.85\" }\nescalations = \"0.2\"\ncheck = { kind = \"json\" }\n\
     unrated = \"last\"\nshort = \"best\"\n",
    "kind = \"balance\"\nweights = { small = 2, large = 3, owl = 1, tiny = 1, mystery = 4 }\n",
    "kind = \"fall_back\"\nchain = [\"owl\", \"small\", \"large\", \"tiny\"]\n",
];

prop_compose! {
    fn a_place()(
        which in 0_usize..5,
        warm in 0_u64..1_200,
        written in 0_u64..500,
        breaker in prop_oneof![4 => Just(Breaker::Closed), 1 => Just(Breaker::HalfOpen), 1 => Just(Breaker::Open)],
        errors in prop::option::of(0_u16..=1_000),
        context in prop_oneof![3 => Just(32_768_u64), 1 => 500_u64..4_000],
        sees in any::<bool>(),
        first_token_ms in prop::option::of(0_u32..4_000),
        calls in prop::option::weighted(0.3, 0_u32..3),
        tokens in prop::option::weighted(0.3, 0_u64..5_000),
    ) -> Deployment {
        let (vendor, model) = MODELS[which];
        let mut place = deployment(vendor, model);
        place.prefix.warm_tokens = warm;
        place.prefix.written_tokens = written;
        place.health.breaker = breaker;
        place.health.errors = errors.map(|errors| PerMille::new(errors).unwrap());
        place.abilities.context_tokens = context;
        if sees { place.abilities.meets.insert(Need::Vision); }
        place.latency.first_token_ms = first_token_ms;
        place.room.calls = calls;
        place.room.tokens = tokens;
        place
    }
}

prop_compose! {
    fn anything()(
        places in prop::collection::vec((0_u8..40, a_place()), 0..8),
        way in 0_usize..WAYS.len(),
        patient in any::<bool>(),
        needs_eyes in prop::bool::weighted(0.3),
        allows_unpriced in any::<bool>(),
        budget in prop::option::weighted(0.3, 0_i64..200_000),
        prompt in 0_u64..3_000,
        output in 0_u64..2_000,
        draw in any::<u64>(),
    ) -> (World, Policy) {
        let patience = "[patience]\nfirst_token_ms = 2000\nerrors = \"0.3\"\n";
        let reference = "[reference]\nvendor = \"toy\"\nmodel = \"large\"\n";
        let text = format!("{}{reference}{}", WAYS[way], if patient { patience } else { "" });
        let world = World::new().with(|world| {
            world.deployments = places.into_iter().map(|(name, place)| (id(&format!("at/{name}")), place)).collect();
            world.access = plan_access(allows_unpriced);
            world.budget_left = budget.map(Amount::from_micros);
            world.request.prompt_tokens = prompt;
            world.request.most_prompt_tokens = prompt;
            world.request.expected_output_tokens = output;
            world.request.features.needs = if needs_eyes { [Need::Vision].into() } else { [].into() };
            world.draw = draw;
        });
        (world, policy(&text))
    }
}

fn place<'a>(world: &'a World, id: &DeploymentId) -> &'a Deployment {
    &world.deployments[id]
}

fn chosen(decision: &Decision) -> Vec<&DeploymentId> {
    decision.chosen().map(|attempt| &attempt.deployment).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn whoever_cannot_serve_is_never_asked((world, policy) in anything()) {
        let needed = world.request.prompt_tokens + world.request.most_output_tokens;
        for attempt in route(&world.facts(), &policy).attempts {
            let place = place(&world, &attempt.deployment);
            prop_assert!(place.health.breaker != Breaker::Open);
            prop_assert!(place.abilities.context_tokens >= needed);
            prop_assert!(world.request.features.needs.is_subset(&place.abilities.meets));
            prop_assert!(place.room.calls != Some(0) && place.room.tokens.is_none_or(|left| left >= needed));
            let is_unpriced = matches!(attempt.cost, Cost::Unpriced(_));
            prop_assert!(!is_unpriced || world.access.unpriced_models);
        }
    }

    #[test]
    fn everybody_is_asked_or_left_out_and_nobody_both((world, policy) in anything()) {
        let decision = route(&world.facts(), &policy);
        let asked = decision.attempts.iter().map(|attempt| &attempt.deployment);
        let left_out = decision.excluded.iter().map(|excluded| &excluded.deployment);
        let mut all: Vec<&DeploymentId> = asked.chain(left_out).collect();
        all.sort();
        prop_assert_eq!(all, world.deployments.keys().collect::<Vec<_>>());
        prop_assert!(decision.excluded.iter().all(|excluded| !excluded.causes.is_empty()));
    }

    #[test]
    fn the_order_in_which_places_are_known_does_not_matter((world, policy) in anything(), turn in 0_usize..8) {
        let decision = route(&world.facts(), &policy);
        let mut places: Vec<_> = world.deployments.clone().into_iter().rev().collect();
        let middle = turn.min(places.len());
        places.rotate_left(middle);
        let again = World { deployments: places.into_iter().collect(), ..world };
        prop_assert_eq!(route(&again.facts(), &policy), decision);
    }

    #[test]
    fn a_cheaper_equal_one_is_never_passed_over((world, policy) in anything()) {
        let decision = route(&world.facts(), &policy);
        let known = |cost: &Cost| match cost { Cost::Known(amount) => Some(*amount), Cost::Unpriced(_) => None };
        let is_drawn = |attempt: &&router::Attempt| matches!(attempt.reason, router::Reason::Drawn { .. });
        let Some(first) = decision.first().filter(|first| !is_drawn(first)) else { return Ok(()) };
        for other in decision.attempts.iter().filter(|other| other.answers == first.answers) {
            let equal = other.reason == first.reason
                && other.quality == first.quality
                && other.concerns.is_empty() == first.concerns.is_empty();
            let (mine, theirs) = (known(&first.cost), known(&other.cost));
            prop_assert!(!equal || theirs.is_none() || mine <= theirs, "{decision:?}");
            prop_assert!(!equal || mine.is_some() || theirs.is_none(), "{decision:?}");
        }
    }

    #[test]
    fn taking_away_one_that_was_not_chosen_changes_nothing((world, policy) in anything()) {
        let decision = route(&world.facts(), &policy);
        for gone in world.deployments.keys().filter(|id| !chosen(&decision).contains(id)) {
            let mut rest: BTreeMap<_, _> = world.deployments.clone();
            rest.remove(gone);
            let facts = router::Facts { deployments: &rest, ..world.facts() };
            let again = route(&facts, &policy);
            prop_assert_eq!(chosen(&again), chosen(&decision), "without {}", gone);
            prop_assert_eq!(again.expected, decision.expected.clone());
            prop_assert_eq!(again.saving, decision.saving.clone());
        }
    }

    #[test]
    fn what_has_no_price_is_never_called_free((world, policy) in anything()) {
        let decision = route(&world.facts(), &policy);
        for attempt in &decision.attempts {
            let is_mystery = place(&world, &attempt.deployment).model == "mystery";
            prop_assert_eq!(is_mystery, matches!(attempt.cost, Cost::Unpriced(_)));
        }
        let names_mystery = decision.first().is_some_and(|first| place(&world, &first.deployment).model == "mystery");
        prop_assert!(!names_mystery || decision.saving == Saving::ChoiceUnpriced);
    }

    #[test]
    fn a_saving_is_what_the_reference_costs_less_what_is_expected((world, policy) in anything()) {
        let decision = route(&world.facts(), &policy);
        match (&decision.saving, &decision.expected) {
            (Saving::Known { reference, saved }, Some(Cost::Known(expected))) => {
                prop_assert_eq!(expected.checked_add(*saved), Some(*reference));
            }
            (Saving::NothingChosen, None) => prop_assert!(decision.attempts.is_empty()),
            (Saving::ChoiceUnpriced, Some(Cost::Unpriced(_))) => {}
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn a_cascade_is_never_expected_to_cost_more_than_asking_at_once((world, policy) in anything()) {
        let decision = route(&world.facts(), &policy);
        let Some(better) = decision.chosen().nth(1) else { return Ok(()) };
        let (Some(Cost::Known(expected)), Cost::Known(direct)) = (&decision.expected, &better.cost) else {
            return Err(TestCaseError::fail("both have a price"));
        };
        prop_assert!(expected <= direct);
    }

    #[test]
    fn a_budget_is_never_risked((world, policy) in anything()) {
        let decision = route(&world.facts(), &policy);
        let Some(left) = world.budget_left else { return Ok(()) };
        for attempt in &decision.attempts {
            let Cost::Known(amount) = attempt.cost else { continue };
            let expected_is_most = world.request.expected_output_tokens <= world.request.most_output_tokens;
            prop_assert!(!expected_is_most || attempt.answers > 1 || amount <= left);
        }
        for excluded in &decision.excluded {
            for cause in &excluded.causes {
                let Cause::OverBudget { ceiling, left: told } = cause else { continue };
                prop_assert!(ceiling > told && *told == left);
            }
        }
    }
}
