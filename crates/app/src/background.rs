//! Answers that are written to their end whether or not somebody waits for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stdx::ResponseId;
use store::{Batch, Durability, responses};
use tokio::sync::watch;

use crate::live_runs::Stop;
use crate::{Actor, App, AppError, KeepResponse};

/// The answers that this process is writing in the background.
#[derive(Debug, Default)]
pub(crate) struct Background(Mutex<Writing>);

#[derive(Debug, Default)]
struct Writing {
    bells: HashMap<ResponseId, watch::Sender<Option<Stop>>>,
    is_closing: bool,
}

impl Background {
    fn enter(&self, id: ResponseId) -> watch::Receiver<Option<Stop>> {
        let mut writing = self.lock();
        let (bell, heard) = watch::channel(writing.is_closing.then_some(Stop::Interrupt));
        writing.bells.insert(id, bell);
        heard
    }

    fn leave(&self, id: ResponseId) {
        self.lock().bells.remove(&id);
    }

    pub(crate) fn is_alive(&self, id: ResponseId) -> bool {
        self.lock().bells.contains_key(&id)
    }

    /// Stops one, if it is being written, and waits until its end is kept.
    pub(crate) async fn stop(&self, id: ResponseId) {
        let Some(bell) = self.lock().bells.get(&id).cloned() else { return };
        ring(&bell, Stop::Cancel);
        bell.closed().await;
    }

    /// Stops all of them; those that begin later stop at once.
    pub(crate) fn close(&self) {
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

/// Why an answer that is written in the background is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// Whoever asked for it wants it no longer.
    Cancelled,
    /// The server stops.
    Interrupted,
}

/// An answer that a task of its own writes: who drives it keeps its end here. Letting go of it says that nothing more comes.
#[derive(Debug)]
pub struct BackgroundResponse {
    app: Arc<App>,
    actor: Actor,
    id: ResponseId,
    /// What is kept only when it is over.
    late: Option<KeepResponse>,
    heard: watch::Receiver<Option<Stop>>,
}

impl App {
    /// Begins to write an answer in a task of its own. One that nobody waits for can be looked at from now on; one that is
    /// followed is kept when it is over.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn begin_response(
        self: &Arc<Self>,
        actor: &Actor,
        keep: KeepResponse,
        nobody_waits: Option<&str>,
    ) -> Result<BackgroundResponse, AppError> {
        let (app, actor, id) = (Arc::clone(self), actor.clone(), keep.id);
        let heard = self.live.background.enter(id);
        let mut begun = BackgroundResponse { app, actor, id, late: Some(keep), heard };
        if let Some(told) = nobody_waits
            && let Some(keep) = begun.late.take()
        {
            self.keep_response(&begun.actor, keep, told, false).await?;
        }
        Ok(begun)
    }

    /// Lets something go on when nobody waits for it any more; a server that stops waits for it.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }
}

impl BackgroundResponse {
    /// Waits until somebody wants the answer to stop.
    pub async fn stopped(&mut self) -> StopReason {
        match self.heard.wait_for(Option::is_some).await.map(|stop| *stop) {
            Ok(Some(Stop::Cancel)) => StopReason::Cancelled,
            Ok(_) | Err(_) => StopReason::Interrupted,
        }
    }

    /// Keeps what the answer came to.
    ///
    /// # Errors
    /// `not_found` when it was deleted meanwhile, and when the database cannot be written.
    pub async fn end(&mut self, told: &str) -> Result<(), AppError> {
        if let Some(keep) = self.late.take() {
            return self.app.keep_response(&self.actor, keep, told, true).await;
        }
        let write = responses::end(self.actor.scope(), self.id, told);
        let batch = Batch::new(Durability::Full).with(write);
        self.app.db.write(batch).await.map_err(AppError::gone("response"))?;
        Ok(())
    }
}

impl Drop for BackgroundResponse {
    fn drop(&mut self) {
        self.app.live.background.leave(self.id);
    }
}
