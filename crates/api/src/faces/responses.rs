//! `GET` and `DELETE /v1/responses/{id}`: answers are not kept, so there is never one.

use app::AppError;
use faces::Responses;
use wire::ErrorCode;

use super::error::FaceError;
use super::key::Caller;

/// Says so to whoever may ask at all.
pub(super) async fn not_kept(_: Caller<Responses>) -> FaceError<Responses> {
    let detail =
        "Answers to `/v1/responses` are not kept here yet; each request sends its whole conversation.";
    AppError::new(ErrorCode::NotFound, detail).into()
}
