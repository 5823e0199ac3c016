//! When people are told how much of a limit is used.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::PlanError;

/// The parts of a limit, in percent, at which people are told: from 1 to 100, each at most once, at most ten of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u32>", into = "Vec<u32>")]
pub struct Thresholds(u128);

/// Numbers that are no thresholds.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("thresholds are whole percents from 1 to 100, each once, at most {MOST} of them")]
pub struct ThresholdsError;

/// More would be noise.
const MOST: usize = 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThresholdsFile {
    alert_at: Vec<u32>,
}

impl Thresholds {
    /// Reads what holds where neither a plan nor a budget says otherwise: `alert_at = [50, 80, 100]`.
    ///
    /// # Errors
    /// When the text has another shape or the numbers are no thresholds.
    pub fn read(path: &str, text: &str) -> Result<Self, PlanError> {
        let file: ThresholdsFile = toml::from_str(text)
            .map_err(|error| PlanError::Shape { file: path.to_owned(), message: error.to_string() })?;
        let found = format!("{:?}", file.alert_at);
        Self::try_from(file.alert_at).map_err(|error| PlanError::Value {
            file: path.to_owned(),
            field: "alert_at".to_owned(),
            expected: error.to_string(),
            found,
        })
    }

    /// The percents, the lowest first.
    pub fn percents(self) -> impl Iterator<Item = u32> {
        (1..=100).filter(move |percent| self.0 & (1_u128 << percent) != 0)
    }

    /// The percents that `used` of `most` has reached, the lowest first. Nothing of nothing has reached nothing.
    pub fn reached(self, used: u64, most: u64) -> impl Iterator<Item = u32> {
        let is_reached =
            move |percent: &u32| u128::from(used) * 100 >= u128::from(most) * u128::from(*percent);
        self.percents().filter(is_reached).filter(move |_| most > 0)
    }
}

impl TryFrom<Vec<u32>> for Thresholds {
    type Error = ThresholdsError;

    fn try_from(percents: Vec<u32>) -> Result<Self, ThresholdsError> {
        let mut bits = 0_u128;
        for percent in &percents {
            let bit = 1_u128 << (percent % 128);
            if !(1..=100).contains(percent) || bits & bit != 0 {
                return Err(ThresholdsError);
            }
            bits |= bit;
        }
        if percents.len() > MOST { Err(ThresholdsError) } else { Ok(Self(bits)) }
    }
}

impl From<Thresholds> for Vec<u32> {
    fn from(thresholds: Thresholds) -> Self {
        thresholds.percents().collect()
    }
}

/// `50, 80, 100`.
impl fmt::Display for Thresholds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percents: Vec<String> = self.percents().map(|percent| percent.to_string()).collect();
        f.write_str(&percents.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usual() -> Thresholds {
        Thresholds::read("thresholds.toml", include_str!("../../../data/alerts/thresholds.toml")).unwrap()
    }

    #[test]
    fn a_threshold_is_reached_to_the_micro_unit() {
        let reached = |used, most| usual().reached(used, most).collect::<Vec<u32>>();
        assert_eq!(reached(2_499_999, 5_000_000), [0_u32; 0]);
        assert_eq!(reached(2_500_000, 5_000_000), [50]);
        assert_eq!(reached(4_000_000, 5_000_000), [50, 80]);
        assert_eq!(reached(4_999_999, 5_000_000), [50, 80]);
        assert_eq!(reached(7_000_000, 5_000_000), [50, 80, 100]);
        assert_eq!(reached(u64::MAX, u64::MAX), [50, 80, 100]);
        assert_eq!(reached(0, 0), [0_u32; 0], "a budget of nothing is not told of");
    }

    #[test]
    fn only_percents_are_thresholds() {
        for bad in ["alert_at = [0]", "alert_at = [101]", "alert_at = [128]", "alert_at = [50, 50]"] {
            let error = Thresholds::read("t.toml", bad).unwrap_err().to_string();
            assert!(error.starts_with("t.toml: alert_at: expected "), "{error}");
        }
        assert!(Thresholds::try_from((1..=11).collect::<Vec<u32>>()).is_err());
        assert!(Thresholds::read("t.toml", "alert_at = [-1]").is_err());
        assert!(Thresholds::read("t.toml", "at = [50]").is_err());
        assert_eq!(Thresholds::read("t.toml", "alert_at = []"), Ok(Thresholds::default()), "nobody is told");
        assert_eq!(usual().to_string(), "50, 80, 100");
    }

    proptest! {
        #[test]
        fn thresholds_come_back_in_order(percents in prop::collection::btree_set(1_u32..=100, 0..=10)) {
            let wanted: Vec<u32> = percents.iter().copied().collect();
            let thresholds = Thresholds::try_from(percents.into_iter().rev().collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(Vec::from(thresholds), wanted);
        }
    }
}
