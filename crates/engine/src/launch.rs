//! From a model's id to a worker that loads it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ports::{PortError, PortErrorKind};
use wire::ErrorCode;

use crate::args::WorkerArgs;
use crate::child::WorkerChild;
use crate::config::EngineConfig;
use crate::gguf::{self, GgufError};
use crate::memory::MemoryEstimate;
use crate::residents::Residents;
use crate::room::Promise;

/// A worker that loads a model, and the memory that was kept free for it.
pub(crate) struct Launched {
    pub(crate) worker: WorkerChild,
    pub(crate) promise: Promise,
}

/// Waits for `pause`, checks the file, makes room in memory, and starts a worker.
pub(crate) async fn launch(
    residents: Arc<Residents>,
    model: String,
    pause: Duration,
) -> Result<Launched, PortError> {
    tokio::time::sleep(pause).await;
    let (config, name) = (residents.config.clone(), model.clone());
    let checked = tokio::task::spawn_blocking(move || check(&config, &name));
    let (args, estimate) =
        checked.await.map_err(|_| down(ErrorCode::Internal, "The check of the model failed."))??;
    let promise = residents.make_room(&model, &estimate).await?;
    let command = &residents.config.worker;
    let worker = WorkerChild::spawn(command, &args).map_err(|error| {
        tracing::error!(program = %command.program.display(), %error, "A worker cannot be started.");
        PortError::new(
            PortErrorKind::Retry,
            ErrorCode::EngineFailed,
            "The model's process cannot be started.",
        )
    })?;
    Ok(Launched { worker, promise })
}

/// The file of a model.
pub(crate) fn locate(config: &EngineConfig, model: &str) -> Result<PathBuf, PortError> {
    let path = config.models.locate(model).ok_or_else(|| absent(model))?;
    Ok(std::path::absolute(&path).unwrap_or(path))
}

/// Blocks.
fn check(config: &EngineConfig, model: &str) -> Result<(WorkerArgs, MemoryEstimate), PortError> {
    let path = locate(config, model)?;
    let facts = gguf::preflight(&path).map_err(|error| explain(&path, model, &error))?;
    let estimate = MemoryEstimate::of(&facts, &config.settings);
    Ok((WorkerArgs { model: path, settings: config.settings }, estimate))
}

/// What a person is told of a file that is not usable.
pub(crate) fn explain(path: &Path, model: &str, error: &GgufError) -> PortError {
    tracing::warn!(path = %path.display(), %error, "A model file is not usable.");
    match error {
        GgufError::Io(io) if io.kind() == std::io::ErrorKind::NotFound => absent(model),
        _ => down(ErrorCode::ModelCorrupt, &format!("The file of the model {model} is damaged: {error}.")),
    }
}

fn absent(model: &str) -> PortError {
    down(ErrorCode::ModelNotInstalled, &format!("The model {model} is not on this machine yet."))
}

fn down(code: ErrorCode, detail: &str) -> PortError {
    PortError::new(PortErrorKind::Down, code, detail)
}
