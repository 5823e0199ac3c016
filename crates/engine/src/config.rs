//! What an [`Engine`](crate::Engine) is made of.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ports::ChatMessage;
use stdx::{Clock, Rng};
use wire::ModelKind;

use crate::settings::ModelSettings;

/// Finds model files. Called where blocking is allowed.
pub trait ModelFiles: Send + Sync + fmt::Debug {
    /// The file of an installed model; nothing when it is not installed.
    fn locate(&self, model: &str) -> Option<ModelFile>;

    /// A registered adapter; nothing when there is none of this name. Called for each request that names one: it may read
    /// one small file and no more.
    fn adapter(&self, id: &str) -> Option<AdapterFile> {
        let _ = id;
        None
    }
}

/// An adapter's file.
#[derive(Clone, Debug, PartialEq)]
pub struct AdapterFile {
    /// Where it is, in [`EngineConfig::adapters`].
    pub path: PathBuf,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
    /// The model that it was registered for.
    pub model: String,
    /// How strongly it counts when a request does not say.
    pub scale: f32,
}

/// A model's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its SHA-256 in hexadecimal, when it is known: what was computed with the model is kept under it.
    pub sha256: Option<String>,
    /// What the model is for.
    pub kind: ModelKind,
}

/// Knows the prompts that are the same in every conversation with an agent.
pub trait FixedPrompts: Send + Sync + fmt::Debug {
    /// The messages that conversations with this model begin with, most wanted first. They are computed when there is
    /// nothing else to do, so that the first question to an agent is answered at once.
    fn of(&self, model: &str) -> Vec<Vec<ChatMessage>>;
}

/// Says which program becomes a worker.
pub trait WorkerPrograms: Send + Sync + fmt::Debug {
    /// The program for the next worker. Called before each start, where blocking is allowed.
    fn next(&self) -> WorkerCommand;
}

/// A program that becomes a worker. The model and the settings are appended to `args`.
#[derive(Clone, Debug)]
pub struct WorkerCommand {
    /// The executable, as an absolute path.
    pub program: PathBuf,
    /// What comes before the worker's own arguments, for example `engine-worker`.
    pub args: Vec<OsString>,
}

/// What an engine is made of.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// How to start a worker.
    pub workers: Arc<dyn WorkerPrograms>,
    /// Where the models are.
    pub models: Arc<dyn ModelFiles>,
    /// Measures how long a crash is remembered.
    pub clock: Arc<dyn Clock>,
    /// Gives seeds to requests without one.
    pub rng: Arc<dyn Rng>,
    /// How models are run.
    pub settings: ModelSettings,
    /// When to give up.
    pub limits: EngineLimits,
    /// The folder with all adapters: workers can read what is in it. Without one there are none.
    pub adapters: Option<PathBuf>,
    /// The folder of computed prompts; without one they do not outlive a worker.
    pub cache: Option<PathBuf>,
    /// Where to keep which way of computing is fastest; without it that is not found out.
    pub calibration: Option<PathBuf>,
    /// What to compute ahead.
    pub prompts: Arc<dyn FixedPrompts>,
}

/// Always the same program.
impl WorkerPrograms for WorkerCommand {
    fn next(&self) -> WorkerCommand {
        self.clone()
    }
}

/// Nothing is computed ahead.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFixedPrompts;

impl FixedPrompts for NoFixedPrompts {
    fn of(&self, _model: &str) -> Vec<Vec<ChatMessage>> {
        Vec::new()
    }
}

/// When to give up on a worker or a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EngineLimits {
    /// A worker that says nothing for so long is ended. While a model is loaded it may take ten times as long.
    pub silence: Duration,
    /// A worker whose computation does not get on for so long is ended.
    pub stall: Duration,
    /// A model that takes longer to load is given up.
    pub load: Duration,
    /// A model nobody asks for is unloaded after so long.
    pub idle: Duration,
    /// The longest wait before a worker that crashed is started again.
    pub backoff: Duration,
    /// The most memory that models take together, in bytes; absent: what the machine has.
    pub memory: Option<u64>,
    /// Requests to one model at the same time, waiting ones included; more are refused as overloaded.
    pub requests: u32,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(2),
            stall: Duration::from_secs(60),
            load: Duration::from_secs(600),
            idle: Duration::from_secs(1800),
            backoff: Duration::from_secs(30),
            memory: None,
            requests: 256,
        }
    }
}
