//! The runs that this process is driving.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stdx::{RunId, ThreadId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::Background;
use crate::RunLog;

/// Why a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A member wants it.
    Cancel,
    /// The server stops.
    Interrupt,
}

/// A run that is being driven: what it has shown, and the bell that stops it.
#[derive(Debug)]
pub struct LiveRun {
    /// Which one.
    pub id: RunId,
    /// Where it answers.
    pub thread_id: ThreadId,
    /// What it has shown.
    pub log: RunLog,
    stop: watch::Sender<Option<Stop>>,
}

impl LiveRun {
    /// One that nobody has stopped.
    pub fn new(id: RunId, thread_id: ThreadId) -> Self {
        Self { id, thread_id, log: RunLog::new(), stop: watch::channel(None).0 }
    }

    /// Rings the bell; the first reason counts.
    pub fn stop(&self, reason: Stop) {
        self.stop.send_if_modified(|stop| stop.is_none() && stop.replace(reason).is_none());
    }

    /// Rings when the run is to stop.
    pub fn bell(&self) -> watch::Receiver<Option<Stop>> {
        self.stop.subscribe()
    }
}

/// All runs that this process is driving, at most so many at once.
#[derive(Debug)]
pub struct LiveRuns {
    slots: Arc<Semaphore>,
    runs: Mutex<Running>,
    /// What is written beside them.
    pub background: Background,
}

#[derive(Debug, Default)]
struct Running {
    by_id: HashMap<RunId, Arc<LiveRun>>,
    is_closing: bool,
}

impl LiveRuns {
    /// None yet; so many at most.
    pub fn new(most: usize) -> Self {
        Self {
            slots: Arc::new(Semaphore::new(most)),
            runs: Mutex::default(),
            background: Background::default(),
        }
    }

    /// A place for one more run, or nothing when all are taken.
    pub fn slot(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.slots).try_acquire_owned().ok()
    }

    /// Lets a run in; one that was accepted just before the end is told at once to stop. Nothing when it is driven already.
    pub fn enter(&self, run: LiveRun) -> Option<Arc<LiveRun>> {
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

    /// One is over, and its end is stored.
    pub fn leave(&self, id: RunId) {
        self.lock().by_id.remove(&id);
    }

    /// A run that is being driven.
    pub fn get(&self, id: RunId) -> Option<Arc<LiveRun>> {
        self.lock().by_id.get(&id).cloned()
    }

    /// How many are being driven.
    pub fn count(&self) -> usize {
        self.lock().by_id.len()
    }

    /// Stops all runs and gives out no more places.
    pub fn close(&self) {
        self.slots.close();
        self.background.close();
        let mut running = self.lock();
        running.is_closing = true;
        for run in running.by_id.values() {
            run.stop(Stop::Interrupt);
        }
    }

    /// Stops the runs of a thread and waits until they have stored their end.
    pub async fn cancel_thread(&self, thread_id: ThreadId) {
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
