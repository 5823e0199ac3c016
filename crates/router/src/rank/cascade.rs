//! A cheap one first, and a better one for what does not pass.

use catalog::PerMille;
use money::Amount;

use super::cheapest::is_good_enough;
use super::{Ranking, Wish, cheapest};
use crate::candidate::Candidate;
use crate::cost::{self, Cost, Quote};
use crate::decision::{Cause, Reason, When};
use crate::facts::{Facts, Request};

/// What a cascade is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cascade {
    pub(crate) wish: Wish,
    /// How many answers the check needs.
    pub(crate) answers: u32,
    /// How long each of them may be, in tokens; absent: as long as any answer.
    pub(crate) longest: Option<u32>,
    pub(crate) escalations: PerMille,
}

/// A small one that is worth trying: what it costs, and what the cascade then costs.
struct Try<'a> {
    small: Candidate<'a>,
    own: Quote,
    expected: Quote,
}

/// The cheapest that is not good enough, where trying it is expected to cost less than asking the better one at once; then
/// all as without it.
pub(crate) fn cascade(facts: &Facts<'_>, candidates: Vec<Candidate<'_>>, cascade: Cascade) -> Ranking {
    let tried = worth_trying(facts, &candidates, cascade);
    let (Some(tried), Some(floor)) = (tried, cascade.wish.floor) else {
        return cheapest(candidates, cascade.wish);
    };
    let mut dear = Vec::new();
    let mut others = candidates;
    others.retain(|candidate| {
        let left_out = dear.len();
        let cause = too_dear_beside(facts, &tried.small, candidate, cascade);
        dear.extend(cause.map(|cause| candidate.excluded(cause)));
        dear.len() == left_out && candidate.id != tried.small.id
    });
    let mut ranking = cheapest(others, cascade.wish);
    ranking.excluded.extend(dear);
    if let Some(first) = ranking.attempts.first_mut() {
        first.when = When::AfterDoubt;
        first.reason = Reason::Escalation { floor };
    }
    let reason = Reason::TriedFirst { floor, escalations: cascade.escalations };
    let mut first = tried.small.attempt(When::First, reason);
    first.answers = cascade.answers;
    first.cost = Cost::Known(tried.own.amount);
    ranking.attempts.insert(0, first);
    ranking.expected = Some(Ok(tried.expected));
    ranking
}

/// Nothing is worth trying when no better one is there, when either has no price, or when both together could cost more
/// than may be spent.
fn worth_trying<'a>(facts: &Facts<'_>, candidates: &[Candidate<'a>], cascade: Cascade) -> Option<Try<'a>> {
    let floor = cascade.wish.floor;
    let is_good = |candidate: &&Candidate<'_>| is_good_enough(candidate.quality, floor);
    let better = candidates.iter().filter(is_good).min_by_key(|candidate| candidate.by_cost())?;
    let direct = better.quote.as_ref().ok()?;
    let small = candidates.iter().filter(|candidate| !is_good(candidate) && candidate.concerns.is_empty());
    let tries = small.filter_map(|small| {
        if !both_fit(facts, small, better, cascade) {
            return None;
        }
        let own = cost::expected(&facts.market, &drafted(facts, cascade), small.deployment, cascade.answers);
        let own = own.ok()?;
        let thousandths = cascade.escalations.thousandths();
        let expected = Quote::of(own.worth.and_thousandths(direct.worth, thousandths).ok()?).ok()?;
        (expected.worth < direct.worth).then(|| Try { small: small.clone(), own, expected })
    });
    tries.min_by_key(|tried| (tried.own.worth, tried.small.by_cost()))
}

fn both_fit(facts: &Facts<'_>, small: &Candidate<'_>, better: &Candidate<'_>, cascade: Cascade) -> bool {
    let is_known = both(facts, small, better, cascade).is_some();
    facts.budget_left.is_none() || (is_known && too_dear_beside(facts, small, better, cascade).is_none())
}

/// Whoever may be asked after a draft must fit into what may be spent together with it.
fn too_dear_beside(
    facts: &Facts<'_>,
    small: &Candidate<'_>,
    other: &Candidate<'_>,
    cascade: Cascade,
) -> Option<Cause> {
    let left = facts.budget_left.filter(|_| other.id != small.id)?;
    let ceiling = both(facts, small, other, cascade).filter(|ceiling| *ceiling > left)?;
    Some(Cause::OverBudget { ceiling, left })
}

fn both(facts: &Facts<'_>, small: &Candidate<'_>, other: &Candidate<'_>, cascade: Cascade) -> Option<Amount> {
    let (market, drafted) = (&facts.market, drafted(facts, cascade));
    let drafts = cost::ceiling(market, &drafted, small.deployment, cascade.answers).ok()?;
    drafts.checked_add(cost::ceiling(market, facts.request, other.deployment, 1).ok()?)
}

/// What is asked for a draft.
fn drafted(facts: &Facts<'_>, cascade: Cascade) -> Request {
    let longest = cascade.longest.map_or(u64::MAX, u64::from);
    let most_output_tokens = facts.request.most_output_tokens.min(longest);
    Request { most_output_tokens, ..facts.request.clone() }
}
