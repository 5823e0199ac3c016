//! A sequence of the model's memory and the request that uses it.

use std::collections::VecDeque;
use std::time::Duration;

use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::model::LlamaModel;
use llama_cpp_4::token::LlamaToken;
use ports::TokenLogprob;
use speech::{Delta, Repetition};
use wire::{FinishReason, Usage};

use super::kv_budget::Holding;
use super::landmarks;
use super::prepare::Prepared;

use super::scheduler::Guess;
use crate::protocol::{Failure, StepTimings};
use prefix::Key;

/// The longest that one answer may be computed, so that what nobody reads does not go on for ever.
const LONGEST_RUN: Duration = Duration::from_mins(30);

/// One sequence of the shared context memory.
pub(super) struct Slot {
    /// Its number in llama.cpp.
    pub(super) sequence: u32,
    /// The tokens whose keys and values it holds.
    pub(super) resident: Vec<LlamaToken>,
    /// What first units follow that hold them: differs with every adapter that they were computed with.
    pub(super) root: Key,
    /// Who may use them again; nobody when absent.
    pub(super) scope: Option<String>,
    /// The family of the request that it computes or has computed last: those may use them, too.
    pub(super) family: Option<String>,
    /// How many of the first tokens are an agent's own and for everybody.
    pub(super) public: usize,
    /// The last unit of the prefix cache that it holds, and where that ends.
    pub(super) known: Key,
    pub(super) known_to: usize,
    /// Where the next units end that are to be saved.
    pub(super) edges: VecDeque<usize>,
    pub(super) last_used: u64,
    pub(super) job: Option<Job>,
}

impl Slot {
    pub(super) fn new(sequence: u32, root: Key) -> Self {
        Self {
            sequence,
            resident: Vec::new(),
            root,
            scope: None,
            family: None,
            public: 0,
            known: root,
            known_to: 0,
            edges: VecDeque::new(),
            last_used: 0,
            job: None,
        }
    }

    pub(super) fn resident_tokens(&self) -> u32 {
        u32::try_from(self.resident.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn holding(&self) -> Holding {
        match &self.job {
            Some(job) => Holding { tokens: job.reserved(), in_use: true, last_used: self.last_used },
            None => Holding { tokens: self.resident_tokens(), in_use: false, last_used: self.last_used },
        }
    }

    /// How many tokens of a prompt it holds that whoever asks may use. At least one is left: its output is what is
    /// sampled.
    pub(super) fn common_prefix(&self, prepared: &Prepared) -> usize {
        self.shared(&self.resident, prepared)
    }

    /// The same, once it has read all of its own prompt; nothing when it does not read or waits itself.
    pub(super) fn coming_prefix(&self, prepared: &Prepared) -> usize {
        let reads = self.job.as_ref().filter(|job| job.follows.is_none());
        reads.map_or(0, |job| {
            let end = job.request.prompt.len().saturating_sub(1);
            self.shared(job.request.prompt.get(..end).unwrap_or_default(), prepared)
        })
    }

    /// Whether it computes, or has computed last, another answer to the same question.
    pub(super) fn is_of_family(&self, prepared: &Prepared) -> bool {
        self.family.is_some()
            && self.family.as_deref() == prepared.family.as_ref().map(|family| family.id.as_str())
    }

    fn shared(&self, tokens: &[LlamaToken], prepared: &Prepared) -> usize {
        if self.root != prepared.root {
            return 0;
        }
        let is_theirs =
            prepared.scope.is_some() && self.scope == prepared.scope || self.is_of_family(prepared);
        let shared = if is_theirs { usize::MAX } else { self.public.min(prepared.fixed) };
        let same = landmarks::common(tokens, &prepared.prompt);
        same.min(shared).min(prepared.prompt.len().saturating_sub(1))
    }

    /// Tokens of its prompt that are still to be read. The last one is not among them: it is computed like a token of the
    /// answer, by itself, whatever of the prompt was known before.
    pub(super) fn unread(&self) -> usize {
        let end = self.job.as_ref().map_or(0, |job| job.request.prompt.len().saturating_sub(1));
        end.saturating_sub(self.resident.len())
    }
}

/// Whose computing is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leader {
    pub(super) id: u64,
    /// Until it has read so many tokens.
    pub(super) until: usize,
}

/// A request that is being computed.
pub(super) struct Job {
    pub(super) request: Box<Prepared>,
    /// What is computed when the prompt was read: its last token at first, then what was sampled last.
    pub(super) next: Option<LlamaToken>,
    /// Where its output lies in the batch that was just computed.
    pub(super) output_at: Option<i32>,
    pub(super) produced: u32,
    /// How much of it is reasoning.
    reasoned: u32,
    /// Tokens of its prompt that needed no computing.
    pub(super) cached: usize,
    /// What was guessed of its answer and is in the batch.
    pub(super) guess: Guess,
    /// Another request that computes the beginning of this one's prompt just now.
    pub(super) follows: Option<Leader>,
    repetition: Repetition,
    started: Duration,
    first_token: Option<Duration>,
}

impl Job {
    pub(super) fn new(request: Box<Prepared>, cached: usize, now: Duration) -> Self {
        Self {
            next: request.prompt.last().copied(),
            request,
            output_at: None,
            produced: 0,
            reasoned: 0,
            cached,
            guess: Guess::default(),
            follows: None,
            repetition: Repetition::default(),
            started: now,
            first_token: None,
        }
    }

    /// All it may ever need.
    pub(super) fn reserved(&self) -> u32 {
        needed(&self.request)
    }

    /// Takes the next token by the output that was computed for it; nothing when there is none.
    pub(super) fn choose(&mut self, context: &LlamaContext<'_>, at: i32) -> Option<LlamaToken> {
        let Prepared { text, chooser, budget, .. } = self.request.as_mut();
        let is_reasoning = text.is_reasoning();
        if let Some(token) = budget.next(is_reasoning, text.is_whole()) {
            if chooser.write(token, is_reasoning) {
                return Some(token);
            }
            budget.give_up();
        }
        chooser.choose(context, at, is_reasoning)
    }

    /// Notes how probable a token was that was chosen by the output at a place, when somebody wants to know.
    pub(super) fn note(&mut self, context: &LlamaContext<'_>, at: i32, token: LlamaToken) {
        if let Some(logprobs) = &mut self.request.logprobs {
            logprobs.note(context.model, context.get_logits_ith(at), token);
        }
    }

    /// Adds the bytes of a token to the answer.
    pub(super) fn hear(&mut self, model: &LlamaModel, bytes: &[u8]) -> (Delta, Vec<TokenLogprob>) {
        let Prepared { text, chooser, .. } = self.request.as_mut();
        self.reasoned += u32::from(text.is_reasoning());
        let delta = text.push(bytes, |written| chooser.follow(model, written));
        let tokens = self.probabilities(&delta);
        (delta, tokens)
    }

    /// The rest of the answer, and what is told of its end.
    pub(super) fn finish(
        &mut self,
        reason: FinishReason,
    ) -> (Delta, Vec<TokenLogprob>, Result<FinishReason, Failure>) {
        let (delta, end) = self.request.text.finish(reason);
        let tokens = self.probabilities(&delta);
        (delta, tokens, end)
    }

    /// How probable the tokens were whose text is given out now.
    fn probabilities(&mut self, delta: &Delta) -> Vec<TokenLogprob> {
        self.request.logprobs.as_mut().map(|logprobs| logprobs.release(delta)).unwrap_or_default()
    }

    /// Counts a token that is part of the answer; true when it must be the last one: the answer is as long as it may
    /// be, goes round in circles, or has taken too long.
    pub(super) fn count(&mut self, token: LlamaToken, now: Duration) -> bool {
        self.produced = self.produced.saturating_add(1);
        self.first_token.get_or_insert(now);
        self.repetition.push(token.0)
            || self.produced >= self.request.max_output
            || self.age(now) >= LONGEST_RUN
    }

    /// How long it has been computed.
    pub(super) fn age(&self, now: Duration) -> Duration {
        now.saturating_sub(self.started)
    }

    pub(super) fn usage(&self) -> Usage {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        Usage {
            input_tokens: count(self.request.prompt.len()),
            cached_tokens: count(self.cached),
            output_tokens: u64::from(self.produced),
            reasoning_tokens: u64::from(self.reasoned),
        }
    }

    pub(super) fn timings(&self, now: Duration) -> StepTimings {
        let first = self.first_token.unwrap_or(now);
        let millis = |from: Duration, to: Duration| {
            u64::try_from(to.saturating_sub(from).as_millis()).unwrap_or(u64::MAX)
        };
        StepTimings {
            queued_ms: millis(self.request.accepted, self.started),
            prompt_ms: millis(self.started, first),
            decode_ms: millis(first, now),
        }
    }
}

/// Tokens a request may need, prompt and answer together.
pub(super) fn needed(request: &Prepared) -> u32 {
    u32::try_from(request.prompt.len()).unwrap_or(u32::MAX).saturating_add(request.max_output)
}

/// What became of a token.
pub(super) enum Outcome {
    GoesOn,
    Ends(FinishReason),
    Fails,
}
