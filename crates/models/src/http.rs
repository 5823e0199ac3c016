//! Fetching by HTTPS with ranges.

use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_RANGE, ETAG, HeaderMap, HeaderName, IF_RANGE, LOCATION, RANGE, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use tokio::time::timeout;

use crate::disk::len;
use crate::error::{Failure, chain};
use crate::guard::Guard;
use crate::pull::Job;
use crate::retry::{Attempts, Outcome};

/// Redirects that are followed for one answer.
const HOPS: usize = 5;

/// How often the progress is shown while nothing comes.
const GLANCE: Duration = Duration::from_secs(1);

/// Bytes that are gathered before they are written.
const GATHER: usize = 1 << 19;

/// Appends to the part until it is complete. Pauses and goes on at the same position when a connection breaks.
pub(crate) async fn fetch(job: &Job, url: &str, label: &str) -> Result<(), Failure> {
    let url = Url::parse(url).map_err(|error| Failure::source(format!("a bad address: {error}")))?;
    let guard = Guard::new(&url).map_err(Failure::Source)?;
    let client = client(job, guard.clone())?;
    let mut attempts = Attempts::new(job.options.retry.clone(), job.options.rng.clone());
    loop {
        let before = job.part(|part| Ok(part.len())).await?;
        let again = match attempt(job, &client, &guard, &url, label).await {
            Ok(()) => return Ok(()),
            Err(Stop::For(failure)) => return Err(failure),
            Err(Stop::Anew) => {
                job.part(|part| Ok(part.restart()?)).await?;
                Again { reason: "the file changed at the source".to_owned(), ..Again::default() }
            }
            Err(Stop::Again(again)) => again,
        };
        let after = job.part(|part| Ok(part.len())).await?;
        let outcome = match (after > before, again.connected) {
            (true, _) => Outcome::Progress,
            (false, true) => Outcome::Fruitless,
            (false, false) => Outcome::Unreachable,
        };
        let Some(pause) = attempts.pause(outcome, again.wait) else {
            return Err(Failure::Source(again.reason));
        };
        tracing::debug!(model = job.spec.id, reason = again.reason, "a download goes on after a pause");
        job.unless_cancelled(tokio::time::sleep(pause)).await?;
    }
}

/// Why an attempt ended before the file was complete.
enum Stop {
    /// For good.
    For(Failure),
    /// The next attempt may work.
    Again(Again),
    /// The bytes so far are of no use.
    Anew,
}

#[derive(Default)]
struct Again {
    reason: String,
    connected: bool,
    wait: Option<Duration>,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::For(failure)
    }
}

fn client(job: &Job, guard: Guard) -> Result<Client, Failure> {
    // The process has one provider of cryptography; whoever comes first installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = if guard.is_local() { Client::builder().no_proxy() } else { Client::builder() };
    builder
        .user_agent(concat!("hutong/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .connect_timeout(job.options.retry.connect)
        .read_timeout(job.options.retry.idle)
        .dns_resolver(guard)
        .build()
        .map_err(|error| Failure::source(format!("no HTTPS client: {}", chain(&error))))
}

/// One connection: asks for what is missing and appends what comes.
async fn attempt(job: &Job, client: &Client, guard: &Guard, url: &Url, label: &str) -> Result<(), Stop> {
    let name = label.to_owned();
    let resume = job.part(move |part| Ok((part.len(), part.etag_of(&name).map(str::to_owned)))).await?;
    let (at, known) = resume;
    let response = follow(job, client, guard, url, &headers(at, known.as_deref())).await?;
    let etag = text_of(&response, &ETAG);
    match response.status() {
        StatusCode::OK => {
            check_size(response.content_length(), job.spec.bytes)?;
            if at > 0 {
                job.part(|part| Ok(part.restart()?)).await?;
            }
        }
        StatusCode::PARTIAL_CONTENT => {
            let range = text_of(&response, &CONTENT_RANGE).as_deref().and_then(content_range);
            let Some((from, total)) = range else {
                return Err(Failure::source("the server sent a part without saying which").into());
            };
            check_size(total, job.spec.bytes)?;
            if from != at {
                return Err(Failure::source("the server sent another part than was asked for").into());
            }
            // A server that does not know If-Range sends the rest of the new file: the tags tell.
            if known.is_some() && known != etag {
                return Err(Stop::Anew);
            }
        }
        StatusCode::RANGE_NOT_SATISFIABLE if at > 0 => return Err(Stop::Anew),
        status => return Err(refusal(status, &response)),
    }
    let name = label.to_owned();
    job.part(move |part| Ok(part.begin(&name, etag.as_deref())?)).await?;
    receive(job, response).await
}

fn headers(at: u64, etag: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, value: String| {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    };
    put(ACCEPT_ENCODING, "identity".to_owned());
    if at > 0 {
        put(RANGE, format!("bytes={at}-"));
        // RFC 9110 §13.1.5: only a strong tag may stand here.
        if let Some(etag) = etag.filter(|etag| !etag.starts_with("W/")) {
            put(IF_RANGE, etag.to_owned());
        }
    }
    headers
}

async fn follow(
    job: &Job,
    client: &Client,
    guard: &Guard,
    url: &Url,
    headers: &HeaderMap,
) -> Result<Response, Stop> {
    let mut url = url.clone();
    for _ in 0..=HOPS {
        let request = client.get(url.clone()).headers(headers.clone()).send();
        let response = job.unless_cancelled(request).await?.map_err(|error| {
            let connected = !error.is_connect();
            Stop::Again(Again { reason: chain(&error.without_url()), connected, wait: None })
        })?;
        if !response.status().is_redirection() {
            return Ok(response);
        }
        let target = text_of(&response, &LOCATION)
            .and_then(|location| url.join(&location).ok())
            .ok_or_else(|| Failure::source("a redirect that leads nowhere"))?;
        guard.check(&target).map_err(Failure::Source)?;
        url = target;
    }
    Err(Failure::source(format!("more than {HOPS} redirects")).into())
}

/// Appends the body to the part. What came before a break is kept.
async fn receive(job: &Job, mut response: Response) -> Result<(), Stop> {
    let mut position = job.part(|part| Ok(part.len())).await?;
    let mut gathered = Vec::with_capacity(GATHER);
    let broken = loop {
        // Asking again after a short while loses nothing and lets the shown speed fall when nothing comes.
        match job.unless_cancelled(timeout(GLANCE, response.chunk())).await {
            Ok(Err(_)) => job.meter.reached(position),
            Ok(Ok(Ok(Some(chunk)))) => {
                gathered.extend_from_slice(&chunk);
                position = position.saturating_add(len(&chunk));
                if position > job.spec.bytes {
                    return Err(Failure::source("the server sends more than the file has").into());
                }
                job.meter.reached(position);
            }
            Ok(Ok(Ok(None))) => break None,
            Ok(Ok(Err(error))) => break Some(Ok(chain(&error.without_url()))),
            Err(cancelled) => break Some(Err(cancelled)),
        }
        if gathered.len() >= GATHER {
            let bytes = std::mem::replace(&mut gathered, Vec::with_capacity(GATHER));
            job.part(move |part| Ok(part.append(&bytes)?)).await?;
        }
    };
    let missing = job
        .part(move |part| {
            part.append(&gathered)?;
            Ok(part.remaining())
        })
        .await?;
    match broken {
        Some(Err(cancelled)) => Err(cancelled.into()),
        _ if missing == 0 => Ok(()),
        Some(Ok(reason)) => Err(Stop::Again(Again { reason, connected: true, wait: None })),
        None => {
            let reason = format!("the server ended {missing} bytes early");
            Err(Stop::Again(Again { reason, connected: true, wait: None }))
        }
    }
}

fn check_size(found: Option<u64>, expected: u64) -> Result<(), Failure> {
    match found {
        Some(found) if found != expected => {
            Err(Failure::source(format!("the file has {found} bytes there, expected {expected}")))
        }
        _ => Ok(()),
    }
}

fn refusal(status: StatusCode, response: &Response) -> Stop {
    let reason = format!("the server answered {status}");
    let may_change = status.is_server_error()
        || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
    if !may_change {
        return Failure::Source(reason).into();
    }
    let seconds = text_of(response, &RETRY_AFTER).and_then(|value| value.parse().ok());
    Stop::Again(Again { reason, connected: true, wait: seconds.map(Duration::from_secs) })
}

fn text_of(response: &Response, name: &HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// `bytes 5-9/10` → 5 and 10; the total may be unknown (`*`).
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, _) = range.split_once('-')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    Some((from.parse().ok()?, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_or_refused_whole() {
        assert_eq!(content_range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(content_range("bytes 5-9/*"), Some((5, None)));
        for bad in ["", "bytes */10", "items 5-9/10", "bytes 5/10", "bytes 5-9/x", "bytes -9/10"] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_a_strong_tag_guards_a_range() {
        assert_eq!(headers(5, Some("\"a\"")).get(IF_RANGE).unwrap(), "\"a\"");
        assert_eq!(headers(5, Some("W/\"a\"")).get(IF_RANGE), None);
        assert_eq!(headers(0, Some("\"a\"")).get(RANGE), None);
    }
}
