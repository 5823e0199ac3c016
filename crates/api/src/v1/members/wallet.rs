//! `GET` and `POST /members/{id}/wallet`.

use app::MoveWallet;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use stdx::CommandId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Path, Query, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::{WalletDocument, WalletQuery};
use crate::v1::money::MoneyDocument;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_wallet, post_wallet))
}

/// Cash that changes hands.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveWalletRequest {
    /// A UUIDv7 made by the client; repeating it changes nothing.
    id: CommandId,
    /// What comes in; below zero what goes out.
    amount: MoneyDocument,
    /// What for; the member sees it.
    #[serde(default)]
    note: String,
}

/// What is in a wallet.
#[derive(Debug, Serialize, ToSchema)]
struct WalletBalance {
    balance: MoneyDocument,
}

/// The wallet of a member. For owners and admins.
#[utoipa::path(get, path = "/members/{id}/wallet", tag = "people", params(("id" = String, Path), WalletQuery), responses((status = 200, body = WalletDocument), (status = "default", response = Problem)))]
async fn get_wallet(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Query(query): Query<WalletQuery>,
) -> Result<Json<WalletDocument>, Failure> {
    let member = path_id(&id, "member")?;
    let page = state.app.wallet_of_member(&actor, member, query.before.as_deref(), query.limit).await?;
    Ok(Json(page.into()))
}

/// Pays into a member's wallet in cash, or out of it, never below what must stay in it. For owners and admins.
#[utoipa::path(post, path = "/members/{id}/wallet", tag = "people", params(("id" = String, Path)), request_body = MoveWalletRequest, responses((status = 200, body = WalletBalance), (status = "default", response = Problem)))]
async fn post_wallet(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<MoveWalletRequest>,
) -> Result<Json<WalletBalance>, Failure> {
    let member = path_id(&id, "member")?;
    let wish = MoveWallet { id: body.id, money: body.amount.read("amount")?, note: body.note };
    let balance = state.app.move_wallet(&actor, member, &wish).await?;
    Ok(Json(WalletBalance { balance: balance.into() }))
}
