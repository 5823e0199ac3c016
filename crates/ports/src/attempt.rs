//! What one attempt to have an answer from a provider came to.

use std::time::Duration;

use money::{Currency, Rate, Unit, Usage};
use stdx::Timestamp;
use wire::ErrorCode;

/// One request to a provider, from its beginning to its end, however that came. The operator may have to pay for each of
/// them, whatever the member is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// Who was asked, as a model's id: `provider/model`, or `provider.endpoint/model`.
    pub deployment: String,
    /// The provider's id in the catalogue.
    pub provider: String,
    /// The model in the provider's words.
    pub model: String,
    /// When it began.
    pub began_at: Timestamp,
    /// From then to the first piece of the answer; absent when there was none.
    pub first_token: Option<Duration>,
    /// From then to the end.
    pub took: Duration,
    /// How it ended.
    pub ending: AttemptEnding,
    /// What was consumed.
    pub consumed: Consumed,
    /// The provider's name for the request, for a complaint to it.
    pub request_id: Option<String>,
    /// Its span of a trace, where it has one of its own.
    pub span: Option<u64>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptEnding {
    /// With its answer.
    Answered,
    /// Without it, or in the middle of it.
    Failed(ErrorCode),
    /// Nobody waited for it any longer.
    Left,
    /// Nobody was asked: the answer was given before.
    Recalled,
    /// With an answer that nobody was shown; so much of it was counted, should the provider not say.
    Drafted(wire::Usage),
}

/// What an attempt consumed.
#[derive(Clone, Debug, PartialEq)]
pub enum Consumed {
    /// The provider says so.
    Told(Box<Spent>),
    /// It does not say; so many bytes of its answer were read.
    Unknown {
        /// Of the body.
        bytes: u64,
    },
}

/// What an answer consumed, in the provider's words and in ours.
#[derive(Clone, Debug, PartialEq)]
pub struct Spent {
    /// In parts that do not overlap.
    pub usage: Usage,
    /// As it was reported, as JSON.
    pub raw: String,
    /// True when the report contradicts itself and was read as well as it can be.
    pub is_doubtful: bool,
    /// What the provider says that it cost.
    pub cost: Option<(Rate, Currency)>,
    /// The class of service that was given, where the provider tells.
    pub class: Option<String>,
}

impl Spent {
    /// In the words of the streamed protocol.
    pub fn tokens(&self) -> wire::Usage {
        tokens(&self.usage)
    }
}

/// What was used, in the words of the streamed protocol.
pub fn tokens(usage: &Usage) -> wire::Usage {
    wire::Usage {
        input_tokens: usage.input_tokens(),
        cached_tokens: usage.count(Unit::CacheRead),
        output_tokens: usage.output_tokens(),
        reasoning_tokens: usage.count(Unit::Reasoning),
    }
}

impl Attempt {
    /// What the provider says was consumed.
    pub fn reported(&self) -> Option<&Spent> {
        match &self.consumed {
            Consumed::Told(spent) => Some(spent),
            Consumed::Unknown { .. } => None,
        }
    }
}
