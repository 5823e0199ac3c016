//! Will it fit? Compares what a model needs with what the machine and the control group still have, before anything
//! is loaded, so that the kernel never has to kill for memory.

use gguf::ModelFacts;
use ports::{PortError, PortErrorKind};
use wire::ErrorCode;

use crate::settings::{ModelSettings, TRANSIT};

/// What a model needs, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryEstimate {
    /// The tensors.
    pub weights: u64,
    /// Keys and values of all requests that run at the same time.
    pub kv: u64,
    /// What one step of the computation needs, and the process itself.
    pub compute: u64,
}

/// Code, vocabulary, allocator and thread stacks of a worker; measured at 60 to 90 MB.
const PROCESS_BYTES: u64 = 96 << 20;
const MEBIBYTE: u64 = 1 << 20;

impl MemoryEstimate {
    /// What `facts` need when they are run with `settings`.
    ///
    /// - weights: the tensors as they lie in the file. llama.cpp maps the file and copies some tensors into a layout
    ///   for vector units; the mapped pages of these can be dropped, so one copy counts.
    /// - kv: `kv_tokens · Σ over layers of kv_heads · (key_length + value_length) · 2 bytes` (f16), as in
    ///   `llama_kv_cache`, and what recurrent layers keep of each sequence, in f32, as in `llama_memory_recurrent`.
    ///   Layers with a sliding window keep as much as others.
    /// - compute: the widest moment of a block, `batch · (8 · embedding + 3 · feed_forward + heads · (key + value)) ·
    ///   4 bytes`, the attention mask in both widths, `batch · kv_tokens · 6 bytes`, without flash attention the scores of
    ///   each token against each other, `batch · kv_tokens · heads · 4 bytes`, the states of one recurrent layer, twice,
    ///   and the logits of all outputs of a step, twice. An upper bound fitted to what `llama_memory_breakdown` reports.
    ///   To this come the prompts that are kept in memory.
    pub fn of(facts: &ModelFacts, settings: &ModelSettings) -> Self {
        let settings = settings.within(facts.context_length);
        let tokens = u64::from(settings.kv_tokens + TRANSIT);
        let batch = u64::from(settings.step_tokens());
        let head_bytes = (u64::from(facts.key_length) + u64::from(facts.value_length)).saturating_mul(2);
        let kv_heads: u64 = facts.kv_heads.iter().copied().map(u64::from).sum();
        let states = facts.recurrent_length.saturating_mul(4 * u64::from(settings.streams + 1));
        let kv = kv_heads.saturating_mul(head_bytes).saturating_mul(tokens);
        let kv = kv.saturating_add(states.saturating_mul(recurrent_layers(facts)));
        let attention = u64::from(facts.heads).saturating_mul(head_bytes / 2);
        let width = 8 * u64::from(facts.embedding_length) + 3 * u64::from(facts.feed_forward_length);
        let activations = width.saturating_add(attention).saturating_mul(batch).saturating_mul(4);
        let mask = batch.saturating_mul(tokens).saturating_mul(6);
        let heads = if settings.keeps_scores() { u64::from(facts.heads) } else { 0 };
        let scores = batch.saturating_mul(tokens).saturating_mul(heads).saturating_mul(4);
        let logits = u64::from(facts.vocabulary) * u64::from(settings.outputs()) * 8;
        let prompts = u64::from(settings.cache_memory_mib) << 20;
        let compute = [activations, mask, scores, states.saturating_mul(2), logits, prompts]
            .into_iter()
            .fold(PROCESS_BYTES, u64::saturating_add);
        Self { weights: facts.tensor_bytes, kv, compute }
    }

    /// All of it.
    pub fn total(&self) -> u64 {
        self.weights.saturating_add(self.kv).saturating_add(self.compute)
    }

    /// Why it is not loaded, with both numbers, when at most `free` bytes can be had.
    pub(crate) fn refusal(&self, free: u64) -> PortError {
        let detail = format!(
            "The model needs about {} MB of memory ({} MB weights, {} MB context, {} MB working space) and {} MB are \
             free, counting what idle models would give back.",
            self.total() / MEBIBYTE,
            self.weights / MEBIBYTE,
            self.kv / MEBIBYTE,
            self.compute / MEBIBYTE,
            free / MEBIBYTE
        );
        PortError::new(PortErrorKind::Down, ErrorCode::OutOfMemory, detail)
    }
}

/// Layers with a recurrent state: those without attention, or all when they are all alike.
fn recurrent_layers(facts: &ModelFacts) -> u64 {
    let without = facts.kv_heads.iter().filter(|heads| **heads == 0).count();
    u64::try_from(without).ok().filter(|count| *count > 0).unwrap_or(facts.layers.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Qwen2.5-Coder 0.5B.
    fn facts() -> ModelFacts {
        ModelFacts {
            architecture: "qwen2".to_owned(),
            name: None,
            layers: 24,
            heads: 14,
            kv_heads: vec![2; 24],
            recurrent_length: 0,
            embedding_length: 896,
            key_length: 64,
            value_length: 64,
            feed_forward_length: 4864,
            context_length: 32_768,
            vocabulary: 151_936,
            tensors: 291,
            tensor_bytes: 485_455_360,
            file_bytes: 491_400_064,
            has_chat_template: true,
        }
    }

    #[test]
    fn keys_and_values_take_twelve_kibibytes_a_token_in_the_small_model() {
        let settings = ModelSettings { kv_tokens: 16_384, ..ModelSettings::default() };
        assert_eq!(MemoryEstimate::of(&facts(), &settings).kv, (16_384 + 256) * 12_288);
    }

    #[test]
    fn the_context_counts_only_as_far_as_the_model_goes() {
        let small = ModelFacts { context_length: 2048, ..facts() };
        let settings = ModelSettings { streams: 1, ..ModelSettings::default() };
        assert_eq!(MemoryEstimate::of(&small, &settings).kv, (2048 + 256) * 12_288);
    }

    #[test]
    fn layers_without_attention_take_no_keys() {
        let hybrid = ModelFacts { kv_heads: [[0, 0, 0, 2].as_slice(); 6].concat(), ..facts() };
        let settings = ModelSettings::default();
        let ratio = MemoryEstimate::of(&facts(), &settings).kv / MemoryEstimate::of(&hybrid, &settings).kv;
        assert_eq!(ratio, 4);
    }

    #[test]
    fn recurrent_layers_keep_a_state_of_each_stream_whatever_the_context() {
        let kv = |kv_heads: Vec<u32>, kv_tokens| {
            let facts = ModelFacts { kv_heads, recurrent_length: 1000, ..facts() };
            let settings = ModelSettings { streams: 7, kv_tokens, ..ModelSettings::default() };
            MemoryEstimate::of(&facts, &settings).kv
        };
        assert_eq!(kv(vec![0; 24], 16_384), 24 * 1000 * 4 * 8);
        assert_eq!(kv(vec![0; 24], 8192), 24 * 1000 * 4 * 8);
        let keys = |layers: u64| (16_384 + 256) * 512 * layers;
        assert_eq!(kv([[0, 0, 2].as_slice(); 8].concat(), 16_384), keys(8) + 16 * 1000 * 4 * 8);
        // Both in each layer.
        assert_eq!(kv(vec![2; 24], 16_384), keys(24) + 24 * 1000 * 4 * 8);
    }

    #[test]
    fn scores_count_when_they_are_kept() {
        let compute = |flash_attention| {
            let settings =
                ModelSettings { flash_attention: Some(flash_attention), ..ModelSettings::default() };
            MemoryEstimate::of(&facts(), &settings).compute
        };
        assert_eq!(compute(false) - compute(true), 128 * (16_384 + 256) * 14 * 4);
    }

    #[test]
    fn absurd_facts_saturate() {
        let absurd = ModelFacts {
            kv_heads: vec![u32::MAX; 4096],
            key_length: u32::MAX,
            value_length: u32::MAX,
            heads: u32::MAX,
            tensor_bytes: u64::MAX,
            ..facts()
        };
        assert_eq!(MemoryEstimate::of(&absurd, &ModelSettings::default()).total(), u64::MAX);
    }

    #[test]
    fn refuses_with_both_numbers() {
        let estimate = MemoryEstimate { weights: 500 << 20, kv: 200 << 20, compute: 100 << 20 };
        let error = estimate.refusal(700 << 20);
        assert_eq!(error.code, ErrorCode::OutOfMemory);
        assert!(error.detail.contains("about 800 MB"), "{}", error.detail);
        assert!(error.detail.contains("700 MB are free"), "{}", error.detail);
    }
}
