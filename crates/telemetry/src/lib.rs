//! Requests to models while they are under way (`calls.rs`), and what is told of them when they are over: a record that waits to be
//! stored, and, where there is a collector of OpenTelemetry, a span with one below it for each time that a provider was asked,
//! over OTLP/HTTP in binary Protobuf, with the attributes `gen_ai.*` of the semantic conventions.
//!
//! Nothing here stands in a request's way: what a collector cannot take in time is dropped and counted.
//!
//! To tell something more: an attribute in `spans.rs`. The messages of the protocol that are needed stand in `otlp.rs`; the tests
//! read what is sent with the protocol's own library.

mod calls;
mod exporter;
mod otlp;
mod spans;

pub use calls::{Asking, Call, RUNS, RequestLog, TESTS};
pub use exporter::{Collector, Exporter};
