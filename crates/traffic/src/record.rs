//! One request: who asked what of whom, when, and what came of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use stdx::{EntityId, KeyId, MemberId, RunId, Timestamp, TraceParent, WorkspaceId};
use wire::{ErrorCode, FinishReason, RunState, Usage};

/// How much is kept of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing.
    None,
    /// Who asked whom, when, and what came of it; never what was said.
    #[default]
    Metadata,
    /// That, and what programs say and are told.
    Full,
}

/// How much is kept of requests, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keeping {
    /// How much.
    pub log: Level,
    /// For how many days.
    pub keep_days: u32,
    /// For how many days what was said is kept; it goes with its request at the latest.
    pub keep_bodies_days: u32,
}

impl Default for Keeping {
    fn default() -> Self {
        Self { log: Level::Metadata, keep_days: 30, keep_bodies_days: 7 }
    }
}

impl Keeping {
    /// Requests that began before are not kept any longer.
    pub fn oldest(self, now: Timestamp) -> Timestamp {
        days_before(now, self.keep_days)
    }

    /// What was said before is not kept any longer, nor anything once that is switched off.
    pub fn oldest_texts(self, now: Timestamp) -> Timestamp {
        match self.log {
            Level::Full => days_before(now, self.keep_bodies_days.min(self.keep_days)),
            Level::None | Level::Metadata => Timestamp::MAX,
        }
    }

    /// What is wrong with it, if anything is.
    pub fn problem(self) -> Option<String> {
        const MOST_DAYS: u32 = 3_650;
        let is_wrong = |days: u32| !(1..=MOST_DAYS).contains(&days);
        let wrong = [("keep_days", self.keep_days), ("keep_bodies_days", self.keep_bodies_days)];
        let (name, days) = wrong.into_iter().find(|(_, days)| is_wrong(*days))?;
        Some(format!("{name} = {days}: from 1 to {MOST_DAYS} days (to keep nothing, say log = \"none\")"))
    }
}

fn days_before(now: Timestamp, days: u32) -> Timestamp {
    const DAY_MICROS: i64 = 86_400 * 1_000_000;
    Timestamp::from_micros(now.as_micros().saturating_sub(i64::from(days).saturating_mul(DAY_MICROS)))
}

/// One request, when it is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What the client was told it is called; a run has its own id. Its charge, if there is one, has the same.
    pub id: RunId,
    /// Where it was asked.
    pub workspace_id: WorkspaceId,
    /// Who asked.
    pub member_id: MemberId,
    /// The key it was signed with, if it was one.
    pub key_id: Option<KeyId>,
    /// When it began.
    pub at: Timestamp,
    /// By which way it came: an address below `/v1`, such as `chat/completions`, or `runs`.
    pub face: String,
    /// The agent, if one was asked.
    pub agent_id: Option<String>,
    /// The model that was asked for, or the agent or the policy.
    pub asked: String,
    /// The model that answered, or would have.
    pub model: String,
    /// The provider of that model; absent for this machine.
    pub vendor: Option<String>,
    /// The policy that chose, if one did.
    pub policy: Option<String>,
    /// What came of it.
    pub came: Came,
    /// How long the first piece of the answer took; absent when there was none.
    pub first_token_ms: Option<u64>,
    /// How long all of it took.
    pub took_ms: u64,
    /// What it used, as far as that is known at its end; what was settled stands with its charge.
    pub usage: Option<Usage>,
    /// What came of asking providers, in order.
    pub attempts: Vec<RecordedAttempt>,
    /// The trace it belongs to, where its caller named one; else its own id is the trace's.
    pub trace_id: Option<String>,
    /// The span that its caller was in, while it is not stored.
    pub parent: Option<TraceParent>,
    /// What was said; only when that is kept.
    pub texts: Option<Texts>,
}

impl Record {
    /// The trace it belongs to: its caller's, or its own id, which is as long.
    pub fn trace(&self) -> u128 {
        let callers = self.trace_id.as_deref().and_then(|trace| u128::from_str_radix(trace, 16).ok());
        callers.unwrap_or_else(|| self.id.uuid().as_u128())
    }

    /// Its span there: the half of its id that is as long.
    pub fn span(&self) -> u64 {
        self.id.uuid().as_u64_pair().1
    }
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Came {
    /// How it ended.
    pub state: RunState,
    /// Why the model stopped, if it said so.
    pub finish: Option<FinishReason>,
    /// What went wrong.
    pub error: Option<ErrorCode>,
}

impl Came {
    /// It was not even begun, or went wrong.
    pub fn failed(code: ErrorCode) -> Self {
        Self { state: RunState::Failed, finish: None, error: Some(code) }
    }

    /// Nobody waited for the end.
    pub fn left() -> Self {
        Self { state: RunState::Cancelled, finish: Some(FinishReason::Cancelled), error: None }
    }
}

/// What came of asking a provider once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedAttempt {
    /// Who was asked, as a model's id.
    pub deployment: String,
    /// The provider.
    pub vendor: String,
    /// How long after the request it began.
    pub after_ms: u64,
    /// From then to the first piece of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_token_ms: Option<u64>,
    /// From then to the end.
    pub took_ms: u64,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorCode>,
    /// True when nobody waited for it any longer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_left: bool,
    /// What the provider says it used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Usage>,
    /// What the provider calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Its span, where a collector is told of it.
    #[serde(skip)]
    pub span: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What was said in a request, and answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Texts {
    /// JSON.
    pub asked: String,
    /// As it was told.
    pub answered: String,
}

/// How long it is; what was said goes to no log by accident.
impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texts({} and {} bytes)", self.asked.len(), self.answered.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_gone_with_its_request_at_the_latest() {
        let (now, day) = (Timestamp::from_micros(1_795_334_400_000_000), 86_400_000_000);
        let keeping = Keeping { log: Level::Full, keep_days: 3, keep_bodies_days: 90 };
        assert_eq!(keeping.oldest(now), Timestamp::from_micros(now.as_micros() - 3 * day));
        assert_eq!(keeping.oldest_texts(now), keeping.oldest(now));
        assert_eq!(Keeping::default().oldest_texts(now), Timestamp::MAX);
        assert_eq!(Keeping::default().problem(), None);
        assert!(Keeping { keep_days: 0, ..keeping }.problem().unwrap().starts_with("keep_days = 0"));
    }

    #[test]
    fn an_attempt_is_kept_in_few_words() {
        let attempt = RecordedAttempt {
            deployment: "toy/m".to_owned(),
            vendor: "toy".to_owned(),
            after_ms: 0,
            first_token_ms: None,
            took_ms: 7,
            error: Some(ErrorCode::UpstreamBusy),
            is_left: false,
            tokens: None,
            request_id: None,
            span: None,
        };
        let text = serde_json::to_string(&attempt).unwrap();
        let short =
            r#"{"deployment":"toy/m","vendor":"toy","after_ms":0,"took_ms":7,"error":"upstream_busy"}"#;
        assert_eq!(text, short);
        assert_eq!(serde_json::from_str::<RecordedAttempt>(&text).unwrap(), attempt);
    }

    #[test]
    fn what_was_said_is_not_shown_by_accident() {
        let texts = Texts { asked: "canary".to_owned(), answered: String::new() };
        assert_eq!(format!("{texts:?}"), "Texts(6 and 0 bytes)");
    }
}
