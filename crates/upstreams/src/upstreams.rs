//! The vendors that can be asked, as one model with many names.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use dialects::{Delivery, Failure, Question, Rejection};
use futures_util::stream;
use ports::{
    ChatModel, ChatRequest, ChatStream, EmbedRequest, LastFailure, PortError, PortErrorKind, SiteStanding,
    Standing,
};
use serde_json::{Map, Value};
use stdx::{Clock, Rng};
use tokio::time::timeout;
use wire::ErrorCode;

use crate::breaker::{BreakerPolicy, Health};
use crate::call::{Call, Errand};
use crate::carrier::{Carrier, Protocol};
use crate::gate::{Crowd, Gate};
use crate::past::Past;
use crate::patience::{Patience, Timer};
use crate::retry::RetryPolicy;
use crate::site::Site;
use crate::tally::Tally;
use crate::trial::Trial;
use crate::trouble::Trouble;
use crate::warmth::{self, Warmth};

/// Tokens that an answer without a limit is taken for, where tokens are counted by the minute.
const USUAL_ANSWER: u64 = 1_024;
/// Bytes of a model's name.
const LONGEST_NAME: usize = 200;
/// Bytes of a list of models.
const MOST_LIST: usize = 4 * 1024 * 1024;

/// How vendors are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What is asked again, and when.
    pub retry: RetryPolicy,
    /// When a model that fails is left in peace.
    pub breaker: BreakerPolicy,
    /// How many are asked at a time where the vendor says nothing.
    pub crowd: Crowd,
    /// How long a question waits for its turn, and again for room in the minute.
    pub longest_wait: Duration,
    /// Which protocol is spoken.
    pub protocol: Protocol,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            retry: RetryPolicy::default(),
            breaker: BreakerPolicy::default(),
            crowd: Crowd::default(),
            longest_wait: Duration::from_secs(60),
            protocol: Protocol::default(),
        }
    }
}

/// Answers chats with models of vendors: `vendor/model`, or `vendor.endpoint/model`. Clones share everything, also the
/// sites, which may change while questions are on their way: those end where they began.
#[derive(Clone, Debug)]
pub struct Upstreams {
    doors: Arc<RwLock<Doors>>,
    shared: Arc<Shared>,
}

type Doors = BTreeMap<String, Arc<Door>>;

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) carrier: Carrier,
    pub(crate) warmth: Warmth,
}

/// A site, and what its calls share.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) site: Site,
    pub(crate) gate: Arc<Gate>,
    pub(crate) patience: Patience,
    pub(crate) past: Past,
}

impl Upstreams {
    /// For these sites. One that is there twice counts as it stands last.
    pub fn new(
        sites: impl IntoIterator<Item = Site>,
        options: Options,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        let carrier = Carrier::new(options.protocol);
        Self::with_carrier(sites, Shared { options, clock, rng, carrier, warmth: Warmth::default() })
    }

    pub(crate) fn with_carrier(sites: impl IntoIterator<Item = Site>, shared: Shared) -> Self {
        let upstreams = Self { doors: Arc::default(), shared: Arc::new(shared) };
        upstreams.replace(sites);
        upstreams
    }

    /// From now on these sites are asked and no others. Questions that are on their way go on, also at sites that are gone.
    /// A site that is as it was keeps what is known of it: its pace, its failures, and who waits.
    pub fn replace(&self, sites: impl IntoIterator<Item = Site>) {
        let (options, now) = (self.shared.options, self.shared.clock.monotonic());
        let mut doors = self.doors.write().unwrap_or_else(PoisonError::into_inner);
        let kept = |site: Site| match doors.get(&site.id) {
            Some(door) if door.site == site => (site.id, Arc::clone(door)),
            _ => (site.id.clone(), Arc::new(Door::new(site, options, now))),
        };
        let fresh: Doors = sites.into_iter().map(kept).collect();
        *doors = fresh;
    }

    /// The ids of the sites.
    pub fn sites(&self) -> Vec<String> {
        self.doors.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// The site's id and the model's name there, when the id is that of a model of a vendor that is known here.
    pub fn find<'a>(&self, id: &'a str) -> Option<(String, &'a str)> {
        self.door(id).map(|(door, model)| (door.site.id.clone(), model))
    }

    /// How a model stands; nothing when it was never asked.
    pub fn health(&self, id: &str) -> Option<Health> {
        let (door, model) = self.door(id)?;
        door.gate.health(self.shared.clock.monotonic(), model)
    }

    /// How a site stands; nothing when it is not asked.
    pub fn site_standing(&self, site: &str) -> Option<SiteStanding> {
        let door = self.site(site)?;
        let (under_way, waiting) = door.gate.counts();
        let recent = door.past.recent();
        let is_over = |failure: &LastFailure| recent.answered_at.is_none_or(|at| at <= failure.at);
        Some(SiteStanding {
            under_way,
            waiting,
            resting: door.gate.resting(self.shared.clock.monotonic()),
            answered_at: recent.answered_at,
            failed: recent.failed.filter(is_over),
        })
    }

    /// Somebody has seen that a model answers: it is asked again at once, whatever was thought of it.
    pub fn vouch_for(&self, id: &str) {
        if let Some((door, model)) = self.door(id) {
            door.gate.vouch_for(model);
            door.past.answered(self.shared.clock.now());
        }
    }

    /// One site, to be tried without any effect on those who ask it.
    pub fn trial(&self, site: &str) -> Option<Trial> {
        let door = self.site(site)?;
        Some(Trial::of(door.site.clone(), &self.shared))
    }

    /// Asks a site for the names of its models, which costs nothing and shows whether it takes the key.
    ///
    /// # Errors
    /// When it cannot be reached or does not take the key, or the answer is no list.
    pub async fn models_at(&self, site: &str) -> Result<Vec<String>, PortError> {
        let door = self.site(site).ok_or_else(|| no_provider(site))?;
        let names = async {
            let path = match door.site.endpoint.dialect {
                Dialect::Messages => "/v1/models",
                Dialect::ChatCompletions | Dialect::Responses | Dialect::GenerateContent => "/models",
            };
            let mut head = self.shared.carrier.get(&door.site, door.patience.connect, path).await?;
            let body = head.rest(MOST_LIST).await;
            if head.is_success() {
                return names(&body).ok_or_else(Trouble::unreadable);
            }
            let headers: Vec<(&str, &str)> =
                head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let rejection = Rejection { status: head.status, headers: &headers, body: &body };
            Err(Trouble::Told(Failure::read(&door.site.endpoint, rejection)))
        };
        let late = Err(Trouble::Late(Timer::FirstToken));
        let found = timeout(door.patience.first_token, names).await.unwrap_or(late);
        found.map_err(|trouble| trouble.error(&door.site.name))
    }

    fn site(&self, id: &str) -> Option<Arc<Door>> {
        self.doors.read().unwrap_or_else(PoisonError::into_inner).get(id).map(Arc::clone)
    }

    fn door<'a>(&self, id: &'a str) -> Option<(Arc<Door>, &'a str)> {
        let (site, model) = id.split_once('/')?;
        let is_name = (1..=LONGEST_NAME).contains(&model.len())
            && model.bytes().all(|byte| byte.is_ascii_graphic() || !byte.is_ascii());
        Some((self.site(site)?, model)).filter(|_| is_name)
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Texts that can be asked for.
    pub(crate) fn errand_for_texts(&self, request: &EmbedRequest) -> Result<Errand, PortError> {
        let (door, model) = self.door(&request.model).ok_or_else(|| no_provider(&request.model))?;
        let call = dialects::encode_texts(&door.site.endpoint, model, request)?;
        door.must_take(&call.body)?;
        Ok(Errand {
            door,
            model: model.to_owned(),
            path: call.path,
            body: Bytes::from(call.body),
            scope: request.scope.clone(),
            tokens: Tally::of_texts(&request.texts),
            asked: None,
            wants_logprobs: false,
            span: None,
        })
    }

    fn errand(&self, request: &ChatRequest, tally: &Tally) -> Result<Errand, PortError> {
        let (door, model) = self.door(&request.model).ok_or_else(|| no_provider(&request.model))?;
        let (kept, extra) = (&[], &Map::new());
        let question = Question { request, model, delivery: Delivery::Streamed, kept, extra };
        let call = dialects::encode(&door.site.endpoint, &question)?;
        door.must_take(&call.body)?;
        if !call.left_out.is_empty() {
            tracing::debug!(model = request.model, left_out = ?call.left_out, "a wish cannot be said there");
        }
        let answer = request.sampling.max_tokens.map_or(USUAL_ANSWER, u64::from);
        Ok(Errand {
            door,
            model: model.to_owned(),
            path: call.path,
            body: Bytes::from(call.body),
            scope: request.scope.clone(),
            tokens: tally.prompt().input_tokens.saturating_add(answer),
            asked: None,
            wants_logprobs: request.logprobs.is_some(),
            span: request.span,
        })
    }
}

impl Door {
    fn new(site: Site, options: Options, now: Duration) -> Self {
        let gate = Gate::new(site.endpoint.limits, options.crowd, options.breaker, now);
        let patience = Patience::from(site.endpoint.patience);
        Self { site, gate: Arc::new(gate), patience, past: Past::default() }
    }

    /// Refuses what is longer than the vendor takes.
    fn must_take(&self, body: &str) -> Result<(), PortError> {
        let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        match self.site.endpoint.limits.body_bytes.filter(|most| bytes > *most) {
            None => Ok(()),
            Some(most) => {
                let detail = format!("{} takes no question of more than {most} bytes.", self.site.name);
                Err(PortError::new(PortErrorKind::Bad, ErrorCode::ContextExceeded, detail))
            }
        }
    }
}

impl ChatModel for Upstreams {
    fn check(&self, request: &ChatRequest) -> Result<(), PortError> {
        self.errand(request, &Tally::default()).map(|_| ())
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        let tally = Tally::of(&request);
        match self.errand(&request, &tally) {
            Ok(errand) => {
                let asked = Some((request.model.clone(), warmth::name(&request)));
                Call::new(Arc::clone(&self.shared), Errand { asked, ..errand }, tally).stream()
            }
            Err(error) => Box::pin(stream::once(std::future::ready(Err(error)))),
        }
    }

    fn warm(&self, request: &ChatRequest) -> HashMap<String, u64> {
        self.shared.warmth.of(self.shared.clock.monotonic(), request)
    }

    fn standing(&self, model: &str) -> Standing {
        let now = self.shared.clock.monotonic();
        self.door(model).map(|(door, model)| door.gate.standing(now, model)).unwrap_or_default()
    }

    /// Nothing is kept here of what was said, but for some minutes a number that tells it again. What vendors keep is between them and the operator.
    fn forget(&self, _scope: &str) {}
}

fn no_provider(id: &str) -> PortError {
    let short: String = id.chars().take(80).collect();
    PortError::new(PortErrorKind::Bad, ErrorCode::NotFound, format!("No provider here has `{short}`."))
}

/// `{"data": [{"id": …}]}` or `{"models": [{"name": "models/…"}]}`.
fn names(body: &[u8]) -> Option<Vec<String>> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let list = value.get("data").or_else(|| value.get("models"))?.as_array()?;
    let name = |item: &Value| {
        let name = item.get("id").or_else(|| item.get("name"))?.as_str()?;
        Some(name.strip_prefix("models/").unwrap_or(name).to_owned())
    };
    Some(list.iter().filter_map(name).collect())
}
