//! Adapters of one model: checked before C++ sees them, loaded when they are first used, put on top of it step by step.

use std::collections::HashSet;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use gguf::{GgufError, ModelShapes};
use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::model::{LlamaLoraAdapter, LlamaModel};
use machine::{Machine, free_memory};
use wire::ErrorCode;

use crate::adapters::Adapter;
use crate::protocol::Failure;

/// More are freed, the longest unused first, unless requests are being computed with them.
const MOST_LOADED: usize = 8;
/// Memory that is left to the rest when an adapter is loaded, in bytes.
const SPARE: u64 = 64 << 20;

/// Holds files of adapters against the model, beside the computation.
pub(super) struct AdapterCheck {
    model: PathBuf,
    /// Read when the first adapter is used.
    shapes: Option<ModelShapes>,
    /// By their contents.
    sound: HashSet<String>,
}

impl AdapterCheck {
    pub(super) fn new(model: &Path) -> Self {
        Self { model: model.to_owned(), shapes: None, sound: HashSet::new() }
    }

    /// Refuses what the model cannot take.
    pub(super) fn look(&mut self, adapter: &Adapter) -> Result<(), Failure> {
        if self.sound.contains(&adapter.sha256) {
            return Ok(());
        }
        let id = &adapter.id;
        let damaged = |error: GgufError| {
            let detail = format!("The adapter `{id}` is damaged or cannot be read: {error}.");
            Failure::new(ErrorCode::AdapterUnusable, detail)
        };
        let facts = with(&adapter.path, gguf::inspect_adapter);
        let facts = facts.map_err(damaged)?;
        if self.shapes.is_none() {
            let shapes = with(&self.model, gguf::shapes);
            self.shapes = Some(shapes.map_err(|error| internal(&error))?);
        }
        if let Some(Err(misfit)) = self.shapes.as_ref().map(|shapes| facts.fits(shapes)) {
            let detail = format!("The adapter `{id}` is not for this model: {misfit}.");
            return Err(Failure::new(ErrorCode::AdapterUnusable, detail));
        }
        self.sound.insert(adapter.sha256.clone());
        Ok(())
    }
}

/// The adapters in memory. To be dropped before the model.
pub(super) struct Adapters<'a> {
    model: &'a LlamaModel,
    loaded: Vec<Loaded>,
    /// On top of the model now.
    current: Option<Adapter>,
    uses: u64,
}

struct Loaded {
    sha256: String,
    adapter: LlamaLoraAdapter,
    /// When it was used last; grows.
    used: u64,
}

impl<'a> Adapters<'a> {
    pub(super) fn new(model: &'a LlamaModel) -> Self {
        Self { model, loaded: Vec::new(), current: None, uses: 0 }
    }

    /// Brings an adapter into memory, if it is not there. Those `in_use` stay.
    pub(super) fn load(
        &mut self,
        context: &LlamaContext<'_>,
        wanted: &Adapter,
        in_use: &HashSet<&str>,
    ) -> Result<(), Failure> {
        if self.find(&wanted.sha256).is_some() {
            return Ok(());
        }
        while self.loaded.len() >= MOST_LOADED && self.free_one(context, in_use) {}
        let unusable = |error: &dyn std::fmt::Display| {
            eprintln!("An adapter cannot be loaded: {error}");
            let detail = format!("The adapter `{}` is gone, damaged or not for this model.", wanted.id);
            Failure::new(ErrorCode::AdapterUnusable, detail)
        };
        let file = std::fs::metadata(&wanted.path).map_err(|error| unusable(&error))?;
        let needed = file.len().saturating_add(SPARE);
        while free_memory(&Machine::default()).is_some_and(|left| left < needed) {
            if !self.free_one(context, in_use) {
                let detail = format!("There is not enough memory for the adapter `{}`.", wanted.id);
                return Err(Failure::new(ErrorCode::OutOfMemory, detail));
            }
        }
        let adapter = self.model.lora_adapter_init(&wanted.path).map_err(|error| unusable(&error))?;
        self.uses += 1;
        self.loaded.push(Loaded { sha256: wanted.sha256.clone(), adapter, used: self.uses });
        Ok(())
    }

    /// Puts an adapter on top of the model, or none. False when that cannot be done.
    pub(super) fn put_on(&mut self, context: &LlamaContext<'_>, wanted: Option<&Adapter>) -> bool {
        if self.current.as_ref() == wanted {
            return true;
        }
        let Some(wanted) = wanted else { return self.take_off(context) };
        self.uses += 1;
        let uses = self.uses;
        let Some(loaded) = self.find(&wanted.sha256) else { return false };
        loaded.used = uses;
        let is_on = context.lora_adapter_set(&mut loaded.adapter, wanted.scale).is_ok();
        self.current = is_on.then(|| wanted.clone());
        is_on
    }

    fn take_off(&mut self, context: &LlamaContext<'_>) -> bool {
        self.current = None;
        // The library takes any of them for all.
        self.loaded.first_mut().is_none_or(|any| context.lora_adapter_remove(&mut any.adapter).is_ok())
    }

    /// Frees the one that was not used for longest; false when there is none to be freed.
    fn free_one(&mut self, context: &LlamaContext<'_>, in_use: &HashSet<&str>) -> bool {
        let unused = self.loaded.iter().enumerate();
        let unused = unused.filter(|(_, loaded)| !in_use.contains(loaded.sha256.as_str()));
        let Some(index) = unused.min_by_key(|(_, loaded)| loaded.used).map(|(index, _)| index) else {
            return false;
        };
        // The context must not know it any more.
        if !self.take_off(context) {
            return false;
        }
        self.loaded.swap_remove(index);
        true
    }

    fn find(&mut self, sha256: &str) -> Option<&mut Loaded> {
        self.loaded.iter_mut().find(|loaded| loaded.sha256 == sha256)
    }
}

fn with<T>(
    path: &Path,
    read: impl FnOnce(BufReader<File>, u64) -> Result<T, GgufError>,
) -> Result<T, GgufError> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(GgufError::NotAFile);
    }
    read(BufReader::with_capacity(1 << 16, file), metadata.len())
}

fn internal(error: &GgufError) -> Failure {
    eprintln!("The model's own file cannot be read again: {error}");
    Failure::new(ErrorCode::Internal, "The model's file cannot be read again.")
}
