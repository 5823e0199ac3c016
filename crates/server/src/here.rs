//! What the engine asks this machine for: programs, files of models, and what is computed ahead.

use agent::{Agent, Locale};
use anyhow::Context;
use catalog::ModelCatalog;
use engine::{AdapterFile, FixedPrompts, ModelFile, ModelFiles, WorkerCommand, WorkerPrograms};
use levels::Workers;
use models::{AdapterStore, Installer, RegisteredAdapter};
use ports::ChatMessage;
use wire::Role;

use crate::commands::ENGINE_WORKER;
use crate::paths::machine_locale;

/// This program as a worker.
pub(crate) fn own_worker() -> anyhow::Result<WorkerCommand> {
    let program = std::env::current_exe().context("this program cannot find itself")?;
    Ok(WorkerCommand { program, args: vec![ENGINE_WORKER.into()] })
}

/// The worker for this machine's level, or this program itself where that cannot be used.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) workers: Workers,
    pub(crate) own: WorkerCommand,
}

impl WorkerPrograms for Programs {
    fn next(&self) -> WorkerCommand {
        match self.workers.executable() {
            Ok(Some(program)) => WorkerCommand { program, args: Vec::new() },
            Ok(None) => self.own.clone(),
            Err(error) => {
                tracing::warn!(%error, "A model runs on the program's own worker, which is slower.");
                self.own.clone()
            }
        }
    }
}

/// Finds the files of installed models for the engine.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) catalog: ModelCatalog,
    pub(crate) installer: Installer,
    pub(crate) adapters: AdapterStore,
}

impl ModelFiles for Installed {
    fn locate(&self, model: &str) -> Option<ModelFile> {
        let spec = self.catalog.get(model)?;
        let path = self.installer.store().path(spec)?;
        Some(ModelFile { path, sha256: Some(spec.sha256.clone()), kind: spec.kind })
    }

    fn adapter(&self, id: &str) -> Option<AdapterFile> {
        let adapter = self.adapters.get(id)?;
        let path = self.adapters.path(&adapter);
        let RegisteredAdapter { sha256, model, scale, .. } = adapter;
        Some(AdapterFile { path, sha256, model, scale })
    }
}

/// What every conversation with an agent begins with.
#[derive(Debug)]
pub(crate) struct AgentPrompts(pub(crate) Vec<Agent>);

impl FixedPrompts for AgentPrompts {
    /// The machine's own language first: most who use it speak it.
    fn of(&self, _model: &str) -> Vec<Vec<ChatMessage>> {
        let own = machine_locale();
        let mut locales = [Locale::Chinese, Locale::English];
        locales.sort_by_key(|locale| *locale != own);
        let prompt = |(locale, agent): (Locale, &Agent)| {
            vec![ChatMessage::text(Role::System, agent.prompt.get(locale).to_owned())]
        };
        locales
            .into_iter()
            .flat_map(|locale| self.0.iter().map(move |agent| (locale, agent)))
            // What is computed ahead is computed by the model alone.
            .filter(|(_, agent)| agent.model.adapters.is_empty())
            .map(prompt)
            .collect()
    }
}
