//! What was asked of models: a list, one of them with its attempts, and many at a glance.

use std::sync::Arc;

use stdx::{RunId, Timestamp, WorkspaceId};
use store::{Cursor, Page, keys, requests};
use traffic::{Moment, Overview, Span, Tally};

pub use store::requests::{Failed, Filter as RequestWish, KeptRequest};

use crate::read_threads::page_bounds;
use crate::{Actor, App, AppError};

/// Requests that are read at once for a glance, and the most that are.
const CHUNK: u32 = 5_000;
const MOST_AT_A_GLANCE: usize = 200_000;

/// Many requests at a glance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glanced {
    /// What they come to.
    pub overview: Overview,
    /// From when on they are counted: later than the first piece begins when there are too many to read.
    pub since: Timestamp,
    /// The names of keys by their ids.
    pub keys: Vec<(String, String)>,
}

/// What was seen at a glance a moment ago.
pub(crate) type Glances = Moment<(WorkspaceId, Span), Glanced>;

impl App {
    /// Requests, the latest first: an admin sees all, members their own.
    ///
    /// # Errors
    /// `forbidden` for those of others, `invalid_request` for a page that cannot be.
    pub async fn requests(
        &self,
        actor: &Actor,
        wish: RequestWish,
        before: Option<&str>,
        limit: Option<u32>,
    ) -> Result<Page<KeptRequest>, AppError> {
        let (before, limit) = page_bounds(before, limit)?;
        let filter = seen_by(actor, wish)?;
        self.store_requests().await?;
        Ok(requests::page(&self.db, actor.workspace_id, &filter, before.as_ref(), limit).await?)
    }

    /// One request with its attempts, and with what was said in it where that is kept.
    ///
    /// # Errors
    /// `not_found`, also for those of others to whoever runs nothing.
    pub async fn request(&self, actor: &Actor, id: RunId) -> Result<KeptRequest, AppError> {
        self.store_requests().await?;
        let found = requests::get(&self.db, actor.workspace_id, id).await?;
        let may_see =
            |kept: &KeptRequest| kept.record.member_id == actor.member_id || actor.must_administer().is_ok();
        found.filter(may_see).ok_or_else(|| AppError::not_found("request"))
    }

    /// What the requests of a workspace come to.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn glance_at_requests(&self, actor: &Actor, span: Span) -> Result<Arc<Glanced>, AppError> {
        actor.must_administer()?;
        let (place, now) = ((actor.workspace_id, span), self.clock.monotonic());
        let glances = &self.noted.requests.glances;
        if let Some(glanced) = glances.fresh(&place, now, span.patience()) {
            return Ok(glanced);
        }
        self.store_requests().await?;
        let mut tally = Tally::new(span, self.clock.now());
        let (mut before, mut count, mut since): (Option<Cursor>, usize, _) = (None, 0, tally.from());
        loop {
            let workspace = actor.workspace_id;
            let (glances, more) =
                requests::glances(&self.db, workspace, tally.from(), before.as_ref(), CHUNK).await?;
            glances.iter().for_each(|glance| tally.add(glance));
            count += glances.len();
            before = more;
            match glances.last().filter(|_| before.is_some()) {
                Some(oldest) if count >= MOST_AT_A_GLANCE => {
                    since = oldest.at;
                    break;
                }
                Some(_) => {}
                None => break,
            }
        }
        let keys = keys::list(&self.db, actor.workspace_id).await?;
        let keys = keys.into_iter().map(|key| (key.id.to_string(), key.name)).collect();
        Ok(glances.keep(place, now, Glanced { overview: tally.overview(), since, keys }))
    }
}

/// What an actor may see of what they want to.
fn seen_by(actor: &Actor, wish: RequestWish) -> Result<RequestWish, AppError> {
    match (actor.must_administer(), wish.member) {
        (Ok(()), _) => Ok(wish),
        (Err(refusal), Some(other)) if other != actor.member_id => Err(refusal),
        (Err(_), _) => Ok(RequestWish { member: Some(actor.member_id), ..wish }),
    }
}
