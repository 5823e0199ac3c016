//! `DELETE /sessions`: signs out.

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::session_cookie;
use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(delete_sessions))
}

/// Ends the session that the request came with.
#[utoipa::path(delete, path = "/sessions", tag = "me", responses((status = 204), (status = "default", response = Problem)))]
async fn delete_sessions(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<impl IntoResponse, Failure> {
    state.accounts.sign_out(&actor).await?;
    let gone = session_cookie("", Duration::ZERO, &state.options);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]))
}
