//! The models that are known, and whether they are here.

use std::sync::Arc;

use agent::Agent;
use catalog::ModelSpec;
use models::ModelState as Installed;
use ports::Residency;
use wire::{ErrorCode, ModelKind};

pub use models::Progress as PullProgress;

use crate::{Actor, App, AppError};

/// A model of the catalogue and how it stands with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its facts.
    pub spec: ModelSpec,
    /// Whether it is here.
    pub state: ModelState,
    /// How it stands with it and the memory.
    pub residency: Residency,
    /// True when it is kept in memory, over restarts as well.
    pub pinned: bool,
    /// Bytes of memory it would take; absent when it is not here, or its file cannot be read.
    pub needs_bytes: Option<u64>,
}

/// All models, and the memory they share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Models {
    /// The models of the catalogue.
    pub items: Vec<ModelInfo>,
    /// Bytes of memory that one more model may take; absent when the system does not say.
    pub free_bytes: Option<u64>,
}

/// Whether a model is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// Not here.
    Absent,
    /// On its way.
    Pulling(PullProgress),
    /// Ready to be loaded.
    Installed,
    /// The last pull went wrong; what had arrived is kept for the next.
    Failed {
        /// The stable code.
        code: ErrorCode,
        /// English.
        detail: String,
    },
}

impl App {
    /// All models of the catalogue.
    pub async fn models(&self) -> Models {
        let mut items = Vec::new();
        for spec in self.catalog.iter() {
            items.push(self.model_info(spec).await);
        }
        let host = Arc::clone(&self.host);
        let free_bytes = tokio::task::spawn_blocking(move || host.free_bytes()).await.ok().flatten();
        Models { items, free_bytes }
    }

    pub(crate) async fn model_info(&self, spec: &ModelSpec) -> ModelInfo {
        let state = match self.installed_state(spec).await {
            Installed::Absent => ModelState::Absent,
            Installed::Pulling(progress) => ModelState::Pulling(progress),
            Installed::Installed(_) => ModelState::Installed,
            Installed::Failed(error) => ModelState::Failed { code: error.code(), detail: error.to_string() },
        };
        let needs_bytes = if state == ModelState::Installed { self.needs(&spec.id).await } else { None };
        let (residency, pinned) = (self.host.residency(&spec.id), self.host.is_pinned(&spec.id));
        ModelInfo { spec: spec.clone(), state, residency, pinned, needs_bytes }
    }

    pub(crate) fn spec(&self, id: &str) -> Result<&ModelSpec, AppError> {
        self.catalog.get(id).ok_or_else(|| AppError::not_found("model"))
    }

    /// A model that is for what is wanted of it.
    pub(crate) fn spec_for(
        &self,
        actor: Option<&Actor>,
        id: &str,
        wanted: ModelKind,
    ) -> Result<&ModelSpec, AppError> {
        let spec = self.catalog.get(id).ok_or_else(|| self.no_such_model(actor, id))?;
        if spec.kind == wanted {
            return Ok(spec);
        }
        let detail =
            format!("The model `{id}` is for `{}`, and a model for `{wanted}` is needed here.", spec.kind);
        Err(AppError::invalid(detail))
    }

    /// The model or policy that answers for an agent: the wished one, the agent's own, that of the plan, or the default; a
    /// model must be here, or a provider's.
    pub(crate) async fn model_for(
        &self,
        actor: Option<&Actor>,
        agent: &Agent,
        wished: Option<&str>,
    ) -> Result<String, AppError> {
        let own = Some(agent.model.id.as_str()).filter(|id| !id.is_empty());
        let id = match wished.or(own) {
            Some(id) => id.to_owned(),
            None => self.usual_policy(actor).await?.unwrap_or_else(|| self.default_model().to_owned()),
        };
        self.must_answer(actor, &id).await?;
        Ok(id)
    }

    pub(crate) async fn must_be_installed(&self, spec: &ModelSpec) -> Result<(), AppError> {
        match self.installed_state(spec).await {
            Installed::Installed(_) => Ok(()),
            Installed::Absent | Installed::Pulling(_) | Installed::Failed(_) => {
                let detail = format!("The model `{}` is not on this machine yet.", spec.id);
                Err(AppError::new(ErrorCode::ModelNotInstalled, detail))
            }
        }
    }

    /// Reads the head of the file, on a thread that may block.
    async fn needs(&self, id: &str) -> Option<u64> {
        let (host, id) = (Arc::clone(&self.host), id.to_owned());
        tokio::task::spawn_blocking(move || host.needs(&id).ok()).await.ok().flatten()
    }

    /// Asks the disk, on a thread that may block.
    async fn installed_state(&self, spec: &ModelSpec) -> Installed {
        let (installer, spec) = (self.installer.clone(), spec.clone());
        tokio::task::spawn_blocking(move || installer.state(&spec)).await.unwrap_or(Installed::Absent)
    }
}
