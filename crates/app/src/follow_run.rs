//! Reads a run: its document, and its events from any place on.

use std::time::Duration;

use futures_core::Stream;
use futures_util::stream::{self, StreamExt};
use stdx::RunId;
use store::{events, runs};
use wire::{ErrorCode, Frame, Run};

use crate::{Actor, App, AppError};
use live::Follower;
use live::LiveRun;

/// A run that is stored but not live is about to be entered or has just left; look again soon.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// After so many looks nobody drives it any more: its end could not be stored, and the next start will store it.
const MOST_LOOKS: usize = 200;

impl App {
    /// One run.
    ///
    /// # Errors
    /// `not_found`, also for a run of somebody else.
    pub async fn run(&self, actor: &Actor, id: RunId) -> Result<Run, AppError> {
        runs::get(&self.db, actor.scope(), id).await?.ok_or_else(|| AppError::not_found("run"))
    }

    /// The frames behind `after`, those to come included; ends after the last one.
    ///
    /// # Errors
    /// `not_found`; `interrupted` for a run that is not over and that nobody drives.
    pub async fn follow_run(
        &self,
        actor: &Actor,
        id: RunId,
        after: u64,
    ) -> Result<impl Stream<Item = Frame> + Send + use<>, AppError> {
        for _ in 0..MOST_LOOKS {
            if let Some(live) = self.live.get(id) {
                // Whose run it is, the database knows.
                self.run(actor, id).await?;
                let follower = live.log.follow(after);
                return Ok(follow(live, follower).left_stream());
            }
            if self.run(actor, id).await?.state.is_final() {
                let frames = events::after(&self.db, actor.scope(), id, after).await?;
                return Ok(stream::iter(frames).right_stream());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(AppError::new(ErrorCode::Interrupted, "Nobody writes this answer any more."))
    }
}

fn follow(live: std::sync::Arc<LiveRun>, follower: Follower) -> impl Stream<Item = Frame> + Send {
    stream::unfold((live, follower), |(live, mut follower)| async move {
        let frames = follower.next(&live.log).await;
        (!frames.is_empty()).then(|| (stream::iter(frames), (live, follower)))
    })
    .flatten()
}
