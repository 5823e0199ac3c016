//! Tries a way of computing in a small context of its own.

use std::num::NonZeroU32;
use std::time::Duration;

use llama_cpp_4::context::params::{LlamaContextParams, LlamaFlashAttnType};
use llama_cpp_4::llama_backend::LlamaBackend;
use llama_cpp_4::llama_batch::LlamaBatch;
use llama_cpp_4::model::LlamaModel;
use llama_cpp_4::token::LlamaToken;
use stdx::Clock;

use crate::calibration::{Sample, Trials, Way};

/// Tokens that are read and written in one trial: a second on a small machine.
const READ: i32 = 48;
const WRITTEN: i32 = 8;
/// Some token that every vocabulary has.
const TOKEN: LlamaToken = LlamaToken(100);

/// Where ways of computing are tried.
pub(super) struct Laboratory<'a> {
    pub(super) backend: &'a LlamaBackend,
    pub(super) model: &'a LlamaModel,
    pub(super) clock: &'a dyn Clock,
    /// Nothing when there is nothing to find out.
    pub(super) trials: Option<Trials>,
}

impl Laboratory<'_> {
    /// Makes one trial. The verdict once all are made; `Err` when there is nothing to try.
    pub(super) fn proceed(&mut self) -> Result<Option<Way>, NothingToTry> {
        let Some((trials, way)) =
            self.trials.take().and_then(|trials| trials.next().map(|way| (trials, way)))
        else {
            return Err(NothingToTry);
        };
        let mut trials = trials;
        trials.record(self.attempt(way));
        if trials.next().is_some() {
            self.trials = Some(trials);
            return Ok(None);
        }
        Ok(trials.verdict())
    }

    fn attempt(&self, way: Way) -> Option<Sample> {
        let threads = i32::try_from(way.threads).ok()?;
        let flash =
            if way.flash_attention { LlamaFlashAttnType::Enabled } else { LlamaFlashAttnType::Disabled };
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(256))
            .with_n_batch(64)
            .with_n_ubatch(64)
            .with_no_perf(true)
            .with_flash_attn_type(flash)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let mut context = self.model.new_context(self.backend, params).ok()?;
        let mut batch = LlamaBatch::new(64, 1);
        let mut decode = |from: i32, count: i32| {
            batch.clear();
            for position in from..from + count {
                batch.add(TOKEN, position, &[0], position + 1 == from + count).ok()?;
            }
            let before = self.clock.monotonic();
            context.decode(&mut batch).ok()?;
            Some(self.clock.monotonic().saturating_sub(before))
        };
        // The first step pays for what is set up once.
        decode(0, 1)?;
        let read = decode(1, READ)?;
        let mut written = Duration::ZERO;
        for step in 0..WRITTEN {
            written += decode(1 + READ + step, 1)?;
        }
        Some(Sample { read: read / READ.unsigned_abs(), written: written / WRITTEN.unsigned_abs() })
    }
}

/// All is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct NothingToTry;
