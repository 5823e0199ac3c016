//! All routes, and what every request passes on its way to them.

use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use app::App;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

use crate::guard::{TrustedHosts, check_origin, protect_answer};
use crate::ops::Metrics;
use crate::problem::name_request;
use crate::{MAX_BODY_BYTES, assets, faces, ops, pay, v1};

/// What differs from one server to another.
#[derive(Clone, Debug)]
pub struct ApiOptions {
    /// The names this server answers to.
    pub hosts: TrustedHosts,
    /// True when the server is reached by HTTPS: cookies are then marked `Secure`.
    pub https: bool,
    /// How often an idle stream sends a comment.
    pub stream_heartbeat: Duration,
    /// How long a body may take on its way.
    pub body_patience: Duration,
}

/// All use cases.
#[derive(Clone, Debug)]
pub struct UseCases {
    /// Who there is, and the ways in.
    pub accounts: Arc<Accounts>,
    /// What members do with agents, models and money.
    pub app: Arc<App>,
}

/// What handlers reach.
#[derive(Clone, Debug)]
pub(crate) struct ApiState {
    pub(crate) accounts: Arc<Accounts>,
    pub(crate) app: Arc<App>,
    pub(crate) options: ApiOptions,
    pub(crate) metrics: Metrics,
}

impl FromRef<ApiState> for Arc<Accounts> {
    fn from_ref(state: &ApiState) -> Self {
        Self::clone(&state.accounts)
    }
}

/// The whole server as one service.
pub fn router(use_cases: UseCases, options: ApiOptions) -> Router {
    let UseCases { accounts, app } = use_cases;
    let state = ApiState { accounts, app, metrics: Metrics::new(), options };
    let (documented, _) = documented_routes().split_for_parts();
    documented
        .merge(faces::routes())
        .merge(ops::routes())
        .merge(pay::routes())
        .fallback(assets::serve)
        .method_not_allowed_fallback(assets::no_such_address)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(state.options.hosts.clone(), check_origin))
        .layer(from_fn_with_state(state.metrics.clone(), ops::count))
        .layer(from_fn_with_state(Arc::clone(&state.app), name_request))
        .layer(from_fn(protect_answer))
        .with_state(state)
}

/// The OpenAPI 3.1 document of `/api/v1`, as committed in `docs/openapi.json`.
///
/// # Errors
/// When the document cannot be written as JSON, which would be a mistake in a schema.
pub fn openapi_json() -> Result<String, serde_json::Error> {
    let (_, document) = documented_routes().split_for_parts();
    document.to_pretty_json()
}

fn documented_routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", v1::routes())
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Hutong", description = "Errors are problem documents (RFC 9457) with a stable `code`."),
    components(
        schemas(crate::problem::Problem, wire::Event, wire::Frame),
        responses(crate::problem::Problem)
    )
)]
struct Document;
