//! Tries a way of computing in a small context of its own.

use std::num::NonZeroU32;
use std::time::Duration;

use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::context::params::{LlamaContextParams, LlamaFlashAttnType};
use llama_cpp_4::llama_backend::LlamaBackend;
use llama_cpp_4::llama_batch::LlamaBatch;
use llama_cpp_4::model::LlamaModel;
use llama_cpp_4::token::LlamaToken;
use stdx::Clock;

use crate::calibration::{Sample, Trials, Way};

/// What is computed in one trial, step by step: tokens that are read at once. No step takes longer than somebody who asks
/// just then would mind. The first one pays for what is set up once.
const STEPS: [i32; 12] = [1, READ, READ, READ, 1, 1, 1, 1, 1, 1, 1, 1];
const READ: i32 = 16;
/// Some token that every vocabulary has.
const TOKEN: LlamaToken = LlamaToken(100);

/// Where ways of computing are tried.
pub(super) struct Laboratory<'a> {
    pub(super) backend: &'a LlamaBackend,
    pub(super) model: &'a LlamaModel,
    pub(super) clock: &'a dyn Clock,
    /// Nothing when there is nothing to find out.
    pub(super) trials: Option<Trials>,
    /// The trial that is being made.
    pub(super) attempt: Option<Attempt<'a>>,
}

/// One trial, as far as it has come.
pub(super) struct Attempt<'a> {
    context: LlamaContext<'a>,
    /// Steps that were made, and how long tokens took so far.
    steps: usize,
    tokens: i32,
    read: Duration,
    written: Duration,
}

impl<'a> Laboratory<'a> {
    /// True when there is nothing to try.
    pub(super) fn is_done(&self) -> bool {
        self.trials.is_none()
    }

    /// Makes one step of a trial. The verdict once all are made; `Err` when there is nothing to try.
    pub(super) fn proceed(&mut self) -> Result<Option<Way>, NothingToTry> {
        let trials = self.trials.as_mut().ok_or(NothingToTry)?;
        let Some(way) = trials.next() else {
            self.trials = None;
            return Err(NothingToTry);
        };
        let begun = self.attempt.take().or_else(|| Attempt::begin(self.backend, self.model, way));
        match begun.map(|attempt| attempt.step(self.clock)) {
            Some(Step::Next(attempt)) => {
                self.attempt = Some(attempt);
                return Ok(None);
            }
            Some(Step::Done(sample)) => trials.record(Some(sample)),
            Some(Step::Failed) | None => trials.record(None),
        }
        if trials.next().is_some() {
            return Ok(None);
        }
        let verdict = trials.verdict();
        self.trials = None;
        Ok(verdict)
    }
}

/// How a step went.
enum Step<'a> {
    Next(Attempt<'a>),
    Done(Sample),
    Failed,
}

impl<'a> Attempt<'a> {
    fn begin(backend: &LlamaBackend, model: &'a LlamaModel, way: Way) -> Option<Self> {
        let threads = i32::try_from(way.threads).ok()?;
        let flash =
            if way.flash_attention { LlamaFlashAttnType::Enabled } else { LlamaFlashAttnType::Disabled };
        let params = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(256))
            .with_n_batch(READ.unsigned_abs())
            .with_n_ubatch(READ.unsigned_abs())
            .with_no_perf(true)
            .with_flash_attn_type(flash)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let context = model.new_context(backend, params).ok()?;
        Some(Self { context, steps: 0, tokens: 0, read: Duration::ZERO, written: Duration::ZERO })
    }

    fn step(mut self, clock: &dyn Clock) -> Step<'a> {
        let Some(count) = STEPS.get(self.steps).copied() else { return Step::Failed };
        let Some(took) = self.decode(count, clock) else { return Step::Failed };
        match count {
            READ => self.read += took,
            _ if self.steps > 0 => self.written += took,
            _ => {}
        }
        self.steps += 1;
        if self.steps < STEPS.len() {
            return Step::Next(self);
        }
        let tokens =
            |kind: i32| STEPS.iter().skip(1).filter(|count| **count == kind).sum::<i32>().unsigned_abs();
        Step::Done(Sample { read: self.read / tokens(READ), written: self.written / tokens(1) })
    }

    fn decode(&mut self, count: i32, clock: &dyn Clock) -> Option<Duration> {
        let mut batch = LlamaBatch::new(usize::try_from(count).ok()?, 1);
        let end = self.tokens + count;
        for position in self.tokens..end {
            batch.add(TOKEN, position, &[0], position + 1 == end).ok()?;
        }
        self.tokens = end;
        let before = clock.monotonic();
        self.context.decode(&mut batch).ok()?;
        Some(clock.monotonic().saturating_sub(before))
    }
}

/// All is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct NothingToTry;
