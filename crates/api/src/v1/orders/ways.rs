//! `GET /payments`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::Signed;
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_payments))
}

/// How members can pay here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WaysToPay {
    /// The names of the gateways: `manual` (to whoever runs the workspace), `stripe`, `alipay`, `wechat`.
    gateways: Vec<String>,
    /// Amounts to pay in that are offered, the least first; another one may be chosen. Micro-units (1e-6).
    offers: Vec<i64>,
    /// The least that may be paid in at once, in micro-units.
    least_micros: i64,
    /// The most that may be paid in at once, in micro-units.
    most_micros: i64,
    /// Three letters (ISO 4217).
    currency: String,
    /// Gateways that somebody began to set up, and the settings that they lack; for owners.
    missing: Vec<MissingGateway>,
}

/// A gateway that is not there yet.
#[derive(Debug, Serialize, ToSchema)]
struct MissingGateway {
    gateway: String,
    /// Below `payments` in `hutong.toml`.
    settings: Vec<String>,
}

/// How members can pay.
#[utoipa::path(get, path = "/payments", tag = "payments", responses((status = 200, body = WaysToPay), (status = "default", response = Problem)))]
async fn get_payments(
    State(state): State<ApiState>,
    Signed(actor): Signed,
) -> Result<Json<WaysToPay>, Failure> {
    let ways = state.app.ways_to_pay(&actor);
    let text = |names: Vec<&'static str>| names.into_iter().map(str::to_owned).collect();
    let missing = ways.missing.into_iter().map(|missing| MissingGateway {
        gateway: missing.gateway.to_owned(),
        settings: text(missing.settings),
    });
    Ok(Json(WaysToPay {
        gateways: text(ways.gateways),
        offers: ways.top_ups.offers.iter().map(|offer| offer.micros()).collect(),
        least_micros: ways.top_ups.least.micros(),
        most_micros: ways.top_ups.most.micros(),
        currency: ways.currency.to_string(),
        missing: missing.collect(),
    }))
}
