//! The engine as a place that holds models in memory.

use ports::{ModelHost, PortError, ReadyModel, Residency};

use crate::client::{Engine, LoadedModel};
use crate::config::ModelFile;
use crate::launch;
use crate::residents::Residents;
use crate::settings::ModelSettings;
use crate::status::{HostStatus, Phase};

impl ModelHost for Engine {
    fn residency(&self, model: &str) -> Residency {
        let Some(status) = self.residents.status(model) else { return Residency::Absent };
        match status.phase() {
            Phase::Absent => Residency::Absent,
            Phase::Loading => Residency::Loading,
            Phase::Ready(loaded) => Residency::Ready(self.ready(&loaded, &status)),
            Phase::Unloading => Residency::Unloading,
            Phase::Failed(error) => Residency::Failed(error),
        }
    }

    fn is_pinned(&self, model: &str) -> bool {
        self.residents.is_pinned(model)
    }

    fn load(&self, model: &str) {
        self.residents.load(model);
    }

    fn unload(&self, model: &str) {
        // Nobody waits here: the state tells when it is done.
        drop(self.residents.unload(model));
    }

    fn pin(&self, model: &str) {
        self.residents.pin(model);
    }

    fn unpin(&self, model: &str) {
        self.residents.unpin(model);
    }

    fn needs(&self, model: &str) -> Result<u64, PortError> {
        let Residents { config, estimates, .. } = self.residents.as_ref();
        let ModelFile { path, kind, .. } = launch::locate(config, model)?;
        let estimate = estimates.of(&path, &ModelSettings { kind, ..config.settings });
        Ok(estimate.map_err(|error| launch::explain(&path, model, &error))?.total())
    }

    fn free_bytes(&self) -> Option<u64> {
        self.residents.free_bytes()
    }
}

impl Engine {
    fn ready(&self, loaded: &LoadedModel, status: &HostStatus) -> ReadyModel {
        let requests = status.requests();
        let is_counted = requests == 0 && !self.residents.is_pinned(&loaded.model);
        let idle = self.residents.config.limits.idle;
        ReadyModel {
            memory_bytes: loaded.memory_bytes,
            context_tokens: loaded.context_tokens,
            threads: loaded.threads,
            requests,
            idle_left: is_counted.then(|| idle.saturating_sub(status.unused())),
            isolation: loaded.isolation,
            cache: loaded.cache,
            guesses: loaded.guesses,
        }
    }
}
