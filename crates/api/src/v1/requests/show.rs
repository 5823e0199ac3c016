//! `GET /requests/{id}`.

use app::KeptRequest;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use traffic::{RecordedAttempt, Texts};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{ErrorCode, Usage};

use super::RequestDocument;
use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_request))
}

/// A request with everything that is kept of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelRequestTrace)]
struct TraceDocument {
    request: RequestDocument,
    /// The trace (W3C) it belongs to: its caller's, or one of its own.
    trace_id: String,
    /// Each time that a provider was asked, in order.
    attempts: Vec<AttemptDocument>,
    /// What was asked, as JSON, without what looks like a key; only where the workspace keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_text: Option<String>,
    /// What was answered; only where the workspace keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    answered_text: Option<String>,
}

/// One time that a provider was asked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelRequestAttempt)]
struct AttemptDocument {
    /// Who was asked, as a model's id.
    deployment: String,
    vendor: String,
    /// How long after the request it began.
    after_ms: u64,
    /// From then to the first piece of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_ms: Option<u64>,
    took_ms: u64,
    outcome: AttemptOutcome,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorCode>,
    /// What the provider says it used.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    /// What the provider calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor_request_id: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AttemptOutcome {
    /// With its answer.
    Answered,
    /// Without it, or in the middle of it.
    Failed,
    /// Nobody waited for it any longer.
    Left,
}

/// One request with its attempts: for whoever asked, and for owners and admins.
#[utoipa::path(get, path = "/requests/{id}", tag = "requests", params(("id" = String, Path)), responses((status = 200, body = TraceDocument), (status = "default", response = Problem)))]
async fn get_request(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<TraceDocument>, Failure> {
    Ok(Json(state.app.request(&actor, path_id(&id, "request")?).await?.into()))
}

impl From<KeptRequest> for TraceDocument {
    fn from(kept: KeptRequest) -> Self {
        let texts = kept.record.texts.clone();
        let (asked_text, answered_text) = texts.map(|Texts { asked, answered }| (asked, answered)).unzip();
        Self {
            trace_id: format!("{:032x}", kept.record.trace()),
            attempts: kept.record.attempts.iter().cloned().map(AttemptDocument::from).collect(),
            request: kept.into(),
            asked_text,
            answered_text,
        }
    }
}

impl From<RecordedAttempt> for AttemptDocument {
    fn from(attempt: RecordedAttempt) -> Self {
        let outcome = match (attempt.error, attempt.is_left) {
            (Some(_), _) => AttemptOutcome::Failed,
            (None, true) => AttemptOutcome::Left,
            (None, false) => AttemptOutcome::Answered,
        };
        Self {
            deployment: attempt.deployment,
            vendor: attempt.vendor,
            after_ms: attempt.after_ms,
            first_token_ms: attempt.first_token_ms,
            took_ms: attempt.took_ms,
            outcome,
            error: attempt.error,
            usage: attempt.tokens,
            vendor_request_id: attempt.request_id,
        }
    }
}
