//! Trying a policy without acting on it: what its decision would have come to.

use std::collections::BTreeMap;

use catalog::{Facts as PriceFacts, ModelRef, PerMille};
use money::{Amount, Unit, Usage, Worth};

use crate::cost::{Gap, Quote, priced};
use crate::decision::{Attempt, Decision, Reason, When};
use crate::facts::{Deployment, DeploymentId, Market};

/// What a decision that nobody acted on would have cost, had its choice used the tokens that another one really used. Where it
/// would have tried a cheap one first, the better one counts as often as the policy expects to need it. Absent where nobody
/// was chosen, or something has no price.
pub fn would_cost(
    market: &Market<'_>,
    decision: &Decision,
    deployments: &BTreeMap<DeploymentId, Deployment>,
    used: &Usage,
) -> Option<Amount> {
    let worth = |attempt: &Attempt| {
        let deployment = deployments.get(&attempt.deployment)?;
        Some(of_used(market, deployment, used, attempt.answers.into()).ok()?.worth)
    };
    let first = decision.first()?;
    let own = worth(first)?;
    let better = decision.attempts.iter().find(|attempt| attempt.when == When::AfterDoubt);
    let all = match (better, &first.reason) {
        (Some(better), Reason::TriedFirst { escalations, .. }) => {
            escalated(own, worth(better)?, *escalations)?
        }
        _ => own,
    };
    all.round().ok()
}

fn escalated(own: Worth, better: Worth, escalations: PerMille) -> Option<Worth> {
    own.and_thousandths(better, escalations.thousandths()).ok()
}

/// The same tokens there. What went through a cache, and has no rate of its own there, is plain input.
fn of_used(market: &Market<'_>, deployment: &Deployment, used: &Usage, answers: u64) -> Result<Quote, Gap> {
    let facts = PriceFacts { class: deployment.class, input_tokens: used.input_tokens() };
    let model = ModelRef { vendor: &deployment.price_vendor, model: &deployment.price_model };
    priced(market, model, facts, |price| {
        let part = |(unit, count): (Unit, u64)| {
            let count = count.checked_mul(answers)?;
            match unit {
                Unit::CacheRead | Unit::CacheWrite5m | Unit::CacheWrite1h if price.rate(unit).is_none() => {
                    Some((Unit::Input, count))
                }
                _ => Some((unit, count)),
            }
        };
        let parts: Option<Vec<_>> = used.parts().map(part).collect();
        Usage::of(parts?).ok()
    })
}
