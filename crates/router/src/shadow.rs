//! Trying a policy without acting on it.

use money::Amount;
use serde::{Deserialize, Serialize};

use crate::cost::Cost;
use crate::decision::Decision;
use crate::facts::Facts;
use crate::policy::Policy;
use crate::route::route;

/// What is done, and what another policy would have done with the same facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadowed {
    /// To be acted on.
    pub acted: Decision,
    /// Not to be acted on.
    pub shadow: Decision,
    /// What the shadow would have saved, by what both expect; below zero it would have cost more. Absent where either has
    /// nobody to ask, or no price.
    pub would_save: Option<Amount>,
}

/// Decides by one policy, and by another one only to see.
pub fn shadow(facts: &Facts<'_>, acting: &Policy, watched: &Policy) -> Shadowed {
    let (acted, shadow) = (route(facts, acting), route(facts, watched));
    let known = |decision: &Decision| match decision.expected {
        Some(Cost::Known(amount)) => Some(amount),
        Some(Cost::Unpriced(_)) | None => None,
    };
    let would_save = known(&acted).zip(known(&shadow)).and_then(|(acted, shadow)| acted.checked_sub(shadow));
    Shadowed { acted, shadow, would_save }
}
