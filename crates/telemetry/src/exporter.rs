//! Sends spans to a collector, many at once, behind everybody's back.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prost::Message;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use stdx::Secret;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use traffic::Record;

use crate::otlp::Span;
use crate::spans::{Words, request, spans};

/// Requests that wait to be told; more are counted and forgotten.
const MOST_WAITING: usize = 4_096;
/// Spans that are sent at once.
const MOST_AT_ONCE: usize = 512;
/// How long spans wait for others.
const GATHERING: Duration = Duration::from_secs(2);
/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often spans are sent that a collector cannot take now, and how long is waited in between, each time twice as long.
const TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Where traces go below an endpoint.
const PATH: &str = "/v1/traces";

/// Where spans go.
#[derive(Clone, Debug)]
pub struct Collector {
    /// The address of its OTLP/HTTP receiver, such as `http://127.0.0.1:4318`; `/v1/traces` is added unless it ends so.
    pub endpoint: String,
    /// Sent along, such as a key.
    pub headers: Vec<(String, Secret<String>)>,
    /// What this program is called there.
    pub service: String,
    /// True: what was said is told, where it is kept.
    pub tells_words: bool,
}

/// Takes requests that are over and tells the collector of them.
pub struct Exporter {
    queue: mpsc::Sender<Vec<Span>>,
    lost: Arc<AtomicU64>,
    words: Words,
}

impl Exporter {
    /// Begins to export, on the runtime that this is called on. It ends, and sends what waits, when the exporter is dropped.
    ///
    /// # Errors
    /// What cannot be right about the collector.
    pub fn start(collector: Collector) -> Result<Self, String> {
        let sender = Sender::new(&collector)?;
        let (queue, spans) = mpsc::channel(MOST_WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        tokio::spawn(run(sender, spans, Arc::clone(&lost)));
        let words = if collector.tells_words { Words::Told } else { Words::Kept };
        Ok(Self { queue, lost, words })
    }
}

impl Exporter {
    /// A request is over.
    pub(crate) fn tell(&self, record: &Record) {
        // A caller who traces and does not want this one told says so.
        if record.parent.is_some_and(|parent| !parent.is_sampled) {
            return;
        }
        if self.queue.try_send(spans(record, self.words)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("words", &self.words).finish_non_exhaustive()
    }
}

async fn run(sender: Sender, mut queue: mpsc::Receiver<Vec<Span>>, lost: Arc<AtomicU64>) {
    while let Some(mut some) = queue.recv().await {
        let gathering = async {
            while some.len() < MOST_AT_ONCE
                && let Some(more) = queue.recv().await
            {
                some.extend(more);
            }
        };
        let _time_is_over = timeout(GATHERING, gathering).await.is_err();
        let dropped = lost.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(requests = dropped, "the collector was not told of requests: too many waited");
        }
        let count = some.len();
        if let Err(problem) = sender.send(some).await {
            tracing::warn!(spans = count, problem, "the collector took no spans");
        }
    }
}

/// A connection to the collector.
struct Sender {
    client: reqwest::Client,
    url: String,
    service: String,
}

impl Sender {
    fn new(collector: &Collector) -> Result<Self, String> {
        let endpoint = collector.endpoint.trim_end_matches('/');
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err("an address such as http://127.0.0.1:4318".to_owned());
        }
        let url = if endpoint.ends_with(PATH) { endpoint.to_owned() } else { format!("{endpoint}{PATH}") };
        let mut headers = HeaderMap::new();
        for (name, value) in &collector.headers {
            let bad = || format!("the header {name} cannot be sent");
            let key: HeaderName = name.parse().map_err(|_| bad())?;
            let mut value = HeaderValue::from_str(value.expose()).map_err(|_| bad())?;
            value.set_sensitive(true);
            headers.insert(key, value);
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        // The process has one provider of cryptography; whoever comes first installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .default_headers(headers)
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, url, service: collector.service.clone() })
    }

    /// Again, a few times, when the collector may take them later.
    async fn send(&self, spans: Vec<Span>) -> Result<(), String> {
        let body = request(&self.service, spans).encode_to_vec();
        let mut pause = FIRST_PAUSE;
        let mut problem = String::new();
        for attempt in 1..=TRIES {
            match self.client.post(&self.url).body(body.clone()).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => {
                    problem = answer.status().to_string();
                    let may_pass =
                        answer.status().is_server_error() || answer.headers().contains_key("retry-after");
                    if !may_pass {
                        return Err(problem);
                    }
                }
                Err(error) => problem = error.without_url().to_string(),
            }
            if attempt < TRIES {
                sleep(pause).await;
                pause = pause.saturating_mul(2);
            }
        }
        Err(problem)
    }
}
