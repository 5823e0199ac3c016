use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Unit, UnitKind};

/// What one step used: how many of each [`Unit`]. The units do not overlap, so every total is the sum of its parts and
/// cannot be anything else; there is no way to say more cached tokens than input tokens. Units that were not used are
/// not there, so that equal usage is equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<Unit, u64>", into = "BTreeMap<Unit, u64>")]
pub struct Usage(BTreeMap<Unit, u64>);

/// Counts that contradict each other.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum UsageError {
    /// More than can be counted.
    #[error("the counts do not fit 64 bits; they cannot be real")]
    Overflow,
    /// The parts of a total are more than the total.
    #[error(
        "{parts} tokens are said to be among the {total} {of} tokens; keep the provider's report and count anew"
    )]
    PartsBeyondTotal {
        /// The sum of the parts.
        parts: u64,
        /// The total they should be part of.
        total: u64,
        /// Of which kind.
        of: &'static str,
    },
    /// The provider's grand total is not the sum of what it reports.
    #[error("the report says {reported} tokens in total, its parts add up to {sum}")]
    TotalDiffers {
        /// What the report says.
        reported: u64,
        /// What its parts add up to.
        sum: u64,
    },
}

impl Usage {
    /// Of these counts; a unit that stands there twice is added up.
    ///
    /// # Errors
    /// [`UsageError::Overflow`] when all counts together do not fit 64 bits.
    pub fn of(counts: impl IntoIterator<Item = (Unit, u64)>) -> Result<Self, UsageError> {
        let mut parts = BTreeMap::new();
        let mut all = 0_u64;
        for (unit, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            all = all.checked_add(count).ok_or(UsageError::Overflow)?;
            let part: &mut u64 = parts.entry(unit).or_default();
            *part = part.checked_add(count).ok_or(UsageError::Overflow)?;
        }
        Ok(Self(parts))
    }

    /// How many of a unit.
    pub fn count(&self, unit: Unit) -> u64 {
        self.0.get(&unit).copied().unwrap_or(0)
    }

    /// The units that were used, with their counts.
    pub fn parts(&self) -> impl Iterator<Item = (Unit, u64)> + '_ {
        self.0.iter().map(|(unit, count)| (*unit, *count))
    }

    /// True when nothing was used.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All tokens that went in, cached or not.
    pub fn input_tokens(&self) -> u64 {
        self.total(UnitKind::InputTokens)
    }

    /// All tokens that came out, thought or said.
    pub fn output_tokens(&self) -> u64 {
        self.total(UnitKind::OutputTokens)
    }

    /// All tokens.
    pub fn total_tokens(&self) -> u64 {
        self.input_tokens().saturating_add(self.output_tokens())
    }

    /// Both together.
    ///
    /// # Errors
    /// [`UsageError::Overflow`] when they do not fit 64 bits.
    pub fn plus(&self, other: &Self) -> Result<Self, UsageError> {
        Self::of(self.parts().chain(other.parts()))
    }

    /// Never saturates: `of` made sure that all counts together fit.
    fn total(&self, kind: UnitKind) -> u64 {
        let parts = self.parts().filter(|(unit, _)| unit.kind() == kind);
        parts.fold(0, |sum, (_, count)| sum.saturating_add(count))
    }
}

impl TryFrom<BTreeMap<Unit, u64>> for Usage {
    type Error = UsageError;

    fn try_from(counts: BTreeMap<Unit, u64>) -> Result<Self, UsageError> {
        Self::of(counts)
    }
}

impl From<Usage> for BTreeMap<Unit, u64> {
    fn from(usage: Usage) -> Self {
        usage.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_not_used_is_not_there() {
        let usage = Usage::of([(Unit::Input, 3), (Unit::Output, 0), (Unit::Input, 4)]).unwrap();
        assert_eq!(usage, Usage::of([(Unit::Input, 7)]).unwrap());
        assert_eq!(serde_json::to_string(&usage).unwrap(), r#"{"input":7}"#);
        assert_eq!(Usage::default().total_tokens(), 0);
    }

    #[test]
    fn counts_beyond_64_bits_are_refused_also_from_storage() {
        let text = format!(r#"{{"input":{},"output":1}}"#, u64::MAX);
        let error = serde_json::from_str::<Usage>(&text).unwrap_err().to_string();
        assert!(error.contains("cannot be real"), "{error}");
        assert!(serde_json::from_str::<Usage>(r#"{"input":-1}"#).is_err());
    }

    proptest! {
        #[test]
        fn the_total_is_the_sum_of_the_parts(counts in prop::collection::vec((0_usize..15, any::<u32>()), 0..30)) {
            let counts: Vec<(Unit, u64)> = counts.into_iter().map(|(unit, count)| (Unit::ALL[unit], u64::from(count))).collect();
            let usage = Usage::of(counts.clone()).unwrap();
            let tokens = counts.iter().filter(|(unit, _)| unit.kind() != UnitKind::Other);
            prop_assert_eq!(usage.total_tokens(), tokens.map(|(_, count)| count).sum::<u64>());
            prop_assert_eq!(usage.input_tokens() + usage.output_tokens(), usage.total_tokens());
            prop_assert!(usage.count(Unit::CacheRead) <= usage.input_tokens());
            prop_assert!(usage.count(Unit::Reasoning) <= usage.output_tokens());
        }
    }
}
