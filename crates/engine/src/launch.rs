//! From a model's id to a worker that loads it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gguf::GgufError;
use machine::{Machine, granted_threads};
use ports::{PortError, PortErrorKind};
use wire::{ErrorCode, ModelKind};

use crate::args::{CacheArgs, WorkerArgs};
use crate::child::WorkerChild;
use crate::config::{EngineConfig, ModelFile};
use crate::memory::MemoryEstimate;
use crate::preflight::preflight;
use crate::residents::Residents;
use crate::room::Promise;
use crate::settings::ModelSettings;
use machine::calibration::{self, Machinery, Way};

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
    let workers = Arc::clone(&residents.config.workers);
    let command = tokio::task::spawn_blocking(move || workers.next());
    let command = command.await.map_err(|_| down(ErrorCode::Internal, "The choice of a worker failed."))?;
    let worker = WorkerChild::spawn(&command, &args).map_err(|error| {
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
pub(crate) fn locate(config: &EngineConfig, model: &str) -> Result<ModelFile, PortError> {
    let file = config.models.locate(model).ok_or_else(|| absent(model))?;
    Ok(ModelFile { path: std::path::absolute(&file.path).unwrap_or(file.path), ..file })
}

/// Blocks.
fn check(config: &EngineConfig, model: &str) -> Result<(WorkerArgs, MemoryEstimate), PortError> {
    let ModelFile { path, sha256, kind } = locate(config, model)?;
    let mut settings = ModelSettings { kind, ..config.settings };
    // Encoders compute in one way and keep nothing.
    let sha256 = sha256.filter(|_| kind == ModelKind::Chat);
    let known = config.calibration.as_ref().zip(sha256.as_ref());
    let known = known.map(|(file, sha256)| {
        calibration::load(file, &Machinery::new(&Machine::default(), granted(config), crate::LLAMA, sha256))
    });
    if let Some(Some(way)) = known {
        (settings.threads, settings.flash_attention) = (way.threads, Some(way.flash_attention));
        settings.piece_tokens = way.piece;
    }
    let facts = preflight(&path).map_err(|error| explain(&path, model, &error))?;
    let estimate = MemoryEstimate::of(&facts, &settings);
    let cache = config.cache.as_ref().zip(sha256).and_then(|(folder, sha256)| {
        // Absolute, and there before the worker is: behind its walls it can reach nothing above.
        let folder = std::path::absolute(folder.join(model)).ok()?;
        let made = prefix::make_folder(&folder);
        made.inspect_err(|error| tracing::warn!(%error, "Computed prompts are not kept on disk.")).ok()?;
        Some(CacheArgs { folder, model: sha256 })
    });
    let adapters = config.adapters.as_ref().and_then(|folder| {
        let folder = std::path::absolute(folder).ok()?;
        let made = std::fs::create_dir_all(&folder);
        made.inspect_err(|error| tracing::warn!(%error, "Adapters cannot be used.")).ok()?;
        Some(folder)
    });
    let calibrates = known == Some(None);
    Ok((WorkerArgs { model: path, settings, cache, adapters, calibrates }, estimate))
}

/// Keeps the fastest way of computing for the next load; true when it is kept.
pub(crate) async fn keep(config: &EngineConfig, model: &str, way: Way) -> bool {
    tracing::info!(model, ?way, "The fastest way of computing was found out.");
    let config = config.clone();
    let model = model.to_owned();
    let kept = tokio::task::spawn_blocking(move || {
        let sha256 = config.models.locate(&model).and_then(|file| file.sha256);
        let Some((file, sha256)) = config.calibration.as_ref().zip(sha256) else { return false };
        let machinery = Machinery::new(&Machine::default(), granted(&config), crate::LLAMA, &sha256);
        let stored = calibration::store(file, machinery, way);
        stored
            .inspect_err(|error| tracing::warn!(%error, "The fastest way of computing cannot be kept."))
            .is_ok()
    });
    kept.await.unwrap_or(false)
}

fn granted(config: &EngineConfig) -> u32 {
    if config.settings.threads == 0 { granted_threads(&Machine::default()) } else { config.settings.threads }
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
