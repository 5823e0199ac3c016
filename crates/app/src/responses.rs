//! Answers that programs can come back to: kept for some days, in the words of the face that gave them. What is written
//! while nobody waits for it is in `background.rs`.

use std::time::Duration;

use stdx::ResponseId;
use store::responses::Response;
use store::{Batch, Durability, StoreError, responses};
use wire::ErrorCode;

use crate::{Actor, App, AppError};

/// The longest row of answers that go on from one another.
const MOST_EARLIER: u32 = 200;
/// So many that are past their time are deleted in one go.
const MOST_AT_ONCE: u32 = 500;
const DAY: Duration = Duration::from_secs(86_400);

/// An answer to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepResponse {
    /// Made here.
    pub id: ResponseId,
    /// The answer that it goes on from.
    pub previous_id: Option<ResponseId>,
    /// The request.
    pub asked: String,
}

/// An answer that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptResponse {
    /// The request.
    pub asked: String,
    /// The document, as it was when it was last kept.
    pub told: String,
    /// How far it is.
    pub stage: ResponseStage,
}

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseStage {
    /// It is being written.
    Open,
    /// It is over.
    Over,
    /// Whoever wrote it is gone, and nothing more will come.
    Abandoned,
}

impl App {
    /// True where answers are kept at all.
    pub fn keeps_responses(&self) -> bool {
        self.options.response_days > 0
    }

    /// Keeps an answer: one that is over, or one that begins.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn keep_response(
        &self,
        actor: &Actor,
        wish: KeepResponse,
        told: &str,
        is_over: bool,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        let response = Response {
            id: wish.id,
            previous_id: wish.previous_id,
            asked: wish.asked,
            told: told.to_owned(),
            is_over,
            created_at: now,
            expires_at: now.plus(DAY * self.options.response_days),
        };
        let write = responses::insert(actor.scope(), &response);
        self.db.write(Batch::new(Durability::Full).with(write)).await?;
        Ok(())
    }

    /// An answer of the caller's.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn response(&self, actor: &Actor, id: ResponseId) -> Result<KeptResponse, AppError> {
        // Asked first: what was alive then has kept its end by the time that it is read, or is alive.
        let is_alive = self.live.background.is_alive(id);
        let found = responses::get(&self.db, actor.scope(), id).await?;
        let found = found.ok_or_else(|| AppError::not_found("response"))?;
        let stage = match (found.is_over, is_alive) {
            (true, _) => ResponseStage::Over,
            (false, true) => ResponseStage::Open,
            (false, false) => ResponseStage::Abandoned,
        };
        Ok(KeptResponse { asked: found.asked, told: found.told, stage })
    }

    /// An answer with those that it goes on from, the first one at the front.
    ///
    /// # Errors
    /// `not_found` when one of them is no longer there, `conflict` when the last one is still being written,
    /// `too_large` when there are too many.
    pub async fn conversation_up_to(
        &self,
        actor: &Actor,
        id: ResponseId,
    ) -> Result<Vec<KeptResponse>, AppError> {
        let chain = responses::chain(&self.db, actor.scope(), id, MOST_EARLIER).await?;
        let first = chain.first().ok_or_else(|| AppError::not_found("previous response"))?;
        if first.previous_id.is_some() {
            return Err(match u32::try_from(chain.len()) {
                Ok(length) if length < MOST_EARLIER => {
                    AppError::not_found("response before the previous one")
                }
                _ => {
                    let detail = format!("No more than {MOST_EARLIER} answers can go on from one another.");
                    AppError::new(ErrorCode::TooLarge, detail)
                }
            });
        }
        if chain.iter().any(|one| !one.is_over && self.live.background.is_alive(one.id)) {
            let detail = "The previous response is still being written; wait for it, or cancel it.";
            return Err(AppError::new(ErrorCode::Conflict, detail));
        }
        let kept = |one: Response| {
            let stage = if one.is_over { ResponseStage::Over } else { ResponseStage::Abandoned };
            KeptResponse { asked: one.asked, told: one.told, stage }
        };
        Ok(chain.into_iter().map(kept).collect())
    }

    /// Deletes an answer; one that is being written is stopped first.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn delete_response(&self, actor: &Actor, id: ResponseId) -> Result<(), AppError> {
        self.response(actor, id).await?;
        self.live.background.stop(id).await;
        let batch = Batch::new(Durability::Full).with(responses::delete(actor.scope(), id));
        self.db.write(batch).await.map_err(AppError::gone("response"))?;
        self.live.background.forget(id);
        self.chat.forget(&actor.member_id.to_string());
        Ok(())
    }

    /// Stops an answer that is being written in the background, and waits until what there is of it is kept. Nothing
    /// happens to one that is over.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn cancel_response(&self, actor: &Actor, id: ResponseId) -> Result<KeptResponse, AppError> {
        self.response(actor, id).await?;
        self.live.background.stop(id).await;
        self.response(actor, id).await
    }

    /// Deletes answers that are past their time.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn expire_responses(&self) -> Result<(), StoreError> {
        let write = responses::expire(self.clock.now(), MOST_AT_ONCE);
        self.db.write(Batch::new(Durability::Relaxed).with(write)).await.map(|_| ())
    }
}
