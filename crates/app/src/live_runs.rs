//! The runs that this process is driving.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stdx::{RunId, ThreadId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::background::Background;
use crate::run_log::RunLog;

/// Why a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A member wants it.
    Cancel,
    /// The server stops.
    Interrupt,
}

/// A run that is being driven: what it has shown, and the bell that stops it.
#[derive(Debug)]
pub(crate) struct LiveRun {
    pub(crate) id: RunId,
    pub(crate) thread_id: ThreadId,
    pub(crate) log: RunLog,
    stop: watch::Sender<Option<Stop>>,
}

impl LiveRun {
    pub(crate) fn new(id: RunId, thread_id: ThreadId) -> Self {
        Self { id, thread_id, log: RunLog::new(), stop: watch::channel(None).0 }
    }

    /// Rings the bell; the first reason counts.
    pub(crate) fn stop(&self, reason: Stop) {
        self.stop.send_if_modified(|stop| stop.is_none() && stop.replace(reason).is_none());
    }

    pub(crate) fn bell(&self) -> watch::Receiver<Option<Stop>> {
        self.stop.subscribe()
    }
}

/// All runs that this process is driving, at most so many at once.
#[derive(Debug)]
pub(crate) struct LiveRuns {
    slots: Arc<Semaphore>,
    runs: Mutex<Running>,
    /// What is written beside them.
    pub(crate) background: Background,
}

#[derive(Debug, Default)]
struct Running {
    by_id: HashMap<RunId, Arc<LiveRun>>,
    is_closing: bool,
}

impl LiveRuns {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(most)),
            runs: Mutex::default(),
            background: Background::default(),
        }
    }

    /// A place for one more run, or nothing when all are taken.
    pub(crate) fn slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).try_acquire_owned().ok()
    }

    /// Lets a run in; one that was accepted just before the end is told at once to stop. Nothing when it is driven already.
    pub(crate) fn enter(&self, run: LiveRun) -> Option<Arc<LiveRun>> {
        let run = Arc::new(run);
        let mut running = self.lock();
        if running.by_id.contains_key(&run.id) {
            return None;
        }
        if running.is_closing {
            run.stop(Stop::Interrupt);
        }
        running.by_id.insert(run.id, Arc::clone(&run));
        Some(run)
    }

    pub(crate) fn leave(&self, id: RunId) {
        self.lock().by_id.remove(&id);
    }

    pub(crate) fn get(&self, id: RunId) -> Option<Arc<LiveRun>> {
        self.lock().by_id.get(&id).cloned()
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().by_id.len()
    }

    /// Stops all runs and gives out no more places.
    pub(crate) fn close(&self) {
        self.slots.close();
        self.background.close();
        let mut running = self.lock();
        running.is_closing = true;
        for run in running.by_id.values() {
            run.stop(Stop::Interrupt);
        }
    }

    /// Stops the runs of a thread and waits until they have stored their end.
    pub(crate) async fn cancel_thread(&self, thread_id: ThreadId) {
        let runs: Vec<_> =
            self.lock().by_id.values().filter(|run| run.thread_id == thread_id).cloned().collect();
        for run in runs {
            run.stop(Stop::Cancel);
            let mut follower = run.log.follow(0);
            while !follower.next(&run.log).await.is_empty() {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
