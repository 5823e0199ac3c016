//! Stores what came of requests, and deletes what is old.
//!
//! What came of a request is noted in memory when it is over (`telemetry`), and many are stored together a moment later: nobody
//! waits for it, and a crash loses the last of them. What was paid is not here but with the charges, which lose nothing.

use std::sync::Arc;

use store::{Batch, Durability, Scope, StoreError, requests, routes, workspaces};
use telemetry::{Asking, Call, RUNS, RequestLog};
use traffic::Keeping;
use wire::Run;

use crate::read_requests::Glances;
use crate::{Actor, App, AppError};

/// Requests that are stored at once, and those that are deleted at once: the writer is never held up for long.
const CHUNK: u32 = 256;

/// What is noted of requests.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) log: Arc<RequestLog>,
    /// What was seen at a glance a moment ago.
    pub(crate) glances: Glances,
    /// Held while some are stored, so that a reader who comes meanwhile sees them.
    storing: tokio::sync::Mutex<()>,
}

impl Noted {
    pub(crate) fn new(log: Arc<RequestLog>) -> Self {
        Self { log, glances: Glances::default(), storing: tokio::sync::Mutex::default() }
    }
}

impl App {
    /// A request of an actor begins, under the name that its client was told. One that nobody is behind is not noted.
    pub(crate) fn begin_call(&self, actor: Option<&Actor>, agent: Option<&str>, model: &str) -> Call {
        let via = actor.and_then(|actor| actor.via.as_ref());
        let id = via.map_or_else(|| self.fresh_id(), |via| via.request_id);
        let Some(actor) = actor else { return Call::unnoted(id) };
        let key_id = actor.key_id();
        let Scope { workspace_id, member_id } = actor.scope();
        let (face, parent) = via.map_or(("", None), |via| (via.face.as_str(), via.parent));
        self.noted
            .requests
            .log
            .begin(id, &Asking { workspace_id, member_id, key_id, face, agent, model, parent })
    }

    /// A run begins; it is called what its client called it.
    pub(crate) fn begin_run_call(&self, scope: Scope, run: &Run) -> Call {
        self.noted.requests.log.begin(run.id, &asking(scope, &run.agent_id, &run.model))
    }

    /// How much is kept of requests, and for how long.
    pub fn keeps_requests(&self) -> Keeping {
        self.noted.requests.log.keeping()
    }

    /// Stores the requests that are over. Answers how many there were.
    ///
    /// # Errors
    /// When the database cannot be written; they wait for the next time.
    pub async fn store_requests(&self) -> Result<usize, AppError> {
        if let Err(error) = self.store_watched().await {
            tracing::warn!(%error, "what a watched policy would have done could not be stored");
        }
        let _alone = self.noted.requests.storing.lock().await;
        let lost = self.noted.requests.log.lost();
        if lost > 0 {
            tracing::warn!(requests = lost, "requests were not noted: too many waited to be stored");
        }
        let mut stored = 0;
        loop {
            let records = self.noted.requests.log.take(usize::try_from(CHUNK).unwrap_or(usize::MAX));
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
                    self.noted.requests.log.put_back(records);
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
        let (keeping, now) = (self.noted.requests.log.keeping(), self.clock.now());
        let (oldest, oldest_texts) = (keeping.oldest(now), keeping.oldest_texts(now));
        let mut deleted = 0;
        for workspace in workspaces::all(&self.db).await? {
            let id = workspace.id;
            self.delete_some(|| requests::prune_texts(id, oldest_texts, CHUNK)).await?;
            deleted += self.delete_some(|| requests::prune(id, oldest, CHUNK)).await?;
            self.delete_some(|| routes::prune_shadows(id, oldest, CHUNK)).await?;
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

/// What a person asks in a thread.
pub(crate) fn asking<'a>(scope: Scope, agent: &'a str, model: &'a str) -> Asking<'a> {
    let Scope { workspace_id, member_id } = scope;
    Asking { workspace_id, member_id, key_id: None, face: RUNS, agent: Some(agent), model, parent: None }
}

/// The answer of a call, or what went wrong, which is the end of it.
pub(crate) fn checked<T>(mut call: Call, result: Result<T, AppError>) -> Result<T, AppError> {
    result.inspect_err(|error| call.refused(error.code))
}
