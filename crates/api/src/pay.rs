//! `POST /pay/{name}/webhook`: what payment gateways say. No session and no cookie: a signature over the body as it came.
//!
//! A gateway that is not set up has no such address: it answers like any other that nobody ever thought of.

use app::CallbackRefusal;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ports::{Headers, Receipt};

use crate::assets;
use crate::extract::{Path, read_body};
use crate::problem::{Failure, status_of};
use crate::router::ApiState;

/// The largest message of a gateway. Those that are documented are a few kilobytes.
const MOST_BYTES: usize = 256 * 1024;

pub(crate) fn routes() -> Router<ApiState> {
    let door = get(assets::serve).post(receive).layer(DefaultBodyLimit::max(MOST_BYTES));
    Router::new().route("/pay/{name}/webhook", door)
}

async fn receive(State(state): State<ApiState>, Path(name): Path, request: Request) -> Response {
    let Some(door) = state.app.callback_door(&name) else { return assets::no_such_address().await };
    let headers = request.headers().clone();
    let body = match read_body(request, &state).await {
        Ok(body) => body,
        Err(error) => return Failure(error).into_response(),
    };
    match state.app.receive_callback(&door, &Sent(&headers), &body).await {
        Ok(receipt) => answer(StatusCode::OK, receipt),
        Err(CallbackRefusal::NotBelieved(receipt)) => answer(StatusCode::BAD_REQUEST, receipt),
        Err(CallbackRefusal::NotKept(receipt, error)) => answer(status_of(error.code), receipt),
    }
}

fn answer(status: StatusCode, receipt: Receipt) -> Response {
    let kind = HeaderValue::from_static(receipt.content_type);
    (status, [(header::CONTENT_TYPE, kind)], receipt.body).into_response()
}

/// The headers of a request.
#[derive(Debug)]
struct Sent<'a>(&'a HeaderMap);

impl Headers for Sent<'_> {
    fn only(&self, name: &str) -> Option<&str> {
        let mut found = self.0.get_all(name).iter();
        let value = found.next()?;
        if found.next().is_none() { value.to_str().ok() } else { None }
    }
}
