//! What a provider complains of, in words that can be acted on and shown.

use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{Endpoint, Fault};
use ports::{PortError, PortErrorKind};
use serde_json::Value;
use stdx::Timestamp;
use wire::ErrorCode;

use crate::clean;

/// Why there is no answer, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// When it is worth asking again, in the provider's opinion.
    pub retry: Option<RetryAfter>,
    /// The provider's reason, without anything that could be a secret; often none.
    pub reason: Option<String>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The provider complains.
    Told(Fault),
    /// The answer ended before its end was told.
    Cut,
    /// What came is not of the documented shape.
    Unreadable,
    /// A line or a call is longer than is kept.
    TooLarge,
}

/// When it is worth asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so much time.
    In(Duration),
    /// From this instant on.
    At(Timestamp),
}

/// What came instead of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Rejection<'a> {
    /// The status of the response.
    pub status: u16,
    /// Its headers, names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// Its body.
    pub body: &'a [u8],
}

impl Failure {
    /// Without a reason.
    pub(crate) fn of(kind: FailureKind) -> Self {
        Self { kind, retry: None, reason: None }
    }

    /// Reads what came instead of an answer.
    pub fn read(endpoint: &Endpoint, rejection: Rejection<'_>) -> Self {
        let body: Option<Value> = serde_json::from_slice(rejection.body).ok();
        let body = body.as_ref().map(|body| body.get(0).unwrap_or(body));
        let complaint = body.map(Complaint::read).unwrap_or_default();
        let fault = complaint.fault(&endpoint.errors, Some(rejection.status));
        let retry = retry_after(rejection.headers).or_else(|| body.and_then(retry_in_body));
        Self { retry, ..complaint.failure(fault) }
    }

    /// Reads a complaint that came in the place of an answer's piece; `None` when it is none.
    pub(crate) fn in_answer(errors: &BTreeMap<String, Fault>, value: &Value) -> Option<Self> {
        let complaint = Complaint::in_answer(value)?;
        let fault = complaint.fault(errors, None);
        Some(Self { retry: retry_in_body(value), ..complaint.failure(fault) })
    }

    /// For whoever waits for the answer. `provider` is a name that may be shown.
    pub fn error(&self, provider: &str) -> PortError {
        let (kind, code, sentence) = self.kind.meaning();
        let mut detail = sentence.replace("{}", provider);
        if let Some(reason) = &self.reason {
            detail.push_str(" It says: ");
            detail.push_str(reason);
        }
        PortError::new(kind, code, detail)
    }
}

impl FailureKind {
    fn meaning(self) -> (PortErrorKind, ErrorCode, &'static str) {
        use ErrorCode as Code;
        use PortErrorKind as Kind;
        match self {
            Self::Told(Fault::Busy) => {
                (Kind::Quota, Code::UpstreamBusy, "{} has too much to do at the moment.")
            }
            Self::Told(Fault::Funds) => {
                (Kind::Quota, Code::UpstreamFunds, "The workspace's account at {} has no credit left.")
            }
            Self::Told(Fault::Key) => {
                (Kind::Refused, Code::UpstreamKey, "{} does not take the workspace's key.")
            }
            Self::Told(Fault::Filtered) => {
                (Kind::Refused, Code::UpstreamRefused, "The filter of {} refused this.")
            }
            Self::Told(Fault::TooLong) => {
                (Kind::Bad, Code::ContextExceeded, "The conversation is longer than the model at {} reads.")
            }
            Self::Told(Fault::UnknownModel) => (Kind::Bad, Code::NotFound, "{} has no such model."),
            Self::Told(Fault::Bad) => (Kind::Bad, Code::InvalidRequest, "{} does not take this request."),
            Self::Told(Fault::Down) => (Kind::Retry, Code::UpstreamDown, "{} has a fault."),
            Self::Cut => (Kind::Retry, Code::UpstreamCut, "{} broke off in the middle of the answer."),
            Self::Unreadable => (Kind::Retry, Code::UpstreamDown, "{} sent something that is no answer."),
            Self::TooLarge => {
                (Kind::Refused, Code::UpstreamRefused, "{} sent a piece that is too large to be kept.")
            }
        }
    }
}

/// What a body of an error says.
#[derive(Debug, Default)]
struct Complaint {
    /// Codes and types, in lower case.
    words: Vec<String>,
    message: String,
}

/// Words in codes and types, and what they mean. The first that is found counts.
const WORDS: [(&[&str], Fault); 7] = [
    (
        &[
            "context_length",
            "context_window",
            "string_above_max",
            "request_too_large",
            "model_context",
            "exceed_context",
        ],
        Fault::TooLong,
    ),
    (
        &[
            "content_filter",
            "content_policy",
            "contentfilter",
            "data_inspection",
            "datainspection",
            "safety",
            "prohibited",
            "moderation",
            "sensitive",
        ],
        Fault::Filtered,
    ),
    (
        &[
            "insufficient_quota",
            "balance",
            "arrear",
            "billing",
            "exceeded_current_quota",
            "payment",
            "credit",
        ],
        Fault::Funds,
    ),
    (
        &[
            "api_key",
            "apikey",
            "authentication",
            "unauthorized",
            "unauthenticated",
            "permission",
            "accessdenied",
        ],
        Fault::Key,
    ),
    (&["rate_limit", "ratelimit", "throttl", "resource_exhausted", "overloaded", "too_many"], Fault::Busy),
    (
        &["model_not_found", "modelnotfound", "model_not_exist", "invalid_model", "not_found"],
        Fault::UnknownModel,
    ),
    (&["server_error", "internal", "api_error", "unavailable", "timeout", "deadline"], Fault::Down),
];

/// What is said of a conversation that is too long where no code says it.
const TOO_LONG: [&str; 8] = [
    "context length",
    "context window",
    "context size",
    "prompt is too long",
    "input is too long",
    "range of input length",
    "maximum number of tokens",
    "too many tokens",
];

impl Complaint {
    /// `{"error": {…}}`, or the same without the outer object, or a text.
    fn read(body: &Value) -> Self {
        let inner = body.get("error").filter(|inner| !inner.is_null());
        let inner = inner.or_else(|| body.get("base_resp")).or_else(|| body.get("response")?.get("error"));
        let subject = inner.unwrap_or(body);
        let mut complaint = Self::default();
        for field in ["code", "type", "status", "status_code", "error_type"] {
            complaint.words.extend(subject.get(field).and_then(word));
        }
        complaint.words.extend(body.get("error_type").and_then(word));
        complaint.words.extend(body.get("code").filter(|_| inner.is_some()).and_then(word));
        let details = subject.get("details").and_then(Value::as_array).into_iter().flatten();
        complaint.words.extend(details.filter_map(|detail| word(detail.get("reason")?)));
        let said =
            ["message", "status_msg", "msg", "detail"].iter().find_map(|field| subject.get(field)?.as_str());
        complaint.message =
            said.or_else(|| subject.as_str()).or_else(|| text(body, "message")).unwrap_or("").to_owned();
        complaint
    }

    /// A complaint where a piece of an answer should be.
    fn in_answer(value: &Value) -> Option<Self> {
        let inner = value.get("response").and_then(|response| response.get("error"));
        let has_error = value.get("error").or(inner).is_some_and(|error| !error.is_null());
        let is_answer = ["choices", "candidates", "content", "output", "delta", "response"]
            .iter()
            .any(|field| value.get(field).is_some_and(|inner| !inner.is_null()));
        let is_bare = !is_answer && value.get("code").is_some() && value.get("message").is_some();
        let status = value.get("base_resp").and_then(|status| status.get("status_code"));
        let is_status = status.and_then(Value::as_i64).is_some_and(|code| code != 0);
        (has_error || is_bare || is_status).then(|| Self::read(value))
    }

    fn fault(&self, errors: &BTreeMap<String, Fault>, status: Option<u16>) -> Fault {
        let own = self.words.iter().find_map(|word| {
            let listed = errors.iter().find(|(code, _)| code.to_lowercase() == *word);
            listed.map(|(_, fault)| *fault)
        });
        let status = status.or_else(|| self.words.iter().find_map(|word| word.parse().ok()));
        own.or_else(|| self.too_long(status)).or_else(|| self.by_words()).unwrap_or_else(|| by_status(status))
    }

    fn too_long(&self, status: Option<u16>) -> Option<Fault> {
        let message = self.message.to_lowercase();
        let may_be = status.is_none_or(|status| matches!(status, 400 | 413 | 422 | 500));
        (may_be && TOO_LONG.iter().any(|words| message.contains(words))).then_some(Fault::TooLong)
    }

    fn by_words(&self) -> Option<Fault> {
        let is_said =
            |words: &[&str]| self.words.iter().any(|said| words.iter().any(|word| said.contains(word)));
        WORDS.iter().find(|(words, _)| is_said(words)).map(|(_, fault)| *fault)
    }

    /// A message about a key may have the key in it, and is kept for nobody.
    fn failure(self, fault: Fault) -> Failure {
        let is_secret = matches!(fault, Fault::Key | Fault::Funds);
        let reason = if is_secret { None } else { clean::sentence(&self.message) };
        Failure { kind: FailureKind::Told(fault), retry: None, reason }
    }
}

/// The sentence in a complaint, fit to be shown.
pub(crate) fn message(value: &Value) -> Option<String> {
    clean::sentence(&Complaint::read(value).message)
}

fn by_status(status: Option<u16>) -> Fault {
    match status {
        Some(401 | 403) => Fault::Key,
        Some(402) => Fault::Funds,
        Some(404) => Fault::UnknownModel,
        Some(413) => Fault::TooLong,
        Some(429 | 529) => Fault::Busy,
        Some(400..=499) if status != Some(408) => Fault::Bad,
        _ => Fault::Down,
    }
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.to_lowercase()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str()
}

/// The longest time that is believed.
const LONGEST: f64 = 86_400.0;

fn retry_after(headers: &[(&str, &str)]) -> Option<RetryAfter> {
    let header = |name: &str| headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.trim());
    let millis = header("retry-after-ms").and_then(|text| seconds(text, 0.001));
    millis.or_else(|| {
        let text = header("retry-after")?;
        seconds(text, 1.0).or_else(|| {
            let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            Some(RetryAfter::At(Timestamp::from_micros(date.as_microsecond())))
        })
    })
}

/// `error.details[].retryDelay`: `"34.07s"`.
fn retry_in_body(body: &Value) -> Option<RetryAfter> {
    let details = body.get("error")?.get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    seconds(delay.strip_suffix('s')?, 1.0)
}

fn seconds(text: &str, unit: f64) -> Option<RetryAfter> {
    let number = text.parse::<f64>().ok().filter(|number| *number >= 0.0)? * unit;
    Some(RetryAfter::In(Duration::from_secs_f64(number.min(LONGEST))))
}

#[cfg(test)]
mod tests;
