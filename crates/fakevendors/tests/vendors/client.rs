//! Whoever asks.

use std::sync::{Arc, LazyLock};

use catalog::{DataTree, Dialect, Endpoint};
use dialects::{Decoder, Delivery, Event, Failure, Question, Rejection};
use fakevendors::{Answer, Asked, FakeVendors, House, Script};
use ports::{ChatMessage, ChatRequest};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Map, Value};
use stdx::{MockClock, Timestamp};
use wire::Role;

pub(crate) const KEY: &str = "fake-a";

/// 23 November 2026, 08:00 UTC.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_micros(1_795_420_800_000_000)
}

/// A vendor of each dialect, by the endpoint that shows its usual form.
pub(crate) const ENDPOINTS: [(&str, &str); 4] =
    [("openai", "chat"), ("openai", "responses"), ("anthropic", "main"), ("gemini", "main")];

/// A server, and whoever asks it.
pub(crate) struct Town {
    pub(crate) vendors: FakeVendors,
    pub(crate) client: Client,
}

/// What came of a question.
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// The bytes that came, also when they ended in an error.
    pub(crate) bytes: Vec<u8>,
    /// The connection broke.
    pub(crate) is_broken: bool,
    pub(crate) events: Vec<Event>,
}

pub(crate) async fn town() -> Town {
    town_with(|house| house).await
}

pub(crate) async fn town_with(set_up: impl FnOnce(House) -> House) -> Town {
    // The process has one provider of cryptography; whoever comes first installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let house = set_up(House::new(Arc::new(MockClock::at(now()))));
    let vendors = house.open(0).await.unwrap();
    Town { vendors, client: Client::builder().no_proxy().build().unwrap() }
}

pub(crate) fn endpoint((vendor, endpoint): (&str, &str)) -> Endpoint {
    let providers = catalog::providers(&DataTree::embedded()).unwrap();
    providers.get(vendor).unwrap().endpoint(endpoint).unwrap().clone()
}

pub(crate) fn endpoints() -> Vec<Endpoint> {
    static ALL: LazyLock<Vec<Endpoint>> = LazyLock::new(|| ENDPOINTS.into_iter().map(endpoint).collect());
    ALL.clone()
}

/// The usual question.
pub(crate) fn question() -> ChatRequest {
    let system = ChatMessage::text(Role::System, "You know all lanes.");
    let user = ChatMessage::text(Role::User, "Which lane leads to the 槐树?");
    ChatRequest::new("m", vec![system, user])
}

/// The body and path of a question.
pub(crate) fn call(
    endpoint: &Endpoint,
    model: &str,
    delivery: Delivery,
    request: &ChatRequest,
) -> dialects::Call {
    let question = Question { request, model, delivery, kept: &[], extra: &Map::new() };
    dialects::encode(endpoint, &question).unwrap()
}

impl Town {
    /// A request with the endpoint's own headers.
    pub(crate) fn post(&self, endpoint: &Endpoint, path: &str, body: String, key: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.vendors.base_url(endpoint.dialect));
        let mut post = self.client.post(url).header("content-type", "application/json").body(body);
        for (name, value) in &endpoint.headers {
            post = post.header(name, value);
        }
        match &endpoint.auth {
            catalog::Auth::Header(name) => post.header(name, key),
            _ => post.bearer_auth(key),
        }
    }

    /// Asks the usual question, piece by piece.
    pub(crate) async fn stream(&self, endpoint: &Endpoint, model: &str) -> Heard {
        self.ask(endpoint, model, Delivery::Streamed, &question()).await
    }

    /// Asks the usual question, at once.
    pub(crate) async fn whole(&self, endpoint: &Endpoint, model: &str) -> Heard {
        self.ask(endpoint, model, Delivery::Whole, &question()).await
    }

    pub(crate) async fn ask(
        &self,
        endpoint: &Endpoint,
        model: &str,
        delivery: Delivery,
        request: &ChatRequest,
    ) -> Heard {
        let call = call(endpoint, model, delivery, request);
        let response = self.post(endpoint, &call.path, call.body, KEY).send().await.unwrap();
        hear(endpoint, model, delivery, response).await
    }

    /// What is answered to the usual question, by the script alone.
    pub(crate) fn meant(&self, endpoint: &Endpoint, model: &str, request: &ChatRequest) -> Answer {
        let body = call(endpoint, model, Delivery::Streamed, request).body;
        let body: Value = serde_json::from_str(&body).unwrap();
        let path = (endpoint.dialect == Dialect::GenerateContent).then_some((model, true));
        let asked = Asked::read(endpoint.dialect, path, &body).unwrap();
        Answer::of(&Script::read(model).unwrap(), &asked)
    }
}

pub(crate) async fn hear(
    endpoint: &Endpoint,
    model: &str,
    delivery: Delivery,
    mut response: Response,
) -> Heard {
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let mut decoder = Decoder::new(endpoint, model);
    let (mut bytes, mut events, mut is_broken) = (Vec::new(), Vec::new(), false);
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => {
                bytes.extend_from_slice(&chunk);
                events.extend(decoder.push(&chunk));
            }
            Ok(None) => break,
            Err(_) => {
                is_broken = true;
                break;
            }
        }
    }
    events.extend(decoder.finish());
    if delivery == Delivery::Whole {
        events = Decoder::whole(endpoint, model, &bytes);
    }
    Heard { status, headers, bytes, is_broken, events }
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn failure(&self, endpoint: &Endpoint) -> Failure {
        let headers: Vec<(&str, &str)> =
            self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Failure::read(endpoint, Rejection { status: self.status, headers: &headers, body: &self.bytes })
    }

    pub(crate) fn said(&self) -> String {
        self.told(|event| match event {
            Event::Text(text) => Some(text),
            _ => None,
        })
    }

    pub(crate) fn thought(&self) -> String {
        self.told(|event| match event {
            Event::Reasoning(text) => Some(text),
            _ => None,
        })
    }

    pub(crate) fn declined(&self) -> String {
        self.told(|event| match event {
            Event::Refusal(text) => Some(text),
            _ => None,
        })
    }

    pub(crate) fn told<'a>(&'a self, take: impl Fn(&'a Event) -> Option<&'a String>) -> String {
        self.events.iter().filter_map(take).map(String::as_str).collect()
    }

    /// Names, ids and arguments of the calls.
    pub(crate) fn calls(&self) -> Vec<(String, Option<String>, String)> {
        let mut calls: Vec<(String, Option<String>, String)> = Vec::new();
        for event in &self.events {
            match event {
                Event::ToolCall { id, name, .. } => calls.push((name.clone(), id.clone(), String::new())),
                Event::ToolArguments { text, .. } => calls.last_mut().unwrap().2.push_str(text),
                _ => {}
            }
        }
        calls
    }

    pub(crate) fn end(&self) -> &dialects::End {
        match self.events.last() {
            Some(Event::Done(end)) => end,
            other => panic!("{other:?} after {:?}", String::from_utf8_lossy(&self.bytes)),
        }
    }

    pub(crate) fn broken(&self) -> &dialects::Broken {
        match self.events.last() {
            Some(Event::Failed(broken)) => broken,
            other => panic!("{other:?} after {:?}", String::from_utf8_lossy(&self.bytes)),
        }
    }
}
