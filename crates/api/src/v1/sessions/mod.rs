//! Signing in and out.

mod create;
mod delete;

use std::time::Duration;

use accounts::SignedIn;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;

use super::me::Me;
use crate::extract::SESSION_COOKIE;
use crate::router::{ApiOptions, ApiState};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().merge(create::routes()).merge(delete::routes())
}

/// 201 with the member and the cookie of the new session.
pub(super) fn signed_in(entry: SignedIn, options: &ApiOptions) -> Response {
    let cookie = session_cookie(entry.token.expose(), entry.lifetime, options);
    let mut response = (StatusCode::CREATED, Json(Me::from(entry.me))).into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

/// The cookie of a session; an empty one that is over at once takes it away.
pub(super) fn session_cookie(token: &str, lifetime: Duration, options: &ApiOptions) -> String {
    let secure = if options.https { "; Secure" } else { "" };
    let age = lifetime.as_secs();
    format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}")
}
