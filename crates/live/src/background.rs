//! Answers that are written in tasks of their own.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use stdx::ResponseId;
use tokio::sync::watch;

use crate::Stop;

/// The answers that this process is writing in the background.
#[derive(Debug, Default)]
pub struct Background(Mutex<Writing>);

#[derive(Debug, Default)]
struct Writing {
    bells: HashMap<ResponseId, watch::Sender<Option<Stop>>>,
    is_closing: bool,
}

impl Background {
    /// Begins to write one; what it hears says when to stop.
    pub fn enter(&self, id: ResponseId) -> watch::Receiver<Option<Stop>> {
        let mut writing = self.lock();
        let (bell, heard) = watch::channel(writing.is_closing.then_some(Stop::Interrupt));
        writing.bells.insert(id, bell);
        heard
    }

    /// One is over, and its end is kept.
    pub fn leave(&self, id: ResponseId) {
        self.lock().bells.remove(&id);
    }

    /// True while one is being written.
    pub fn is_alive(&self, id: ResponseId) -> bool {
        self.lock().bells.contains_key(&id)
    }

    /// Stops one, if it is being written, and waits until its end is kept.
    pub async fn stop(&self, id: ResponseId) {
        let Some(bell) = self.lock().bells.get(&id).cloned() else { return };
        ring(&bell, Stop::Cancel);
        bell.closed().await;
    }

    /// Stops all of them; those that begin later stop at once.
    pub fn close(&self) {
        let mut writing = self.lock();
        writing.is_closing = true;
        for bell in writing.bells.values() {
            ring(bell, Stop::Interrupt);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first reason counts.
fn ring(bell: &watch::Sender<Option<Stop>>, reason: Stop) {
    bell.send_if_modified(|stop| stop.is_none() && stop.replace(reason).is_none());
}
