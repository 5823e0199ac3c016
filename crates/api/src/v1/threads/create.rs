//! `POST /threads`.

use app::CreateThread;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stdx::ThreadId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ThreadDocument;
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_threads))
}

/// A new conversation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateThreadRequest {
    /// A UUIDv7 made by the client; repeating it answers with the thread there is.
    id: ThreadId,
    agent_id: String,
    title: Option<String>,
}

/// Opens a thread.
#[utoipa::path(post, path = "/threads", tag = "threads", request_body = CreateThreadRequest, responses((status = 201, body = ThreadDocument), (status = 200, description = "It was there already", body = ThreadDocument), (status = "default", response = Problem)))]
async fn post_threads(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<CreateThreadRequest>,
) -> Result<(StatusCode, Json<ThreadDocument>), Failure> {
    let CreateThreadRequest { id, agent_id, title } = body;
    let created = state.app.create_thread(&actor, CreateThread { id, agent_id, title }).await?;
    let status = if created.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(created.thread.into())))
}
