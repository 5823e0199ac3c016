//! Local models: worker process, client and supervisor.
//!
//! A model runs in a child process of its own ([`run_worker`]), so that an abort in C++ costs the requests of that
//! model and nothing else. [`Engine`] is the server's side: it starts a worker when a model is first asked for, watches
//! over it, and turns its frames into the events of [`ports::ChatModel`].
//!
//! | to change | look at |
//! |---|---|
//! | what a model file must look like | the crate `gguf` |
//! | how much memory a model may need, and how much is left | `memory.rs`, the crate `machine` |
//! | how many threads compute, and in which way | the crate `machine`, its `calibration`, `worker/laboratory.rs` |
//! | what server and worker tell each other | `protocol.rs` |
//! | whose turn it is | the crate `queueing` |
//! | what one step computes | `worker/scheduler.rs`, `worker/kv_budget.rs`, and how much of a prompt: `Pace` of the crate `queueing` |
//! | how texts become vectors and scores | `encode.rs`, `worker/encoder.rs` |
//! | what is not computed twice | the crate `prefix`; `worker/shelf.rs`, `worker/landmarks.rs` |
//! | how tokens become text | the crate `speech` |
//! | what an answer is held to, and how it is read | `worker/shape.rs`, `worker/constraint.rs`, `worker/tools/` |
//! | which part of JSON Schema is enforced | the crate `schema` |
//! | how an answer is guessed ahead | the crate `speech`, `worker/scheduler/draft.rs` |
//! | which adapters a request may have, and when they are loaded | `adapters.rs`, `worker/adapters.rs` |
//! | what a worker may reach | the crate `sandbox` |
//! | how a worker is started, watched and ended | `child.rs`, `host.rs` |
//!
//! To add a sampling setting: a field and its range in [`ports::Sampling`], its sampler in `worker/sampler.rs`.

mod adapters;
mod args;
mod bench;
mod child;
mod client;
mod config;
mod encode;
mod estimates;
mod host;
mod launch;
mod memory;
mod model_host;
mod pending;
mod poison;
mod preflight;
mod protocol;
mod report;
mod request;
mod residents;
mod room;
mod settings;
mod status;
mod watch;
mod worker;

pub use adapters::MOST_SCALE;
pub use args::{CacheArgs, WorkerArgs};
pub use client::{Engine, LoadedModel};
pub use config::{
    AdapterFile, EngineConfig, EngineLimits, FixedPrompts, ModelFile, ModelFiles, NoFixedPrompts,
    WorkerCommand, WorkerPrograms,
};
pub use memory::MemoryEstimate;
pub use ports::Isolation;
pub use report::{MachineReport, estimate};
pub use settings::ModelSettings;
pub use worker::run_worker;

/// The library whose findings and states hold for itself alone. A test compares it with the lock file.
pub(crate) const LLAMA: &str = "llama-cpp-sys-4 0.11.0";

#[cfg(test)]
mod tests {
    #[test]
    fn the_library_is_the_one_that_is_built() {
        let lock = include_str!("../../../Cargo.lock");
        let (name, version) = super::LLAMA.split_once(' ').unwrap();
        assert!(
            lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"\n")),
            "LLAMA is out of date"
        );
    }
}
