//! Stops a run.

use stdx::RunId;
use store::{Batch, Durability, runs};
use wire::Run;

use crate::{Actor, App, AppError};
use live::Stop;

impl App {
    /// Stops a run and keeps what it wrote: a durable mark first, then the bell. A run that is over stays as it is.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn cancel_run(&self, actor: &Actor, id: RunId) -> Result<Run, AppError> {
        let run = self.run(actor, id).await?;
        if !run.state.is_final() {
            let mark = runs::request_cancel(actor.scope(), id, self.clock.now());
            self.db.write(Batch::new(Durability::Full).with(mark)).await?;
            if let Some(live) = self.live.get(id) {
                live.stop(Stop::Cancel);
            }
        }
        self.run(actor, id).await
    }
}
