//! `GET /requests/overview`.

use app::Glanced;
use axum::Json;
use axum::extract::State;
use money::{Amount, Currency};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use traffic::{Dimension, Level, Quantiles, Span, Sum};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::ErrorCode;

use crate::extract::{Query, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::money::MoneyDocument;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_overview))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OverviewQuery {
    /// How far back is looked.
    #[param(inline)]
    span: SpanWord,
}

/// How far back is looked.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[schema(as = RequestSpan)]
#[serde(rename_all = "snake_case")]
enum SpanWord {
    /// By minutes.
    Hour,
    /// By quarters of an hour.
    Day,
    /// Seven days, by two hours.
    Week,
}

/// Many requests at a glance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestOverview)]
struct OverviewDocument {
    /// How much is kept of requests here.
    log: KeptLevel,
    /// For how many days.
    keep_days: u32,
    /// From when on requests are counted: later than the first point when there are too many.
    since: Timestamp,
    /// How long a point is, in seconds.
    step_seconds: u64,
    /// Every piece of the time, the oldest first; the last one is not over.
    points: Vec<RequestPoint>,
    total: RequestSum,
    /// Those with the most requests first, in each of these lists.
    by_model: Vec<RequestSlice>,
    by_vendor: Vec<RequestSlice>,
    by_key: Vec<RequestSlice>,
    by_face: Vec<RequestSlice>,
    /// What went wrong, the most frequent first.
    errors: Vec<ErrorCount>,
}

/// How much is kept of requests.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = RequestLogLevel)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptLevel {
    /// Nothing.
    None,
    /// Who asked whom, when, and what came of it.
    Metadata,
    /// That, and what programs say and are told.
    Full,
}

/// A piece of the time.
#[derive(Debug, Serialize, ToSchema)]
struct RequestPoint {
    at: Timestamp,
    #[serde(flatten)]
    sum: RequestSum,
}

/// Those that have something in common.
#[derive(Debug, Serialize, ToSchema)]
struct RequestSlice {
    /// The model's id, the provider (empty: this machine), the key's id (empty: none) or the way they came.
    key: String,
    /// The key's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    sum: RequestSum,
}

/// Some requests together.
#[derive(Debug, Serialize, ToSchema)]
struct RequestSum {
    requests: u64,
    /// Those that went wrong.
    failed: u64,
    /// What they cost their members.
    cost: MoneyDocument,
    /// How long the first pieces of answers took.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_ms: Option<QuantilesDocument>,
    /// How long whole answers took.
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<QuantilesDocument>,
}

/// Of many spans of time, in milliseconds and to two digits.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quantiles)]
struct QuantilesDocument {
    /// Half of all are within.
    p50: u64,
    /// 19 of 20 are within.
    p95: u64,
}

/// How often something went wrong.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorCount {
    error: ErrorCode,
    requests: u64,
}

/// What the requests of the last hour, day or week come to. For owners and admins.
#[utoipa::path(get, path = "/requests/overview", tag = "requests", params(OverviewQuery), responses((status = 200, body = OverviewDocument), (status = "default", response = Problem)))]
async fn get_overview(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Query(query): Query<OverviewQuery>,
) -> Result<Json<OverviewDocument>, Failure> {
    let span = match query.span {
        SpanWord::Hour => Span::Hour,
        SpanWord::Day => Span::Day,
        SpanWord::Week => Span::Week,
    };
    let glanced = state.app.glance_at_requests(&actor, span).await?;
    let keeping = state.app.keeps_requests();
    let currency = state.app.currency();
    let Glanced { overview, since, keys } = glanced.as_ref();
    let slices = |dimension| {
        let sums = overview.by.get(&dimension).into_iter().flatten();
        let slice = |(key, sum): &(String, Sum)| RequestSlice {
            key: key.clone(),
            name: keys.iter().find(|(id, _)| id == key).map(|(_, name)| name.clone()),
            sum: RequestSum::new(*sum, currency),
        };
        sums.map(slice).collect()
    };
    let point =
        |point: &traffic::Point| RequestPoint { at: point.at, sum: RequestSum::new(point.sum, currency) };
    Ok(Json(OverviewDocument {
        log: keeping.log.into(),
        keep_days: keeping.keep_days,
        since: *since,
        step_seconds: overview.step.as_secs(),
        points: overview.points.iter().map(point).collect(),
        total: RequestSum::new(overview.total, currency),
        by_model: slices(Dimension::Model),
        by_vendor: slices(Dimension::Vendor),
        by_key: slices(Dimension::Key),
        by_face: slices(Dimension::Face),
        errors: overview
            .errors
            .iter()
            .map(|(error, requests)| ErrorCount { error: *error, requests: *requests })
            .collect(),
    }))
}

impl From<Level> for KeptLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::None => Self::None,
            Level::Metadata => Self::Metadata,
            Level::Full => Self::Full,
        }
    }
}

impl RequestSum {
    fn new(sum: Sum, currency: Currency) -> Self {
        Self {
            requests: sum.requests,
            failed: sum.failed,
            cost: Amount::from_micros(sum.micros).of(currency).into(),
            first_token_ms: sum.first_token.map(QuantilesDocument::from),
            took_ms: sum.took.map(QuantilesDocument::from),
        }
    }
}

impl From<Quantiles> for QuantilesDocument {
    fn from(Quantiles { p50, p95 }: Quantiles) -> Self {
        Self { p50, p95 }
    }
}
