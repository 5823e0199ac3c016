//! `PATCH /me`.

use accounts::UpdateMe;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Locale, Me};
use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(patch_me))
}

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateMeRequest {
    /// The name others see.
    name: Option<String>,
    #[schema(value_type = Option<Locale>)]
    locale: Option<String>,
}

/// Changes the signed-in member.
#[utoipa::path(patch, path = "/me", tag = "me", request_body = UpdateMeRequest, responses((status = 200, body = Me), (status = "default", response = Problem)))]
async fn patch_me(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<UpdateMeRequest>,
) -> Result<Json<Me>, Failure> {
    let change = UpdateMe { name: body.name, locale: body.locale };
    Ok(Json(state.accounts.update_me(&actor, change).await?.into()))
}
