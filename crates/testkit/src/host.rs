//! Memory that holds models as a test says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::{
    CacheUse, Guesses, Isolation, ModelHost, PortError, PortErrorKind, ReadyModel, Residency, TierUse,
};
use wire::ErrorCode;

/// What every model takes.
pub const MODEL_BYTES: u64 = 1_000;
/// What there is when no model is in memory.
pub const MEMORY_BYTES: u64 = 2_500;

/// A memory with room for two models. Loading and unloading are done at once, unless a test says otherwise. Clones are
/// the same memory.
#[derive(Clone, Debug, Default)]
pub struct ScriptedHost {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    residencies: BTreeMap<String, Residency>,
    pins: BTreeSet<String>,
    /// What the next loads come to, before they come to a model in memory.
    outcomes: Vec<Residency>,
}

impl ScriptedHost {
    /// How it stands with a model from now on.
    pub fn set(&self, model: &str, residency: Residency) {
        self.state().residencies.insert(model.to_owned(), residency);
    }

    /// What the next load comes to.
    pub fn next_load(&self, outcome: Residency) {
        self.state().outcomes.push(outcome);
    }

    /// A model in memory that nobody uses.
    pub fn ready() -> ReadyModel {
        ReadyModel {
            memory_bytes: MODEL_BYTES,
            context_tokens: 2_048,
            threads: 2,
            requests: 0,
            idle_left: Some(Duration::from_secs(1_800)),
            isolation: Isolation { landlock: Some(7), seccomp: true },
            cache: CacheUse {
                memory: TierUse { units: 2, tokens: 300, bytes: 3_600 },
                disk: TierUse { units: 3, tokens: 400, bytes: 4_800 },
                prompt_tokens: 1_000,
                cached_tokens: 750,
                longest_save_micros: 1_200,
            },
            guesses: Guesses { made: 80, right: 60 },
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn free_bytes(&self) -> u64 {
        let held = self.residencies.values().filter(|residency| matches!(residency, Residency::Ready(_)));
        MEMORY_BYTES.saturating_sub(MODEL_BYTES * u64::try_from(held.count()).unwrap())
    }

    fn load(&self) -> Residency {
        if self.free_bytes() < MODEL_BYTES {
            let full = PortError::new(PortErrorKind::Down, ErrorCode::OutOfMemory, "500 of 1000 are free.");
            return Residency::Failed(full);
        }
        Residency::Ready(ScriptedHost::ready())
    }
}

impl ModelHost for ScriptedHost {
    fn residency(&self, model: &str) -> Residency {
        let state = self.state();
        match state.residencies.get(model).cloned().unwrap_or(Residency::Absent) {
            Residency::Ready(ready) if state.pins.contains(model) => {
                Residency::Ready(ReadyModel { idle_left: None, ..ready })
            }
            other => other,
        }
    }

    fn is_pinned(&self, model: &str) -> bool {
        self.state().pins.contains(model)
    }

    fn load(&self, model: &str) {
        let mut state = self.state();
        if matches!(state.residencies.get(model), Some(Residency::Ready(_) | Residency::Loading)) {
            return;
        }
        let outcome = state.outcomes.pop().unwrap_or_else(|| state.load());
        state.residencies.insert(model.to_owned(), outcome);
    }

    fn unload(&self, model: &str) {
        self.state().residencies.remove(model);
    }

    fn pin(&self, model: &str) {
        self.state().pins.insert(model.to_owned());
    }

    fn unpin(&self, model: &str) {
        self.state().pins.remove(model);
    }

    fn needs(&self, _model: &str) -> Result<u64, PortError> {
        Ok(MODEL_BYTES)
    }

    fn free_bytes(&self) -> Option<u64> {
        Some(self.state().free_bytes())
    }
}
