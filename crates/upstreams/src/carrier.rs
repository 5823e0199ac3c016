//! The one way out: requests to vendors, over connections that are kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use ports::Reach;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use stdx::TraceParent;
use tokio::time::timeout;

use crate::patience::Timer;
use crate::reach::{Guide, NameError};
use crate::site::Site;
use crate::stopwatch::Stopwatch;
use crate::trouble::{Hurdle, Trouble};

/// Connections to one host that are kept while nothing is asked.
const KEPT: usize = 64;
/// How long they are kept.
const KEPT_FOR: Duration = Duration::from_secs(90);
/// Bytes of a response's head, where the protocol lets us say.
const HEAD: u32 = 64 * 1024;
/// How often a silent connection is asked whether it is alive, and how long it may take to say so.
const ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
/// What is read behind the end of an answer at most, and for how long.
const BEHIND: (usize, Duration) = (64 * 1024, Duration::from_secs(1));
/// Headers in which vendors name a request, to be told when one complains.
const NAMES: [&str; 5] = ["x-request-id", "request-id", "x-amzn-requestid", "x-trace-id", "trace-id"];

/// Which protocol is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// The newest that both sides know.
    #[default]
    Offered,
    /// HTTP/2 at once, for servers nearby that are known to speak it.
    Http2,
}

/// Carries requests. Clients are made when they are needed first: who asks no vendor pays neither time nor memory.
#[derive(Debug, Default)]
pub(crate) struct Carrier {
    protocol: Protocol,
    /// By how long a connection may take to come about, and how far it may lead.
    clients: Mutex<BTreeMap<(Duration, Reach), Client>>,
    /// Whoever wants to know how long connections take.
    stopwatch: Option<Stopwatch>,
}

/// The head of a response whose body is still to be read.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) request_id: Option<String>,
    /// False for what cannot be a stream of events: a page for people, or what is packed although nobody asked for that.
    pub(crate) is_readable: bool,
    response: Response,
}

impl Carrier {
    pub(crate) fn new(protocol: Protocol) -> Self {
        Self { protocol, ..Self::default() }
    }

    /// One that is told how long each connection took.
    pub(crate) fn timed(protocol: Protocol, stopwatch: Stopwatch) -> Self {
        Self { protocol, clients: Mutex::default(), stopwatch: Some(stopwatch) }
    }

    fn client(&self, site: &Site, connect: Duration) -> Result<Client, Trouble> {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&(connect, site.reach)) {
            return Ok(client.clone());
        }
        // The process has one provider of cryptography; whoever comes first installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(concat!("hutong/", env!("CARGO_PKG_VERSION")))
            // A key is for one address, and a proxy that nobody told us of is another.
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .dns_resolver(Guide(site.reach))
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .connect_timeout(connect)
            .pool_max_idle_per_host(KEPT)
            .pool_idle_timeout(KEPT_FOR)
            .tcp_keepalive(ALIVE.0)
            .http2_keep_alive_interval(ALIVE.0)
            .http2_keep_alive_timeout(ALIVE.1)
            .http2_adaptive_window(true)
            .http2_max_header_list_size(HEAD);
        let builder = match self.protocol {
            Protocol::Offered => builder,
            Protocol::Http2 => builder.http2_prior_knowledge(),
        };
        let builder = match &self.stopwatch {
            Some(stopwatch) => builder.connector_layer(stopwatch.clone()),
            None => builder,
        };
        let client = builder.build().map_err(|error| {
            tracing::error!(cause = %error, "there is no client for HTTPS");
            Trouble::Unreached(Hurdle::Other)
        })?;
        clients.insert((connect, site.reach), client.clone());
        Ok(client)
    }

    /// Posts a question and reads the head of what comes. Dropping the future takes the question back.
    pub(crate) async fn post(
        &self,
        site: &Site,
        connect: Duration,
        path: &str,
        body: Bytes,
        parent: Option<TraceParent>,
    ) -> Result<Head, Trouble> {
        let url = format!("{}{path}", site.endpoint.base_url);
        let mut headers = site.headers().clone();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        if let Some(parent) = parent.and_then(|parent| HeaderValue::try_from(parent.to_string()).ok()) {
            headers.insert("traceparent", parent);
        }
        let request = self.client(site, connect)?.post(url).headers(headers).body(body);
        Ok(Head::of(request.send().await.map_err(|error| lost(&error))?))
    }

    /// Reads something short: a list of models.
    pub(crate) async fn get(&self, site: &Site, connect: Duration, path: &str) -> Result<Head, Trouble> {
        let url = format!("{}{path}", site.endpoint.base_url);
        let mut headers = site.headers().clone();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let request = self.client(site, connect)?.get(url).headers(headers);
        Ok(Head::of(request.send().await.map_err(|error| lost(&error))?))
    }
}

impl Head {
    fn of(response: Response) -> Self {
        let headers = response.headers();
        let pairs = headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
        Self {
            status: response.status().as_u16(),
            headers: pairs.collect(),
            request_id: request_id(headers),
            is_readable: is_readable(headers),
            response,
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The next bytes of the body; nothing at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Trouble> {
        self.response.chunk().await.map_err(|error| lost(&error))
    }

    /// Reads what is behind the end of an answer, so that its connection is kept for the next question. Mostly nothing is.
    pub(crate) fn spend(mut self) {
        if matches!(self.chunk().now_or_never(), Some(Ok(None) | Err(_))) {
            return;
        }
        tokio::spawn(async move { timeout(BEHIND.1, self.rest(BEHIND.0)).await });
    }

    /// The body as far as it is worth reading.
    pub(crate) async fn rest(&mut self, most: usize) -> Vec<u8> {
        let mut body = Vec::new();
        // A complaint that breaks off is a complaint all the same.
        while let Ok(Some(chunk)) = self.chunk().await {
            let room = most.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if body.len() >= most {
                break;
            }
        }
        body
    }
}

fn is_readable(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or("");
    let encoding = text(CONTENT_ENCODING);
    let is_page = text(CONTENT_TYPE).trim_start().to_ascii_lowercase().starts_with("text/html");
    !is_page && (encoding.is_empty() || encoding.eq_ignore_ascii_case("identity"))
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let id = NAMES.iter().find_map(|name| headers.get(*name)?.to_str().ok())?;
    name_of_request(id)
}

/// A name that is fit to be kept.
pub(crate) fn name_of_request(id: &str) -> Option<String> {
    let is_fit = (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    is_fit.then(|| id.to_owned())
}

/// Addresses are not printed: what is wrong with one is the operator's to know, and the log has it.
fn lost(error: &reqwest::Error) -> Trouble {
    tracing::debug!(cause = %chain(error), "a connection to a vendor failed");
    match (error.is_connect(), error.is_timeout()) {
        (true, true) => Trouble::Late(Timer::Connect),
        (true, false) | (false, true) => Trouble::Unreached(hurdle(error)),
        (false, false) => Trouble::cut(),
    }
}

/// Why there was no connection, by the types of what is behind an error.
fn hurdle(error: &reqwest::Error) -> Hurdle {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(found) = hurdle_in(inner) {
            return found;
        }
        cause = inner.source();
    }
    Hurdle::Other
}

fn hurdle_in(error: &(dyn std::error::Error + 'static)) -> Option<Hurdle> {
    if let Some(name) = error.downcast_ref::<NameError>() {
        return Some(match name {
            NameError::Unknown => Hurdle::Name,
            NameError::Forbidden => Hurdle::Forbidden,
        });
    }
    if error.is::<rustls::Error>() {
        return Some(Hurdle::Tls);
    }
    let io = error.downcast_ref::<std::io::Error>()?;
    if io.kind() == std::io::ErrorKind::ConnectionRefused {
        return Some(Hurdle::Refused);
    }
    // What an error of IO carries is not among its sources.
    io.get_ref().and_then(|carried| hurdle_in(carried))
}

/// What is behind an error, without its address.
fn chain(error: &reqwest::Error) -> String {
    let mut text = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push(inner.to_string());
        cause = inner.source();
    }
    if text.is_empty() { "no further cause".to_owned() } else { text.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn pages_and_packed_bodies_are_no_answers() {
        assert!(is_readable(&headers(&[("content-type", "text/event-stream")])));
        assert!(is_readable(&headers(&[("content-encoding", "identity")])));
        assert!(!is_readable(&headers(&[("content-type", "Text/HTML; charset=utf-8")])));
        assert!(!is_readable(&headers(&[("content-encoding", "gzip")])));
    }

    #[test]
    fn a_request_s_name_is_short_and_printable() {
        assert_eq!(request_id(&headers(&[("x-request-id", "req_1")])).as_deref(), Some("req_1"));
        assert_eq!(request_id(&headers(&[("x-request-id", "a b")])), None);
        assert_eq!(name_of_request(&"x".repeat(129)), None);
    }
}
