//! `POST /pay/{name}/webhook`: what payment gateways say. No session and no cookie: a signature over the body as it came.
//! Whoever sends many that are not signed is not listened to for a while: their bodies are not even read.
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
use crate::body::read_body;
use crate::extract::Path;
use crate::problem::{Failure, status_of};
use crate::router::ApiState;
use crate::sender;

/// The largest message of a gateway. Those that are documented are a few kilobytes.
const MOST_BYTES: usize = 256 * 1024;

pub(crate) fn routes() -> Router<ApiState> {
    let door = get(assets::serve).post(receive).layer(DefaultBodyLimit::max(MOST_BYTES));
    Router::new().route("/pay/{name}/webhook", door)
}

async fn receive(State(state): State<ApiState>, Path(name): Path, request: Request) -> Response {
    let Some(door) = state.app.callback_door(&name) else { return assets::no_such_address().await };
    let from = sender::address_of(&request);
    if let Err(refusal) = state.app.may_call_back(&door, from) {
        return refused(refusal);
    }
    let headers = request.headers().clone();
    let body = match read_body(request, &state, MOST_BYTES).await {
        Ok(body) => body,
        Err(error) => return Failure(error).into_response(),
    };
    match state.app.receive_callback(&door, from, &Sent(&headers), &body).await {
        Ok(receipt) => answer(StatusCode::OK, receipt),
        Err(refusal) => refused(refusal),
    }
}

fn refused(refusal: CallbackRefusal) -> Response {
    match refusal {
        CallbackRefusal::NotBelieved(receipt) => answer(StatusCode::BAD_REQUEST, receipt),
        CallbackRefusal::NotRead(receipt, wait) => {
            let seconds = HeaderValue::from(wait.as_secs().saturating_add(1));
            let mut response = answer(StatusCode::TOO_MANY_REQUESTS, receipt);
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
            response
        }
        CallbackRefusal::NotKept(receipt, error) => answer(status_of(error.code), receipt),
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
