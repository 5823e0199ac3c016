//! A browser or a program that talks to the server.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use stdx::{EntityId, IdMaker};
use tower::ServiceExt;

use crate::contract;
use crate::events::{EventReader, in_time};

/// The name by which clients reach the server.
pub const OWN_HOST: &str = "localhost:7700";

/// Keeps a session, says where it comes from, and speaks JSON.
#[derive(Clone, Debug)]
pub struct Client {
    router: Router,
    ids: IdMaker,
    session: Option<String>,
    bearer: Option<String>,
    api_key: Option<String>,
    address: Option<IpAddr>,
}

/// A request that is being put together.
#[derive(Debug)]
pub struct Call<'a> {
    client: &'a mut Client,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    request: String,
}

impl Client {
    pub(crate) fn new(router: Router, ids: IdMaker) -> Self {
        Self { router, ids, session: None, bearer: None, api_key: None, address: None }
    }

    /// With the cookie of a session.
    #[must_use]
    pub fn with_session(self, token: &str) -> Self {
        Self { session: Some(token.to_owned()), ..self }
    }

    /// From an address, as the server sees it.
    #[must_use]
    pub fn with_address(self, address: IpAddr) -> Self {
        Self { address: Some(address), ..self }
    }

    /// With `Authorization: Bearer …`.
    #[must_use]
    pub fn with_bearer(self, token: &str) -> Self {
        Self { bearer: Some(token.to_owned()), ..self }
    }

    /// With `x-api-key: …`.
    #[must_use]
    pub fn with_api_key(self, token: &str) -> Self {
        Self { api_key: Some(token.to_owned()), ..self }
    }

    /// The token of its session.
    pub fn session(&self) -> String {
        self.session.clone().unwrap()
    }

    /// The token it sends as bearer.
    pub fn bearer(&self) -> String {
        self.bearer.clone().unwrap()
    }

    /// A fresh id as text.
    pub fn id(&self) -> String {
        self.ids.make::<stdx::RunId>().uuid().to_string()
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.clone().call("GET", path).send().await
    }

    /// `POST` with a JSON body.
    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.call("POST", path).json(&body).send().await
    }

    /// `PUT` with a JSON body.
    pub async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.call("PUT", path).json(&body).send().await
    }

    /// `PATCH` with a JSON body.
    pub async fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.call("PATCH", path).json(&body).send().await
    }

    /// `DELETE`.
    pub async fn delete(&mut self, path: &str) -> Answer {
        self.call("DELETE", path).send().await
    }

    /// A request with the headers a browser would send from the server's own pages; change what is to be wrong.
    pub fn call(&mut self, method: &str, path: &str) -> Call<'_> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(OWN_HOST));
        headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        if method != "GET" {
            headers.insert(header::ORIGIN, format!("http://{OWN_HOST}").parse().unwrap());
        }
        if let Some(token) = &self.session {
            headers.insert(header::COOKIE, format!("hutong_session={token}").parse().unwrap());
        }
        if let Some(token) = &self.bearer {
            headers.insert(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        }
        if let Some(token) = &self.api_key {
            headers.insert("x-api-key", token.parse().unwrap());
        }
        let (method, path) = (method.to_owned(), path.to_owned());
        Call { client: self, method, path, headers, body: Bytes::new() }
    }
}

/// What people do.
impl Client {
    /// Opens a thread with an agent; gives its id.
    pub async fn open_thread(&self, agent_id: &str) -> String {
        let id = self.id();
        let body = json!({"id": id, "agent_id": agent_id});
        self.clone().post("/api/v1/threads", body).await.expect(201);
        id
    }

    /// Asks at the beginning of a thread; gives the run.
    pub async fn ask(&self, thread: &str, text: &str) -> Value {
        self.ask_below(thread, None, text).await
    }

    /// Asks below a message; gives the run.
    pub async fn ask_below(&self, thread: &str, parent: Option<&str>, text: &str) -> Value {
        let wish = self.question(parent, text);
        self.clone().post(&format!("/api/v1/threads/{thread}/runs"), wish).await.expect(202).json()
    }

    /// The body of a question with fresh ids.
    pub fn question(&self, parent: Option<&str>, text: &str) -> Value {
        // In this order: a reply sorts behind its question when both are stored at the same instant.
        let (id, message_id, reply_id) = (self.id(), self.id(), self.id());
        json!({
            "id": id,
            "reply_id": reply_id,
            "input": {"type": "ask", "message_id": message_id, "parent_id": parent, "text": text},
        })
    }

    /// Follows a run from its beginning.
    pub async fn events(&self, run: &Value) -> EventReader {
        self.stream(&format!("/api/v1/runs/{}/events", id_of(run))).await
    }

    /// Follows a stream.
    pub async fn stream(&self, path: &str) -> EventReader {
        self.clone().call("GET", path).stream().await
    }

    /// Waits until a run is over; gives it as it ended.
    pub async fn finished(&self, run: &Value) -> Value {
        self.events(run).await.rest().await;
        self.get(&format!("/api/v1/runs/{}", id_of(run))).await.expect(200).json()
    }

    /// The body of a wish for another answer to a message.
    pub fn another(&self, message_id: &Value) -> Value {
        json!({
            "id": self.id(),
            "reply_id": self.id(),
            "input": {"type": "regenerate", "message_id": message_id},
        })
    }

    /// The messages of a thread.
    pub async fn messages(&self, thread: &str) -> Value {
        self.get(&format!("/api/v1/threads/{thread}/messages")).await.expect(200).json()
    }
}

impl Call<'_> {
    /// A header instead of the one a browser would send.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        self
    }

    /// Without a header that a browser would send.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// A JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.raw("application/json", body.to_string())
    }

    /// Any body.
    #[must_use]
    pub fn raw(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sends it and reads the whole answer.
    pub async fn send(self) -> Answer {
        let request = format!("{} {}", self.method, self.path);
        let (method, path) = (self.method.clone(), self.path.clone());
        let answer = self.into_answer().await;
        let (parts, body) = answer.into_parts();
        let body = in_time(&request, body.collect()).await.unwrap().to_bytes();
        let answer = Answer { status: parts.status.as_u16(), headers: parts.headers, body, request };
        contract::check(&method, &path, &answer);
        answer
    }

    /// Sends it and reads the answer as events; fails when it is not a stream.
    pub async fn stream(self) -> EventReader {
        let of_run = self.path.starts_with("/api/v1/runs/");
        let answer = self.into_answer().await;
        assert_eq!(answer.status().as_u16(), 200, "not a stream");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/event-stream");
        EventReader::new(answer.into_body(), of_run)
    }

    async fn into_answer(self) -> axum::http::Response<Body> {
        let Self { client, method, path, headers, body } = self;
        let mut request =
            Request::builder().method(method.as_str()).uri(&path).body(Body::from(body)).unwrap();
        *request.headers_mut() = headers;
        if let Some(address) = client.address {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 50_000)));
        }
        let answer = in_time(&path, client.router.clone().oneshot(request)).await.unwrap();
        let cookies = answer.headers().get_all(header::SET_COOKIE).iter();
        for token in cookies.filter_map(|cookie| session_in(cookie.to_str().ok()?)) {
            client.session = Some(token).filter(|token| !token.is_empty());
        }
        answer
    }
}

impl Answer {
    /// The same answer, when it has this status.
    ///
    /// # Panics
    /// With the whole body when it has another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.request, self.text());
        self
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{}: {error}: {}", self.request, self.text()),
        }
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header's text, when it is there.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The code of a whole problem document with this status.
    ///
    /// # Panics
    /// When it is anything else, or says nothing about what is wrong, what was kept or what to do.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let document = self.json();
        assert_eq!(self.status, status, "{}: {document}", self.request);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.request);
        let text = |field: &str| document.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        for field in ["type", "title", "code", "detail", "kept", "action", "request_id"] {
            assert_ne!(text(field), "", "{}: `{field}` of {document}", self.request);
        }
        assert_eq!(document.get("status"), Some(&json!(status)), "{}", self.request);
        assert_eq!(text("type"), format!("/docs/errors#{}", text("code")));
        assert_eq!(self.header("x-request-id"), Some(text("request_id").as_str()));
        text("code")
    }
}

fn session_in(cookie: &str) -> Option<String> {
    let (name, value) = cookie.split(';').next()?.split_once('=')?;
    (name == "hutong_session").then(|| value.to_owned())
}

fn id_of(document: &Value) -> &str {
    document.get("id").and_then(Value::as_str).unwrap()
}
