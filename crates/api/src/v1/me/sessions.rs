//! `GET` and `DELETE /me/sessions`, `DELETE /me/sessions/{id}`: where the member is signed in.

use accounts::{Carrier, Session};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use stdx::{SessionId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_sessions, delete_other_sessions)).routes(routes!(delete_session))
}

/// Where the member is signed in, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionList {
    items: Vec<SessionDocument>,
}

/// A signed-in browser.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionDocument {
    id: SessionId,
    /// What the browser calls itself.
    #[schema(required)]
    client: Option<String>,
    created_at: Timestamp,
    /// To within five minutes.
    last_seen_at: Timestamp,
    expires_at: Timestamp,
    /// True for the one the request came with.
    current: bool,
}

impl SessionDocument {
    fn new(session: Session, carrier: Carrier) -> Self {
        let current = carrier == Carrier::Session(session.id);
        let Session { id, client, created_at, last_seen_at, expires_at, .. } = session;
        Self { id, client, created_at, last_seen_at, expires_at, current }
    }
}

/// Where the member is signed in.
#[utoipa::path(get, path = "/me/sessions", tag = "me", responses((status = 200, body = SessionList), (status = "default", response = Problem)))]
async fn get_sessions(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<SessionList>, Failure> {
    let sessions = state.accounts.sessions(&actor).await?;
    let items = sessions.into_iter().map(|session| SessionDocument::new(session, actor.carrier)).collect();
    Ok(Json(SessionList { items }))
}

/// Ends all sessions but the one the request came with.
#[utoipa::path(delete, path = "/me/sessions", tag = "me", responses((status = 204), (status = "default", response = Problem)))]
async fn delete_other_sessions(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<StatusCode, Failure> {
    state.accounts.end_other_sessions(&actor).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one session.
#[utoipa::path(delete, path = "/me/sessions/{id}", tag = "me", params(("id" = String, Path)), responses((status = 204), (status = "default", response = Problem)))]
async fn delete_session(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<StatusCode, Failure> {
    state.accounts.end_session(&actor, path_id(&id, "session")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
