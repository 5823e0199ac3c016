//! What the vendors here would charge for: the other side's books.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::answer::Account;

/// Answers that are kept one by one, the latest.
const MOST_ENTRIES: usize = 10_000;

/// What was answered so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Answers that are still being told; they are on no line yet.
    pub open: u64,
    /// All lines together.
    pub total: Sums,
    /// By key and model.
    pub lines: Vec<Line>,
}

/// What one key used of one model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The key, as it was shown.
    pub key: String,
    /// The model's name.
    pub model: String,
    /// How much.
    #[serde(flatten)]
    pub sums: Sums,
}

/// Requests and tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// All that came with a right key and a model's name.
    pub requests: u64,
    /// Of these: refused, and not charged for.
    pub refused: u64,
    /// Of these: broken off by the vendor in the middle.
    pub cut: u64,
    /// Of these: left by the client in the middle.
    pub left: u64,
    /// Tokens of questions.
    pub input_tokens: u64,
    /// Of these: read from a cache.
    pub cached_tokens: u64,
    /// Of these: written into a cache.
    pub written_tokens: u64,
    /// Tokens of answers that were made.
    pub output_tokens: u64,
    /// Of these: thought.
    pub reasoning_tokens: u64,
    /// Tokens of answers of which every byte was sent: at most what was made.
    pub told_tokens: u64,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// As in the header `x-request-id`.
    pub request: String,
    /// The key, as it was shown.
    pub key: String,
    /// The model's name.
    pub model: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How much.
    #[serde(flatten)]
    pub sums: Sums,
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Told to its end.
    Answered,
    /// Refused; nothing is charged.
    Refused,
    /// Broken off by the vendor.
    Cut,
    /// Left by the client.
    Left,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.requests, other.requests),
            (&mut self.refused, other.refused),
            (&mut self.cut, other.cut),
            (&mut self.left, other.left),
            (&mut self.input_tokens, other.input_tokens),
            (&mut self.cached_tokens, other.cached_tokens),
            (&mut self.written_tokens, other.written_tokens),
            (&mut self.output_tokens, other.output_tokens),
            (&mut self.reasoning_tokens, other.reasoning_tokens),
            (&mut self.told_tokens, other.told_tokens),
        ];
        for (sum, more) in pairs {
            *sum = sum.saturating_add(more);
        }
    }

    fn of(outcome: Outcome, account: &Account, told: u64) -> Self {
        let is = |wanted| u64::from(outcome == wanted);
        Self {
            requests: 1,
            refused: is(Outcome::Refused),
            cut: is(Outcome::Cut),
            left: is(Outcome::Left),
            input_tokens: account.input_tokens,
            cached_tokens: account.cached_tokens,
            written_tokens: account.written_tokens,
            output_tokens: account.output_tokens,
            reasoning_tokens: account.reasoning_tokens,
            told_tokens: told,
        }
    }
}

/// The books of a running server.
#[derive(Debug)]
pub(crate) struct Books {
    state: Mutex<State>,
    open: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    lines: BTreeMap<(String, String), Sums>,
    entries: VecDeque<Entry>,
    /// Requests so far, by key and model: for those that fail at first.
    tries: BTreeMap<(String, String), u32>,
    numbers: u64,
}

impl Books {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), open: watch::Sender::new(0) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the next request, whatever comes of it.
    pub(crate) fn number(&self) -> u64 {
        let mut state = self.state();
        state.numbers = state.numbers.saturating_add(1);
        state.numbers
    }

    /// How many requests of this key for this model came before.
    pub(crate) fn tries(&self, key: &str, model: &str) -> u32 {
        let mut state = self.state();
        let tries = state.tries.entry((key.to_owned(), model.to_owned())).or_default();
        let before = *tries;
        *tries = tries.saturating_add(1);
        before
    }

    /// An answer begins.
    pub(crate) fn open(self: &Arc<Self>, number: u64, key: String, model: String, question: Account) -> Tab {
        self.open.send_modify(|open| *open = open.saturating_add(1));
        Tab { books: Arc::clone(self), request: request_id(number), key, model, question, is_settled: false }
    }

    pub(crate) fn invoice(&self) -> Invoice {
        let state = self.state();
        let mut invoice = Invoice { open: *self.open.borrow(), ..Invoice::default() };
        for ((key, model), sums) in &state.lines {
            invoice.total.add(sums);
            invoice.lines.push(Line { key: key.clone(), model: model.clone(), sums: *sums });
        }
        invoice
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.state().entries.iter().cloned().collect()
    }

    /// Waits until no answer is being told.
    pub(crate) async fn settled(&self) {
        // The sender lives in `self`: the wait cannot fail.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }
}

/// As the header has it.
pub(crate) fn request_id(number: u64) -> String {
    format!("req-{number:08}")
}

/// What is entered for one answer, once: when its end is certain, or when it is dropped.
#[derive(Debug)]
pub(crate) struct Tab {
    books: Arc<Books>,
    request: String,
    key: String,
    model: String,
    question: Account,
    is_settled: bool,
}

impl Tab {
    /// The answer has come to its end: so many tokens were made, so many of them thought, so many told.
    pub(crate) fn settle(&mut self, outcome: Outcome, output: u64, reasoning: u64, told: u64) {
        if std::mem::replace(&mut self.is_settled, true) {
            return;
        }
        let account = self.question.with_output(output, reasoning);
        let account = if outcome == Outcome::Refused { Account::default() } else { account };
        let sums = Sums::of(outcome, &account, told);
        let mut state = self.books.state();
        state.lines.entry((self.key.clone(), self.model.clone())).or_default().add(&sums);
        if state.entries.len() >= MOST_ENTRIES {
            state.entries.pop_front();
        }
        let (request, key, model) = (self.request.clone(), self.key.clone(), self.model.clone());
        state.entries.push_back(Entry { request, key, model, outcome, sums });
        drop(state);
        self.books.open.send_modify(|open| *open = open.saturating_sub(1));
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.is_settled
    }
}
