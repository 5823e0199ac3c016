//! From settings to a chain of samplers.
#![expect(unsafe_code, reason = "the library does not say that a sampler may change threads")]

use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::model::LlamaModel;
use llama_cpp_4::sampling::LlamaSampler;
use llama_cpp_4::token::LlamaToken;
use llama_cpp_4::token::data_array::LlamaTokenDataArray;
use ports::{Dry, Penalties, Sampling};
use wire::ErrorCode;

use super::constraint::{Accepted, Constraint};
use crate::protocol::Failure;

/// Tokens of the answer that penalties look back at.
const WINDOW: i32 = 4096;
/// Where passages end for the penalty on their repetition; those of llama.cpp.
const BREAKERS: [&str; 4] = ["\n", ":", "\"", "*"];

/// Chooses the tokens of one answer.
pub(super) struct Chooser {
    chain: LlamaSampler,
    /// The most probable token is taken, and nothing makes it less so: then no list of candidates is made, which for a
    /// large vocabulary costs a percent of a step.
    takes_best: bool,
    constraint: Option<Constraint>,
    candidates: LlamaTokenDataArray,
    /// The answer went another way than the constraint, which could be given up.
    was_let_go: bool,
}

// SAFETY: a sampler has one owner at a time and its C++ side holds nothing that belongs to a thread. The model that
// some samplers point to is only read, by all threads, and outlives them all.
unsafe impl Send for Chooser {}

impl Chooser {
    /// Fails when the model cannot follow the settings.
    pub(super) fn new(
        model: &LlamaModel,
        sampling: &Sampling,
        constraint: Option<Constraint>,
    ) -> Result<Self, Failure> {
        let samplers = samplers(model, sampling)?;
        let takes_best = sampling.temperature <= 0.0 && samplers.len() == 1;
        let chain = LlamaSampler::chain(samplers, true);
        let candidates = LlamaTokenDataArray::new(Vec::new(), false);
        Ok(Self { chain, takes_best, constraint, candidates, was_let_go: false })
    }

    /// The next token, by the output at a place of the batch that was just computed; nothing when there is none.
    pub(super) fn choose(
        &mut self,
        context: &LlamaContext<'_>,
        at: i32,
        is_reasoning: bool,
    ) -> Option<LlamaToken> {
        if self.constraint.as_ref().is_some_and(|constraint| constraint.holds(is_reasoning)) {
            return self.choose_allowed(context, at);
        }
        if self.takes_best {
            return best(context.get_logits_ith(at));
        }
        match self.chain.try_sample(context, at) {
            Ok(token) => Some(token),
            Err(error) => {
                eprintln!("A token cannot be sampled: {error}");
                None
            }
        }
    }

    /// Looks at what was written for the place from which on the answer is held. False when nothing holds it any more
    /// that was to hold it.
    pub(super) fn follow(&mut self, model: &LlamaModel, answer: &str) -> bool {
        if let Some(constraint) = &mut self.constraint
            && constraint.follow(model, answer) != Accepted::Yes
        {
            self.constraint = None;
            self.was_let_go = true;
        }
        !self.was_let_go
    }

    /// Most tokens that a model would choose are allowed. To look at one is cheap, and only when it is not is the
    /// whole vocabulary looked at.
    fn choose_allowed(&mut self, context: &LlamaContext<'_>, at: i32) -> Option<LlamaToken> {
        let Self { chain, takes_best, constraint, candidates, .. } = self;
        let held = constraint.as_mut()?;
        let mut token = if *takes_best {
            best(context.get_logits_ith(at))?
        } else {
            fill(candidates, context, at);
            candidates.apply_sampler(chain);
            candidates.selected_token()?
        };
        if !held.allows(token) {
            fill(candidates, context, at);
            held.filter(candidates);
            candidates.apply_sampler(chain);
            token = candidates.selected_token().filter(|token| held.allows(*token))?;
        }
        self.go_on(token).then_some(token)
    }

    /// Goes on by a token that the model did not choose. False when it may not stand here; then nothing has changed.
    pub(super) fn write(&mut self, token: LlamaToken, is_reasoning: bool) -> bool {
        match self.constraint.as_mut().filter(|constraint| constraint.holds(is_reasoning)) {
            Some(held) => held.allows(token) && self.go_on(token),
            None => self.chain.try_accept(token).is_ok(),
        }
    }

    /// Goes on by a token that the constraint allows.
    fn go_on(&mut self, token: LlamaToken) -> bool {
        let Some(held) = &mut self.constraint else { return false };
        if self.chain.try_accept(token).is_err() {
            return false;
        }
        match held.accept(token) {
            Accepted::Yes => true,
            Accepted::LetGo => {
                self.constraint = None;
                self.was_let_go = true;
                true
            }
            Accepted::No => false,
        }
    }
}

/// The token with the largest logit, the first of several; nothing of nothing.
fn best(logits: &[f32]) -> Option<LlamaToken> {
    // One after the other would wait for each comparison; lanes do not.
    const LANES: usize = 16;
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = logits.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, logit) in lanes.iter_mut().zip(chunk) {
            *lane = if logit > lane { *logit } else { *lane };
        }
    }
    let most = lanes.iter().chain(rest).copied().fold(f32::NEG_INFINITY, f32::max);
    let at = logits.iter().position(|logit| *logit >= most)?;
    i32::try_from(at).ok().map(LlamaToken)
}

fn fill(candidates: &mut LlamaTokenDataArray, context: &LlamaContext<'_>, at: i32) {
    candidates.data.clear();
    candidates.data.extend(context.candidates_ith(at));
    candidates.selected = None;
    candidates.sorted = false;
}

/// In the order of llama.cpp: what must not be, what was said before, then the tokens that are kept, and last the
/// temperature, so that a high one does not bring in what the model holds for improbable.
fn samplers(model: &LlamaModel, sampling: &Sampling) -> Result<Vec<LlamaSampler>, Failure> {
    let mut chain = Vec::new();
    if !sampling.logit_bias.is_empty() {
        chain.push(LlamaSampler::logit_bias(model.n_vocab(), &biases(model, sampling)?));
    }
    let Penalties { presence, frequency, repeat, dry } = sampling.penalties;
    if (Penalties { presence, frequency, repeat, dry: None }) != Penalties::default() {
        chain.push(LlamaSampler::penalties(model.n_vocab(), WINDOW, repeat, frequency, presence));
    }
    if let Some(dry) = dry {
        chain.push(against_passages(model, dry)?);
    }
    if sampling.temperature <= 0.0 {
        chain.push(LlamaSampler::greedy());
        return Ok(chain);
    }
    if let Some(top_k) = sampling.top_k {
        chain.push(LlamaSampler::top_k(i32::try_from(top_k).unwrap_or(i32::MAX)));
    }
    if sampling.top_p < 1.0 {
        chain.push(LlamaSampler::top_p(sampling.top_p, 1));
    }
    if sampling.min_p > 0.0 {
        chain.push(LlamaSampler::min_p(sampling.min_p, 1));
    }
    chain.push(LlamaSampler::temp(sampling.temperature));
    chain.push(LlamaSampler::dist(sampling.seed.unwrap_or(0)));
    Ok(chain)
}

fn biases(model: &LlamaModel, sampling: &Sampling) -> Result<Vec<(LlamaToken, f32)>, Failure> {
    let known = |(id, bias): &(u32, f32)| {
        let token = i32::try_from(*id).ok().filter(|id| *id < model.n_vocab());
        token.map(|id| (LlamaToken(id), *bias)).ok_or_else(|| {
            let detail = format!("logit_bias: the model has no token {id}; it has {}.", model.n_vocab());
            Failure::new(ErrorCode::InvalidRequest, detail)
        })
    };
    sampling.logit_bias.iter().map(known).collect()
}

fn against_passages(model: &LlamaModel, dry: Dry) -> Result<LlamaSampler, Failure> {
    let allowed = i32::try_from(dry.allowed_length).unwrap_or(i32::MAX);
    // The library makes this one from any other sampler.
    LlamaSampler::greedy().try_dry(model, dry.multiplier, dry.base, allowed, WINDOW, BREAKERS).map_err(
        |error| {
            eprintln!("A sampler cannot be made: {error}");
            Failure::new(ErrorCode::Internal, "The sampling settings cannot be applied.")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_largest_is_the_best() {
        let place = |logits: &[f32]| best(logits).map(|token| token.0);
        assert_eq!(place(&[]), None);
        assert_eq!(place(&[-3.0]), Some(0));
        assert_eq!(place(&[1.0, 5.0, 5.0, f32::NAN]), Some(1));
        assert_eq!(place(&[f32::NEG_INFINITY; 40]), Some(0));
        for at in 0..70 {
            let mut logits = vec![-1.5_f32; 70];
            logits[at] = 2.0;
            assert_eq!(place(&logits), i32::try_from(at).ok());
        }
    }
}
