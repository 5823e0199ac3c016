//! Fetches model files and keeps them.
//!
//! [`ModelStore`] is the folder where installed files live: what is there, where it is, whether it is still intact.
//! [`Installer`] brings files into it: it tries the sources of a [`catalog::ModelSpec`] in order, resumes what an
//! earlier attempt left behind, and installs only what has the SHA-256 of the spec. Because the contents are pinned
//! by that hash, bytes from one source may be continued with bytes from another.
//!
//! On disk, for each model: `<dir>/<id>/<file>` and `model.json` when installed; `<file>.part` and its journal
//! `<file>.part.json` while it is being fetched; `<file>.corrupt-<seconds>` when a check failed. Lock files live in
//! `<dir>/.locks/`.
//!
//! [`AdapterStore`] is the folder of adapters on top of models: `<dir>/<id>/adapter.gguf` and `adapter.toml`.
//!
//! To add a kind of source: a variant of [`catalog::Source`], a module with a function
//! `fetch(&Job, …) -> Result<(), Failure>` that appends to the part until it is complete, and an arm in `pull.rs`.

mod adapters;
mod disk;
mod error;
mod guard;
mod http;
mod installer;
mod part;
mod pip;
mod progress;
mod pull;
mod retry;
mod store;
mod wheel;

pub use adapters::{AdapterError, AdapterStore, NewAdapter, RegisteredAdapter};
pub use disk::{Disk, SystemDisk};
pub use error::{PullError, SourceFailure, StoreError};
pub use installer::{Installer, InstallerOptions, ModelState, Pull};
pub use pip::PipOptions;
pub use progress::{Phase, Progress};
pub use retry::RetryPolicy;
pub use store::{InstalledModel, ModelStore};
