//! `POST /v1/messages` and `POST /v1/messages/count_tokens`.

use app::AppError;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use faces::{Messages, VERSION_HEADER, check_version};

use super::answer::{answer, wish};
use super::error::{FaceError, document};
use super::key::Caller;
use crate::MOST_FACE_BYTES;
use crate::body::read_body;
use crate::router::ApiState;

pub(super) async fn create(
    state: State<ApiState>,
    caller: Caller<Messages>,
    request: Request,
) -> Result<Response, FaceError<Messages>> {
    must_speak(request.headers())?;
    answer(state, caller, request).await
}

/// How many tokens a request's prompt has, nearly: a model would have to be in memory to be asked.
pub(super) async fn count(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<Messages>,
    request: Request,
) -> Result<Response, FaceError<Messages>> {
    must_speak(request.headers())?;
    let body = read_body(request, &state, MOST_FACE_BYTES).await?;
    let question = Messages::read_to_count(&body).map_err(AppError::invalid)?;
    let tokens = state.app.count_tokens(&actor, wish(question)).await?;
    Ok(document(Messages::counted(tokens)))
}

fn must_speak(headers: &HeaderMap) -> Result<(), AppError> {
    let version = headers.get(VERSION_HEADER).map(|value| value.to_str().unwrap_or("?"));
    check_version(version).map_err(AppError::invalid)
}
