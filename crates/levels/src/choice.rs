//! Which worker runs: a pure function of what is carried, what the processor has, and what the operator wants.

use std::fmt;

use crate::levels::{Level, Levels, lacking};
use crate::processor::Features;

/// The word for the worker that is the program itself.
const BASELINE: &str = "baseline";

/// Which worker runs, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The level's name; nothing for the program itself.
    pub level: Option<String>,
    /// Why this one.
    pub reason: Reason,
}

/// Why a worker runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// This program carries no others.
    NothingCarried,
    /// It is the highest whose needs the processor meets.
    Highest,
    /// Of what the lowest level needs the processor lacks this.
    TooLow(Vec<String>),
    /// Of what every machine must have the processor lacks this: no model will run.
    BelowBaseline(Vec<String>),
    /// The operator wants it.
    Wanted,
    /// The operator wants a level that this program does not carry; the choice is as if there had been no wish.
    Unknown {
        /// What was asked for.
        wanted: String,
        /// What there is.
        carried: Vec<String>,
    },
    /// The operator wants a level whose needs the processor does not meet; the choice is as if there had been no wish.
    Impossible {
        /// What was asked for.
        wanted: String,
        /// What the processor lacks of it.
        lacks: Vec<String>,
    },
}

impl Choice {
    /// Chooses among the levels whose workers are `carried`.
    pub fn of(levels: &Levels, carried: &[&str], features: &Features, wanted: Option<&str>) -> Self {
        let there: Vec<&Level> =
            levels.levels.iter().filter(|level| carried.contains(&level.name.as_str())).collect();
        let usual = usual(levels, &there, features);
        let Some(wanted) = wanted else { return usual };
        if wanted == BASELINE {
            return Self { level: None, reason: Reason::Wanted };
        }
        let wanted = wanted.to_owned();
        let Some(level) = there.iter().find(|level| level.name == wanted) else {
            let carried = there.iter().map(|level| level.name.clone()).collect();
            return Self { reason: Reason::Unknown { wanted, carried }, ..usual };
        };
        let lacks = lacking(&level.needs, features);
        if lacks.is_empty() {
            return Self { level: Some(wanted), reason: Reason::Wanted };
        }
        Self { reason: Reason::Impossible { wanted, lacks }, ..usual }
    }

    /// True when it is what one would expect, and nothing needs anybody's attention.
    pub fn is_sound(&self) -> bool {
        !matches!(self.reason, Reason::Unknown { .. } | Reason::Impossible { .. } | Reason::BelowBaseline(_))
    }
}

fn usual(levels: &Levels, there: &[&Level], features: &Features) -> Choice {
    let Some(lowest) = there.first() else {
        return Choice { level: None, reason: Reason::NothingCarried };
    };
    let below = lacking(&levels.baseline.needs, features);
    if !below.is_empty() {
        return Choice { level: None, reason: Reason::BelowBaseline(below) };
    }
    match there.iter().rfind(|level| lacking(&level.needs, features).is_empty()) {
        Some(level) => Choice { level: Some(level.name.clone()), reason: Reason::Highest },
        None => Choice { level: None, reason: Reason::TooLow(lacking(&lowest.needs, features)) },
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.level {
            Some(level) => write!(f, "the worker for the level {level}")?,
            None => f.write_str("the program's own worker")?,
        }
        match &self.reason {
            Reason::NothingCarried => f.write_str("; it carries no others"),
            Reason::Highest => f.write_str(", the highest that this processor has"),
            Reason::TooLow(lacks) => {
                write!(f, ": for those it carries, this processor lacks {}", lacks.join(", "))
            }
            Reason::BelowBaseline(lacks) => {
                write!(f, ", and will fail: this processor lacks {}", lacks.join(", "))
            }
            Reason::Wanted => f.write_str(", as hutong.toml says"),
            Reason::Unknown { wanted, carried } => {
                let others = std::iter::once(BASELINE).chain(carried.iter().map(String::as_str));
                let others = others.collect::<Vec<_>>().join(", ");
                write!(f, ", since this program carries none for {wanted}; there is {others}")
            }
            Reason::Impossible { wanted, lacks } => {
                write!(f, ", since {wanted} needs what this processor lacks: {}", lacks.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[&str] = &["ssse3", "sse4.1", "sse4.2", "popcnt"];
    const HASWELL: &[&str] = &["avx", "avx2", "bmi2", "f16c", "fma"];
    const SKYLAKE: &[&str] = &["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"];

    fn choose(carried: &[&str], features: &[&[&str]], wanted: Option<&str>) -> Choice {
        let features = Features::of(features.concat());
        Choice::of(&Levels::read().unwrap(), carried, &features, wanted)
    }

    fn chosen(features: &[&[&str]]) -> Option<String> {
        choose(&["v3", "v4", "v4-vnni"], features, None).level
    }

    #[test]
    fn the_highest_level_whose_needs_are_met_is_chosen() {
        assert_eq!(chosen(&[OLD]), None);
        assert_eq!(chosen(&[OLD, HASWELL]).as_deref(), Some("v3"));
        assert_eq!(chosen(&[OLD, HASWELL, SKYLAKE]).as_deref(), Some("v4"));
        assert_eq!(chosen(&[OLD, HASWELL, SKYLAKE, &["avx512vnni"]]).as_deref(), Some("v4-vnni"));
    }

    #[test]
    fn one_missing_feature_is_one_too_many() {
        assert_eq!(chosen(&[OLD, HASWELL, &SKYLAKE[1..], &["avx512vnni"]]).as_deref(), Some("v3"));
        let choice = choose(&["v3"], &[OLD, &HASWELL[1..]], None);
        assert_eq!(choice, Choice { level: None, reason: Reason::TooLow(vec!["avx".to_owned()]) });
    }

    #[test]
    fn what_is_not_carried_is_not_chosen() {
        assert_eq!(choose(&["v3"], &[OLD, HASWELL, SKYLAKE], None).level.as_deref(), Some("v3"));
        let choice = choose(&[], &[OLD, HASWELL], None);
        assert_eq!(choice, Choice { level: None, reason: Reason::NothingCarried });
        assert!(choice.is_sound());
        assert_eq!(choice.to_string(), "the program's own worker; it carries no others");
    }

    #[test]
    fn the_operator_may_choose_a_lower_level_or_none() {
        let wish = |wanted| choose(&["v3", "v4"], &[OLD, HASWELL, SKYLAKE], Some(wanted));
        assert_eq!(wish("v3"), Choice { level: Some("v3".to_owned()), reason: Reason::Wanted });
        assert_eq!(wish("baseline"), Choice { level: None, reason: Reason::Wanted });
    }

    #[test]
    fn a_wish_that_cannot_be_met_is_said_and_the_usual_choice_stands() {
        let wish = |wanted| choose(&["v3", "v4"], &[OLD, HASWELL], Some(wanted));
        let high = wish("v4");
        assert_eq!(high.level.as_deref(), Some("v3"));
        assert!(!high.is_sound());
        assert!(high.to_string().ends_with("avx512f, avx512bw, avx512cd, avx512dq, avx512vl"), "{high}");
        let odd = wish("v9");
        assert_eq!(odd.level.as_deref(), Some("v3"));
        assert!(odd.to_string().ends_with("carries none for v9; there is baseline, v3, v4"), "{odd}");
    }

    #[test]
    fn a_processor_below_the_baseline_is_told_what_it_lacks() {
        let choice = choose(&["v3"], &[&OLD[1..], HASWELL], None);
        assert_eq!(choice, Choice { level: None, reason: Reason::BelowBaseline(vec!["ssse3".to_owned()]) });
        assert!(!choice.is_sound());
    }
}
