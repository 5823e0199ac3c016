//! Requests to models while they are under way, and how they come to be kept.
//!
//! What came of a request is noted in memory when it is over, and many are stored together a moment later: nobody waits for
//! it, and a crash loses the last of them. What was paid is not here but with the charges, which lose nothing.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::{Attempt, AttemptEnding};
use stdx::{Clock, KeyId, RunId, Timestamp};
use store::requests;
use store::{Batch, Durability, Scope, StoreError, workspaces};
use traffic::{Came, Keeping, Level, Record, RecordedAttempt, Texts, without_secrets};
use wire::{ErrorCode, Run, RunState};

use crate::{Actor, App, AppError, Carrier};

/// Requests that are stored at once, and those that are deleted at once: the writer is never held up for long.
const CHUNK: u32 = 256;
/// Requests that may wait to be stored; more are counted and forgotten.
const MOST_WAITING: usize = 20_000;
/// Bytes that are kept of what was asked, and of what was answered.
const MOST_TEXT_BYTES: usize = 64 * 1024;

/// The face of runs, which people ask for in threads.
pub(crate) const RUNS: &str = "runs";

/// What is kept of requests, and what waits to be stored.
#[derive(Debug)]
pub(crate) struct RequestLog {
    keeping: Keeping,
    clock: Arc<dyn Clock>,
    waiting: Mutex<VecDeque<Record>>,
    /// Held while some are stored, so that a reader who comes meanwhile sees them.
    storing: tokio::sync::Mutex<()>,
    lost: AtomicU64,
}

/// What is asked of whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) scope: Scope,
    pub(crate) key_id: Option<KeyId>,
    pub(crate) face: &'a str,
    pub(crate) agent: Option<&'a str>,
    pub(crate) model: &'a str,
}

/// A request under way. One that is dropped was left by whoever asked.
#[derive(Debug)]
pub(crate) struct Call {
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
    pub(crate) fn new(keeping: Keeping, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            keeping,
            clock,
            waiting: Mutex::default(),
            storing: tokio::sync::Mutex::default(),
            lost: AtomicU64::new(0),
        })
    }

    /// What is kept here.
    pub(crate) fn keeping(&self) -> Keeping {
        self.keeping
    }

    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>, id: RunId, asking: &Asking<'_>) -> Call {
        if self.keeping.log == Level::None {
            return Call { id, open: None };
        }
        let record = record(id, self.clock.now(), asking);
        let open = Open { log: Arc::clone(self), record, began: self.clock.monotonic() };
        Call { id, open: Some(Box::new(open)) }
    }

    /// A run that a stop of the server cut off.
    pub(crate) fn note_interrupted(&self, run: &Run, asking: &Asking<'_>) {
        if self.keeping.log != Level::None {
            let came =
                Came { state: RunState::Interrupted, finish: None, error: Some(ErrorCode::Interrupted) };
            self.note(Record { came, ..record(run.id, run.created_at, asking) });
        }
    }

    fn note(&self, record: Record) {
        let mut waiting = self.lock();
        if waiting.len() < MOST_WAITING {
            waiting.push_back(record);
        } else {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn take(&self) -> Vec<Record> {
        let mut waiting = self.lock();
        let count = waiting.len().min(usize::try_from(CHUNK).unwrap_or(usize::MAX));
        waiting.drain(..count).collect()
    }

    fn put_back(&self, records: Vec<Record>) {
        let mut waiting = self.lock();
        records.into_iter().rev().for_each(|record| waiting.push_front(record));
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Record>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call {
    /// What it is called; what it costs is booked under the same id.
    pub(crate) fn id(&self) -> RunId {
        self.id
    }

    /// The call, which goes on elsewhere.
    pub(crate) fn take(&mut self) -> Self {
        Self { id: self.id, open: self.open.take() }
    }

    /// Whether what is said is kept.
    pub(crate) fn keeps_texts(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.log.keeping.log == Level::Full)
    }

    /// What is asked, as JSON; it is made only where that is kept.
    pub(crate) fn ask(&mut self, asked: impl FnOnce() -> String) {
        if self.keeps_texts()
            && let Some(open) = &mut self.open
        {
            open.record.texts = Some(Texts { asked: kept_of(&asked()), answered: String::new() });
        }
    }

    /// More of what is answered.
    pub(crate) fn answer(&mut self, text: &str) {
        if let Some(texts) = self.open.as_mut().and_then(|open| open.record.texts.as_mut())
            && texts.answered.len() < MOST_TEXT_BYTES
        {
            texts.answered.push_str(text);
        }
    }

    /// Another model than the one that was asked for.
    pub(crate) fn answered_by(&mut self, model: &str) {
        if let Some(open) = &mut self.open {
            open.record.vendor = vendor_of(model);
            model.clone_into(&mut open.record.model);
        }
    }

    /// The first piece of the answer is there.
    pub(crate) fn first_token(&mut self) {
        if let Some(open) = &mut self.open
            && open.record.first_token_ms.is_none()
        {
            open.record.first_token_ms = Some(open.millis());
        }
    }

    /// It is over.
    pub(crate) fn over(&mut self, came: Came, attempts: &[Attempt]) {
        let Some(mut open) = self.open.take() else { return };
        open.record.took_ms = open.millis();
        let Open { log, mut record, .. } = *open;
        record.came = came;
        record.attempts = attempts.iter().map(|attempt| recorded(attempt, record.at)).collect();
        if let Some(last) = attempts.last() {
            record.vendor = Some(last.provider.clone());
        }
        if let Some(texts) = &mut record.texts {
            texts.answered = kept_of(&texts.answered);
        }
        log.note(record);
    }

    /// The answer, or the refusal, which is the end of it.
    pub(crate) fn check<T>(mut self, result: Result<T, AppError>) -> Result<T, AppError> {
        if let Err(error) = &result {
            self.over(Came::failed(error.code), &[]);
        }
        result
    }

    /// The whole answer, or what went wrong.
    pub(crate) fn end<T>(mut self, result: Result<T, AppError>) -> Result<T, AppError> {
        let done = Came { state: RunState::Succeeded, finish: None, error: None };
        self.over(result.as_ref().map_or_else(|error| Came::failed(error.code), |_| done), &[]);
        result
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.over(Came::left(), &[]);
    }
}

impl Open {
    fn millis(&self) -> u64 {
        millis(self.log.clock.monotonic().saturating_sub(self.began))
    }
}

impl App {
    /// A request of an actor begins, under the name that its client was told. One that nobody is behind is not kept.
    pub(crate) fn begin_call(&self, actor: Option<&Actor>, agent: Option<&str>, model: &str) -> Call {
        let via = actor.and_then(|actor| actor.via.as_ref());
        let id = via.map_or_else(|| self.fresh_id(), |via| via.request_id);
        let Some(actor) = actor else { return Call { id, open: None } };
        let key_id = match actor.carrier {
            Carrier::Key(id) => Some(id),
            Carrier::Session(_) | Carrier::Local => None,
        };
        let face = via.map_or("", |via| via.face.as_str());
        self.noted.requests.begin(id, &Asking { scope: actor.scope(), key_id, face, agent, model })
    }

    /// How much is kept of requests, and for how long.
    pub fn keeps_requests(&self) -> Keeping {
        self.noted.requests.keeping()
    }

    /// Stores the requests that are over. Answers how many there were.
    ///
    /// # Errors
    /// When the database cannot be written; they wait for the next time.
    pub async fn store_requests(&self) -> Result<usize, AppError> {
        let _alone = self.noted.requests.storing.lock().await;
        let lost = self.noted.requests.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            tracing::warn!(requests = lost, "requests were not noted: too many waited to be stored");
        }
        let mut stored = 0;
        loop {
            let records = self.noted.requests.take();
            if records.is_empty() {
                return Ok(stored);
            }
            let mut batch = Batch::new(Durability::Relaxed);
            for record in &records {
                batch.push(requests::insert(record));
                batch.extend(record.texts.iter().map(|texts| requests::insert_texts(record, texts)));
            }
            match self.db.write(batch).await {
                Ok(_) => stored += records.len(),
                Err(
                    error @ (StoreError::DiskFull
                    | StoreError::Overloaded
                    | StoreError::Unreachable(_)
                    | StoreError::Unknown(_)),
                ) => {
                    self.noted.requests.put_back(records);
                    return Err(error.into());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Deletes the requests whose time is over, and what was said in them. Answers how many there were.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn prune_requests(&self) -> Result<u64, AppError> {
        let (keeping, now) = (self.noted.requests.keeping(), self.clock.now());
        let before = |span: Duration| {
            let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
            Timestamp::from_micros(now.as_micros().saturating_sub(micros))
        };
        // What was said is not kept any longer than until it was switched off.
        let texts = if keeping.log == Level::Full { before(keeping.texts()) } else { Timestamp::MAX };
        let mut deleted = 0;
        for workspace in workspaces::all(&self.db).await? {
            let id = workspace.id;
            self.delete_some(|| requests::prune_texts(id, texts, CHUNK)).await?;
            deleted += self.delete_some(|| requests::prune(id, before(keeping.records()), CHUNK)).await?;
        }
        Ok(deleted)
    }

    /// A batch at a time, so that others are written in between.
    async fn delete_some(&self, some: impl Fn() -> store::Write) -> Result<u64, AppError> {
        let mut deleted = 0;
        loop {
            let changes = self.db.write(Batch::new(Durability::Relaxed).with(some())).await?;
            deleted += changes.total();
            if changes.total() < u64::from(CHUNK) {
                return Ok(deleted);
            }
        }
    }
}

fn record(id: RunId, at: Timestamp, asking: &Asking<'_>) -> Record {
    Record {
        id,
        workspace_id: asking.scope.workspace_id,
        member_id: asking.scope.member_id,
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
        attempts: Vec::new(),
        trace_id: None,
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
            AttemptEnding::Answered | AttemptEnding::Left | AttemptEnding::Recalled => None,
        },
        is_left: attempt.ending == AttemptEnding::Left,
        tokens: attempt.reported().map(ports::Spent::tokens),
        request_id: attempt.request_id.clone(),
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
