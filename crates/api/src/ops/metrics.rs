//! Counters in the OpenMetrics text format.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use ports::{CacheUse, Guesses, ReadyModel};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ModelLabels {
    model: String,
}

/// A figure of each model in memory.
type ByModel = Family<ModelLabels, Gauge<f64, AtomicU64>>;

/// What the server counts.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter<u64, AtomicU64>>,
    live_runs: Gauge,
    open_holds: Gauge,
    oldest_hold: Gauge,
    /// In the order of [`figures`].
    models: [ByModel; 11],
}

/// The figures of a model, with their names and what they say.
fn figures(cache: CacheUse, guesses: Guesses) -> [(&'static str, &'static str, f64); 11] {
    let CacheUse { memory, disk, prompt_tokens, cached_tokens, longest_save_micros } = cache;
    [
        ("prefix_memory_units", "Pieces of computed prompts in memory", float(memory.units)),
        ("prefix_memory_tokens", "Their tokens", float(memory.tokens)),
        ("prefix_memory_bytes", "Their bytes", float(memory.bytes)),
        ("prefix_disk_units", "Pieces of computed prompts on disk", float(disk.units)),
        ("prefix_disk_tokens", "Their tokens", float(disk.tokens)),
        ("prefix_disk_bytes", "Their bytes", float(disk.bytes)),
        ("prefix_prompt_tokens", "Tokens of prompts since the model was loaded", float(prompt_tokens)),
        ("prefix_cached_tokens", "Those that needed no computing", float(cached_tokens)),
        ("prefix_longest_save_seconds", "The longest hold-up by saving", float(longest_save_micros) / 1e6),
        (
            "guessed_tokens",
            "Tokens of answers that were guessed since the model was loaded",
            float(guesses.made),
        ),
        ("right_tokens", "Those that were guessed right", float(guesses.right)),
    ]
}

/// Exact as far as anybody reads it.
fn float(n: u64) -> f64 {
    n.to_string().parse().unwrap_or(f64::MAX)
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("hutong");
        let requests = Family::default();
        let live_runs = Gauge::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let (open_holds, oldest_hold) = (Gauge::default(), Gauge::default());
        registry.register("live_runs", "Answers being written", live_runs.clone());
        registry.register("open_holds", "Runs whose cost is held and not settled", open_holds.clone());
        registry.register("oldest_hold_seconds", "The age of the oldest of them", oldest_hold.clone());
        let models = figures(CacheUse::default(), Guesses::default()).map(|(name, help, _)| {
            let family = ByModel::default();
            registry.register(name, help, family.clone());
            family
        });
        Self { registry: Arc::new(registry), requests, live_runs, open_holds, oldest_hold, models }
    }

    /// Notes how many holds are open and how old the oldest is, in seconds.
    pub(crate) fn note_holds(&self, (open, age): (u64, u64)) {
        self.open_holds.set(i64::try_from(open).unwrap_or(i64::MAX));
        self.oldest_hold.set(i64::try_from(age).unwrap_or(i64::MAX));
    }

    /// All figures as text.
    pub(crate) fn encode(&self, live_runs: usize, models: &[(String, ReadyModel)]) -> String {
        self.live_runs.set(i64::try_from(live_runs).unwrap_or(i64::MAX));
        // Models come and go.
        self.models.iter().for_each(Family::clear);
        for (model, ready) in models {
            for (family, (_, _, value)) in self.models.iter().zip(figures(ready.cache, ready.guesses)) {
                family.get_or_create(&ModelLabels { model: model.clone() }).set(value);
            }
        }
        let mut text = String::new();
        // Writing into a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// Counts a request by its route, never by its address: addresses carry ids.
pub(crate) async fn count(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let method = method_label(request.method()).to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("page", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let labels = RequestLabels { method, route, status: response.status().as_u16() };
    metrics.requests.get_or_create(&labels).inc();
    response
}

/// A method's name; one word for all that we do not answer, since anybody can make up more of them.
fn method_label(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE => {
            method.as_str()
        }
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use ports::{Isolation, TierUse};

    use super::*;

    fn ready() -> ReadyModel {
        let tier = TierUse { units: 2, tokens: 300, bytes: 3_600 };
        ReadyModel {
            memory_bytes: 1_000,
            context_tokens: 2_048,
            threads: 2,
            requests: 0,
            idle_left: None,
            isolation: Isolation { landlock: None, seccomp: false },
            cache: CacheUse {
                memory: tier,
                disk: tier,
                prompt_tokens: 1_000,
                cached_tokens: 750,
                longest_save_micros: 1_200,
            },
            guesses: Guesses { made: 80, right: 60 },
        }
    }

    #[test]
    fn figures_come_out_as_text() {
        let metrics = Metrics::new();
        let labels = RequestLabels { method: "GET".to_owned(), route: "/healthz".to_owned(), status: 200 };
        metrics.requests.get_or_create(&labels).inc_by(3);
        metrics.note_holds((3, 40));
        let text = metrics.encode(2, &[("m".to_owned(), ready())]);
        assert!(
            text.contains(r#"hutong_http_requests_total{method="GET",route="/healthz",status="200"} 3"#),
            "{text}"
        );
        assert!(text.contains("hutong_live_runs 2"), "{text}");
        assert!(
            text.contains("hutong_open_holds 3") && text.contains("hutong_oldest_hold_seconds 40"),
            "{text}"
        );
        assert!(text.contains(r#"hutong_prefix_longest_save_seconds{model="m"} 0.0012"#), "{text}");
        assert!(text.contains(r#"hutong_guessed_tokens{model="m"} 80"#), "{text}");
        assert!(!metrics.encode(0, &[]).contains(r#"model="m""#), "a model that is gone has no figures");
    }
}
