//! How each kind of policy puts candidates in order.

mod balance;
mod cascade;
mod cheapest;
mod named;

pub(crate) use balance::balance;
pub(crate) use cascade::{Cascade, cascade};
pub(crate) use cheapest::{Wish, cheapest};
pub(crate) use named::named;

use crate::cost::{Gap, Quote};
use crate::decision::{Attempt, Excluded, When};

/// Candidates in order, and those that the policy leaves out.
#[derive(Debug, Default)]
pub(crate) struct Ranking {
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) excluded: Vec<Excluded>,
    /// What the choice is expected to cost, before it is rounded; absent when nobody was chosen.
    pub(crate) expected: Option<Result<Quote, Gap>>,
}

/// The occasion of the attempt in this place, where no answer is checked.
pub(crate) fn occasion(position: usize) -> When {
    if position == 0 { When::First } else { When::AfterFailure }
}
