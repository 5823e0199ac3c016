//! The vendors that can be asked, as one model with many names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use dialects::{Delivery, Failure, Question, Rejection};
use futures_util::stream;
use ports::{ChatModel, ChatRequest, ChatStream, PortError, PortErrorKind, Standing};
use serde_json::{Map, Value};
use stdx::{Clock, Rng};
use tokio::time::timeout;
use wire::ErrorCode;

use crate::breaker::{BreakerPolicy, Health};
use crate::call::{Call, Errand};
use crate::carrier::{Carrier, Protocol};
use crate::gate::{Crowd, Gate};
use crate::patience::{Patience, Timer};
use crate::retry::RetryPolicy;
use crate::site::Site;
use crate::tally::Tally;
use crate::trouble::Trouble;

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

/// Answers chats with models of vendors: `vendor/model`, or `vendor.endpoint/model`. Clones share everything.
#[derive(Clone, Debug)]
pub struct Upstreams {
    doors: BTreeMap<String, Arc<Door>>,
    shared: Arc<Shared>,
}

/// What all calls share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) carrier: Carrier,
}

/// A site, and what its calls share.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) site: Site,
    pub(crate) gate: Arc<Gate>,
    pub(crate) patience: Patience,
}

/// How a site stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// Calls under way.
    pub under_way: usize,
    /// Calls that wait for a place.
    pub waiting: usize,
}

impl Upstreams {
    /// For these sites. One that is there twice counts as it stands last.
    pub fn new(
        sites: impl IntoIterator<Item = Site>,
        options: Options,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        let now = clock.monotonic();
        let open = |site: Site| {
            let gate = Gate::new(site.endpoint.limits, options.crowd, options.breaker, now);
            let patience = Patience::from(site.endpoint.patience);
            (site.id.clone(), Arc::new(Door { site, gate: Arc::new(gate), patience }))
        };
        let doors = sites.into_iter().map(open).collect();
        let carrier = Carrier::new(options.protocol);
        Self { doors, shared: Arc::new(Shared { options, clock, rng, carrier }) }
    }

    /// The sites, by their ids.
    pub fn sites(&self) -> impl Iterator<Item = &Site> {
        self.doors.values().map(|door| &door.site)
    }

    /// The site and the model's name there, when the id is that of a model of a vendor that is known here.
    pub fn find<'a>(&self, id: &'a str) -> Option<(&Site, &'a str)> {
        self.door(id).map(|(door, model)| (&door.site, model))
    }

    /// How a model stands; nothing when it was never asked.
    pub fn health(&self, id: &str) -> Option<Health> {
        let (door, model) = self.door(id)?;
        door.gate.health(self.shared.clock.monotonic(), model)
    }

    /// How a site stands.
    pub fn traffic(&self, site: &str) -> Option<Traffic> {
        let (under_way, waiting) = self.doors.get(site)?.gate.counts();
        Some(Traffic { under_way, waiting })
    }

    /// Asks a site for the names of its models, which costs nothing and shows whether it takes the key.
    ///
    /// # Errors
    /// When it cannot be reached or does not take the key, or the answer is no list.
    pub async fn models_at(&self, site: &str) -> Result<Vec<String>, PortError> {
        let door = self.doors.get(site).ok_or_else(|| no_provider(site))?;
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

    fn door<'a>(&self, id: &'a str) -> Option<(&Arc<Door>, &'a str)> {
        let (site, model) = id.split_once('/')?;
        let is_name = (1..=LONGEST_NAME).contains(&model.len())
            && model.bytes().all(|byte| byte.is_ascii_graphic() || !byte.is_ascii());
        Some((self.doors.get(site)?, model)).filter(|_| is_name)
    }

    fn errand(&self, request: &ChatRequest, tally: &Tally) -> Result<Errand, PortError> {
        let (door, model) = self.door(&request.model).ok_or_else(|| no_provider(&request.model))?;
        let (kept, extra) = (&[], &Map::new());
        let question = Question { request, model, delivery: Delivery::Streamed, kept, extra };
        let call = dialects::encode(&door.site.endpoint, &question)?;
        if let Some(most) = door.site.endpoint.limits.body_bytes
            && u64::try_from(call.body.len()).unwrap_or(u64::MAX) > most
        {
            let detail = format!("{} takes no question of more than {most} bytes.", door.site.name);
            return Err(PortError::new(PortErrorKind::Bad, ErrorCode::ContextExceeded, detail));
        }
        if !call.left_out.is_empty() {
            tracing::debug!(model = request.model, left_out = ?call.left_out, "a wish cannot be said there");
        }
        let answer = request.sampling.max_tokens.map_or(USUAL_ANSWER, u64::from);
        Ok(Errand {
            door: Arc::clone(door),
            model: model.to_owned(),
            path: call.path,
            body: Bytes::from(call.body),
            scope: request.scope.clone(),
            tokens: tally.prompt().input_tokens.saturating_add(answer),
            wants_logprobs: request.logprobs.is_some(),
        })
    }
}

impl ChatModel for Upstreams {
    fn check(&self, request: &ChatRequest) -> Result<(), PortError> {
        self.errand(request, &Tally::default()).map(|_| ())
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        let tally = Tally::of(&request);
        match self.errand(&request, &tally) {
            Ok(errand) => Call::new(Arc::clone(&self.shared), errand, tally).stream(),
            Err(error) => Box::pin(stream::once(std::future::ready(Err(error)))),
        }
    }

    fn standing(&self, model: &str) -> Standing {
        let now = self.shared.clock.monotonic();
        self.door(model).map(|(door, model)| door.gate.standing(now, model)).unwrap_or_default()
    }

    /// Nothing is kept here of what was said. What vendors keep is between them and the operator.
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
