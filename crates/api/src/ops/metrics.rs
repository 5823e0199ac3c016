//! Counters in the OpenMetrics text format.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
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

/// What the server counts.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter<u64, AtomicU64>>,
    live_runs: Gauge,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("hutong");
        let requests = Family::default();
        let live_runs = Gauge::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("live_runs", "Answers being written", live_runs.clone());
        Self { registry: Arc::new(registry), requests, live_runs }
    }

    /// All figures as text.
    pub(crate) fn encode(&self, live_runs: usize) -> String {
        self.live_runs.set(i64::try_from(live_runs).unwrap_or(i64::MAX));
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
    use super::*;

    #[test]
    fn figures_come_out_as_text() {
        let metrics = Metrics::new();
        let labels = RequestLabels { method: "GET".to_owned(), route: "/healthz".to_owned(), status: 200 };
        metrics.requests.get_or_create(&labels).inc_by(3);
        let text = metrics.encode(2);
        assert!(
            text.contains(r#"hutong_http_requests_total{method="GET",route="/healthz",status="200"} 3"#),
            "{text}"
        );
        assert!(text.contains("hutong_live_runs 2"), "{text}");
    }
}
