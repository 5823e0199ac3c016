//! Decides, step by step, what is computed: one token for every running answer, and a piece of the oldest prompt.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;

use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::llama_batch::LlamaBatch;
use llama_cpp_4::model::{LlamaModel, Special};
use llama_cpp_4::token::LlamaToken;
use stdx::Clock;
use wire::{ErrorCode, FinishReason};

use super::heartbeat::Progress;
use super::job::{Job, Outcome, Slot, needed};
use super::kv_budget::{self, Holding};
use super::output::Output;
use super::pace::Pace;
use super::prepare::{Prepared, Work};
use super::text::Delta;
use crate::protocol::{Failure, FromWorker};
use crate::settings::ModelSettings;

/// Requests that wait for a sequence; more are refused.
const WAITING: usize = 256;
/// After so many failed steps in a row the process is of no use.
const FAILURES: u32 = 3;

/// Owns the context and everything that happens in it.
pub(super) struct Scheduler<'a> {
    model: &'a LlamaModel,
    context: LlamaContext<'a>,
    batch: LlamaBatch,
    slots: Vec<Slot>,
    waiting: VecDeque<Box<Prepared>>,
    output: &'a Output,
    progress: &'a Progress,
    clock: &'a dyn Clock,
    pace: Pace,
    batch_tokens: u32,
    kv_tokens: u32,
    /// Whether a sequence can be cut back to a prefix.
    can_cut: bool,
    /// Steps so far.
    steps: u64,
    failures: u32,
}

impl<'a> Scheduler<'a> {
    pub(super) fn new(
        model: &'a LlamaModel,
        context: LlamaContext<'a>,
        settings: &ModelSettings,
        output: &'a Output,
        progress: &'a Progress,
        clock: &'a dyn Clock,
    ) -> Self {
        let size = usize::try_from(settings.batch_tokens).unwrap_or(usize::MAX);
        Self {
            model,
            context,
            batch: LlamaBatch::new(size, 1),
            slots: (0..settings.streams).map(Slot::new).collect(),
            waiting: VecDeque::new(),
            output,
            progress,
            clock,
            pace: Pace::default(),
            batch_tokens: settings.batch_tokens,
            kv_tokens: settings.kv_tokens,
            can_cut: !model.is_recurrent() && !model.is_hybrid() && model.n_swa() == 0,
            steps: 0,
            failures: 0,
        }
    }

    /// Works until it is told to stop. Fails when the model cannot compute any more.
    pub(super) fn run(&mut self, inbox: &Receiver<Work>) -> Result<(), ()> {
        loop {
            if self.is_idle() {
                self.progress.set_busy(false);
                match inbox.recv() {
                    Ok(work) => {
                        if !self.take(work) {
                            return Ok(());
                        }
                    }
                    Err(_) => return Ok(()),
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
        }
    }

    fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.slots.iter().all(|slot| slot.job.is_none())
    }

    /// False when it is time to stop.
    fn take(&mut self, work: Work) -> bool {
        match work {
            Work::Run(request) if self.waiting.len() >= WAITING => {
                let failure = Failure::new(ErrorCode::Overloaded, "Too many requests wait for this model.");
                self.output.send(&FromWorker::Failed { id: request.id, failure });
            }
            Work::Run(request) => {
                let id = request.id;
                self.waiting.push_back(request);
                self.admit();
                if let Some(position) = self.waiting.iter().position(|waiting| waiting.id == id) {
                    let position = u32::try_from(position).unwrap_or(u32::MAX);
                    self.output.send(&FromWorker::Queued { id, position });
                }
            }
            Work::Cancel(id) => self.cancel(id),
            Work::Shutdown => return false,
        }
        true
    }

    fn cancel(&mut self, id: u64) {
        self.waiting.retain(|request| request.id != id);
        let running = |slot: &Slot| slot.job.as_ref().is_some_and(|job| job.request.id == id);
        if let Some(index) = self.slots.iter().position(running) {
            self.finish(index, FinishReason::Cancelled);
        }
    }

    /// Gives sequences to those who wait, in the order in which they came.
    fn admit(&mut self) {
        let mut admitted = false;
        while let Some(request) = self.waiting.front() {
            let Some((index, cached)) = self.choose(request) else { break };
            let holdings: Vec<Holding> = self.slots.iter().map(Slot::holding).collect();
            let Some(dropped) = kv_budget::make_room(&holdings, index, needed(request), self.kv_tokens)
            else {
                break;
            };
            for leftover in dropped {
                self.clear(leftover);
            }
            let Some(request) = self.waiting.pop_front() else { break };
            self.start(index, request, cached);
            admitted = true;
        }
        if admitted {
            for (position, request) in self.waiting.iter().enumerate() {
                let position = u32::try_from(position).unwrap_or(u32::MAX);
                self.output.send(&FromWorker::Queued { id: request.id, position });
            }
        }
    }

    /// The free sequence that has most of the prompt already; without any, the one that was used longest ago.
    fn choose(&self, request: &Prepared) -> Option<(usize, usize)> {
        let free = self.slots.iter().enumerate().filter(|(_, slot)| slot.job.is_none());
        free.map(|(index, slot)| (index, slot.common_prefix(request), slot.last_used))
            .min_by_key(|(_, cached, last_used)| (std::cmp::Reverse(*cached), *last_used))
            .map(|(index, cached, _)| (index, cached))
    }

    fn start(&mut self, index: usize, request: Box<Prepared>, cached: usize) {
        let cached = if self.cut(index, cached) { cached } else { 0 };
        let now = self.clock.monotonic();
        if let Some(slot) = self.slots.get_mut(index) {
            self.output.send(&FromWorker::Started { id: request.id });
            slot.scope.clone_from(&request.scope);
            slot.job = Some(Job::new(request, cached, now));
        }
    }

    /// Keeps the first `length` tokens of a sequence; false when it had to be emptied.
    fn cut(&mut self, index: usize, length: usize) -> bool {
        let Some(slot) = self.slots.get_mut(index) else { return false };
        let from = u32::try_from(length).unwrap_or(0);
        if length > 0
            && self.can_cut
            && self.context.clear_kv_cache_seq(Some(slot.sequence), Some(from), None) == Ok(true)
        {
            slot.resident.truncate(length);
            return true;
        }
        self.clear(index);
        false
    }

    fn clear(&mut self, index: usize) {
        if let Some(slot) = self.slots.get_mut(index) {
            // A whole sequence can always be removed.
            let _ = self.context.clear_kv_cache_seq(Some(slot.sequence), None, None);
            slot.resident.clear();
        }
    }

    /// Computes one batch. Fails when this has not worked several times in a row.
    fn step(&mut self) -> Result<(), ()> {
        let prompts = self.fill();
        if self.batch.n_tokens() == 0 {
            return Ok(());
        }
        let before = self.clock.monotonic();
        let result = self.context.decode(&mut self.batch);
        let took = self.clock.monotonic().saturating_sub(before);
        self.steps += 1;
        self.progress.step();
        if let Err(error) = result {
            eprintln!("A step fails: {error}");
            self.failures += 1;
            self.drop_all();
            return if self.failures < FAILURES { Ok(()) } else { Err(()) };
        }
        self.failures = 0;
        if prompts > 0 {
            self.pace.observe(u32::try_from(self.batch.n_tokens()).unwrap_or(0), took);
        }
        self.sample();
        Ok(())
    }

    /// Fills the batch; returns how many tokens of prompts are in it.
    fn fill(&mut self) -> u32 {
        self.batch.clear();
        let mut running = 0;
        for slot in &mut self.slots {
            let Some(job) = &mut slot.job else { continue };
            let Some(token) = job.next.take() else { continue };
            job.output_at = add(&mut self.batch, token, slot.resident.len(), slot.sequence, true);
            slot.resident.push(token);
            slot.last_used = self.steps;
            running += 1;
        }
        let mut room = self.pace.chunk(running > 0, self.batch_tokens.saturating_sub(running));
        let offered = room;
        let mut reading: Vec<&mut Slot> = self.slots.iter_mut().filter(|slot| is_reading(slot)).collect();
        reading.sort_by_key(|slot| slot.job.as_ref().map(|job| job.request.id));
        for slot in reading {
            let Some(job) = &mut slot.job else { continue };
            let done = slot.resident.len();
            let last = job.request.prompt.len().saturating_sub(1);
            let piece = job.request.prompt.iter().copied().enumerate().skip(done);
            for (position, token) in piece.take(usize::try_from(room).unwrap_or(0)) {
                let at = add(&mut self.batch, token, position, slot.sequence, position == last);
                if position == last {
                    job.output_at = at;
                }
                slot.resident.push(token);
                room -= 1;
            }
            slot.last_used = self.steps;
        }
        offered - room
    }

    /// Takes the next token of every sequence whose output was computed.
    fn sample(&mut self) {
        for index in 0..self.slots.len() {
            match self.sample_one(index) {
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
        let token = match job.sampler.try_sample(&self.context, at) {
            Ok(token) => token,
            Err(error) => {
                eprintln!("A token cannot be sampled: {error}");
                return Outcome::Fails;
            }
        };
        job.count(self.clock.monotonic());
        if self.model.is_eog_token(token) {
            return Outcome::Ends(FinishReason::Stop);
        }
        let bytes = piece(self.model, token, &job.request.visible);
        let delta = job.request.text.push(&bytes);
        let stopped = delta.stopped;
        send(self.output, job.request.id, delta);
        if stopped {
            return Outcome::Ends(FinishReason::Stop);
        }
        if job.is_full() {
            return Outcome::Ends(FinishReason::Length);
        }
        job.next = Some(token);
        Outcome::GoesOn
    }

    fn finish(&mut self, index: usize, reason: FinishReason) {
        let Some(slot) = self.slots.get_mut(index) else { return };
        let Some(mut job) = slot.job.take() else { return };
        let delta = job.request.text.finish();
        send(self.output, job.request.id, delta);
        let (usage, timings) = (job.usage(), job.timings(self.clock.monotonic()));
        self.output.send(&FromWorker::Done { id: job.request.id, reason, usage, timings });
        if slot.scope.is_none() {
            self.clear(index);
        }
    }

    fn fail(&mut self, index: usize, detail: &str) {
        if let Some(job) = self.slots.get_mut(index).and_then(|slot| slot.job.take()) {
            let failure = Failure::new(ErrorCode::EngineFailed, detail);
            self.output.send(&FromWorker::Failed { id: job.request.id, failure });
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

fn is_reading(slot: &Slot) -> bool {
    slot.job.as_ref().is_some_and(|job| slot.resident.len() < job.request.prompt.len())
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

fn send(output: &Output, id: u64, delta: Delta) {
    if !delta.reasoning.is_empty() {
        output.send(&FromWorker::Reasoning { id, text: delta.reasoning });
    }
    if !delta.text.is_empty() {
        output.send(&FromWorker::Text { id, text: delta.text });
    }
}
