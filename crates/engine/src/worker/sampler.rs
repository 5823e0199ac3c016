//! From settings to a chain of samplers.

use llama_cpp_4::sampling::LlamaSampler;
use ports::Sampling;

/// The chain for one request. The nucleus is chosen before the temperature is applied, as llama.cpp does by default, so
/// that a high temperature does not bring in what the model holds for improbable.
pub(super) fn chain(sampling: &Sampling) -> LlamaSampler {
    if sampling.temperature <= 0.0 {
        return LlamaSampler::chain([LlamaSampler::greedy()], true);
    }
    let mut chain = Vec::new();
    if sampling.top_p < 1.0 {
        chain.push(LlamaSampler::top_p(sampling.top_p, 1));
    }
    chain.push(LlamaSampler::temp(sampling.temperature));
    chain.push(LlamaSampler::dist(sampling.seed.unwrap_or(0)));
    LlamaSampler::chain(chain, true)
}
