//! A fake gateway behind a real address.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;

/// What a fake was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// `GET` or `POST`.
    pub method: String,
    /// With the query, as it stands in the request.
    pub path: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Byte for byte.
    pub body: Vec<u8>,
}

impl Sent {
    /// A header; empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The fields of the query or of a form.
    pub fn field(fields: &[u8], name: &str) -> Option<String> {
        let mut all = form_urlencoded::parse(fields);
        all.find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// What stands behind the question mark.
    pub fn query(&self) -> &[u8] {
        self.path.split_once('?').map_or(b"", |(_, query)| query.as_bytes())
    }
}

/// What a fake answers: status, headers, body.
pub type Reply = (u16, Vec<(&'static str, String)>, Vec<u8>);

/// A gateway that is not one.
pub trait Fake: Send + Sync + 'static {
    /// What it answers.
    fn answer(&self, sent: &Sent) -> Reply;
}

/// Puts a fake behind an address of this machine, for as long as the runtime lives.
pub async fn serve<F: Fake>(fake: Arc<F>) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(move |request: Request| {
        let fake = Arc::clone(&fake);
        async move { respond(&*fake, request).await }
    });
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn respond(fake: &impl Fake, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = to_bytes(body, 1 << 20).await.unwrap();
    let headers = parts.headers.iter();
    let sent = Sent {
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        headers: headers
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect(),
        body: body.to_vec(),
    };
    let (status, headers, body) = fake.answer(&sent);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
