//! Local models: worker process, client and supervisor.
//!
//! A model runs in a child process of its own ([`run_worker`]), so that an abort in C++ costs the requests of that
//! model and nothing else. [`Engine`] is the server's side: it starts a worker when a model is first asked for, watches
//! over it, and turns its frames into the events of [`ports::ChatModel`].
//!
//! | to change | look at |
//! |---|---|
//! | what a model file must look like | `gguf/` |
//! | how much memory a model may need | `memory.rs` |
//! | how many threads compute | `threads.rs` |
//! | what server and worker tell each other | `protocol.rs` |
//! | whose turn it is | `policy/`, which needs no model |
//! | what one step computes | `worker/scheduler.rs`, `worker/pace.rs`, `worker/kv_budget.rs` |
//! | how tokens become text | `worker/text/` |
//! | what an answer is held to, and how it is read | `worker/shape.rs`, `worker/constraint.rs`, `worker/tools/` |
//! | which part of JSON Schema is enforced | `schema/` |
//! | how a worker is started, watched and ended | `child.rs`, `host.rs` |
//!
//! To add a sampling setting: a field and its range in [`ports::Sampling`], its sampler in `worker/sampler.rs`.

mod args;
mod bench;
mod child;
mod client;
mod config;
pub mod gguf;
mod host;
mod launch;
mod machine;
mod memory;
mod poison;
mod policy;
mod protocol;
mod report;
mod request;
mod schema;
mod settings;
mod status;
mod threads;
mod watch;
mod worker;

pub use args::WorkerArgs;
pub use client::{Engine, LoadedModel};
pub use config::{EngineConfig, EngineLimits, ModelFiles, WorkerCommand};
pub use memory::MemoryEstimate;
pub use report::{MachineReport, estimate};
pub use settings::ModelSettings;
pub use worker::run_worker;
