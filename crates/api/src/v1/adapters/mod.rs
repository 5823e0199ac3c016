//! Adapters on top of local models.

mod delete;
mod list;

use app::RegisteredAdapter;
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().merge(list::routes()).merge(delete::routes())
}

/// A registered adapter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Adapter)]
pub(crate) struct AdapterDocument {
    id: String,
    /// The id of the model that it is for.
    model: String,
    /// Of its file, in hexadecimal.
    sha256: String,
    bytes: u64,
    /// How strongly it counts when a request does not say.
    scale: f32,
    /// When it was registered.
    added_at: Timestamp,
}

impl From<RegisteredAdapter> for AdapterDocument {
    fn from(adapter: RegisteredAdapter) -> Self {
        let RegisteredAdapter { id, model, sha256, bytes, scale, added_at } = adapter;
        Self { id, model, sha256, bytes, scale, added_at }
    }
}
