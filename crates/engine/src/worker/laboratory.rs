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

/// A trial reads a prompt in so many pieces of so many tokens, and writes so many tokens of an answer behind it. No step
/// takes longer than somebody who asks just then would mind, and the prompt is long enough for ways to differ that are
/// alike behind a few tokens. A piece is about as long as a question to an agent, whose own prompt is known.
const PIECES: usize = 16;
const PIECE: i32 = 16;
const WRITTEN: usize = 8;
/// Room for all of them.
const CONTEXT: u32 = 512;
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
    /// Steps that were made, tokens that were computed, and how long those that count took.
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
            .with_n_ctx(NonZeroU32::new(CONTEXT))
            .with_n_batch(PIECE.unsigned_abs())
            .with_n_ubatch(PIECE.unsigned_abs())
            .with_no_perf(true)
            .with_flash_attn_type(flash)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let context = model.new_context(backend, params).ok()?;
        Some(Self { context, steps: 0, tokens: 0, read: Duration::ZERO, written: Duration::ZERO })
    }

    fn step(mut self, clock: &dyn Clock) -> Step<'a> {
        let reads = (1..=PIECES).contains(&self.steps);
        let Some(took) = self.decode(if reads { PIECE } else { 1 }, clock) else { return Step::Failed };
        match self.steps {
            // Pays for what is set up once.
            0 => {}
            _ if reads => self.read += took,
            _ => self.written += took,
        }
        self.steps += 1;
        if self.steps <= PIECES + WRITTEN {
            return Step::Next(self);
        }
        let each = |sum: Duration, steps: usize| sum / u32::try_from(steps).unwrap_or(u32::MAX);
        let read = each(self.read, PIECES) / PIECE.unsigned_abs();
        Step::Done(Sample { read, written: each(self.written, WRITTEN) })
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
