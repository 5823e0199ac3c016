//! `GET` and `PUT /sign-up`: who may become a member. Reading needs no session.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::extract::{Body, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_sign_up, put_sign_up))
}

/// Who may become a member.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    policy: SignUpPolicy,
}

/// Who may become a member.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SignUpPolicy {
    /// Nobody; links that were handed out open nothing.
    Closed,
    /// Whoever has a link.
    Invite,
    /// Whoever has a link, and whoever asks and is let in.
    Open,
}

impl From<accounts::SignUp> for SignUpPolicy {
    fn from(policy: accounts::SignUp) -> Self {
        match policy {
            accounts::SignUp::Closed => Self::Closed,
            accounts::SignUp::Invite => Self::Invite,
            accounts::SignUp::Open => Self::Open,
        }
    }
}

impl From<SignUpPolicy> for accounts::SignUp {
    fn from(policy: SignUpPolicy) -> Self {
        match policy {
            SignUpPolicy::Closed => Self::Closed,
            SignUpPolicy::Invite => Self::Invite,
            SignUpPolicy::Open => Self::Open,
        }
    }
}

/// Who may become a member.
#[utoipa::path(get, path = "/sign-up", tag = "people", responses((status = 200, body = SignUp), (status = "default", response = Problem)))]
async fn get_sign_up(State(state): State<ApiState>) -> Result<Json<SignUp>, Failure> {
    Ok(Json(SignUp { policy: state.accounts.sign_up().await?.into() }))
}

/// Says who may become a member. For owners and admins.
#[utoipa::path(put, path = "/sign-up", tag = "people", request_body = SignUp, responses((status = 200, body = SignUp), (status = "default", response = Problem)))]
async fn put_sign_up(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Body(body): Body<SignUp>,
) -> Result<Json<SignUp>, Failure> {
    state.accounts.set_sign_up(&actor, body.policy.into()).await?;
    Ok(Json(body))
}
