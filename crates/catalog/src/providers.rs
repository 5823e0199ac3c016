//! Where models of others are asked: vendors, their endpoints, and what is particular about each.

mod file;
mod quirks;

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64};

pub use file::providers;
pub use quirks::{
    CacheMarks, Counted, Forms, Quirks, ReasoningBack, ReasoningSwitch, ToolForce, UsageInStream,
};

use crate::prices::Pattern;

/// All vendors, by id.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Providers {
    pub(crate) vendors: BTreeMap<String, Provider>,
}

/// One vendor, or one kind of server that somebody runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// The file's name, and the first half of a deployment's (`vendor/model`).
    pub id: String,
    /// As people know it.
    pub name: String,
    /// The file in `data/prices/` that has its prices; absent: nobody has written them down.
    pub prices: Option<String>,
    /// At least one; the first is the usual one.
    pub endpoints: Vec<Endpoint>,
}

/// One address of a vendor, and how it is spoken to.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// Unique within the vendor: `main`, `cn`, `intl`.
    pub id: String,
    /// In whose words.
    pub dialect: Dialect,
    /// Without a slash at its end. Words in braces are for the operator to fill in: `https://{resource}.example.org`.
    pub base_url: String,
    /// How the key is shown.
    pub auth: Auth,
    /// The environment's variables where a key is looked for, in this order.
    pub key_env: Vec<String>,
    /// Sent with every request.
    pub headers: BTreeMap<String, String>,
    /// Which request it takes, and how many.
    pub limits: Limits,
    /// How long it is waited for, where that is another time than usual.
    pub patience: Patience,
    /// What it means by the codes of its errors, where they are no words that everybody uses.
    pub errors: BTreeMap<String, Fault>,
    /// Where this is known from.
    pub source_url: String,
    /// When it was compared with that.
    pub checked_on: String,
    pub(crate) quirks: Quirks,
    pub(crate) models: Vec<(Pattern, Quirks)>,
}

/// In whose words an endpoint is spoken to. Named after what is called, as many vendors speak each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// `POST /chat/completions`, of which every server has its own accent.
    ChatCompletions,
    /// `POST /responses`: items and events with names.
    Responses,
    /// `POST /v1/messages`: blocks of content.
    Messages,
    /// `POST /models/{model}:generateContent`: contents and their parts.
    GenerateContent,
}

/// How a key is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Not at all; one that is given all the same is shown like [`Auth::Bearer`].
    None,
    /// `authorization: Bearer …`.
    Bearer,
    /// Alone in the header of this name.
    Header(String),
}

/// What a vendor complains of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// Too much is asked of it at the moment.
    Busy,
    /// The operator's account there is empty or in arrears.
    Funds,
    /// The operator's key is not taken, or not for this.
    Key,
    /// Its filter does not let the question or the answer through.
    Filtered,
    /// The question is longer than the model reads.
    TooLong,
    /// It has no such model.
    UnknownModel,
    /// It does not understand the question.
    Bad,
    /// It has a fault of its own.
    Down,
}

/// Which request an endpoint takes, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Bytes of a body; absent: nobody says.
    pub body_bytes: Option<u64>,
    /// Requests at a time; absent: nobody says.
    pub concurrency: Option<NonZeroU32>,
    /// Requests a minute; absent: nobody says.
    pub requests_per_minute: Option<NonZeroU64>,
    /// Tokens a minute, in and out; absent: nobody says.
    pub tokens_per_minute: Option<NonZeroU64>,
}

/// How long is waited, in seconds; absent: as long as usual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patience {
    /// For a connection.
    pub connect_seconds: Option<u32>,
    /// For the first piece of an answer.
    pub first_token_seconds: Option<u32>,
    /// For a sign of life, once the answer began.
    pub idle_seconds: Option<u32>,
    /// For the whole answer.
    pub total_seconds: Option<u32>,
}

impl Providers {
    /// One vendor.
    pub fn get(&self, id: &str) -> Option<&Provider> {
        self.vendors.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.vendors.values()
    }
}

impl Provider {
    /// One of its endpoints.
    pub fn endpoint(&self, id: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.id == id)
    }
}

impl Endpoint {
    /// What is particular about a model there: what the most specific pattern says, or the endpoint itself.
    pub fn quirks(&self, model: &str) -> &Quirks {
        let ranked = self.models.iter().filter_map(|(pattern, quirks)| Some((pattern.rank(model)?, quirks)));
        ranked.max_by_key(|(rank, _)| *rank).map_or(&self.quirks, |(_, quirks)| quirks)
    }

    /// The words in braces of the address, which somebody has to fill in.
    pub fn blanks(&self) -> impl Iterator<Item = &str> {
        self.base_url.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
    }
}

#[cfg(test)]
mod tests;
