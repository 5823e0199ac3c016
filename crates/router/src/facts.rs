//! What a decision is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use catalog::{PerMille, Prices, Qualities, ServiceClass};
use money::{Amount, Currency, ExchangeRates};
use plans::Access;
use serde::{Deserialize, Serialize};
use stdx::Timestamp;

use crate::features::{Features, Need};

/// Everything that [`crate::route`] knows.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What is asked.
    pub request: &'a Request,
    /// What the plan of whoever asks gives access to.
    pub access: &'a Access,
    /// What may still be spent on this request: the least of the wallet, the allowance and the budgets above; absent where
    /// nothing bounds it.
    pub budget_left: Option<Amount>,
    /// What things cost and are worth.
    pub market: Market<'a>,
    /// Where the request can go. One id is one deployment, and a map has no order that could matter.
    pub deployments: &'a BTreeMap<DeploymentId, Deployment>,
    /// A random number, for policies that share load.
    pub draw: u64,
}

/// Prices, currencies and figures of quality at an instant.
#[derive(Clone, Copy, Debug)]
pub struct Market<'a> {
    /// When it is: prices have dates and hours.
    pub now: Timestamp,
    /// What vendors charge.
    pub prices: &'a Prices,
    /// What currencies are worth.
    pub exchange: &'a ExchangeRates,
    /// The workspace's currency, in which everything is told.
    pub currency: Currency,
    /// How well models answer.
    pub qualities: &'a Qualities,
}

/// What is asked, as far as it matters to who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What was read from it.
    pub features: Features,
    /// All tokens that go in, as near as anybody knows.
    pub prompt_tokens: u64,
    /// No fewer than can go in: what is held is reckoned with it.
    pub most_prompt_tokens: u64,
    /// How many tokens answers like this one usually have; no more than `most_output_tokens` is believed.
    pub expected_output_tokens: u64,
    /// The longest answer that is wanted.
    pub most_output_tokens: u64,
}

impl Request {
    /// The tokens of an answer as they are expected.
    pub(crate) fn output_tokens(&self) -> u64 {
        self.expected_output_tokens.min(self.most_output_tokens)
    }
}

/// The name of a deployment: `vendor/model`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeploymentId(pub String);

impl fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place where a model can be reached, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The model, as plans, policies and figures of quality name it.
    pub model: String,
    /// Whose prices count: the name of a file in `data/prices/`.
    pub price_vendor: String,
    /// The model in that file's words.
    pub price_model: String,
    /// How fast an answer is promised; it has its own price.
    pub class: ServiceClass,
    /// What it can do.
    pub abilities: Abilities,
    /// What of this prompt it has.
    pub prefix: Prefix,
    /// How it is.
    pub health: Health,
    /// How fast it was lately.
    pub latency: Latency,
    /// What it can still take.
    pub room: Room,
}

/// What a deployment can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// The most tokens of prompt and answer together.
    pub context_tokens: u64,
    /// The longest answer; absent where only the context bounds it.
    pub most_output_tokens: Option<u64>,
    /// What else requests may need of it.
    pub meets: BTreeSet<Need>,
}

/// What of this prompt a deployment's cache holds, and would hold afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// So many tokens of the prompt are warm there.
    pub warm_tokens: u64,
    /// So many of the others would be written to the cache, where the vendor charges for writing.
    pub written_tokens: u64,
}

/// How a deployment is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Its circuit breaker.
    pub breaker: Breaker,
    /// Of its last calls, how many failed; absent where there were too few to say.
    pub errors: Option<PerMille>,
}

/// A circuit breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Breaker {
    /// Calls go through.
    #[default]
    Closed,
    /// One call may find out whether it is well again.
    HalfOpen,
    /// No call goes there.
    Open,
}

/// How fast a deployment was lately; absent where nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Milliseconds to the first token, the median.
    pub first_token_ms: Option<u32>,
    /// Tokens in a second after that, the median.
    pub tokens_per_second: Option<u32>,
}

/// What a deployment can still take; absent where no limit is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// More calls at once.
    pub calls: Option<u32>,
    /// More requests in this window of its rate limit.
    pub requests: Option<u64>,
    /// More tokens in this window.
    pub tokens: Option<u64>,
}
