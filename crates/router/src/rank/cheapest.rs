//! The cheapest that is good enough.

use catalog::PerMille;

use super::{Ranking, occasion};
use crate::candidate::Candidate;
use crate::decision::{Cause, Reason};
use crate::policy::{Shortfall, Unrated};

/// What is good enough, and what becomes of the others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    pub(crate) floor: Option<PerMille>,
    pub(crate) unrated: Unrated,
    pub(crate) short: Shortfall,
}

/// Those that are good enough by cost; after them, if the policy lets them, the others by quality and those without a
/// figure by cost.
pub(crate) fn cheapest(mut candidates: Vec<Candidate<'_>>, wish: Wish) -> Ranking {
    candidates.sort_by_key(Candidate::by_cost);
    let mut ranking = Ranking::default();
    let (good, others): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|candidate| is_good_enough(candidate.quality, wish.floor));
    let (mut below, unrated): (Vec<_>, Vec<_>) =
        others.into_iter().partition(|candidate| candidate.quality.is_some());
    below.sort_by_key(|candidate| candidate.by_quality());
    for candidate in &good {
        ranking.add(candidate, Reason::GoodEnough { floor: wish.floor });
    }
    for candidate in &below {
        let (Some(quality), Some(floor)) = (candidate.quality, wish.floor) else { continue };
        match wish.short {
            Shortfall::Best => ranking.add(candidate, Reason::BestBelow { floor }),
            Shortfall::Refuse => {
                ranking.excluded.push(candidate.excluded(Cause::BelowFloor { quality, floor }));
            }
        }
    }
    for candidate in &unrated {
        match wish.unrated {
            Unrated::Last => ranking.add(candidate, Reason::Unrated),
            Unrated::Refuse => ranking.excluded.push(candidate.excluded(Cause::Unrated)),
        }
    }
    ranking
}

/// Without a floor everything is good enough, also what has no figure.
pub(crate) fn is_good_enough(quality: Option<PerMille>, floor: Option<PerMille>) -> bool {
    floor.is_none_or(|floor| quality.is_some_and(|quality| quality >= floor))
}

impl Ranking {
    fn add(&mut self, candidate: &Candidate<'_>, reason: Reason) {
        self.expected.get_or_insert_with(|| candidate.quote.clone());
        self.attempts.push(candidate.attempt(occasion(self.attempts.len()), reason));
    }
}
