//! Problem documents (RFC 9457) and the only table of HTTP statuses.

use std::sync::Arc;

use app::{App, AppError};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use stdx::RunId;
use tracing::Instrument;
use utoipa::{ToResponse, ToSchema};
use wire::{ErrorCode, Remedy};

/// What every failed request answers, as `application/problem+json`.
#[derive(Clone, Debug, Serialize, ToSchema, ToResponse)]
#[response(content_type = "application/problem+json")]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status's own words.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The stable code; translate this.
    pub code: ErrorCode,
    /// What is wrong, in English.
    pub detail: String,
    /// What was kept.
    pub kept: &'static str,
    /// The one thing to do.
    pub action: &'static str,
    /// What helps, each alone; for refusals of plans and budgets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<Remedy>,
    /// What the log calls this request.
    pub request_id: String,
}

impl Problem {
    /// The document for an error, which goes to the log when it is a mistake of ours.
    pub(crate) fn from_error(error: &AppError) -> Self {
        if let Some(cause) = &error.cause {
            tracing::error!(code = %error.code, cause = %chain(cause.as_ref()), "a request failed");
        }
        let status = status_of(error.code);
        Self {
            kind: format!("/docs/errors#{}", error.code),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: error.code,
            detail: error.detail.clone(),
            kept: error.kept,
            action: action_for(error.code),
            remedies: error.remedies.clone(),
            request_id: String::new(),
        }
    }
}

/// An error on its way out of a handler.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) AppError);

impl<E: Into<AppError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = Problem::from_error(&self.0);
        let mut response = status_of(self.0.code).into_response();
        // How long a window of a plan is full stands among the remedies.
        if self.0.code.is_retryable() && self.0.code != ErrorCode::QuotaExceeded {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        // Written down by `name_request`, which knows what the request is called.
        response.extensions_mut().insert(problem);
        response
    }
}

/// What a request is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestName(pub(crate) RunId);

/// Gives every request an id, which stands in its log lines, in the header `x-request-id` and in its problem document.
pub(crate) async fn name_request(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let name = RequestName(app.fresh_id());
    let request_id = name.0.to_string();
    request.extensions_mut().insert(name);
    let span = tracing::info_span!("request", id = request_id);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", value);
    }
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    (head, Json(Problem { request_id, ..problem })).into_response()
}

/// The status of a code.
pub(crate) fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidRequest
        | ErrorCode::ContextExceeded
        | ErrorCode::AdapterUnusable
        | ErrorCode::UpstreamRefused => StatusCode::BAD_REQUEST,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::Unauthenticated | ErrorCode::WrongCredentials | ErrorCode::SecondFactorRequired => {
            StatusCode::UNAUTHORIZED
        }
        ErrorCode::Forbidden
        | ErrorCode::UntrustedOrigin
        | ErrorCode::Suspended
        | ErrorCode::PlanRequired => StatusCode::FORBIDDEN,
        ErrorCode::WalletEmpty | ErrorCode::BudgetExceeded => StatusCode::PAYMENT_REQUIRED,
        ErrorCode::NotFound | ErrorCode::LinkInvalid | ErrorCode::VoucherUnknown => StatusCode::NOT_FOUND,
        ErrorCode::Conflict
        | ErrorCode::ApprovalOver
        | ErrorCode::AlreadySetUp
        | ErrorCode::LoginTaken
        | ErrorCode::LastOwner
        | ErrorCode::PaymentDeclined
        | ErrorCode::PlanUnavailable
        | ErrorCode::VoucherExpired
        | ErrorCode::VoucherUsedUp
        | ErrorCode::VoucherYours
        | ErrorCode::ModelNotInstalled => StatusCode::CONFLICT,
        ErrorCode::RateLimited | ErrorCode::QuotaExceeded | ErrorCode::TooManyRuns => {
            StatusCode::TOO_MANY_REQUESTS
        }
        ErrorCode::DiskFull | ErrorCode::OutOfMemory => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::DownloadFailed
        | ErrorCode::GatewayDown
        | ErrorCode::UpstreamDown
        | ErrorCode::UpstreamCut
        | ErrorCode::UpstreamKey
        | ErrorCode::UpstreamFunds => StatusCode::BAD_GATEWAY,
        ErrorCode::Overloaded
        | ErrorCode::UpstreamBusy
        | ErrorCode::OutcomeUnknown
        | ErrorCode::NoRoute
        | ErrorCode::EngineFailed
        | ErrorCode::Interrupted => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::ModelCorrupt | ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn action_for(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::InvalidRequest => "Correct the request; the API document shows its shape.",
        ErrorCode::TooLarge => "Send less at once.",
        ErrorCode::Unauthenticated => "Sign in, or send a valid key.",
        ErrorCode::WrongCredentials => "Check the name and the password.",
        ErrorCode::SecondFactorRequired => "Send the code of your authenticator, or a recovery code.",
        ErrorCode::Suspended => "Ask an admin of the workspace to let you in again.",
        ErrorCode::LinkInvalid => "Ask for a new link.",
        ErrorCode::LoginTaken => "Choose another name to sign in with.",
        ErrorCode::LastOwner => "Make somebody else an owner first.",
        ErrorCode::Forbidden => "Ask an admin of the workspace.",
        ErrorCode::UntrustedOrigin => "Open the server by one of its own addresses.",
        ErrorCode::NotFound => "Check the address, or reload the list.",
        ErrorCode::Conflict => "Use a fresh id.",
        ErrorCode::ApprovalOver => "Look at the answer again, or ask anew.",
        ErrorCode::AlreadySetUp => "Sign in instead.",
        ErrorCode::RateLimited | ErrorCode::Overloaded => "Wait a little and try again.",
        ErrorCode::OutcomeUnknown => "Send the same request again, with the same id: it is carried out once.",
        ErrorCode::PlanRequired => "Choose something that the plan has, or change to a higher plan.",
        ErrorCode::QuotaExceeded => "Wait until there is room again, or change to a higher plan.",
        ErrorCode::TooManyRuns => "Wait for one of your answers to end, or stop it.",
        ErrorCode::WalletEmpty => "Pay in, or wait until the plan has room again.",
        ErrorCode::BudgetExceeded => "Ask whoever owns the budget to raise it.",
        ErrorCode::PaymentDeclined => {
            "Read what the gateway says; another way to pay or another amount may do."
        }
        ErrorCode::GatewayDown => "Try again in a moment; nothing is paid or given back twice.",
        ErrorCode::PlanUnavailable => "Choose another plan, or change at the end of the period.",
        ErrorCode::VoucherUnknown => "Check the code: it has 16 letters and digits.",
        ErrorCode::VoucherExpired | ErrorCode::VoucherUsedUp => "Ask whoever gave it for another one.",
        ErrorCode::VoucherYours => "Look at your wallet and your plan: you have what it is worth.",
        ErrorCode::DiskFull => "Free some disk space and try again.",
        ErrorCode::ContextExceeded => "Shorten the message, or start a new thread.",
        ErrorCode::ModelNotInstalled => "Pull the model first.",
        ErrorCode::NoRoute => "Name a model, choose another policy, or try again in a moment.",
        ErrorCode::ModelCorrupt => "Remove the model and pull it again.",
        ErrorCode::AdapterUnusable => "Leave the adapter out, or register one that is for this model.",
        ErrorCode::OutOfMemory => "Close other programs, or choose a smaller model.",
        ErrorCode::DownloadFailed => "Check the network and resume the download.",
        ErrorCode::EngineFailed | ErrorCode::Interrupted | ErrorCode::UpstreamCut => "Ask again.",
        ErrorCode::UpstreamBusy | ErrorCode::UpstreamDown => "Wait a little, or choose another model.",
        ErrorCode::UpstreamKey => {
            "Choose another model; whoever runs the server looks at the provider's key."
        }
        ErrorCode::UpstreamFunds => {
            "Choose another model; whoever runs the server looks at the account at the provider."
        }
        ErrorCode::UpstreamRefused => "Put it in other words, or choose another model.",
        ErrorCode::Internal => "Try again; if it stays, report it with the log.",
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_error_status_and_something_to_do() {
        for code in ErrorCode::ALL {
            let status = status_of(*code);
            assert!(status.is_client_error() || status.is_server_error(), "{code}");
            assert!(action_for(*code).ends_with('.'), "{code}");
        }
    }

    #[test]
    fn internal_causes_stay_inside() {
        let problem = Problem::from_error(&AppError::internal(std::io::Error::other("/secret/path")));
        assert!(!serde_json::to_string(&problem).unwrap().contains("secret"));
    }
}
