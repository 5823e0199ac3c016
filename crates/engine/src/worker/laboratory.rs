//! Tries a way of computing in a small context of its own.

use std::num::NonZeroU32;
use std::time::Duration;

use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::context::params::{LlamaContextParams, LlamaFlashAttnType};
use llama_cpp_4::llama_backend::LlamaBackend;
use llama_cpp_4::llama_batch::LlamaBatch;
use llama_cpp_4::model::LlamaModel;
use llama_cpp_4::token::LlamaToken;
use machine::calibration::{ANSWERS, PIECE, PIECES, ROWS, Sample, Trials, WRITTEN, Way};
use stdx::Clock;

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
    /// Steps that were made, and tokens that each answer has.
    steps: usize,
    tokens: [i32; ANSWERS],
    sample: Sample,
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
            .with_n_seq_max(u32::try_from(ANSWERS).ok()?)
            .with_n_batch(PIECE)
            .with_n_ubatch(PIECE)
            .with_kv_unified(true)
            .with_no_perf(true)
            .with_flash_attn_type(flash)
            .with_n_threads(threads)
            .with_n_threads_batch(threads);
        let context = model.new_context(backend, params).ok()?;
        Some(Self { context, steps: 0, tokens: [0; ANSWERS], sample: Sample::default() })
    }

    fn step(mut self, clock: &dyn Clock) -> Step<'a> {
        let Some((kind, took)) = self.compute(clock) else { return Step::Failed };
        let Sample { read, written, together } = &mut self.sample;
        match kind {
            Kind::SetUp => {}
            Kind::Read(piece) => {
                if let Some(best) = read.get_mut(piece) {
                    *best = took;
                }
            }
            Kind::Alone => *written = took.min(*written),
            Kind::Together => *together = took.min(*together),
        }
        self.steps += 1;
        if Kind::of(self.steps).is_some() { Step::Next(self) } else { Step::Done(self.sample) }
    }

    /// Makes the next step; tells what it was and how long it took.
    fn compute(&mut self, clock: &dyn Clock) -> Option<(Kind, Duration)> {
        let kind = Kind::of(self.steps)?;
        let mut batch = LlamaBatch::new(usize::try_from(PIECE).ok()?, 1);
        match kind {
            Kind::SetUp | Kind::Alone => self.add(&mut batch, 0, 1)?,
            Kind::Read(piece) => self.add(&mut batch, piece % self.tokens.len(), PIECE)?,
            Kind::Together => {
                (0..self.tokens.len()).try_for_each(|answer| self.add(&mut batch, answer, 1))?
            }
        }
        let before = clock.monotonic();
        self.context.decode(&mut batch).ok()?;
        Some((kind, clock.monotonic().saturating_sub(before)))
    }

    /// Adds the next tokens of an answer; the output of the last of them is wanted.
    fn add(&mut self, batch: &mut LlamaBatch, answer: usize, count: u32) -> Option<()> {
        let tokens = self.tokens.get_mut(answer)?;
        let end = *tokens + i32::try_from(count).ok()?;
        for position in *tokens..end {
            batch.add(TOKEN, position, &[i32::try_from(answer).ok()?], position + 1 == end).ok()?;
        }
        *tokens = end;
        Some(())
    }
}

/// What a step of a trial does.
#[derive(Clone, Copy)]
enum Kind {
    /// Pays for what is set up once.
    SetUp,
    /// A piece of a prompt.
    Read(usize),
    /// A token of one answer.
    Alone,
    /// A token of each answer.
    Together,
}

impl Kind {
    /// The step behind so many others; nothing when all are made.
    fn of(steps: usize) -> Option<Self> {
        const ALONE: usize = 1 + PIECES;
        const TOGETHER: usize = ALONE + WRITTEN;
        const END: usize = TOGETHER + ROWS;
        match steps {
            0 => Some(Self::SetUp),
            1..ALONE => Some(Self::Read(steps - 1)),
            ALONE..TOGETHER => Some(Self::Alone),
            TOGETHER..END => Some(Self::Together),
            END.. => None,
        }
    }
}

/// All is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct NothingToTry;
