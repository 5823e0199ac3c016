//! How a model is run.

use speech::LONGEST_GUESS;
use wire::ModelKind;

/// How a model is run. Sizes are in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelSettings {
    /// What it is for; the engine takes that from the model's file.
    pub kind: ModelKind,
    /// The most one request may use, prompt and answer together. Never more than the model was trained for.
    pub context_tokens: u32,
    /// Shared by all requests that run at the same time; a request waits when what it may need is not free.
    pub kv_tokens: u32,
    /// Requests that have a sequence at the same time. Not all of them are written by every step.
    pub streams: u32,
    /// The most that one step computes.
    pub batch_tokens: u32,
    /// Tokens of a prompt that one step computes when nobody else waits.
    pub piece_tokens: u32,
    /// Threads that compute; 0 takes what the machine grants.
    pub threads: u32,
    /// Whether attention is computed in one pass. Absent: for encoders as the library likes, and not for chats, since on
    /// processors it takes four times as long for a short question behind a long prompt, and saves a tenth at most.
    pub flash_attention: Option<bool>,
    /// Added to the worker's niceness, 0 to 19, so that everything else goes first. On a busy machine each costs about a
    /// tenth of its speed.
    pub nice: u32,
    /// The most that computed prompts may take in memory, in MiB.
    pub cache_memory_mib: u32,
    /// The most that computed prompts may take on disk, in MiB.
    pub cache_disk_mib: u32,
}

/// Tokens of the model's memory beside those that requests may use: the longest unit of the prefix cache on its way in
/// or out.
pub(crate) const TRANSIT: u32 = 256;

/// The longest text that is encoded. It is read in one step, and a longer step would hold everybody up, take much
/// memory, and look as if the worker hung.
const LONGEST_TEXT: u32 = 2048;

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            kind: ModelKind::Chat,
            context_tokens: 8192,
            kv_tokens: 16_384,
            streams: 16,
            batch_tokens: 128,
            piece_tokens: 64,
            threads: 0,
            flash_attention: None,
            nice: 0,
            cache_memory_mib: 256,
            cache_disk_mib: 4096,
        }
    }
}

impl ModelSettings {
    /// The same with every value moved into its range.
    #[must_use]
    pub fn bounded(self) -> Self {
        let context_tokens = self.context_tokens.clamp(64, 1 << 20);
        Self {
            context_tokens,
            kv_tokens: self.kv_tokens.clamp(context_tokens, 1 << 22),
            streams: self.streams.clamp(1, 64),
            batch_tokens: self.batch_tokens.clamp(64, 4096),
            piece_tokens: self.piece_tokens.clamp(16, 4096),
            threads: self.threads.min(512),
            nice: self.nice.min(19),
            ..self
        }
    }

    /// The same, with the contexts cut to the one the model was trained for. An encoder has the memory of one step and
    /// keeps nothing.
    #[must_use]
    pub fn within(self, trained_for: u32) -> Self {
        let context_tokens = self.context_tokens.min(trained_for.max(1));
        if self.kind != ModelKind::Chat {
            let context_tokens = context_tokens.min(LONGEST_TEXT);
            let kv_tokens = self.batch_tokens.max(context_tokens);
            return Self { context_tokens, kv_tokens, cache_memory_mib: 0, ..self };
        }
        let kv_tokens = self.kv_tokens.min(context_tokens.saturating_mul(self.streams)).max(context_tokens);
        Self { context_tokens, kv_tokens, ..self }
    }

    /// The most that one step may have to compute. An encoder reads a text in one step, however long it is.
    pub(crate) fn step_tokens(&self) -> u32 {
        if self.kind == ModelKind::Chat { self.batch_tokens } else { self.kv_tokens }
    }

    /// The most tokens of one step whose output is wanted: one of each stream, or one and the guesses behind it.
    pub(crate) fn outputs(&self) -> u32 {
        self.streams.max(u32::try_from(LONGEST_GUESS).unwrap_or(u32::MAX)) + 1
    }

    /// Whether the scores of each token against each other are all in memory at once.
    pub(crate) fn keeps_scores(&self) -> bool {
        !self.flash_attention.unwrap_or(self.kind != ModelKind::Chat)
    }

    /// The same with so many threads.
    #[must_use]
    pub fn with_threads(self, threads: u32) -> Self {
        Self { threads, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_model_gets_a_small_context_for_each_stream() {
        let settings = ModelSettings::default().within(2048);
        assert_eq!((settings.context_tokens, settings.kv_tokens), (2048, 16_384));
    }

    #[test]
    fn an_encoder_reads_its_longest_text_in_one_step() {
        let usual = ModelSettings { kind: ModelKind::Embedding, ..ModelSettings::default() };
        let settings = usual.within(8192);
        assert_eq!((settings.context_tokens, settings.step_tokens()), (LONGEST_TEXT, LONGEST_TEXT));
        let settings = usual.within(100);
        assert_eq!((settings.context_tokens, settings.step_tokens()), (100, usual.batch_tokens));
    }

    #[test]
    fn one_request_always_fits() {
        let settings = ModelSettings { kv_tokens: 1, streams: 1, ..ModelSettings::default() };
        assert_eq!(settings.bounded().within(1 << 20).kv_tokens, 8192);
    }
}
