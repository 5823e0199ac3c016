//! Who can serve a request, and what keeps the others from it.

use std::cmp::Reverse;

use catalog::PerMille;
use money::Worth;

use crate::cost::{self, Cost, Gap, Quote};
use crate::decision::{Attempt, Cause, Concern, Excluded, Reason, When};
use crate::facts::{Breaker, Deployment, DeploymentId, Facts, Health, Latency, Room};
use crate::policy::Patience;

/// A deployment that can serve the request.
#[derive(Clone, Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) id: &'a DeploymentId,
    pub(crate) deployment: &'a Deployment,
    pub(crate) quote: Result<Quote, Gap>,
    pub(crate) quality: Option<PerMille>,
    pub(crate) concerns: Vec<Concern>,
}

/// By which candidates that are equally good are put in order. The id comes last, so that no two are equal.
type ByCost<'a> = (bool, bool, Worth, Reverse<Option<PerMille>>, u32, &'a DeploymentId);

impl<'a> Candidate<'a> {
    /// The sound before the doubtful, what has a price before what has none, the cheaper, the better, the faster.
    pub(crate) fn by_cost(&self) -> ByCost<'a> {
        let worth = self.quote.as_ref().map(|quote| quote.worth).unwrap_or_default();
        let first_token = self.deployment.latency.first_token_ms.unwrap_or(u32::MAX);
        let doubtful = !self.concerns.is_empty();
        (doubtful, self.quote.is_err(), worth, Reverse(self.quality), first_token, self.id)
    }

    /// The sound, the better, then as by cost.
    pub(crate) fn by_quality(&self) -> (bool, Reverse<Option<PerMille>>, ByCost<'a>) {
        (!self.concerns.is_empty(), Reverse(self.quality), self.by_cost())
    }

    pub(crate) fn attempt(&self, when: When, reason: Reason) -> Attempt {
        Attempt {
            deployment: self.id.clone(),
            when,
            answers: 1,
            reason,
            cost: Cost::from(&self.quote),
            quality: self.quality,
            concerns: self.concerns.clone(),
        }
    }

    pub(crate) fn excluded(&self, cause: Cause) -> Excluded {
        Excluded { deployment: self.id.clone(), causes: vec![cause] }
    }
}

/// All deployments, those that can serve the request apart from the others.
pub(crate) fn candidates<'a>(facts: &Facts<'a>, patience: &Patience) -> (Vec<Candidate<'a>>, Vec<Excluded>) {
    let (mut able, mut excluded) = (Vec::new(), Vec::new());
    for (id, deployment) in facts.deployments {
        let quote = cost::expected(&facts.market, facts.request, deployment, 1);
        let causes = causes(facts, id, deployment, &quote);
        if causes.is_empty() {
            let figure = facts.market.qualities.of(&deployment.model, facts.request.features.class);
            let quality = figure.map(|figure| figure.quality);
            let concerns = concerns(deployment.health, deployment.latency, patience);
            able.push(Candidate { id, deployment, quote, quality, concerns });
        } else {
            excluded.push(Excluded { deployment: id.clone(), causes });
        }
    }
    (able, excluded)
}

/// Everything that keeps a deployment from serving the request.
fn causes(
    facts: &Facts<'_>,
    id: &DeploymentId,
    deployment: &Deployment,
    quote: &Result<Quote, Gap>,
) -> Vec<Cause> {
    let (request, access) = (facts.request, facts.access);
    let mut causes = Vec::new();
    // A plan names what its members can ask for: a beginning that means models of this machine lets nobody into a vendor's.
    if !access.models.allow(&id.0) {
        causes.push(Cause::NotInPlan);
    }
    let ceiling = cost::ceiling(&facts.market, request, deployment, 1);
    match (quote, &ceiling, facts.budget_left) {
        (Err(gap), _, _) | (_, Err(gap), _) if !access.unpriced_models => {
            causes.push(Cause::Unpriced { what: gap.clone() });
        }
        (_, Ok(ceiling), Some(left)) if *ceiling > left => {
            causes.push(Cause::OverBudget { ceiling: *ceiling, left });
        }
        _ => {}
    }
    let abilities = &deployment.abilities;
    let lacking = request.features.needs.difference(&abilities.meets);
    causes.extend(lacking.map(|need| Cause::Cannot { need: *need }));
    let needs = request.prompt_tokens.saturating_add(request.most_output_tokens);
    if needs > abilities.context_tokens {
        causes.push(Cause::ContextTooShort { needs, has: abilities.context_tokens });
    }
    if let Some(has) = abilities.most_output_tokens.filter(|has| request.most_output_tokens > *has) {
        causes.push(Cause::AnswerTooLong { needs: request.most_output_tokens, has });
    }
    if deployment.health.breaker == Breaker::Open {
        causes.push(Cause::BreakerOpen);
    }
    causes.extend(room_causes(deployment.room, needs));
    causes
}

fn room_causes(room: Room, tokens: u64) -> impl Iterator<Item = Cause> {
    let busy = room.calls == Some(0);
    let limited = room.requests == Some(0) || room.tokens.is_some_and(|left| left < tokens);
    busy.then_some(Cause::Busy).into_iter().chain(limited.then_some(Cause::RateLimited))
}

fn concerns(health: Health, latency: Latency, patience: &Patience) -> Vec<Concern> {
    let probing = (health.breaker == Breaker::HalfOpen).then_some(Concern::Probing);
    let errors = health.errors.zip(patience.errors).filter(|(share, most)| share > most);
    let start = latency.first_token_ms.zip(patience.first_token_ms).filter(|(ms, most)| ms > most);
    let writing =
        latency.tokens_per_second.zip(patience.tokens_per_second).filter(|(has, least)| has < least);
    probing
        .into_iter()
        .chain(errors.map(|(share, most)| Concern::Errors { share, most }))
        .chain(start.map(|(first_token_ms, most_ms)| Concern::SlowStart { first_token_ms, most_ms }))
        .chain(writing.map(|(tokens_per_second, least)| Concern::SlowWriting { tokens_per_second, least }))
        .collect()
}
