//! A page, from its address, over as many hops as it takes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::header::{CONTENT_TYPE, LOCATION};
use tokio_rustls::TlsConnector;

use crate::error::FetchError;
use crate::exchange::{self, Answer};
use crate::network::Network;
use crate::page::{self, Page};
use crate::target::Target;

/// How often a server may send on.
const MOST_HOPS: usize = 5;
/// For all of it: looking up, connecting, hops, and the last byte.
const WHOLE_TIME: Duration = Duration::from_secs(20);

/// Fetches pages.
#[derive(Clone)]
pub(crate) struct Fetcher {
    network: Arc<dyn Network>,
    tls: TlsConnector,
    ports: Arc<[u16]>,
}

impl Fetcher {
    /// Asks at the usual ports of the web and at `more_ports`.
    pub(crate) fn new(network: Arc<dyn Network>, more_ports: &[u16]) -> Result<Self, rustls::Error> {
        let ports: Vec<u16> = [80, 443].into_iter().chain(more_ports.iter().copied()).collect();
        Ok(Self { network, tls: exchange::tls()?, ports: ports.into() })
    }

    /// The page at an address.
    pub(crate) async fn page(&self, address: &str, locale: &str) -> Result<Page, FetchError> {
        let whole = self.followed(address, locale);
        match tokio::time::timeout(WHOLE_TIME, whole).await {
            Ok(found) => found,
            Err(_) => Err(FetchError::Slow(WHOLE_TIME.as_secs())),
        }
    }

    async fn followed(&self, address: &str, locale: &str) -> Result<Page, FetchError> {
        let mut target = Target::read(address, &self.ports)?;
        let headers = exchange::page_headers(locale);
        for _ in 0..=MOST_HOPS {
            let answer = exchange::ask(self.network.as_ref(), &self.tls, &target, &headers).await?;
            match location(&answer) {
                Some(location) => target = target.next(&location, &self.ports)?,
                None => return read(&target, answer),
            }
        }
        Err(FetchError::Hops(MOST_HOPS))
    }
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("network", &self.network)
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}

fn location(answer: &Answer) -> Option<String> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    answer.headers.get(LOCATION).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn read(target: &Target, answer: Answer) -> Result<Page, FetchError> {
    if !(200..300).contains(&answer.status) {
        return Err(FetchError::Status { host: target.host().to_owned(), status: answer.status });
    }
    let declared = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    page::read(target.url().as_str(), declared, &answer.body, answer.is_cut)
}
