//! The choice.

use catalog::ModelRef;

use crate::candidate::candidates;
use crate::cost::{self, Cost, Gap, Quote};
use crate::decision::{Decision, Saving};
use crate::facts::Facts;
use crate::policy::{Policy, Way};
use crate::rank::{Cascade, Ranking, Wish, balance, cascade, cheapest, named};

/// Whom to ask, in which order, and why. The same facts give the same decision, whatever order they are in.
pub fn route(facts: &Facts<'_>, policy: &Policy) -> Decision {
    let (able, mut excluded) = candidates(facts, &policy.patience);
    let class = facts.request.features.class;
    let ranking = match &policy.way {
        Way::Fixed { target } => named(able, std::slice::from_ref(target)),
        Way::FallBack { chain } => named(able, chain),
        Way::Cheapest { floor, unrated, short } => {
            cheapest(able, Wish { floor: floor.of(class), unrated: *unrated, short: *short })
        }
        Way::Cascade { floor, check, escalations, unrated, short } => {
            let wish = Wish { floor: floor.of(class), unrated: *unrated, short: *short };
            let (answers, longest) = (check.answers(), check.longest());
            cascade(facts, able, Cascade { wish, answers, longest, escalations: *escalations })
        }
        Way::Balance { weights } => balance(able, weights, facts.draw),
    };
    let Ranking { attempts, excluded: left_out, expected } = ranking;
    excluded.extend(left_out);
    excluded.sort_by(|one, other| one.deployment.cmp(&other.deployment));
    Decision {
        policy: policy.id.clone(),
        class,
        attempts,
        excluded,
        saving: saving(facts, policy, expected.as_ref()),
        expected: expected.as_ref().map(Cost::from),
    }
}

fn saving(facts: &Facts<'_>, policy: &Policy, expected: Option<&Result<Quote, Gap>>) -> Saving {
    let own = policy.reference.as_ref().map(|own| ModelRef { vendor: &own.vendor, model: &own.model });
    let Some(reference) = own.or_else(|| facts.market.prices.reference()) else {
        return Saving::NoReference;
    };
    let expected = match expected {
        None => return Saving::NothingChosen,
        Some(Err(_)) => return Saving::ChoiceUnpriced,
        Some(Ok(expected)) => expected.amount,
    };
    match cost::at_reference(&facts.market, facts.request, reference) {
        Err(what) => Saving::ReferenceUnpriced { what },
        Ok(Quote { amount: reference, .. }) => match reference.checked_sub(expected) {
            Some(saved) => Saving::Known { reference, saved },
            None => Saving::ReferenceUnpriced { what: Gap::TooLarge },
        },
    }
}
