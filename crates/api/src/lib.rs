//! HTTP: the only crate that knows routes, statuses and cookies.
//!
//! An endpoint is one file under `v1/`: its document types, its handler and its OpenAPI note. To add one: write the
//! file, add a line to the `routes` function of its folder, run `./x gen`. See `docs/adding/endpoint.md`.

mod assets;
mod body;
mod extract;
mod faces;
mod guard;
mod ops;
mod pay;
mod problem;
mod router;
mod sender;
mod serve;
mod sse;
mod v1;

pub use self::faces::face_routes;
pub use guard::TrustedHosts;
pub use problem::Problem;
pub use router::{ApiOptions, UseCases, openapi_json, router};
pub use serve::{HEAD_PATIENCE, serve};

/// The largest body of a request, in bytes.
pub(crate) const MAX_BODY_BYTES: usize = 1024 * 1024;
/// The largest body of a request to a face for programs, in bytes: conversations of a million tokens come whole.
pub(crate) const MOST_FACE_BYTES: usize = 4 * 1024 * 1024;
/// How long a body may take on its way.
pub const BODY_PATIENCE: std::time::Duration = std::time::Duration::from_secs(120);
