//! The one way out: requests to gateways and their answers, whole.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;
use std::time::Duration;

use ports::{Headers, PaymentError, PortErrorKind};
use reqwest::Client;
use reqwest::redirect::Policy;

/// The largest answer that is read. Those of gateways are a few kilobytes.
const MOST_BYTES: usize = 1 << 20;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// How long an answer may take. Gateways ask banks before they answer.
const ANSWER: Duration = Duration::from_secs(60);

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Changes.
    Post,
}

impl Method {
    /// The word for it in a request.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A request to a gateway.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where to, with the query.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Vec<u8>,
}

/// Without headers, query and body: there are secrets in them.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("Request").field("method", &self.method).field("url", &url).finish_non_exhaustive()
    }
}

/// The answer of a gateway, whatever its status is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte: signatures are over these.
    pub body: Vec<u8>,
}

impl Headers for Response {
    fn only(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, value) = found.next()?;
        if found.next().is_none() { Some(value) } else { None }
    }
}

/// An answer on its way.
pub type ResponseFuture<'a> = Pin<Box<dyn Future<Output = Result<Response, PaymentError>> + Send + 'a>>;

/// Whoever carries requests to gateways.
pub trait Http: Send + Sync + fmt::Debug {
    /// Sends a request and reads the whole answer. An answer with a bad status is an answer.
    fn send(&self, request: Request) -> ResponseFuture<'_>;
}

/// Requests over HTTPS. Redirects are not followed: a signature is for one address. The client behind it is made when it
/// is needed first: where nobody pays through a gateway it takes neither time nor memory.
#[derive(Clone, Debug)]
pub struct HttpsClient {
    https_only: bool,
    client: OnceLock<Client>,
}

impl HttpsClient {
    /// A client.
    pub const fn new() -> Self {
        Self { https_only: true, client: OnceLock::new() }
    }

    /// A client that also speaks plain HTTP, for a fake gateway on the same machine.
    pub const fn for_a_fake() -> Self {
        Self { https_only: false, client: OnceLock::new() }
    }

    fn client(&self) -> Result<&Client, PaymentError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // The process has one provider of cryptography; whoever comes first installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .user_agent(concat!("hutong/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .https_only(self.https_only)
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .build();
        let client = client.map_err(|error| PaymentError::new(PortErrorKind::Down, error.to_string()))?;
        Ok(self.client.get_or_init(|| client))
    }
}

impl Default for HttpsClient {
    fn default() -> Self {
        Self::new()
    }
}

impl Http for HttpsClient {
    fn send(&self, request: Request) -> ResponseFuture<'_> {
        Box::pin(async move {
            let client = self.client()?;
            let mut builder = match request.method {
                Method::Get => client.get(request.url),
                Method::Post => client.post(request.url).body(request.body),
            };
            for (name, value) in request.headers {
                builder = builder.header(name, value);
            }
            let mut answer = builder.send().await.map_err(lost)?;
            let headers = answer.headers().iter().filter_map(|(name, value)| {
                Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
            });
            let headers = headers.collect();
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await.map_err(lost)? {
                body.extend_from_slice(&chunk);
                if body.len() > MOST_BYTES {
                    return Err(PaymentError::new(PortErrorKind::Down, "the gateway's answer is too long"));
                }
            }
            Ok(Response { status: answer.status().as_u16(), headers, body })
        })
    }
}

fn lost(error: reqwest::Error) -> PaymentError {
    let kind = if error.is_connect() { PortErrorKind::Down } else { PortErrorKind::Retry };
    let what =
        if error.is_timeout() { "the gateway did not answer in time" } else { "the gateway was not reached" };
    // An address may hold a signature.
    PaymentError::new(kind, format!("{what}: {}", error.without_url()))
}

/// What an unwelcome status says about the chances of another attempt. Whatever may have been carried out all the same
/// is [`PortErrorKind::Retry`].
pub(crate) fn kind_of(status: u16) -> PortErrorKind {
    match status {
        429 => PortErrorKind::Quota,
        408 | 409 | 500..=599 => PortErrorKind::Retry,
        401..=403 => PortErrorKind::Refused,
        400..=499 => PortErrorKind::Bad,
        _ => PortErrorKind::Retry,
    }
}

/// The answer is not as it is documented. Nobody knows what was done.
pub(crate) fn unreadable(what: impl fmt::Display) -> PaymentError {
    PaymentError::new(PortErrorKind::Retry, format!("the gateway's answer cannot be read: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_printed_without_what_is_secret() {
        let request = Request {
            method: Method::Get,
            url: "https://pay.example/orders?sign=abc".to_owned(),
            headers: vec![("authorization", "Bearer abc".to_owned())],
            body: b"abc".to_vec(),
        };
        let text = format!("{request:?}");
        assert!(text.contains("https://pay.example/orders") && !text.contains("abc"), "{text}");
    }

    #[test]
    fn only_what_was_surely_not_done_is_refused_for_good() {
        for (status, kind) in [
            (400, PortErrorKind::Bad),
            (402, PortErrorKind::Refused),
            (404, PortErrorKind::Bad),
            (409, PortErrorKind::Retry),
            (429, PortErrorKind::Quota),
            (502, PortErrorKind::Retry),
            (302, PortErrorKind::Retry),
        ] {
            assert_eq!(kind_of(status), kind, "{status}");
        }
    }
}
