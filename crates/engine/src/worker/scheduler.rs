//! Computes step by step what the policy plans: the next token of some answers, and a piece of a prompt.

mod adapt;
mod draft;
mod enter;
mod follow;
mod idle;

pub(super) use draft::Guess;

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::llama_batch::LlamaBatch;
use llama_cpp_4::model::{LlamaModel, Special};
use llama_cpp_4::token::LlamaToken;
use ports::TokenLogprob;
use queueing::{Forecast, Pace, Policy, Wish};
use speech::{CallDelta, Delta};
use stdx::Clock;
use wire::{ErrorCode, FinishReason};

use super::adapters::Adapters;
use super::admission::{limits, place};
use super::heartbeat::Progress;
use super::job::{Outcome, Slot, needed};
use super::laboratory::Laboratory;
use super::output::Output;
use super::prepare::{Prepared, Work};
use super::shelf::{self, Shelf};
use crate::protocol::{Failure, FromWorker};
use crate::settings::ModelSettings;

/// After so many failed steps in a row the process is of no use.
pub(super) const FAILURES: u32 = 3;

/// How many tokens are in a batch: of answers, of prompts, and guessed.
#[derive(Clone, Copy, Debug, Default)]
struct Filled {
    written: u32,
    read: u32,
    guessed: usize,
}

/// Owns the context and everything that happens in it.
pub(super) struct Scheduler<'a> {
    context: LlamaContext<'a>,
    adapters: Adapters<'a>,
    batch: LlamaBatch,
    slots: Vec<Slot>,
    policy: Policy,
    waiting: BTreeMap<u64, Box<Prepared>>,
    forecast: Forecast,
    /// The places that those who wait were told last.
    places: BTreeMap<u64, u32>,
    output: &'a Output,
    progress: &'a Progress,
    clock: &'a dyn Clock,
    pace: Pace,
    batch_tokens: u32,
    kv_tokens: u32,
    shelf: Shelf<'a>,
    laboratory: Laboratory<'a>,
    /// Fixed prompts that are to be computed when there is nothing else to do.
    warm: VecDeque<Vec<LlamaToken>>,
    /// When somebody wanted something last.
    asked: Duration,
    /// Steps so far.
    steps: u64,
    failures: u32,
}

impl<'a> Scheduler<'a> {
    pub(super) fn new(
        context: LlamaContext<'a>,
        settings: &ModelSettings,
        (shelf, laboratory): (Shelf<'a>, Laboratory<'a>),
        output: &'a Output,
        progress: &'a Progress,
        clock: &'a dyn Clock,
    ) -> Self {
        let size = usize::try_from(settings.batch_tokens).unwrap_or(usize::MAX);
        let root = shelf.cache().root();
        Self {
            adapters: Adapters::new(context.model),
            context,
            batch: LlamaBatch::new(size, 1),
            slots: (0..settings.streams).map(|sequence| Slot::new(sequence, root)).collect(),
            policy: Policy::new(limits(settings)),
            waiting: BTreeMap::new(),
            forecast: Forecast::default(),
            places: BTreeMap::new(),
            output,
            progress,
            clock,
            pace: Pace::new(settings.piece_tokens),
            batch_tokens: settings.batch_tokens,
            kv_tokens: settings.kv_tokens,
            shelf,
            laboratory,
            warm: VecDeque::new(),
            asked: Duration::ZERO,
            steps: 0,
            failures: 0,
        }
    }

    /// Works until it is told to stop. Fails when the model cannot compute any more.
    pub(super) fn run(&mut self, inbox: &Receiver<Work>) -> Result<(), ()> {
        loop {
            if self.policy.is_idle() && !self.use_leisure()? {
                self.progress.set_busy(false);
                let goes_on = match inbox.recv_timeout(self.leisure_in()) {
                    Ok(work) => self.take(work),
                    Err(reason) => reason == RecvTimeoutError::Timeout,
                };
                if !goes_on {
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
            self.step()?;
            // Before anything is dropped that they wait for.
            self.go_on();
            self.admit();
            self.save_between_steps();
        }
    }

    /// False when it is time to stop.
    fn take(&mut self, work: Work) -> bool {
        match work {
            Work::Run(mut request) => {
                if self.policy.is_idle() {
                    self.settle();
                }
                self.asked = self.clock.monotonic();
                request.group = self.group_of(&request);
                let wish = Wish {
                    id: request.id,
                    member: request.scope.clone().unwrap_or_default(),
                    weight: request.weight,
                    memory: needed(&request),
                    group: request.group,
                };
                if self.policy.arrive(wish).is_ok() {
                    self.waiting.insert(request.id, request);
                    self.admit();
                } else {
                    let failure =
                        Failure::new(ErrorCode::Overloaded, "Too many requests wait for this model.");
                    self.output.send(&FromWorker::Failed { id: request.id, failure });
                }
            }
            Work::Cancel(id) => self.cancel(id),
            Work::Warm(prompt) => self.warm.push_back(prompt),
            Work::Forget(scope) => self.forget(&scope),
            Work::Shutdown => return false,
        }
        true
    }

    fn cancel(&mut self, id: u64) {
        if self.waiting.remove(&id).is_some() {
            self.policy.leave(id);
        }
        if let Some(index) = position(&self.slots, id) {
            self.finish(index, FinishReason::Cancelled);
        }
    }

    /// Tells the policy what is to be read next: up to where the next unit ends. A piece never goes beyond, so that what
    /// is restored was computed in the same pieces as what is not: results depend on these in their last digits.
    fn read_on(&mut self, index: usize) {
        let Some(slot) = self.slots.get(index) else { return };
        let Some(job) = slot.job.as_ref().filter(|job| job.follows.is_none()) else { return };
        let have = slot.resident.len();
        // A state that cannot be cut is saved before anything is computed beyond it.
        let is_next = |edge: &&usize| **edge > have || self.shelf.is_whole();
        match slot.edges.iter().find(is_next).map_or(usize::MAX, |edge| edge.saturating_sub(have)) {
            0 => self.policy.hold(job.request.id),
            left => {
                let tokens = slot.unread().min(left);
                self.policy.reads(job.request.id, u32::try_from(tokens).unwrap_or(u32::MAX));
            }
        }
    }

    fn clear(&mut self, index: usize) {
        if let Some(slot) = self.slots.get_mut(index) {
            shelf::clear(&mut self.context, slot, 0);
            slot.edges.clear();
        }
    }

    /// Computes one batch. Fails when this has not worked several times in a row.
    fn step(&mut self) -> Result<(), ()> {
        let Filled { written, read, guessed } = self.fill();
        if self.batch.n_tokens() == 0 {
            return Ok(());
        }
        if let Some(took) = self.compute()? {
            match (read, guessed) {
                (1.., _) => self.pace.observe(written, read, took),
                (0, 0) => self.pace.observe_writing(written, took),
                // Says nothing of what a token costs.
                (0, 1..) => {}
            }
            self.sample();
        }
        Ok(())
    }

    /// Computes what is in the batch and tells how long it took; nothing when it did not work.
    fn compute(&mut self) -> Result<Option<Duration>, ()> {
        let before = self.clock.monotonic();
        let result = self.context.decode(&mut self.batch);
        let took = self.clock.monotonic().saturating_sub(before);
        self.steps += 1;
        self.progress.step();
        if let Err(error) = result {
            eprintln!("A step fails: {error}");
            self.failures += 1;
            self.drop_all();
            return if self.failures < FAILURES { Ok(None) } else { Err(()) };
        }
        self.failures = 0;
        Ok(Some(took))
    }

    /// Fills the batch as the policy plans.
    fn fill(&mut self) -> Filled {
        self.batch.clear();
        let (pace, most) = (self.pace, self.batch_tokens);
        let plan = self.policy.plan(pace.costs(), |writers| {
            pace.chunk(writers, most.saturating_sub(u32::try_from(writers.served).unwrap_or(u32::MAX)))
        });
        if !self.change_to(&plan) {
            return Filled::default();
        }
        let mut filled = Filled::default();
        // Others would wait longer for guesses, which are nobody's turn.
        let alone = self.policy.running() == 1;
        for id in plan.write {
            let Some(index) = position(&self.slots, id) else { continue };
            let Some(slot) = self.slots.get_mut(index) else { continue };
            let Some(job) = &mut slot.job else { continue };
            let Some(token) = job.next.take() else { continue };
            job.output_at = add(&mut self.batch, token, slot.resident.len(), slot.sequence, true);
            slot.resident.push(token);
            slot.last_used = self.steps;
            filled.written += 1;
            if alone {
                filled.guessed = self.add_guesses(index);
            }
        }
        for (id, tokens) in plan.read {
            let Some(index) = position(&self.slots, id) else { continue };
            let Some(slot) = self.slots.get_mut(index) else { continue };
            let Some(job) = &mut slot.job else { continue };
            let piece = job.request.prompt.iter().copied().enumerate().skip(slot.resident.len());
            for (position, token) in piece.take(usize::try_from(tokens).unwrap_or(0)) {
                add(&mut self.batch, token, position, slot.sequence, false);
                slot.resident.push(token);
                filled.read += 1;
            }
            slot.last_used = self.steps;
            self.read_on(index);
        }
        filled
    }

    /// Takes the next token of every sequence whose output was computed.
    fn sample(&mut self) {
        for index in 0..self.slots.len() {
            match self.sample_on(index) {
                Outcome::GoesOn => {}
                Outcome::Ends(reason) => self.finish(index, reason),
                Outcome::Fails => {
                    self.fail(index, "The next token cannot be chosen.");
                    self.clear(index);
                }
            }
        }
    }

    fn sample_one(&mut self, index: usize) -> Outcome {
        let job = self.slots.get_mut(index).and_then(|slot| slot.job.as_mut());
        let Some(job) = job else { return Outcome::GoesOn };
        let Some(at) = job.output_at.take() else { return Outcome::GoesOn };
        let Some(token) = job.choose(&self.context, at) else { return Outcome::Fails };
        let is_last = job.count(token, self.clock.monotonic());
        if self.context.model.is_eog_token(token) {
            return Outcome::Ends(FinishReason::Stop);
        }
        job.note(&self.context, at, token);
        let bytes = piece(self.context.model, token, &job.request.visible);
        let (delta, tokens) = job.hear(self.context.model, &bytes);
        let stopped = delta.stopped;
        send(self.output, job.request.id, delta, tokens);
        if stopped {
            return Outcome::Ends(FinishReason::Stop);
        }
        if is_last {
            return Outcome::Ends(FinishReason::Length);
        }
        job.next = Some(token);
        Outcome::GoesOn
    }

    fn finish(&mut self, index: usize, reason: FinishReason) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let Some(mut job) = slot.job.take() else { return };
        let id = job.request.id;
        let (delta, tokens, end) = job.finish(reason);
        send(self.output, id, delta, tokens);
        let now = self.clock.monotonic();
        let (usage, timings) = (job.usage(), job.timings(now));
        self.forecast.observe(job.age(now));
        self.shelf.cache().count(job.request.prompt.len(), job.cached);
        self.output.send(&match end {
            Ok(reason) => FromWorker::Done { id, reason, usage, timings },
            Err(failure) => FromWorker::Failed { id, failure },
        });
        self.policy.leave(id);
        self.shelf.end(slot);
        self.asked = now;
    }

    fn fail(&mut self, index: usize, detail: &str) {
        if let Some(job) = self.slots.get_mut(index).and_then(|slot| slot.job.take()) {
            let failure = Failure::new(ErrorCode::EngineFailed, detail);
            self.output.send(&FromWorker::Failed { id: job.request.id, failure });
            self.policy.leave(job.request.id);
        }
    }

    /// After a failed step nothing that any sequence holds can be trusted.
    fn drop_all(&mut self) {
        for index in 0..self.slots.len() {
            self.fail(index, "The model could not compute the next step.");
            self.clear(index);
        }
    }
}

/// The sequence that computes a request.
fn position(slots: &[Slot], id: u64) -> Option<usize> {
    slots.iter().position(|slot| slot.job.as_ref().is_some_and(|job| job.request.id == id))
}

/// Adds a token; returns where its output will be. The batch is as large as the largest step, so there is room.
fn add(
    batch: &mut LlamaBatch,
    token: LlamaToken,
    position: usize,
    sequence: u32,
    output: bool,
) -> Option<i32> {
    let at = batch.n_tokens();
    let position = i32::try_from(position).ok()?;
    let sequence = i32::try_from(sequence).ok()?;
    batch.add(token, position, &[sequence], output).ok()?;
    output.then_some(at)
}

/// The bytes of a token; control tokens have none.
fn piece(model: &LlamaModel, token: LlamaToken, visible: &[LlamaToken]) -> Vec<u8> {
    let special = if visible.contains(&token) { Special::Tokenize } else { Special::Plaintext };
    model.token_to_raw_bytes(token, special).unwrap_or_default()
}

fn send(output: &Output, id: u64, delta: Delta, tokens: Vec<TokenLogprob>) {
    if !delta.reasoning.is_empty() {
        output.send(&FromWorker::Reasoning { id, text: delta.reasoning });
    }
    if !tokens.is_empty() {
        output.send(&FromWorker::Logprobs { id, tokens });
    }
    if !delta.text.is_empty() {
        output.send(&FromWorker::Text { id, text: delta.text });
    }
    for call in delta.calls {
        output.send(&match call {
            CallDelta::Begins { index, name } => FromWorker::Call { id, index, name },
            CallDelta::Arguments { index, text } => FromWorker::Arguments { id, index, text },
        });
    }
}
