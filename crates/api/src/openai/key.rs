//! Who calls the face: an API key, or a program of the user who runs the server.

use std::sync::Arc;

use app::{Actor, App, AppError};
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use wire::ErrorCode;

use super::error::FaceError;
use crate::extract::bearer;

/// The caller, by `Authorization: Bearer`.
pub(super) struct Caller(pub(super) Actor);

impl<S> FromRequestParts<S> for Caller
where
    S: Send + Sync,
    Arc<App>: FromRef<S>,
{
    type Rejection = FaceError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, FaceError> {
        let app = Arc::<App>::from_ref(state);
        let missing = || AppError::new(ErrorCode::Unauthenticated, "No API key came with the request.");
        let token = bearer(&parts.headers).ok_or_else(missing)?;
        let actor = if token.expose().starts_with("hl_") {
            app.actor_of_local_token(&token).await?
        } else {
            app.actor_of_key(&token).await?
        };
        Ok(Self(actor))
    }
}
