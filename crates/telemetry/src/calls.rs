//! Requests to models while they are under way, and what waits to be stored of those that are over.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::{Attempt, AttemptEnding, Spanned};
use stdx::{Clock, KeyId, MemberId, RunId, Timestamp, TraceParent, WorkspaceId};
use traffic::{Came, Keeping, Level, Record, RecordedAttempt, Texts, without_secrets};
use wire::{ErrorCode, Run, RunState, Usage};

use crate::Exporter;

/// The face of runs, which people ask for in threads.
pub const RUNS: &str = "runs";
/// The way of what is asked to see whether a provider answers.
pub const TESTS: &str = "tests";

/// Requests that may wait to be stored; more are counted and forgotten.
const MOST_WAITING: usize = 20_000;
/// Bytes that are kept of what was asked, and of what was answered.
const MOST_TEXT_BYTES: usize = 64 * 1024;

/// What is kept of requests, who else is told, and what waits to be stored.
#[derive(Debug)]
pub struct RequestLog {
    keeping: Keeping,
    clock: Arc<dyn Clock>,
    exporter: Option<Exporter>,
    waiting: Mutex<VecDeque<Record>>,
    lost: AtomicU64,
}

/// What is asked of whom.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Where.
    pub workspace_id: WorkspaceId,
    /// Who asks.
    pub member_id: MemberId,
    /// The key it is signed with.
    pub key_id: Option<KeyId>,
    /// By which way it came.
    pub face: &'a str,
    /// The agent, if one is asked.
    pub agent: Option<&'a str>,
    /// The model that is asked for, or the agent or policy.
    pub model: &'a str,
    /// The span that its caller is in, where the caller says so.
    pub parent: Option<TraceParent>,
}

/// A request under way. One that is dropped was left by whoever asked.
#[derive(Debug)]
pub struct Call {
    id: RunId,
    open: Option<Box<Open>>,
}

#[derive(Debug)]
struct Open {
    log: Arc<RequestLog>,
    record: Record,
    began: Duration,
}

impl RequestLog {
    /// Nothing waits.
    pub fn new(keeping: Keeping, clock: Arc<dyn Clock>, exporter: Option<Exporter>) -> Arc<Self> {
        let (waiting, lost) = (Mutex::default(), AtomicU64::new(0));
        Arc::new(Self { keeping, clock, exporter, waiting, lost })
    }

    /// What is kept here.
    pub fn keeping(&self) -> Keeping {
        self.keeping
    }

    /// A request begins.
    pub fn begin(self: &Arc<Self>, id: RunId, asking: &Asking<'_>) -> Call {
        if self.keeping.log == Level::None && self.exporter.is_none() && asking.parent.is_none() {
            return Call::unnoted(id);
        }
        let record = record(id, self.clock.now(), asking);
        let open = Open { log: Arc::clone(self), record, began: self.clock.monotonic() };
        Call { id, open: Some(Box::new(open)) }
    }

    /// A run that a stop of the server cut off.
    pub fn note_interrupted(&self, run: &Run, asking: &Asking<'_>) {
        let came = Came { state: RunState::Interrupted, finish: None, error: Some(ErrorCode::Interrupted) };
        self.note(Record { came, ..record(run.id, run.created_at, asking) });
    }

    fn note(&self, record: Record) {
        if let Some(exporter) = &self.exporter {
            exporter.tell(&record);
        }
        if self.keeping.log == Level::None {
            return;
        }
        let mut waiting = self.lock();
        if waiting.len() < MOST_WAITING {
            waiting.push_back(record);
        } else {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes some that wait, the oldest first.
    pub fn take(&self, most: usize) -> Vec<Record> {
        let mut waiting = self.lock();
        let count = waiting.len().min(most);
        waiting.drain(..count).collect()
    }

    /// They wait again.
    pub fn put_back(&self, records: Vec<Record>) {
        let mut waiting = self.lock();
        records.into_iter().rev().for_each(|record| waiting.push_front(record));
    }

    /// How many were forgotten since this was asked last.
    pub fn lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Record>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    /// A request that nobody is told of.
    pub fn unnoted(id: RunId) -> Self {
        Self { id, open: None }
    }

    /// What it is called; what it costs is booked under the same id.
    pub fn id(&self) -> RunId {
        self.id
    }

    /// The call, which goes on elsewhere.
    #[must_use]
    pub fn take(&mut self) -> Self {
        Self { id: self.id, open: self.open.take() }
    }

    /// The span that providers are asked in. Where no collector is told of this one, it is the caller's own.
    pub fn span(&self) -> Option<Spanned> {
        let open = self.open.as_ref()?;
        let parent = open.record.parent;
        let is_sampled = parent.is_none_or(|parent| parent.is_sampled);
        if open.log.exporter.is_none() || !is_sampled {
            return parent.map(Spanned::Passed);
        }
        let (trace, span) = (open.record.trace(), open.record.span());
        Some(Spanned::Told(TraceParent { trace, span, is_sampled }))
    }

    /// Whether what is said is kept.
    pub fn keeps_texts(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.log.keeping.log == Level::Full)
    }

    /// What is asked, as JSON; it is made only where that is kept.
    pub fn ask(&mut self, asked: impl FnOnce() -> String) {
        if self.keeps_texts()
            && let Some(open) = &mut self.open
        {
            open.record.texts = Some(Texts { asked: kept_of(&asked()), answered: String::new() });
        }
    }

    /// More of what is answered.
    pub fn answer(&mut self, text: &str) {
        if let Some(texts) = self.open.as_mut().and_then(|open| open.record.texts.as_mut())
            && texts.answered.len() < MOST_TEXT_BYTES
        {
            texts.answered.push_str(text);
        }
    }

    /// Who answers, which may be another than who was asked for.
    pub fn answered_by(&mut self, model: &str) {
        if let Some(open) = &mut self.open {
            open.record.vendor = vendor_of(model);
            model.clone_into(&mut open.record.model);
        }
    }

    /// The policy that chose who answers.
    pub fn chosen_by(&mut self, policy: &str) {
        if let Some(open) = &mut self.open {
            open.record.policy = Some(policy.to_owned());
        }
    }

    /// The first piece of the answer is there.
    pub fn first_token(&mut self) {
        if let Some(open) = &mut self.open
            && open.record.first_token_ms.is_none()
        {
            open.record.first_token_ms = Some(open.millis());
        }
    }

    /// It is over.
    pub fn over(&mut self, came: Came, attempts: &[Attempt], used: Option<Usage>) {
        let Some(mut open) = self.open.take() else { return };
        open.record.took_ms = open.millis();
        let Open { log, mut record, .. } = *open;
        record.came = came;
        record.usage = used;
        // What was answered before is told again, and nobody is asked.
        let made = attempts.iter().filter(|attempt| attempt.ending != AttemptEnding::Recalled);
        record.attempts = made.map(|attempt| recorded(attempt, record.at)).collect();
        if let Some(last) = record.attempts.last() {
            record.vendor = Some(last.vendor.clone());
        }
        if let Some(texts) = &mut record.texts {
            texts.answered = kept_of(&texts.answered);
        }
        log.note(record);
    }

    /// It went wrong before a model was asked, or while nothing was said.
    pub fn refused(&mut self, code: ErrorCode) {
        self.over(Came::failed(code), &[], None);
    }

    /// It was answered at once.
    pub fn answered(&mut self, used: Usage, attempts: &[Attempt]) {
        let came = Came { state: RunState::Succeeded, finish: None, error: None };
        self.over(came, attempts, Some(used));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.over(Came::left(), &[], None);
    }
}

impl Open {
    fn millis(&self) -> u64 {
        millis(self.log.clock.monotonic().saturating_sub(self.began))
    }
}

fn record(id: RunId, at: Timestamp, asking: &Asking<'_>) -> Record {
    Record {
        id,
        workspace_id: asking.workspace_id,
        member_id: asking.member_id,
        key_id: asking.key_id,
        at,
        face: asking.face.to_owned(),
        agent_id: asking.agent.map(str::to_owned),
        asked: asking.model.to_owned(),
        model: asking.model.to_owned(),
        vendor: vendor_of(asking.model),
        policy: None,
        came: Came::failed(ErrorCode::Internal),
        first_token_ms: None,
        took_ms: 0,
        usage: None,
        attempts: Vec::new(),
        trace_id: asking.parent.map(|parent| format!("{:032x}", parent.trace)),
        parent: asking.parent,
        texts: None,
    }
}

/// The provider in a model's id: `provider/model` or `provider.endpoint/model`. Agents are none.
fn vendor_of(model: &str) -> Option<String> {
    let (site, _) = model.split_once('/').filter(|(site, _)| *site != "agent")?;
    site.split('.').next().map(str::to_owned)
}

fn recorded(attempt: &Attempt, at: Timestamp) -> RecordedAttempt {
    RecordedAttempt {
        deployment: attempt.deployment.clone(),
        vendor: attempt.provider.clone(),
        after_ms: millis(attempt.began_at.since(at)),
        first_token_ms: attempt.first_token.map(millis),
        took_ms: millis(attempt.took),
        error: match attempt.ending {
            AttemptEnding::Failed(code) => Some(code),
            AttemptEnding::Answered
            | AttemptEnding::Drafted(_)
            | AttemptEnding::Recalled
            | AttemptEnding::Left => None,
        },
        is_left: attempt.ending == AttemptEnding::Left,
        tokens: attempt.reported().map(ports::Spent::tokens),
        request_id: attempt.request_id.clone(),
        span: attempt.span,
    }
}

/// Without keys, and no longer than it may be.
fn kept_of(text: &str) -> String {
    let mut clean = without_secrets(text);
    if clean.len() > MOST_TEXT_BYTES {
        clean.truncate(clean.floor_char_boundary(MOST_TEXT_BYTES));
        clean.push('…');
    }
    clean
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
