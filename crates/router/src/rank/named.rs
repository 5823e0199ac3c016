//! Those that the policy names, in its order.

use super::{Ranking, occasion};
use crate::candidate::Candidate;
use crate::decision::{Cause, Reason};
use crate::policy::Target;

/// The deployments of each target, the targets in their order, the cheapest first within each.
pub(crate) fn named(mut candidates: Vec<Candidate<'_>>, chain: &[Target]) -> Ranking {
    let position = |candidate: &Candidate<'_>| {
        chain.iter().position(|target| target.is(candidate.id, candidate.deployment))
    };
    candidates.sort_by_key(|candidate| (position(candidate).unwrap_or(usize::MAX), candidate.by_cost()));
    let mut ranking = Ranking::default();
    for candidate in candidates {
        match position(&candidate) {
            Some(position) => {
                let when = occasion(ranking.attempts.len());
                ranking.expected.get_or_insert_with(|| candidate.quote.clone());
                ranking.attempts.push(candidate.attempt(when, Reason::Named { position }));
            }
            None => ranking.excluded.push(candidate.excluded(Cause::NotNamed)),
        }
    }
    ranking
}
