//! The models that are known, and whether they are here.

use agent::Agent;
use catalog::ModelSpec;
use models::ModelState as Installed;
use wire::ErrorCode;

pub use models::Progress as PullProgress;

use crate::{App, AppError};

/// A model of the catalogue and how it stands with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelInfo {
    /// Its facts.
    pub spec: ModelSpec,
    /// Whether it is here.
    pub state: ModelState,
    /// True while it is in memory.
    pub loaded: bool,
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
    pub async fn models(&self) -> Vec<ModelInfo> {
        let mut infos = Vec::new();
        for spec in self.catalog.iter() {
            infos.push(self.model_info(spec).await);
        }
        infos
    }

    pub(crate) async fn model_info(&self, spec: &ModelSpec) -> ModelInfo {
        let state = match self.installed_state(spec).await {
            Installed::Absent => ModelState::Absent,
            Installed::Pulling(progress) => ModelState::Pulling(progress),
            Installed::Installed(_) => ModelState::Installed,
            Installed::Failed(error) => ModelState::Failed { code: error.code(), detail: error.to_string() },
        };
        let loaded = self.chat.loaded().contains(&spec.id);
        ModelInfo { spec: spec.clone(), state, loaded }
    }

    pub(crate) fn spec(&self, id: &str) -> Result<&ModelSpec, AppError> {
        self.catalog.get(id).ok_or_else(|| AppError::not_found("model"))
    }

    /// The model that answers for an agent: the wished one, the agent's own, or the default; it must be here.
    pub(crate) async fn model_for(&self, agent: &Agent, wished: Option<&str>) -> Result<String, AppError> {
        let own = Some(agent.model.id.as_str()).filter(|id| !id.is_empty());
        let spec = self.spec(wished.or(own).unwrap_or(self.default_model()))?;
        self.must_be_installed(spec).await?;
        Ok(spec.id.clone())
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

    /// Asks the disk, on a thread that may block.
    async fn installed_state(&self, spec: &ModelSpec) -> Installed {
        let (installer, spec) = (self.installer.clone(), spec.clone());
        tokio::task::spawn_blocking(move || installer.state(&spec)).await.unwrap_or(Installed::Absent)
    }
}
