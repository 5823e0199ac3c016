//! From a model's id to a worker that loads it.

use std::path::Path;
use std::time::Duration;

use ports::{PortError, PortErrorKind};
use wire::ErrorCode;

use crate::args::{CacheArgs, WorkerArgs};
use crate::calibration::{self, Machinery, Way};
use crate::child::WorkerChild;
use crate::config::{EngineConfig, ModelFile};
use crate::gguf::{self, GgufError};
use crate::machine::Machine;
use crate::memory::{self, MemoryEstimate};
use crate::threads;

/// Waits for `pause`, checks file and memory, and starts a worker.
pub(crate) async fn launch(
    config: EngineConfig,
    model: String,
    pause: Duration,
) -> Result<WorkerChild, PortError> {
    tokio::time::sleep(pause).await;
    let worker = config.worker.clone();
    let checked = tokio::task::spawn_blocking(move || check(&config, &model));
    let args = checked.await.map_err(|_| down(ErrorCode::Internal, "The check of the model failed."))??;
    WorkerChild::spawn(&worker, &args).map_err(|error| {
        tracing::error!(program = %worker.program.display(), %error, "A worker cannot be started.");
        PortError::new(
            PortErrorKind::Retry,
            ErrorCode::EngineFailed,
            "The model's process cannot be started.",
        )
    })
}

/// Blocks.
fn check(config: &EngineConfig, model: &str) -> Result<WorkerArgs, PortError> {
    let absent =
        || down(ErrorCode::ModelNotInstalled, &format!("The model {model} is not on this machine yet."));
    let ModelFile { path, sha256 } = config.models.locate(model).ok_or_else(absent)?;
    let path = std::path::absolute(&path).unwrap_or(path);
    let mut settings = config.settings;
    let known = config.calibration.as_ref().zip(sha256.as_ref());
    let known = known.map(|(file, sha256)| {
        calibration::load(file, &Machinery::new(&Machine::default(), granted(config), sha256))
    });
    if let Some(Some(way)) = known {
        (settings.threads, settings.flash_attention) = (way.threads, Some(way.flash_attention));
    }
    let cache = config.cache.as_ref().zip(sha256);
    let cache = cache.map(|(folder, sha256)| CacheArgs { folder: folder.join(model), model: sha256 });
    let facts = gguf::preflight(&path).map_err(|error| explain(&path, model, &error))?;
    MemoryEstimate::of(&facts, &config.settings).check(memory::available(&Machine::default()))?;
    Ok(WorkerArgs { model: path, settings, cache, calibrates: known == Some(None) })
}

/// Keeps the fastest way of computing for the next load.
pub(crate) fn keep(config: &EngineConfig, model: &str, way: Way) {
    tracing::info!(model, ?way, "The fastest way of computing was found out.");
    let config = config.clone();
    let model = model.to_owned();
    tokio::task::spawn_blocking(move || {
        let sha256 = config.models.locate(&model).and_then(|file| file.sha256);
        let Some((file, sha256)) = config.calibration.as_ref().zip(sha256) else { return };
        let machinery = Machinery::new(&Machine::default(), granted(&config), &sha256);
        if let Err(error) = calibration::store(file, machinery, way) {
            tracing::warn!(%error, "The fastest way of computing cannot be kept.");
        }
    });
}

fn granted(config: &EngineConfig) -> u32 {
    if config.settings.threads == 0 { threads::granted(&Machine::default()) } else { config.settings.threads }
}

fn explain(path: &Path, model: &str, error: &GgufError) -> PortError {
    tracing::warn!(path = %path.display(), %error, "A model file is not usable.");
    match error {
        GgufError::Io(io) if io.kind() == std::io::ErrorKind::NotFound => {
            down(ErrorCode::ModelNotInstalled, &format!("The model {model} is not on this machine yet."))
        }
        _ => down(ErrorCode::ModelCorrupt, &format!("The file of the model {model} is damaged: {error}.")),
    }
}

fn down(code: ErrorCode, detail: &str) -> PortError {
    PortError::new(PortErrorKind::Down, code, detail)
}
