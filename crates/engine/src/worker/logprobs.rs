//! How probable the model held what it wrote.

use llama_cpp_4::model::{LlamaModel, Special};
use llama_cpp_4::token::LlamaToken;
use ports::TokenLogprob;
use speech::Delta;

/// What stands for a probability of 0.
const LOWEST: f32 = -9999.0;

/// The probabilities of the tokens whose text was not given out yet.
#[derive(Debug)]
pub(super) struct Logprobs {
    /// Alternatives to be told.
    alternatives: usize,
    held: Vec<TokenLogprob>,
}

impl Logprobs {
    pub(super) fn new(alternatives: u8) -> Self {
        Self { alternatives: usize::from(alternatives), held: Vec::new() }
    }

    /// Notes a token that was chosen by these logits.
    pub(super) fn note(&mut self, model: &LlamaModel, logits: &[f32], token: LlamaToken) {
        let total = log_sum_exp(logits);
        let tell = |id: usize, alternatives| {
            let token = LlamaToken(i32::try_from(id).unwrap_or(i32::MAX));
            let bytes = model.token_to_raw_bytes(token, Special::Tokenize).unwrap_or_default();
            let logit = logits.get(id).copied().unwrap_or(f32::NEG_INFINITY);
            TokenLogprob {
                token: String::from_utf8_lossy(&bytes).into_owned(),
                logprob: (logit - total).max(LOWEST),
                bytes,
                alternatives,
            }
        };
        let best = best(logits, self.alternatives).into_iter().map(|id| tell(id, Vec::new())).collect();
        self.held.push(tell(usize::try_from(token.0).unwrap_or(usize::MAX), best));
    }

    /// Those that belong to a text that is given out now; when it is the last one before a stop string, those of the
    /// string are left out. What is thought or called is not told of.
    pub(super) fn release(&mut self, delta: &Delta) -> Vec<TokenLogprob> {
        let text = delta.text.as_str();
        let is_elsewhere = !delta.reasoning.is_empty() || !delta.calls.is_empty();
        if text.is_empty() {
            if is_elsewhere || delta.stopped {
                self.held.clear();
            }
            return Vec::new();
        }
        let held = std::mem::take(&mut self.held);
        if !delta.stopped {
            return held;
        }
        let mut begins = 0;
        let within = |token: &TokenLogprob| {
            let is_within = begins < text.len();
            begins += token.bytes.len();
            is_within
        };
        held.into_iter().take_while(within).collect()
    }
}

/// The logarithm of the sum of the exponentials, without overflow.
fn log_sum_exp(logits: &[f32]) -> f32 {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !most.is_finite() {
        return most;
    }
    most + logits.iter().map(|logit| (logit - most).exp()).sum::<f32>().ln()
}

/// The places of the largest numbers, the largest first.
fn best(logits: &[f32], count: usize) -> Vec<usize> {
    let mut best: Vec<(usize, f32)> = Vec::with_capacity(count + 1);
    for (id, logit) in logits.iter().copied().enumerate() {
        if best.len() == count && best.last().is_none_or(|(_, least)| logit <= *least) {
            continue;
        }
        let at = best.partition_point(|(_, other)| *other >= logit);
        best.insert(at, (id, logit));
        best.truncate(count);
    }
    best.into_iter().map(|(id, _)| id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> TokenLogprob {
        TokenLogprob {
            token: text.to_owned(),
            logprob: -1.0,
            bytes: text.as_bytes().to_vec(),
            alternatives: Vec::new(),
        }
    }

    fn held(texts: &[&str]) -> Logprobs {
        Logprobs { alternatives: 0, held: texts.iter().map(|text| token(text)).collect() }
    }

    fn said(text: &str, stopped: bool) -> Delta {
        Delta { text: text.to_owned(), stopped, ..Delta::default() }
    }

    #[test]
    fn probabilities_sum_up_to_one() {
        let logits = [1.0, 2.0, 3.0, f32::NEG_INFINITY];
        let total = log_sum_exp(&logits);
        let sum: f32 = logits.iter().map(|logit| (logit - total).exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        assert!((log_sum_exp(&[1000.0, 1000.0]) - 1000.0 - 2_f32.ln()).abs() < 1e-3);
        assert_eq!(log_sum_exp(&[f32::NEG_INFINITY]), f32::NEG_INFINITY);
    }

    #[test]
    fn the_best_come_in_their_order() {
        assert_eq!(best(&[0.5, 3.0, -1.0, 3.0, 2.0], 3), [1, 3, 4]);
        assert_eq!(best(&[0.5], 3), [0]);
        assert!(best(&[0.5, 1.0], 0).is_empty());
    }

    #[test]
    fn what_is_held_comes_with_the_text_and_not_with_a_stop_string() {
        let mut all = held(&["a", "b"]);
        assert!(all.release(&said("", false)).is_empty());
        assert_eq!(all.release(&said("ab", false)).len(), 2);
        assert!(all.release(&said("c", false)).is_empty());
        let before = held(&["Hi", " E", "ND"]).release(&said("Hi ", true));
        let before: Vec<&str> = before.iter().map(|token| token.token.as_str()).collect();
        assert_eq!(before, ["Hi", " E"]);
    }

    #[test]
    fn what_is_thought_is_not_told_of() {
        let mut all = held(&["hm"]);
        let thought = Delta { reasoning: "hm".to_owned(), ..Delta::default() };
        assert!(all.release(&thought).is_empty());
        assert!(all.release(&said("Yes", false)).is_empty());
    }
}
