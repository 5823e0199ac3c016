//! Errors in the face's own shape, with our code inside.

use app::AppError;
use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use wire::ErrorCode;

use crate::problem::{Problem, status_of};

/// `{"error": {"message", "type", "param", "code"}}`
#[derive(Debug, Serialize)]
pub(super) struct FaceError {
    error: Body,
    #[serde(skip)]
    code: ErrorCode,
}

#[derive(Debug, Serialize)]
struct Body {
    message: String,
    r#type: &'static str,
    param: Option<String>,
    code: ErrorCode,
}

impl From<AppError> for FaceError {
    fn from(error: AppError) -> Self {
        let problem = Problem::from_error(&error);
        let kind = match problem.status {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            400..500 => "invalid_request_error",
            _ => "server_error",
        };
        let stop = if problem.detail.ends_with(['.', '!', '?', '。']) { "" } else { "." };
        let message = format!("{}{stop} {}", problem.detail, problem.action);
        Self { code: error.code, error: Body { message, r#type: kind, param: None, code: error.code } }
    }
}

impl IntoResponse for FaceError {
    fn into_response(self) -> Response {
        (status_of(self.code), Json(self)).into_response()
    }
}
