//! HTTP: the only crate that knows routes, statuses and cookies.
//!
//! An endpoint is one file under `v1/`: its document types, its handler and its OpenAPI note. To add one: write the
//! file, add a line to the `routes` function of its folder, run `./x gen`. See `docs/adding/endpoint.md`.

mod assets;
mod extract;
mod faces;
mod guard;
mod ops;
mod pay;
mod problem;
mod router;
mod sender;
mod sse;
mod v1;

pub use self::faces::face_routes;
pub use guard::TrustedHosts;
pub use problem::Problem;
pub use router::{ApiOptions, openapi_json, router};

/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;
