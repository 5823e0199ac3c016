//! A place that holds models in memory.

use std::fmt;
use std::time::Duration;

use crate::{CacheUse, Guesses, Isolation, PortError};

/// How it stands with a model and the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Residency {
    /// Not in memory.
    Absent,
    /// Being brought into memory.
    Loading,
    /// In memory.
    Ready(ReadyModel),
    /// Being taken out of memory.
    Unloading,
    /// Not in memory: it could not be brought there, or it stopped working.
    Failed(PortError),
}

/// A model in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyModel {
    /// Weights, context and working space.
    pub memory_bytes: u64,
    /// What one request may use, in tokens.
    pub context_tokens: u32,
    /// Threads that compute.
    pub threads: u32,
    /// Requests that are being answered or wait for it.
    pub requests: u32,
    /// When it is unloaded if nobody asks; absent while it is at work and while it is pinned.
    pub idle_left: Option<Duration>,
    /// How far its process is kept apart from the rest.
    pub isolation: Isolation,
    /// What it keeps of computed prompts.
    pub cache: CacheUse,
    /// What became of its guesses.
    pub guesses: Guesses,
}

/// A place that holds models in memory. A model is loaded by the first question to it; this is how to do so ahead of
/// time, and how to give memory back. Wishes are taken at once and fulfilled meanwhile: [`residency`](Self::residency)
/// tells how far it is.
pub trait ModelHost: Send + Sync + fmt::Debug {
    /// How it stands with a model.
    fn residency(&self, model: &str) -> Residency;

    /// True for a model that is neither unloaded when it is idle nor to make room for another.
    fn is_pinned(&self, model: &str) -> bool;

    /// Brings a model into memory, unless it is there or on its way.
    fn load(&self, model: &str);

    /// Takes a model out of memory. Requests that are being answered fail and may be repeated.
    fn unload(&self, model: &str);

    /// Keeps a model in memory from the time it is there.
    fn pin(&self, model: &str);

    /// Takes a pin back.
    fn unpin(&self, model: &str);

    /// Bytes that a model would take. Blocks.
    ///
    /// # Errors
    /// When it is not on this machine, or its file is damaged.
    fn needs(&self, model: &str) -> Result<u64, PortError>;

    /// Bytes that one more model may take without another one being unloaded; absent when the system does not say.
    /// Blocks.
    fn free_bytes(&self) -> Option<u64>;
}
