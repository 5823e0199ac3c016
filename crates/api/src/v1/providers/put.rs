//! `PUT /providers/{id}`.

use std::collections::BTreeMap;

use app::SetProvider;
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use stdx::Secret;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ProviderDocument;
use crate::extract::{Body, Path, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(put_provider))
}

/// How a provider is to be asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetProviderRequest {
    /// Its key, which is sealed and never shown again. Absent or null: the one that is kept stays, or the environment's
    /// counts. With another address it must be entered anew.
    #[schema(value_type = Option<String>, write_only)]
    key: Option<Secret<String>>,
    /// Another address; absent or null: the vendor's.
    base_url: Option<String>,
    /// What stands for the words in braces of the vendor's address.
    #[serde(default)]
    blanks: BTreeMap<String, String>,
    /// The models that are offered, and no others; absent or null: those that have a price, and others for whoever names
    /// them.
    models: Option<Vec<String>>,
    /// False: it is not asked.
    enabled: bool,
}

/// Sets how a provider is asked, from the next question on; answers that are being written go on. Owners and admins only.
#[utoipa::path(put, path = "/providers/{id}", tag = "providers", params(("id" = String, Path)), request_body = SetProviderRequest, responses((status = 200, body = ProviderDocument), (status = "default", response = Problem)))]
async fn put_provider(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<SetProviderRequest>,
) -> Result<Json<ProviderDocument>, Failure> {
    let SetProviderRequest { key, base_url, blanks, models, enabled } = body;
    let wish = SetProvider { key, base_url, blanks, models, is_on: enabled };
    Ok(Json(state.app.set_provider(&actor, &id, wish).await?.into()))
}
