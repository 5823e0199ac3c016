//! `GET /members/{id}`.

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::MemberDocument;
use crate::extract::{Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_member))
}

/// One member. For owners and admins.
#[utoipa::path(get, path = "/members/{id}", tag = "people", params(("id" = String, Path)), responses((status = 200, body = MemberDocument), (status = "default", response = Problem)))]
async fn get_member(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
) -> Result<Json<MemberDocument>, Failure> {
    Ok(Json(state.accounts.member(&actor, path_id(&id, "member")?).await?.into()))
}
