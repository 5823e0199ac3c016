//! How the next token is chosen.

use serde::{Deserialize, Serialize};

/// Stop strings of one request.
const STOPS: usize = 16;
/// Bytes of one stop string.
const STOP_LENGTH: usize = 256;
/// Tokens of one request whose chance may be changed.
const BIASES: usize = 1024;

/// How the next token is chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 is greedy; at most 2.
    pub temperature: f32,
    /// Keep the most probable tokens whose probabilities sum up to this; 1 keeps all.
    pub top_p: f32,
    /// Keep so many of the most probable tokens; absent: all.
    pub top_k: Option<u32>,
    /// Keep the tokens that are at least so probable as this part of the most probable one; 0 keeps all.
    pub min_p: f32,
    /// What makes a repetition less probable.
    pub penalties: Penalties,
    /// Added to the logits of tokens, from -100 to 100. The numbers are those of the model's own vocabulary.
    pub logit_bias: Vec<(u32, f32)>,
    /// The same seed gives the same text on the same machine when nothing else runs; absent: a fresh one.
    pub seed: Option<u32>,
    /// At most so many tokens; absent: until the context is full.
    pub max_tokens: Option<u32>,
    /// The answer ends before the first of these; the text of the match is not given out.
    pub stop: Vec<String>,
}

/// What a caller says about [`Sampling`]. What is absent comes from a default: an agent's, or the usual one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SamplingWish {
    /// See [`Sampling`].
    pub temperature: Option<f32>,
    /// See [`Sampling`].
    pub top_p: Option<f32>,
    /// See [`Sampling`].
    pub max_tokens: Option<u32>,
    /// See [`Sampling`].
    pub top_k: Option<u32>,
    /// See [`Sampling`].
    pub min_p: Option<f32>,
    /// See [`Sampling`].
    pub penalties: Penalties,
    /// See [`Sampling`].
    pub logit_bias: Vec<(u32, f32)>,
    /// See [`Sampling`].
    pub seed: Option<u32>,
    /// See [`Sampling`].
    pub stop: Vec<String>,
}

/// What makes a repetition less probable. All of it looks at the answer so far, never at the prompt.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Penalties {
    /// Taken from the logit of a token that occurred; from -2 to 2, and 0 changes nothing.
    pub presence: f32,
    /// Taken for each time that a token occurred; from -2 to 2, and 0 changes nothing.
    pub frequency: f32,
    /// Divides the logit of a token that occurred; above 0 and at most 2, and 1 changes nothing.
    pub repeat: f32,
    /// Against whole passages that come again; absent: none.
    pub dry: Option<Dry>,
}

/// "Don't repeat yourself": a token that would prolong a repeated passage of `n` tokens loses
/// `multiplier * base ^ (n - allowed_length)` of its logit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dry {
    /// Above 0 and at most 5.
    pub multiplier: f32,
    /// From 1 to 4.
    pub base: f32,
    /// Passages up to this length cost nothing; from 1 to 64 tokens.
    pub allowed_length: u32,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_p: 0.95,
            top_k: None,
            min_p: 0.0,
            penalties: Penalties::default(),
            logit_bias: Vec::new(),
            seed: None,
            max_tokens: None,
            stop: Vec::new(),
        }
    }
}

impl Default for Penalties {
    fn default() -> Self {
        Self { presence: 0.0, frequency: 0.0, repeat: 1.0, dry: None }
    }
}

impl Default for Dry {
    fn default() -> Self {
        Self { multiplier: 0.8, base: 1.75, allowed_length: 2 }
    }
}

impl Sampling {
    /// Says which setting no model can follow, and what it may be; nothing when all is well.
    pub fn problem(&self) -> Option<&'static str> {
        let rules: [(bool, &'static str); 7] = [
            ((0.0..=2.0).contains(&self.temperature), "temperature: must be from 0 to 2"),
            (self.top_p > 0.0 && self.top_p <= 1.0, "top_p: must be above 0 and at most 1"),
            (self.top_k != Some(0), "top_k: must be at least 1"),
            ((0.0..=1.0).contains(&self.min_p), "min_p: must be from 0 to 1"),
            (self.max_tokens != Some(0), "max_tokens: must be at least 1"),
            (self.stops_fit(), "stop: there may be 16 stop strings of 1 to 256 bytes"),
            (self.biases_fit(), "logit_bias: there may be 1024 numbers from -100 to 100"),
        ];
        let broken = rules.into_iter().find(|(holds, _)| !holds).map(|(_, rule)| rule);
        broken.or_else(|| self.penalties.problem())
    }

    fn stops_fit(&self) -> bool {
        self.stop.len() <= STOPS && self.stop.iter().all(|stop| (1..=STOP_LENGTH).contains(&stop.len()))
    }

    fn biases_fit(&self) -> bool {
        self.logit_bias.len() <= BIASES
            && self.logit_bias.iter().all(|(_, bias)| (-100.0..=100.0).contains(bias))
    }
}

impl SamplingWish {
    /// The same with what is absent from a default.
    #[must_use]
    pub fn over(self, default: Sampling) -> Sampling {
        Sampling {
            temperature: self.temperature.unwrap_or(default.temperature),
            top_p: self.top_p.unwrap_or(default.top_p),
            top_k: self.top_k.or(default.top_k),
            min_p: self.min_p.unwrap_or(default.min_p),
            penalties: self.penalties,
            logit_bias: self.logit_bias,
            seed: self.seed,
            max_tokens: self.max_tokens.or(default.max_tokens),
            stop: self.stop,
        }
    }
}

impl Penalties {
    /// True when nothing is penalised.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    fn problem(&self) -> Option<&'static str> {
        let both = -2.0..=2.0;
        let dry = self.dry.unwrap_or_default();
        let rules: [(bool, &'static str); 6] = [
            (both.contains(&self.presence), "presence_penalty: must be from -2 to 2"),
            (both.contains(&self.frequency), "frequency_penalty: must be from -2 to 2"),
            (self.repeat >= 0.01 && self.repeat <= 2.0, "repetition_penalty: must be from 0.01 to 2"),
            (dry.multiplier > 0.0 && dry.multiplier <= 5.0, "dry_multiplier: must be above 0 and at most 5"),
            ((1.0..=4.0).contains(&dry.base), "dry_base: must be from 1 to 4"),
            ((1..=64).contains(&dry.allowed_length), "dry_allowed_length: must be from 1 to 64"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map(|(_, rule)| rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_penalties(penalties: Penalties) -> Sampling {
        Sampling { penalties, ..Sampling::default() }
    }

    fn with_dry(dry: Dry) -> Sampling {
        with_penalties(Penalties { dry: Some(dry), ..Penalties::default() })
    }

    #[test]
    fn what_is_usual_passes() {
        assert_eq!(Sampling::default().problem(), None);
        assert_eq!(with_dry(Dry::default()).problem(), None);
        let edges = Sampling {
            temperature: 2.0,
            top_p: 1.0,
            top_k: Some(1),
            min_p: 1.0,
            penalties: Penalties { presence: -2.0, frequency: 2.0, repeat: 2.0, dry: None },
            logit_bias: vec![(0, -100.0), (9, 100.0)],
            max_tokens: Some(1),
            stop: vec!["x".repeat(256); 16],
            seed: Some(0),
        };
        assert_eq!(edges.problem(), None);
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let usual = Sampling::default;
        let cases = [
            ("temperature", Sampling { temperature: f32::NAN, ..usual() }),
            ("temperature", Sampling { temperature: -0.1, ..usual() }),
            ("temperature", Sampling { temperature: 2.1, ..usual() }),
            ("top_p", Sampling { top_p: 0.0, ..usual() }),
            ("top_p", Sampling { top_p: f32::INFINITY, ..usual() }),
            ("top_k", Sampling { top_k: Some(0), ..usual() }),
            ("min_p", Sampling { min_p: -0.1, ..usual() }),
            ("min_p", Sampling { min_p: f32::NAN, ..usual() }),
            ("max_tokens", Sampling { max_tokens: Some(0), ..usual() }),
            ("stop", Sampling { stop: vec![String::new()], ..usual() }),
            ("stop", Sampling { stop: vec!["x".to_owned(); 17], ..usual() }),
            ("stop", Sampling { stop: vec!["x".repeat(257)], ..usual() }),
            ("logit_bias", Sampling { logit_bias: vec![(1, 101.0)], ..usual() }),
            ("logit_bias", Sampling { logit_bias: vec![(1, f32::NAN)], ..usual() }),
            ("logit_bias", Sampling { logit_bias: (0..1025).map(|id| (id, 1.0)).collect(), ..usual() }),
            ("presence_penalty", with_penalties(Penalties { presence: 2.1, ..Penalties::default() })),
            ("frequency_penalty", with_penalties(Penalties { frequency: -2.1, ..Penalties::default() })),
            ("repetition_penalty", with_penalties(Penalties { repeat: 0.0, ..Penalties::default() })),
            ("repetition_penalty", with_penalties(Penalties { repeat: f32::NAN, ..Penalties::default() })),
            ("dry_multiplier", with_dry(Dry { multiplier: 0.0, ..Dry::default() })),
            ("dry_base", with_dry(Dry { base: 0.9, ..Dry::default() })),
            ("dry_allowed_length", with_dry(Dry { allowed_length: 0, ..Dry::default() })),
        ];
        for (name, sampling) in cases {
            let problem = sampling.problem().unwrap_or_default();
            assert!(problem.contains(name), "{name}: {problem:?}");
        }
    }
}
