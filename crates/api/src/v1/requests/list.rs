//! `GET /requests`.

use app::{AppError, Failed, RequestWish};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use stdx::{KeyId, MemberId, Timestamp};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::ErrorCode;

use super::RequestDocument;
use crate::extract::{Query, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_requests))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RequestsQuery {
    /// Those of this member.
    member: Option<MemberId>,
    /// Those that were signed with this key.
    key: Option<KeyId>,
    /// Those that this model answered, or would have.
    model: Option<String>,
    /// Those that came this way: `chat/completions`, `runs` …
    face: Option<String>,
    /// Those that went wrong: `any`, or the code of an error.
    error: Option<String>,
    /// Those that began then or later.
    from: Option<Timestamp>,
    /// Those that began before.
    until: Option<Timestamp>,
    /// The `next` of the page before.
    before: Option<String>,
    /// At most 200; 50 when absent.
    limit: Option<u32>,
}

/// Some requests, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestPage {
    items: Vec<RequestDocument>,
    /// Where the next page begins; null on the last.
    #[schema(required)]
    next: Option<String>,
}

/// What was asked of models, and what came of it. Owners and admins see everybody's, members their own.
#[utoipa::path(get, path = "/requests", tag = "requests", params(RequestsQuery), responses((status = 200, body = RequestPage), (status = "default", response = Problem)))]
async fn get_requests(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<RequestsQuery>,
) -> Result<Json<RequestPage>, Failure> {
    let RequestsQuery { member, key, model, face, error, from, until, before, limit } = query;
    let failed = error.as_deref().map_or(Ok(Failed::Whatever), failed)?;
    let wish = RequestWish { member, key, model, face, failed, from, until };
    let page = state.app.requests(&actor, wish, before.as_deref(), limit).await?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Json(RequestPage { items: page.items.into_iter().map(RequestDocument::from).collect(), next }))
}

fn failed(word: &str) -> Result<Failed, AppError> {
    match word {
        "any" => Ok(Failed::Somehow),
        code if ErrorCode::ALL.iter().any(|known| known.as_str() == code) => {
            Ok(Failed::With(code.to_owned()))
        }
        _ => Err(AppError::invalid("error: `any`, or the code of an error")),
    }
}
