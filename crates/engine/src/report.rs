//! What a person who asks "will it run here?" is told.

use std::path::Path;

use gguf::GgufError;
use machine::{Machine, free_memory, granted_threads};
use ports::Isolation;

use crate::preflight::preflight;
use crate::{MemoryEstimate, ModelSettings, worker};

/// What this machine grants to models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineReport {
    /// Threads that may compute.
    pub threads: u32,
    /// Bytes that can still be used; absent when the system does not say.
    pub free_bytes: Option<u64>,
    /// How far workers can be kept apart from the rest.
    pub isolation: Isolation,
}

impl MachineReport {
    /// Looks at the machine.
    pub fn look() -> Self {
        let machine = Machine::default();
        Self {
            threads: granted_threads(&machine),
            free_bytes: free_memory(&machine),
            isolation: worker::offered_isolation(),
        }
    }
}

/// What a model file would need with these settings. Reads the head of the file; blocks.
///
/// # Errors
/// When the file is not a sound model.
pub fn estimate(path: &Path, settings: &ModelSettings) -> Result<MemoryEstimate, GgufError> {
    let facts = preflight(path)?;
    Ok(MemoryEstimate::of(&facts, settings))
}
