//! What every request passes before a handler sees it: trusted host, trusted origin, and headers for the answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use app::AppError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use wire::ErrorCode;

use crate::problem::Failure;

/// The names this server answers to. A page elsewhere that points its own name at our address (DNS rebinding) is
/// turned away because its `Host` is none of these.
#[derive(Clone, Debug)]
pub struct TrustedHosts(Arc<BTreeSet<String>>);

impl TrustedHosts {
    /// The loopback names, and what the operator added.
    pub fn new(extra: impl IntoIterator<Item = String>) -> Self {
        let local = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        Self(Arc::new(local.into_iter().chain(extra.into_iter().map(|host| host.to_lowercase())).collect()))
    }

    fn trusts(&self, authority: &str) -> bool {
        self.0.contains(&host_of(authority).to_lowercase())
    }
}

/// Turns away what a foreign page could send in a member's name.
pub(crate) async fn check_origin(
    State(hosts): State<TrustedHosts>,
    request: Request,
    next: Next,
) -> Response {
    let refused = |detail: &str| Failure(AppError::new(ErrorCode::UntrustedOrigin, detail)).into_response();
    let headers = request.headers();
    let Some(host) = header_text(headers, header::HOST.as_str()).or_else(|| request.uri().host()) else {
        return refused("The request names no host.");
    };
    if !hosts.trusts(host) {
        return refused("The request names a host that this server does not answer to.");
    }
    if is_face(request.uri()) {
        return face(request, next).await;
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !is_read && is_foreign(headers, host) {
        return refused("The request comes from a page of another origin.");
    }
    next.run(request).await
}

/// The faces for programs. They know no cookies: whoever comes there brings a key, which says from where it may come
/// (`foreign_page` is what it is asked about), so a browser may be told that it can go on.
async fn face(request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        let mut response = StatusCode::NO_CONTENT.into_response();
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, x-api-key"),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    } else {
        next.run(request).await
    };
    if let Some(origin) = origin {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

fn is_face(uri: &Uri) -> bool {
    uri.path().starts_with("/v1/")
}

/// The origin of the page that a request comes from, unless it is the server's own. A page that a browser does not name is
/// the page `null`.
pub(crate) fn foreign_page<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let host = header_text(headers, header::HOST.as_str()).or_else(|| uri.host()).unwrap_or_default();
    is_foreign(headers, host).then(|| header_text(headers, header::ORIGIN.as_str()).unwrap_or("null"))
}

/// A browser says where a request comes from; a program that says nothing has no ambient credentials to abuse.
fn is_foreign(headers: &HeaderMap, host: &str) -> bool {
    let site = header_text(headers, "sec-fetch-site");
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    header_text(headers, header::ORIGIN.as_str())
        .is_some_and(|origin| origin.split_once("://").is_none_or(|(_, authority)| authority != host))
}

/// The headers of every answer: a page may load only its own files and talk only to its own server.
pub(crate) async fn protect_answer(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
    trusted-types hutong-highlight";

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The host of `host`, `host:port` or `[v6]:port`.
fn host_of(authority: &str) -> &str {
    match authority.rfind(':') {
        Some(colon) if !authority.ends_with(']') => authority.get(..colon).unwrap_or(authority),
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_own_names_are_trusted() {
        let hosts = TrustedHosts::new(["Lane.Example".to_owned()]);
        for good in ["localhost:7700", "127.0.0.1", "[::1]:7700", "lane.example:80", "LOCALHOST"] {
            assert!(hosts.trusts(good), "{good}");
        }
        for bad in ["evil.example", "localhost.evil.example:7700", "127.0.0.1.nip.io", "", "[::2]"] {
            assert!(!hosts.trusts(bad), "{bad}");
        }
    }

    #[test]
    fn foreign_pages_are_told_from_programs() {
        let host = "localhost:7700";
        for own in [
            headers(&[]),
            headers(&[("origin", "http://localhost:7700"), ("sec-fetch-site", "same-origin")]),
            headers(&[("sec-fetch-site", "none")]),
        ] {
            assert!(!is_foreign(&own, host), "{own:?}");
        }
        for foreign in [
            headers(&[("sec-fetch-site", "cross-site")]),
            headers(&[("sec-fetch-site", "same-site")]),
            headers(&[("origin", "http://localhost:7701")]),
            headers(&[("origin", "null")]),
        ] {
            assert!(is_foreign(&foreign, host), "{foreign:?}");
        }
    }
}
