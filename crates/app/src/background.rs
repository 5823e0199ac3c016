//! Answers that are written to their end whether or not somebody waits for them.

use std::sync::Arc;

use live::{Entered, Stop, Tape};
use stdx::ResponseId;
use store::{Batch, Durability, responses};

use crate::{Actor, App, AppError, KeepResponse};

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
    entered: Entered,
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
        let entered = self.live.background.enter(id);
        let mut begun = BackgroundResponse { app, actor, id, late: Some(keep), entered };
        if let Some(told) = nobody_waits
            && let Some(keep) = begun.late.take()
        {
            self.keep_response(&begun.actor, keep, told, false).await?;
        }
        Ok(begun)
    }

    /// What was told of an answer in the background, and is told.
    ///
    /// # Errors
    /// `not_found`, and `invalid_request` where nobody knows any more how it was told.
    pub async fn retell_response(&self, actor: &Actor, id: ResponseId) -> Result<Arc<Tape>, AppError> {
        let tape = self.live.background.tape(id);
        self.response(actor, id).await?;
        tape.ok_or_else(|| {
            AppError::invalid(
                "stream: the events of this answer are no longer kept; get it without stream, it is whole",
            )
        })
    }

    /// Lets something go on when nobody waits for it any more; a server that stops waits for it.
    pub fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }
}

impl BackgroundResponse {
    /// Waits until somebody wants the answer to stop.
    pub async fn stopped(&mut self) -> StopReason {
        match self.entered.heard.wait_for(Option::is_some).await.map(|stop| *stop) {
            Ok(Some(Stop::Cancel)) => StopReason::Cancelled,
            Ok(_) | Err(_) => StopReason::Interrupted,
        }
    }

    /// Where what is told of it can be read again.
    pub fn tape(&self) -> &Arc<Tape> {
        &self.entered.tape
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
