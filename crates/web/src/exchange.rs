//! One question to one address, and its answer.

use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_ENCODING, HOST, HeaderMap, USER_AGENT,
};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::error::FetchError;
use crate::network::{Network, Stream};
use crate::target::{ChosenBy, Target};
use crate::walls;

/// Who asks, so that whoever is asked can say no.
const AGENT: &str = concat!("Hutong/", env!("CARGO_PKG_VERSION"), " (fetched once, for a reader)");
/// Bytes of a body, as it comes and as it is unpacked.
pub(crate) const MOST_BYTES: usize = 4 << 20;
/// Bytes of the head of an answer.
const MOST_HEAD: usize = 64 << 10;
/// Lines of the head of an answer.
const MOST_HEADERS: usize = 100;
/// How many addresses of one name are tried.
const MOST_TRIES: usize = 3;
/// For one connection.
const DIAL_TIME: Duration = Duration::from_secs(5);

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// True when there was more than is kept.
    pub(crate) is_cut: bool,
}

/// Asks, after the address was looked up and every result was checked. The connection goes to what was checked.
pub(crate) async fn ask(
    network: &dyn Network,
    tls: &TlsConnector,
    target: &Target,
    headers: &[(hyper::header::HeaderName, String)],
) -> Result<Answer, FetchError> {
    let down = |problem| FetchError::Down { host: target.host().to_owned(), problem };
    let addresses = checked(network, target).await?;
    let stream = connected(network, target, &addresses).await?;
    let stream: Box<dyn Stream> = if target.is_encrypted() {
        let name = match target.address() {
            Some(address) => ServerName::from(address),
            None => {
                ServerName::try_from(target.host().to_owned()).map_err(|_| down("its name is not allowed"))?
            }
        };
        Box::new(tls.connect(name, stream).await.map_err(|_| down("the encryption cannot be trusted"))?)
    } else {
        stream
    };
    let mut client = hyper::client::conn::http1::Builder::new();
    let client = client.max_buf_size(MOST_HEAD).max_headers(MOST_HEADERS);
    let (mut sender, connection) = client
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(|_| down("it does not speak HTTP"))?;
    // Ends with this question, however that ends.
    let mut tasks = JoinSet::new();
    tasks.spawn(connection);
    let mut request = Request::builder()
        .uri(target.path())
        .header(HOST, target.authority())
        .header(USER_AGENT, AGENT)
        .header(ACCEPT_ENCODING, "gzip, deflate");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Empty::new()).map_err(|_| down("the question cannot be written"))?;
    let answer = sender.send_request(request).await.map_err(|_| down("it does not answer as HTTP does"))?;
    read(answer).await.map_err(down)
}

/// What a page is asked for with.
pub(crate) fn page_headers(locale: &str) -> Vec<(hyper::header::HeaderName, String)> {
    let language = if locale.starts_with("zh") { "zh-CN, zh;q=0.9, en;q=0.5" } else { "en, *;q=0.5" };
    let accept = "text/html, text/plain;q=0.9, application/json;q=0.8, */*;q=0.1";
    vec![(ACCEPT, accept.to_owned()), (ACCEPT_LANGUAGE, language.to_owned())]
}

/// TLS as everything else here has it: the system's roots, HTTP/1.1.
pub(crate) fn tls() -> Result<TlsConnector, rustls::Error> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The addresses of a host. One of them that is not public is enough to ask none.
async fn checked(network: &dyn Network, target: &Target) -> Result<Vec<IpAddr>, FetchError> {
    let unknown = || FetchError::UnknownHost(target.host().to_owned());
    let addresses = match target.address() {
        Some(address) => vec![address],
        None => network.resolve(target.host().to_owned()).await.map_err(|_| unknown())?,
    };
    if addresses.is_empty() {
        return Err(unknown());
    }
    let is_walled = target.chosen_by() == ChosenBy::Anybody;
    if is_walled && !addresses.iter().all(|address| walls::is_public(*address)) {
        return Err(FetchError::Walled { host: target.host().to_owned() });
    }
    Ok(addresses)
}

async fn connected(
    network: &dyn Network,
    target: &Target,
    addresses: &[IpAddr],
) -> Result<Box<dyn Stream>, FetchError> {
    for address in addresses.iter().take(MOST_TRIES) {
        let dialing = network.dial(SocketAddr::new(*address, target.port()));
        if let Ok(Ok(stream)) = tokio::time::timeout(DIAL_TIME, dialing).await {
            return Ok(stream);
        }
    }
    Err(FetchError::Down { host: target.host().to_owned(), problem: "nobody answers there" })
}

async fn read(answer: Response<Incoming>) -> Result<Answer, &'static str> {
    let (head, mut rest) = answer.into_parts();
    let mut body: Vec<u8> = Vec::new();
    let mut is_cut = false;
    // What only says where to go on has nothing to read.
    while !head.status.is_redirection()
        && let Some(frame) = rest.frame().await
    {
        let Ok(data) = frame.map_err(|_| "it broke off in the middle")?.into_data() else { continue };
        let room = MOST_BYTES - body.len();
        body.extend(data.iter().take(room));
        if data.len() > room {
            is_cut = true;
            break;
        }
    }
    let packed = head.headers.get(CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase());
    let (body, is_long) = match packed.as_deref() {
        None | Some(b"" | b"identity") => (body, false),
        Some(b"gzip" | b"x-gzip") => unpacked(MultiGzDecoder::new(body.as_slice()), is_cut)?,
        Some(b"deflate") => unpacked(ZlibDecoder::new(body.as_slice()), is_cut)?,
        Some(_) => return Err("it packs its pages in a way that was not asked for"),
    };
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body, is_cut: is_cut || is_long })
}

/// At most so much, however small it came. What was cut on the way is unpacked as far as it goes.
fn unpacked(reader: impl Read, was_cut: bool) -> Result<(Vec<u8>, bool), &'static str> {
    let limit = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let mut reader = reader.take(limit + 1);
    let mut body = Vec::new();
    match reader.read_to_end(&mut body) {
        Ok(_) => {}
        Err(_) if was_cut && !body.is_empty() => {}
        Err(_) => return Err("what it packed cannot be unpacked"),
    }
    let is_long = body.len() > MOST_BYTES;
    body.truncate(MOST_BYTES);
    Ok((body, is_long))
}
