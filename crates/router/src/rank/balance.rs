//! Shares requests among several.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Ranking, occasion};
use crate::candidate::Candidate;
use crate::decision::{Cause, Reason};
use crate::facts::DeploymentId;
use crate::policy::Target;

/// Each candidate throws as many dice as its weight says, and the highest throw wins: so it wins in as many of all cases as
/// its weight is of all weights, and whoever is taken away changes nothing among the others (rendezvous hashing, Thaler
/// and Ravishankar 1998). The order of the throws is the order of falling back.
pub(crate) fn balance(candidates: Vec<Candidate<'_>>, weights: &BTreeMap<Target, u32>, draw: u64) -> Ranking {
    let mut ranking = Ranking::default();
    let mut thrown = Vec::new();
    for candidate in candidates {
        let own = |target: &&Target| target.0 == candidate.id.0;
        let named = weights.keys().find(own);
        let named = named.or_else(|| weights.keys().find(|it| it.is(candidate.id, candidate.deployment)));
        match named.and_then(|target| weights.get(target)).copied() {
            None => ranking.excluded.push(candidate.excluded(Cause::NotNamed)),
            Some(0) => ranking.excluded.push(candidate.excluded(Cause::NoWeight)),
            Some(weight) => thrown.push((highest(candidate.id, weight, draw), weight, candidate)),
        }
    }
    thrown
        .sort_by_key(|(throw, _, candidate)| (!candidate.concerns.is_empty(), Reverse(*throw), candidate.id));
    let of = thrown.iter().fold(0_u64, |sum, (_, weight, _)| sum.saturating_add(u64::from(*weight)));
    ranking.expected = thrown.first().map(|(_, _, candidate)| candidate.quote.clone());
    let attempts = thrown.iter().enumerate().map(|(position, (_, weight, candidate))| {
        candidate.attempt(occasion(position), Reason::Drawn { weight: *weight, of })
    });
    ranking.attempts = attempts.collect();
    ranking
}

fn highest(id: &DeploymentId, weight: u32, draw: u64) -> u64 {
    let seed = mixed(draw ^ name_hash(&id.0));
    (1..=u64::from(weight)).map(|die| mixed(seed.wrapping_add(die.wrapping_mul(GAMMA)))).max().unwrap_or(0)
}

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// FNV-1a, 64 bits.
fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// The last step of SplitMix64 (Steele et al. 2014).
fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
