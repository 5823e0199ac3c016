//! The web app, embedded at compile time from `web/dist`.

use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};

use crate::problem::Failure;

static WEB: Dir<'_> = include_dir!("$OUT_DIR/web");

const ONE_YEAR: &str = "public, max-age=31536000, immutable";

/// Files by their path; any other page address gets the app, which knows its own routes.
pub(crate) async fn serve(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if !matches!(method, Method::GET | Method::HEAD) || path.starts_with("api/") || path.starts_with("v1/") {
        return no_such_address().await;
    }
    if let Some(file) = WEB.get_file(path) {
        // Files under assets/ carry the hash of their content in their name.
        let caching = if path.starts_with("assets/") { ONE_YEAR } else { "no-cache" };
        return with_type(path, caching, file.contents());
    }
    let is_page = !path.rsplit('/').next().unwrap_or_default().contains('.');
    match WEB.get_file("index.html").filter(|_| is_page) {
        Some(index) => with_type("index.html", "no-cache", index.contents()),
        None => Failure(app::AppError::not_found("page")).into_response(),
    }
}

/// Also for a known address with a method that means nothing there.
pub(crate) async fn no_such_address() -> Response {
    Failure(app::AppError::not_found("address")).into_response()
}

fn with_type(path: &str, caching: &'static str, bytes: &'static [u8]) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type(path))),
        (header::CACHE_CONTROL, HeaderValue::from_static(caching)),
    ];
    (StatusCode::OK, headers, bytes).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str) -> Response {
        serve(Method::GET, path.parse().unwrap()).await
    }

    #[tokio::test]
    async fn page_addresses_get_the_app_and_missing_files_do_not() {
        for page in ["/", "/setup", "/threads/1"] {
            let response = get(page).await;
            assert_eq!(response.status(), StatusCode::OK, "{page}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
        }
        for missing in ["/assets/none.js", "/api/v1/none", "/v1/none", "/../etc/passwd.txt"] {
            assert_eq!(get(missing).await.status(), StatusCode::NOT_FOUND, "{missing}");
        }
    }
}
