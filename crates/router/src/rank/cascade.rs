//! A cheap one first, and a better one for what does not pass.

use catalog::PerMille;
use money::Amount;

use super::cheapest::is_good_enough;
use super::{Ranking, Wish, cheapest};
use crate::candidate::Candidate;
use crate::cost::{self, Cost, Quote};
use crate::decision::{Reason, When};
use crate::facts::Facts;

/// What a cascade is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cascade {
    pub(crate) wish: Wish,
    /// How many answers the check needs.
    pub(crate) answers: u32,
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
    let without = |tried: &Try<'_>| {
        let others = candidates.iter().filter(|candidate| candidate.id != tried.small.id).cloned();
        others.collect::<Vec<_>>()
    };
    let others = tried.as_ref().map_or_else(|| candidates.clone(), without);
    let mut ranking = cheapest(others, cascade.wish);
    let (Some(tried), Some(floor)) = (tried, cascade.wish.floor) else { return ranking };
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
        if !both_fit(facts, small, better, cascade.answers) {
            return None;
        }
        let answers = u64::from(cascade.answers);
        let own = cost::expected(&facts.market, facts.request, small.deployment, answers).ok()?;
        let thousandths = cascade.escalations.thousandths();
        let expected = Quote::of(own.worth.and_thousandths(direct.worth, thousandths).ok()?).ok()?;
        (expected.worth < direct.worth).then(|| Try { small: small.clone(), own, expected })
    });
    tries.min_by_key(|tried| (tried.own.worth, tried.small.by_cost()))
}

fn both_fit(facts: &Facts<'_>, small: &Candidate<'_>, better: &Candidate<'_>, answers: u32) -> bool {
    let Some(left) = facts.budget_left else { return true };
    let ceiling = |candidate: &Candidate<'_>, answers| {
        cost::ceiling(&facts.market, facts.request, candidate.deployment, answers).ok()
    };
    let both = ceiling(small, u64::from(answers)).zip(ceiling(better, 1));
    let both = both.and_then(|(small, better): (Amount, Amount)| small.checked_add(better));
    both.is_some_and(|both| both <= left)
}
