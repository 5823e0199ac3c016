//! The other task of a worker: texts become vectors, or scores against a query.
//!
//! A request is many texts, and a text is read in one step. The policy grants requests tokens, as it grants them for
//! prompts; a text goes into a step once all of its tokens are granted, together with those of other requests. So one
//! member's thousand documents do not keep another's single query waiting.

mod reader;

use std::collections::{BTreeMap, VecDeque};
use std::ffi::c_void;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::context::params::LlamaPoolingType;
use llama_cpp_4::llama_batch::LlamaBatch;
use queueing::{Limits, Pace, Policy, Wish, Writers};
use stdx::Clock;
use wire::{ErrorCode, FinishReason, ModelKind, Usage};

use self::reader::{Reader, Texts, Work};
use super::admission::limits;
use super::heartbeat::Progress;
use super::model::{millis, side_by_side};
use super::output::Output;
use super::scheduler::FAILURES;
use crate::protocol::{Failure, FromWorker, Loaded, StepTimings, ToWorker};
use crate::settings::ModelSettings;

/// Texts of one step.
pub(super) const SEQUENCES: u32 = 64;

/// Owns the context and everything that happens in it.
pub(super) struct Encoder<'a> {
    context: LlamaContext<'a>,
    batch: LlamaBatch,
    policy: Policy,
    requests: BTreeMap<u64, Request>,
    /// Texts whose turn has come, by request and place in it.
    due: VecDeque<(u64, usize)>,
    output: &'a Output,
    progress: &'a Progress,
    clock: &'a dyn Clock,
    pace: Pace,
    settings: ModelSettings,
    failures: u32,
}

/// A request that waits or is being computed.
struct Request {
    texts: Texts,
    /// Tokens that were granted and not yet used.
    granted: usize,
    /// The first text whose turn has not come.
    next: usize,
    /// Texts without an answer.
    left: usize,
    started: Duration,
}

/// Reads requests and computes them until the server says that it is enough.
pub(super) fn serve(
    mut encoder: Encoder<'_>,
    loaded: Loaded,
    frames: Receiver<ToWorker>,
) -> Result<(), Failure> {
    let (work, inbox) = mpsc::channel();
    let (model, output) = (encoder.context.model, encoder.output);
    let reader = Reader::new(model, &encoder.settings, output, encoder.clock)?;
    output.send(&FromWorker::Ready { loaded });
    side_by_side(move || reader.run(&frames, &work), || encoder.run(&inbox))
}

impl<'a> Encoder<'a> {
    /// Fails when the model is for something else.
    pub(super) fn new(
        mut context: LlamaContext<'a>,
        settings: &ModelSettings,
        output: &'a Output,
        progress: &'a Progress,
        clock: &'a dyn Clock,
    ) -> Result<Self, Failure> {
        let pooling = context.pooling_type();
        let is_fit = match settings.kind {
            ModelKind::Chat => false,
            ModelKind::Rerank => pooling == LlamaPoolingType::Rank,
            ModelKind::Embedding => {
                matches!(pooling, LlamaPoolingType::Mean | LlamaPoolingType::Cls | LlamaPoolingType::Last)
            }
        };
        if !is_fit {
            let kind = settings.kind;
            let detail =
                format!("The model file is not one for `{kind}`: its tokens are pooled as {pooling:?}.");
            return Err(Failure::new(ErrorCode::ModelCorrupt, detail));
        }
        count_operations(&mut context, progress);
        let size = usize::try_from(settings.step_tokens()).unwrap_or(usize::MAX);
        // A request needs no memory of its own, writes nothing, and waits for nothing but its turn.
        let limits = Limits { width: 0, memory: u32::MAX, reserve: 0, ..limits(settings) };
        Ok(Self {
            context,
            batch: LlamaBatch::new(size, 1),
            policy: Policy::new(limits),
            requests: BTreeMap::new(),
            due: VecDeque::new(),
            output,
            progress,
            clock,
            pace: Pace::new(settings.piece_tokens),
            settings: *settings,
            failures: 0,
        })
    }

    /// Works until it is told to stop. Fails when the model cannot compute any more.
    fn run(&mut self, inbox: &Receiver<Work>) -> Result<(), ()> {
        loop {
            if self.policy.is_idle() {
                self.progress.set_busy(false);
                let Ok(work) = inbox.recv() else { return Ok(()) };
                if !self.take(work) {
                    return Ok(());
                }
            }
            self.progress.set_busy(true);
            while let Ok(work) = inbox.try_recv() {
                if !self.take(work) {
                    return Ok(());
                }
            }
            self.admit();
            self.grant();
            self.step()?;
        }
    }

    /// False when it is time to stop.
    fn take(&mut self, work: Work) -> bool {
        match work {
            Work::Run(texts) => self.arrive(texts),
            Work::Cancel(id) => self.forget(id),
            Work::Shutdown => return false,
        }
        true
    }

    fn arrive(&mut self, texts: Texts) {
        let id = texts.id;
        let member = texts.scope.clone().unwrap_or_default();
        if self.policy.arrive(Wish { id, member, weight: 1, memory: 0, group: 0 }).is_err() {
            let failure = Failure::new(ErrorCode::Overloaded, "Too many requests wait for this model.");
            self.output.send(&FromWorker::Failed { id, failure });
            return;
        }
        let left = texts.rows.len();
        let request = Request { texts, granted: 0, next: 0, left, started: Duration::ZERO };
        self.requests.insert(id, request);
    }

    fn forget(&mut self, id: u64) {
        self.requests.remove(&id);
        self.due.retain(|(of, _)| *of != id);
        self.policy.leave(id);
    }

    fn fail(&mut self, id: u64, detail: &str) {
        if self.requests.contains_key(&id) {
            let failure = Failure::new(ErrorCode::EngineFailed, detail);
            self.output.send(&FromWorker::Failed { id, failure });
            self.forget(id);
        }
    }

    fn admit(&mut self) {
        while let Some(id) = self.policy.admit(|_| true) {
            let Some(request) = self.requests.get_mut(&id) else { continue };
            request.started = self.clock.monotonic();
            self.policy.reads(id, u32::try_from(request.texts.tokens()).unwrap_or(u32::MAX));
            self.output.send(&FromWorker::Started { id, usage: Usage::default() });
            if request.left == 0 {
                self.finish(id);
            }
        }
    }

    /// Gives tokens to the requests whose turn it is, unless texts wait for room in a step already.
    fn grant(&mut self) {
        if !self.due.is_empty() {
            return;
        }
        let (pace, most) = (self.pace, self.settings.batch_tokens);
        // Paced as if others waited.
        let hurried = Writers { served: 1, waiting: 0 };
        for (id, tokens) in self.policy.plan(pace.costs(), |_| pace.chunk(hurried, most)).read {
            let Some(request) = self.requests.get_mut(&id) else { continue };
            request.granted = request.granted.saturating_add(usize::try_from(tokens).unwrap_or(0));
            while let Some(row) = request.texts.rows.get(request.next)
                && row.len() <= request.granted
            {
                request.granted -= row.len();
                self.due.push_back((id, request.next));
                request.next += 1;
            }
        }
    }

    /// Computes texts whose turn has come. Fails when this has not worked several times in a row.
    fn step(&mut self) -> Result<(), ()> {
        let packed = self.pack();
        if packed.is_empty() {
            return Ok(());
        }
        let before = self.clock.monotonic();
        let result = self.context.decode(&mut self.batch);
        let took = self.clock.monotonic().saturating_sub(before);
        self.progress.step();
        if let Err(error) = result {
            eprintln!("A step fails: {error}");
            self.failures += 1;
            for (id, _) in packed {
                self.fail(id, "The model could not compute the next step.");
            }
            self.context.clear_kv_cache();
            return if self.failures < FAILURES { Ok(()) } else { Err(()) };
        }
        self.failures = 0;
        self.pace.observe(0, u32::try_from(self.batch.n_tokens()).unwrap_or(0), took);
        for (sequence, (id, index)) in (0..).zip(packed) {
            self.deliver(sequence, id, index);
        }
        // Models that read in one direction only have a memory, and are done with what is in it. Nothing fails here but
        // numbers of sequences and positions, and there are none.
        let _ = self.context.clear_kv_cache_seq(None, None, None);
        Ok(())
    }

    /// Fills the batch with a text for each sequence, at least one.
    fn pack(&mut self) -> Vec<(u64, usize)> {
        self.batch.clear();
        let most = usize::try_from(self.settings.batch_tokens).unwrap_or(usize::MAX);
        let mut packed = Vec::new();
        let mut tokens = 0;
        for sequence in 0..i32::try_from(SEQUENCES).unwrap_or(i32::MAX) {
            let Some((id, index)) = self.due.front().copied() else { break };
            let row = self.requests.get(&id).and_then(|request| request.texts.rows.get(index));
            let Some(row) = row else { break };
            tokens += row.len();
            // A text may be longer than what steps are aimed at; there is room for it alone.
            if !packed.is_empty() && tokens > most || self.batch.add_sequence(row, sequence, true).is_err() {
                break;
            }
            self.due.pop_front();
            packed.push((id, index));
        }
        packed
    }

    /// Sends what became of one text.
    fn deliver(&mut self, sequence: i32, id: u64, index: usize) {
        let Some(request) = self.requests.get_mut(&id) else { return };
        let raw = self.context.embeddings_seq_ith(sequence).ok();
        let values = raw.and_then(|raw| match self.settings.kind {
            ModelKind::Rerank => score(raw, self.context.model.n_cls_out()),
            ModelKind::Chat | ModelKind::Embedding => unit_vector(raw, request.texts.dimensions),
        });
        let Some(values) = values else {
            return self.fail(id, "The model gave something else than numbers.");
        };
        self.output.send(&FromWorker::Encoded { id, index, values });
        request.left -= 1;
        if request.left == 0 {
            self.finish(id);
        }
    }

    fn finish(&mut self, id: u64) {
        let Some(request) = self.requests.get(&id) else { return };
        let now = self.clock.monotonic();
        let input_tokens = u64::try_from(request.texts.tokens()).unwrap_or(u64::MAX);
        self.output.send(&FromWorker::Done {
            id,
            reason: FinishReason::Stop,
            usage: Usage { input_tokens, ..Usage::default() },
            timings: StepTimings {
                queued_ms: millis(request.started.saturating_sub(request.texts.accepted)),
                prompt_ms: millis(now.saturating_sub(request.started)),
                decode_ms: 0,
            },
        });
        self.forget(id);
    }
}

/// Every operation of a step counts as progress: a long text on a busy machine takes long, and does not hang.
#[expect(unsafe_code, reason = "the library calls back with a bare pointer")]
fn count_operations<'a>(context: &mut LlamaContext<'a>, progress: &'a Progress) {
    let data = std::ptr::from_ref(progress).cast_mut().cast();
    // SAFETY: what the pointer leads to lives as long as the context, and is never written but by atomic operations.
    unsafe { context.set_abort_callback(Some(goes_on), data) };
}

/// Never aborts.
#[expect(unsafe_code, reason = "the library calls back with a bare pointer")]
extern "C" fn goes_on(progress: *mut c_void) -> bool {
    // SAFETY: it is the one that was set above.
    let progress = unsafe { &*progress.cast::<Progress>() };
    progress.step();
    false
}

/// The first numbers of a vector, made one of length 1. Nothing when they are no numbers.
fn unit_vector(raw: &[f32], dimensions: Option<usize>) -> Option<Vec<f32>> {
    let kept = raw.get(..dimensions.unwrap_or(raw.len()))?;
    let length = kept.iter().map(|value| value * value).sum::<f32>().sqrt();
    let divisor = if length > 0.0 { length } else { 1.0 };
    length.is_finite().then(|| kept.iter().map(|value| value / divisor).collect())
}

/// How well a text answers, from 0 to 1. A model with one output gives a logit; one with several has weighed them
/// already, and the first is the one for "yes".
fn score(raw: &[f32], outputs: u32) -> Option<Vec<f32>> {
    let raw = raw.first().copied().filter(|raw| raw.is_finite())?;
    Some(vec![if outputs == 1 { 1.0 / (1.0 + (-raw).exp()) } else { raw }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_has_length_one_after_it_was_cut() {
        assert_eq!(unit_vector(&[3.0, 4.0], None), Some(vec![0.6, 0.8]));
        assert_eq!(unit_vector(&[3.0, 4.0], Some(1)), Some(vec![1.0]));
        assert_eq!(unit_vector(&[0.0, 0.0], None), Some(vec![0.0, 0.0]));
        assert_eq!(unit_vector(&[3.0, f32::NAN], None), None);
        assert_eq!(unit_vector(&[3.0, 4.0], Some(3)), None);
    }

    #[test]
    fn a_single_output_is_a_logit_and_several_are_chances() {
        assert_eq!(score(&[0.0], 1), Some(vec![0.5]));
        assert_eq!(score(&[0.25, 0.75], 2), Some(vec![0.25]));
        assert_eq!(score(&[f32::INFINITY], 1), None);
        assert!(score(&[-200.0], 1).unwrap()[0] >= 0.0);
    }
}
