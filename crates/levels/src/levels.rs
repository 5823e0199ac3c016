//! `levels.toml`: what each level needs.

use serde::Deserialize;

use crate::processor::Features;

/// The levels, from the least to the most demanding.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Levels {
    /// What every machine must have.
    pub baseline: Baseline,
    /// The levels above.
    #[serde(rename = "level")]
    pub levels: Vec<Level>,
}

/// What every machine must have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Baseline {
    /// Features by their names.
    pub needs: Vec<String>,
}

/// A kind of processor that workers are made for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Level {
    /// What it is called in files and messages.
    pub name: String,
    /// Features by their names.
    pub needs: Vec<String>,
}

impl Levels {
    /// The levels of this build.
    ///
    /// # Errors
    /// When the file inside this program is broken, which a test excludes.
    pub fn read() -> Result<Self, toml::de::Error> {
        toml::from_str(include_str!("../levels.toml"))
    }
}

/// Those of `needs` that are not there.
pub(crate) fn lacking(needs: &[String], features: &Features) -> Vec<String> {
    needs.iter().filter(|need| !features.has(need)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processor::KNOWN;

    #[test]
    fn the_file_is_sound_and_every_feature_can_be_asked_for() {
        let levels = Levels::read().unwrap();
        assert!(!levels.levels.is_empty());
        let needs = levels.levels.iter().flat_map(|level| &level.needs).chain(&levels.baseline.needs);
        for need in needs {
            assert!(KNOWN.contains(&need.as_str()), "processor.rs cannot ask for {need}");
        }
    }

    #[test]
    fn each_level_needs_what_the_one_below_needs_and_more() {
        let levels = Levels::read().unwrap().levels;
        for pair in levels.windows(2) {
            let below = Features::of(pair[0].needs.iter().map(String::as_str));
            let above = Features::of(pair[1].needs.iter().map(String::as_str));
            assert!(lacking(&pair[0].needs, &above).is_empty(), "{}", pair[1].name);
            assert!(!lacking(&pair[1].needs, &below).is_empty(), "{}", pair[1].name);
        }
    }
}
