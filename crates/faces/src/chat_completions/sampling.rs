//! The fields of a request that say how tokens are chosen: those of the face, and those that other servers of the
//! same face have added and that clients therefore send.

use std::collections::BTreeMap;

use ports::{Dry, Penalties, SamplingWish};
use serde::Deserialize;

use crate::read::{TextOr, narrow};

/// Read from the same body as the rest of the request.
#[derive(Debug, Deserialize)]
pub(crate) struct SamplingFields {
    temperature: Option<f64>,
    top_p: Option<f64>,
    seed: Option<i64>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    stop: Option<TextOr<String>>,
    presence_penalty: Option<f64>,
    frequency_penalty: Option<f64>,
    logit_bias: Option<BTreeMap<u32, f64>>,
    min_p: Option<f64>,
    top_k: Option<i64>,
    repetition_penalty: Option<f64>,
    dry_multiplier: Option<f64>,
    dry_base: Option<f64>,
    dry_allowed_length: Option<u32>,
}

impl SamplingFields {
    pub(crate) fn wish(self) -> SamplingWish {
        let penalties = self.penalties();
        let biases = self.logit_bias.unwrap_or_default();
        SamplingWish {
            temperature: self.temperature.map(narrow),
            top_p: self.top_p.map(narrow),
            max_tokens: self.max_completion_tokens.or(self.max_tokens),
            // Others say -1 or 0 for "all of them".
            top_k: self.top_k.filter(|k| *k > 0).map(|k| u32::try_from(k).unwrap_or(u32::MAX)),
            min_p: self.min_p.map(narrow),
            penalties,
            logit_bias: biases.into_iter().map(|(token, bias)| (token, narrow(bias))).collect(),
            // The face allows any 64-bit seed; the engine takes 32 bits of it.
            seed: self.seed.map(|seed| u32::try_from(seed.rem_euclid(1 << 32)).unwrap_or_default()),
            stop: match self.stop {
                None => Vec::new(),
                Some(TextOr::Text(stop)) => vec![stop],
                Some(TextOr::Parts(stops)) => stops,
            },
        }
    }

    fn penalties(&self) -> Penalties {
        let usual = Penalties::default();
        // A multiplier of 0 is how others switch it off.
        let multiplier = self.dry_multiplier.filter(|multiplier| *multiplier != 0.0);
        Penalties {
            presence: self.presence_penalty.map_or(usual.presence, narrow),
            frequency: self.frequency_penalty.map_or(usual.frequency, narrow),
            repeat: self.repetition_penalty.map_or(usual.repeat, narrow),
            dry: multiplier.map(|multiplier| {
                let usual = Dry::default();
                Dry {
                    multiplier: narrow(multiplier),
                    base: self.dry_base.map_or(usual.base, narrow),
                    allowed_length: self.dry_allowed_length.unwrap_or(usual.allowed_length),
                }
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(body: &str) -> SamplingWish {
        serde_json::from_str::<SamplingFields>(body).unwrap().wish()
    }

    #[test]
    fn what_is_absent_is_left_to_the_model_or_agent() {
        assert_eq!(wish("{}"), SamplingWish::default());
        assert_eq!(wish(r#"{"top_k": -1, "dry_multiplier": 0, "stop": null}"#), SamplingWish::default());
    }

    #[test]
    fn the_seed_keeps_its_low_bits_and_the_newer_limit_wins() {
        let wish = wish(r#"{"seed": -1, "max_tokens": 5, "max_completion_tokens": 9, "stop": "x"}"#);
        assert_eq!((wish.seed, wish.max_tokens, wish.stop), (Some(u32::MAX), Some(9), vec!["x".to_owned()]));
    }

    #[test]
    fn a_penalty_for_passages_needs_only_its_multiplier() {
        let wish = wish(r#"{"dry_multiplier": 0.5, "presence_penalty": 1, "logit_bias": {"7": -100}}"#);
        assert_eq!(wish.penalties.dry, Some(Dry { multiplier: 0.5, ..Dry::default() }));
        assert_eq!((wish.penalties.presence, wish.penalties.repeat), (1.0, 1.0));
        assert_eq!(wish.logit_bias, vec![(7, -100.0)]);
    }
}
