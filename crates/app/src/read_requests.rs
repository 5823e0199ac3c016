//! What was asked of models: a list, one of them with its attempts, and many at a glance.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use stdx::{KeyId, MemberId, RunId, Timestamp, WorkspaceId};
use store::requests::{self, Failed, Filter};
use store::{Cursor, Page, keys};
use traffic::{Overview, Span, Tally};
use wire::ErrorCode;

pub use store::requests::KeptRequest;

use crate::read_threads::page_bounds;
use crate::{Actor, App, AppError};

/// Requests that are read at once for a glance, and the most that are.
const CHUNK: u32 = 5_000;
const MOST_AT_A_GLANCE: usize = 200_000;

/// Which requests are wanted; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestWish {
    /// Who asked.
    pub member: Option<MemberId>,
    /// The key.
    pub key: Option<KeyId>,
    /// The model that answered, or would have.
    pub model: Option<String>,
    /// The way by which they came.
    pub face: Option<String>,
    /// `any`, or the code of what went wrong.
    pub error: Option<String>,
    /// They began then or later.
    pub from: Option<Timestamp>,
    /// They began before.
    pub until: Option<Timestamp>,
}

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

/// What was computed a moment ago: a page that looks every few seconds, in many browsers, is one reader.
#[derive(Debug, Default)]
pub(crate) struct Glances(Mutex<HashMap<Place, (Duration, Arc<Glanced>)>>);

/// Whose requests, of how long.
type Place = (WorkspaceId, Span);

impl App {
    /// Requests, the latest first: an admin sees all, members their own.
    ///
    /// # Errors
    /// `forbidden` for those of others, `invalid_request` for what cannot be.
    pub async fn requests(
        &self,
        actor: &Actor,
        wish: RequestWish,
        before: Option<&str>,
        limit: Option<u32>,
    ) -> Result<Page<KeptRequest>, AppError> {
        let (before, limit) = page_bounds(before, limit)?;
        let filter = filter(actor, wish)?;
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
        if let Some(glanced) = self.noted.glances.fresh(place, now) {
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
        let glanced = Arc::new(Glanced { overview: tally.overview(), since, keys });
        self.noted.glances.keep(place, now, Arc::clone(&glanced));
        Ok(glanced)
    }
}

impl Glances {
    fn fresh(&self, place: (WorkspaceId, Span), now: Duration) -> Option<Arc<Glanced>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, glanced) = kept.get(&place)?;
        (now.saturating_sub(*at) < patience(place.1)).then(|| Arc::clone(glanced))
    }

    fn keep(&self, place: (WorkspaceId, Span), now: Duration, glanced: Arc<Glanced>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place, (now, glanced));
    }
}

/// How long a glance is good for: the wider it is, the less of it changes.
fn patience(span: Span) -> Duration {
    Duration::from_secs(match span {
        Span::Hour => 2,
        Span::Day => 15,
        Span::Week => 60,
    })
}

fn filter(actor: &Actor, wish: RequestWish) -> Result<Filter, AppError> {
    let RequestWish { member, key, model, face, error, from, until } = wish;
    let member = match (actor.must_administer(), member) {
        (Ok(()), member) => member,
        (Err(refusal), Some(other)) if other != actor.member_id => return Err(refusal),
        (Err(_), _) => Some(actor.member_id),
    };
    let failed = match error.as_deref() {
        None => Failed::Whatever,
        Some("any") => Failed::Somehow,
        Some(word) if ErrorCode::ALL.iter().any(|code| code.as_str() == word) => {
            Failed::With(word.to_owned())
        }
        Some(_) => return Err(AppError::invalid("error: `any`, or the code of an error")),
    };
    Ok(Filter { member, key, model, face, failed, from, until })
}
