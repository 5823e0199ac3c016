//! Who calls a face: an API key, or a program of the user who runs the server.

use std::marker::PhantomData;
use std::sync::Arc;

use accounts::Accounts;
use app::{Actor, Via};
use axum::extract::{FromRef, FromRequestParts, MatchedPath};
use axum::http::request::Parts;
use faces::Face;

use super::error::FaceError;
use crate::extract::program_token;
use crate::guard::foreign_page;
use crate::problem::RequestName;

/// The caller, by `Authorization: Bearer` or `x-api-key`.
pub(super) struct Caller<F>(pub(super) Actor, pub(super) PhantomData<F>);

impl<S, F> FromRequestParts<S> for Caller<F>
where
    F: Face,
    S: Send + Sync,
    Arc<Accounts>: FromRef<S>,
{
    type Rejection = FaceError<F>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, FaceError<F>> {
        let accounts = Arc::<Accounts>::from_ref(state);
        let token = program_token(&parts.headers)?;
        let page = foreign_page(&parts.headers, &parts.uri);
        let mut actor = accounts.actor_of_program(&token, page).await?;
        actor.via = via(parts);
        Ok(Self(actor, PhantomData))
    }
}

/// What the request is called, and the face it came to.
fn via(parts: &Parts) -> Option<Via> {
    let RequestName(request_id) = *parts.extensions.get()?;
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let parent = parts.headers.get("traceparent").and_then(|value| value.to_str().ok()?.parse().ok());
    Some(Via { request_id, face: route.trim_start_matches("/v1/").to_owned(), parent })
}
