//! Reading requests: who asks, the body, the path and the query, each with one clear error.

use std::str::FromStr;
use std::sync::Arc;

use accounts::Accounts;
use app::{Actor, AppError};
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use stdx::{IdError, Secret};
use wire::ErrorCode;

use crate::MAX_BODY_BYTES;
use crate::body::read_body;
use crate::problem::Failure;
use crate::router::ApiState;

/// The cookie that carries a session.
pub(crate) const SESSION_COOKIE: &str = "hutong_session";

/// Who asks; a request without a valid session or local token is turned away.
pub(crate) struct Signed(pub(crate) Actor);

impl<S> FromRequestParts<S> for Signed
where
    S: Send + Sync,
    Arc<Accounts>: FromRef<S>,
{
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let accounts = Arc::<Accounts>::from_ref(state);
        if let Some(token) = bearer(&parts.headers) {
            return Ok(Self(accounts.actor_of_local_token(&token).await?));
        }
        let Some(token) = session_token(&parts.headers) else {
            return Err(AppError::new(ErrorCode::Unauthenticated, "No session came with the request.").into());
        };
        Ok(Self(accounts.actor_of_session(&token).await?))
    }
}

/// The session token of the cookie, if there is one.
pub(crate) fn session_token(headers: &HeaderMap) -> Option<Secret<String>> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(name, _)| *name == SESSION_COOKIE)
        .map(|(_, value)| Secret::new(value.to_owned()))
}

/// The token of `Authorization: Bearer …`, if there is one.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Secret<String>> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim().to_owned()))
}

/// The token of a program: `Authorization: Bearer …` or `x-api-key: …`. This is the one place that reads them, so that
/// no header is a way around what holds for the other.
pub(crate) fn program_token(headers: &HeaderMap) -> Result<Secret<String>, AppError> {
    let key = headers.get("x-api-key").and_then(|value| value.to_str().ok());
    let key = key.map(|token| Secret::new(token.trim().to_owned()));
    match (bearer(headers), key) {
        (Some(one), Some(other)) if one != other => {
            Err(AppError::invalid("Authorization and x-api-key: two different keys came with the request"))
        }
        (Some(token), _) | (None, Some(token)) => Ok(token),
        (None, None) => Err(AppError::new(ErrorCode::Unauthenticated, "No API key came with the request.")),
    }
}

/// What the browser or program calls itself.
pub(crate) struct ClientName(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for ClientName {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let name = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Ok(Self(name.map(str::to_owned)))
    }
}

/// A JSON body of a known shape. Unknown fields, wrong types and invalid UTF-8 are named.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<ApiState> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &ApiState) -> Result<Self, Failure> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|mime| mime.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(AppError::invalid("The body must be sent as application/json.").into());
        }
        let bytes = read_body(request, state, MAX_BODY_BYTES).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| AppError::invalid(error.to_string()).into())
    }
}

/// An id in a path. What is no id cannot exist: it answers like an id nobody has.
pub(crate) fn path_id<I: FromStr<Err = IdError>>(text: &str, what: &str) -> Result<I, AppError> {
    text.parse().map_err(|_| AppError::not_found(what))
}

/// The variable part of a path. One that is no text cannot exist.
pub(crate) struct Path(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Path {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(text)| Self(text))
            .map_err(|_| AppError::not_found("address").into())
    }
}

/// Two variable parts of a path. What is no text cannot exist.
pub(crate) struct PathPair(pub(crate) String, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for PathPair {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        axum::extract::Path::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path((one, other))| Self(one, other))
            .map_err(|_| AppError::not_found("address").into())
    }
}

/// The query of a known shape.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|rejection| AppError::invalid(rejection.body_text()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_found_among_other_cookies() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=1; hutong_session=tok".parse().unwrap());
        assert_eq!(session_token(&headers).unwrap().expose(), "tok");
        headers.insert(header::COOKIE, "xhutong_session=tok".parse().unwrap());
        assert!(session_token(&headers).is_none());
    }

    #[test]
    fn bearer_tokens_are_read_in_any_case() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, "bearer hk_1".parse().unwrap());
        assert_eq!(bearer(&headers).unwrap().expose(), "hk_1");
        headers.insert(header::AUTHORIZATION, "Basic aGk6aGk=".parse().unwrap());
        assert!(bearer(&headers).is_none());
    }

    #[test]
    fn a_key_is_read_from_either_header_and_never_two() {
        let token = |pairs: &[(&'static str, &'static str)]| {
            let headers = pairs.iter().map(|(name, value)| {
                (axum::http::HeaderName::from_static(name), axum::http::HeaderValue::from_static(value))
            });
            program_token(&headers.collect()).map(|token| token.expose().clone())
        };
        assert_eq!(token(&[("x-api-key", "hk_1")]).unwrap(), "hk_1");
        assert_eq!(token(&[("authorization", "Bearer hk_1"), ("x-api-key", "hk_1")]).unwrap(), "hk_1");
        let two = token(&[("authorization", "Bearer hk_1"), ("x-api-key", "hk_2")]);
        assert_eq!(two.unwrap_err().code, ErrorCode::InvalidRequest);
        assert_eq!(token(&[]).unwrap_err().code, ErrorCode::Unauthenticated);
    }
}
