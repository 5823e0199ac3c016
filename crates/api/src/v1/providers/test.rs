//! `POST /providers/{id}/test`.

use std::time::Duration;

use app::ProviderTest;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{ErrorCode, Usage};

use crate::extract::{Body, Path, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::models::PriceDocument;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(test_provider))
}

/// What is to be asked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TestProviderRequest {
    /// The model, in the provider's words; absent or null: the cheapest that is offered.
    model: Option<String>,
}

/// What came of a test.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProviderTest)]
pub(crate) struct ProviderTestDocument {
    /// How long the connection took: name, TCP and TLS; null: there was none.
    #[schema(required)]
    connect_ms: Option<u64>,
    /// The models that the provider says it has; null where it does not say.
    #[schema(required)]
    models: Option<Vec<String>>,
    /// The model that was asked, in the provider's words; null: it came to none.
    #[schema(required)]
    model: Option<String>,
    /// From the question to the first piece of the answer.
    #[schema(required)]
    first_token_ms: Option<u64>,
    /// From the question to the end.
    #[schema(required)]
    total_ms: Option<u64>,
    /// What the model said.
    text: String,
    /// What was consumed, as the provider says.
    #[schema(required)]
    usage: Option<Usage>,
    /// What the model costs at this hour; null where nobody has written it down.
    #[schema(required)]
    price: Option<PriceDocument>,
    /// What the test cost whoever runs the server: millionths of the currency.
    #[schema(required)]
    cost_micros: Option<i64>,
    /// The currency of that.
    #[schema(required)]
    currency: Option<String>,
    /// Why there is no answer; null: there is one.
    #[schema(required)]
    error: Option<ProviderTestError>,
}

/// Why there is no answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderTestError {
    code: ErrorCode,
    detail: String,
}

/// Asks a provider for its models and one of them for a word of at most 8 tokens, which the operator pays. That it does not answer is told in `error`. Owners and admins only.
#[utoipa::path(post, path = "/providers/{id}/test", tag = "providers", params(("id" = String, Path)), request_body = TestProviderRequest, responses((status = 200, body = ProviderTestDocument), (status = "default", response = Problem)))]
async fn test_provider(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<TestProviderRequest>,
) -> Result<Json<ProviderTestDocument>, Failure> {
    Ok(Json(state.app.test_provider(&actor, &id, body.model).await?.into()))
}

impl From<ProviderTest> for ProviderTestDocument {
    fn from(test: ProviderTest) -> Self {
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let error = test.error.map(|error| ProviderTestError { code: error.code, detail: error.detail });
        Self {
            connect_ms: test.connect.map(millis),
            models: test.models,
            model: test.model,
            first_token_ms: test.first_token.map(millis),
            total_ms: test.total.map(millis),
            text: test.text,
            usage: test.usage,
            price: test.price.map(|price| PriceDocument::of(&price)),
            cost_micros: test.cost.map(|cost| cost.amount.micros()),
            currency: test.cost.map(|cost| cost.currency.to_string()),
            error,
        }
    }
}
