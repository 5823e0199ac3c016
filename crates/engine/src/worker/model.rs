//! Loads the model and brings up the threads around it.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use llama_cpp_4::chat::ChatTemplates;
use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::context::params::{LlamaContextParams, LlamaFlashAttnType};
use llama_cpp_4::llama_backend::LlamaBackend;
use llama_cpp_4::model::LlamaModel;
use llama_cpp_4::model::params::LlamaModelParams;
use ports::Isolation;
use stdx::{Clock, OsRng};
use wire::{ErrorCode, ModelKind};

use super::adapters::AdapterCheck;
use super::encoder::{self, Encoder};
use super::heartbeat::Progress;
use super::laboratory::Laboratory;
use super::landmarks::Landmarks;
use super::output::Output;
use super::pieces::Pieces;
use super::prepare::Preparer;
use super::scheduler::Scheduler;
use super::shelf::Shelf;
use super::tools::Style;
use crate::LLAMA;
use crate::args::WorkerArgs;
use crate::protocol::{Failure, FromWorker, Loaded, MemoryUse, ToWorker};
use crate::settings::{ModelSettings, TRANSIT};
use machine::calibration::Trials;
use prefix::{CacheOptions, PrefixCache};

/// Tokenizers of llama.cpp may recurse with the length of a text.
const PREPARE_STACK: usize = 64 << 20;

/// Loads the model and serves requests until the server says that it is enough.
pub(super) fn serve(
    args: &WorkerArgs,
    isolation: Isolation,
    frames: Receiver<ToWorker>,
    output: &Output,
    progress: &Arc<Progress>,
    clock: &Arc<dyn Clock>,
) -> Result<(), Failure> {
    let started = clock.monotonic();
    let failed = |what: &str| Failure::new(ErrorCode::EngineFailed, what);
    super::log::keep_warnings();
    let backend = LlamaBackend::init().map_err(|_| failed("llama.cpp cannot be initialised."))?;
    let model = load(&backend, args)?;
    let settings = args.settings.within(model.n_ctx_train());
    let context = new_context(&backend, &model, &settings)?;
    let loaded = Loaded {
        context_tokens: settings.context_tokens,
        kv_tokens: settings.kv_tokens,
        threads: settings.threads,
        load_ms: millis(clock.monotonic().saturating_sub(started)),
        memory: memory_use(&context),
        isolation,
    };
    if settings.kind != ModelKind::Chat {
        let encoder = Encoder::new(context, &settings, output, progress, clock.as_ref())?;
        return encoder::serve(encoder, loaded, frames);
    }
    let templates = ChatTemplates::from_model(&model, None).map_err(|error| {
        eprintln!("The chat template cannot be read: {error}");
        Failure::new(ErrorCode::ModelCorrupt, "The model's chat template cannot be read.")
    })?;
    let (work, inbox) = mpsc::channel();
    let whole = cannot_be_cut(&model);
    let cache = open_cache(args, &settings, whole, clock);
    let shelf = Shelf::new(cache.clone(), settings.streams, whole, clock.as_ref());
    progress.report_cache(cache.clone());
    let trials = args.calibrates.then(|| Trials::new(settings.threads));
    let laboratory =
        Laboratory { backend: &backend, model: &model, clock: clock.as_ref(), trials, attempt: None };
    let mut scheduler =
        Scheduler::new(context, &settings, (shelf, laboratory), output, progress, clock.as_ref());
    output.send(&FromWorker::Ready { loaded });
    let mut preparer = Preparer {
        model: &model,
        templates: &templates,
        style: Style::of(&templates),
        pieces: Arc::new(Pieces::of(&model)),
        context_tokens: settings.context_tokens,
        clock: clock.as_ref(),
        output,
        progress,
        cache,
        whole,
        landmarks: Landmarks::default(),
        adapters: AdapterCheck::new(&args.model),
    };
    side_by_side(move || preparer.run(&frames, &work), || scheduler.run(&inbox))
}

/// Runs what makes tokens of texts on a thread of its own, beside what computes.
pub(super) fn side_by_side(
    prepare: impl FnOnce() + Send,
    compute: impl FnOnce() -> Result<(), ()>,
) -> Result<(), Failure> {
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(PREPARE_STACK)
            .spawn_scoped(scope, prepare)
            .map_err(|_| Failure::new(ErrorCode::EngineFailed, "A thread cannot be started."))?;
        compute().map_err(|()| {
            // The other threads may never return; the supervisor sees the end of the process as a crash.
            eprintln!("Computation fails again and again.");
            super::output::end_now()
        })
    })
}

fn load(backend: &LlamaBackend, args: &WorkerArgs) -> Result<LlamaModel, Failure> {
    let params = LlamaModelParams::default().with_n_gpu_layers(0);
    let model = LlamaModel::load_from_file(backend, &args.model, &params).map_err(|error| {
        eprintln!("The model cannot be loaded: {error}");
        Failure::new(ErrorCode::ModelCorrupt, "The model file is damaged or of a kind that is not supported.")
    })?;
    if !model.has_decoder() || model.has_encoder() {
        return Err(Failure::new(ErrorCode::ModelCorrupt, "The model cannot continue a text."));
    }
    Ok(model)
}

fn new_context<'m>(
    backend: &LlamaBackend,
    model: &'m LlamaModel,
    settings: &ModelSettings,
) -> Result<LlamaContext<'m>, Failure> {
    let threads = i32::try_from(settings.threads).unwrap_or(1);
    // For chats one sequence more, with room for a unit, through which units of the prefix cache go in and out. An
    // encoder has a sequence for each text of a step, and all tokens are outputs.
    let encodes = settings.kind != ModelKind::Chat;
    let (sequences, transit, outputs) = match settings.kind {
        ModelKind::Chat => (settings.streams + 1, TRANSIT, settings.outputs()),
        ModelKind::Embedding | ModelKind::Rerank => (encoder::SEQUENCES, 0, 0),
    };
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(settings.kv_tokens + transit))
        .with_embeddings(encodes)
        .with_n_seq_max(sequences)
        .with_n_batch(settings.step_tokens())
        .with_n_ubatch(settings.step_tokens())
        .with_n_outputs_max(outputs)
        .with_kv_unified(true)
        .with_no_perf(true)
        .with_flash_attn_type(match settings.flash_attention {
            _ if settings.keeps_scores() => LlamaFlashAttnType::Disabled,
            None => LlamaFlashAttnType::Auto,
            Some(_) => LlamaFlashAttnType::Enabled,
        })
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    model.new_context(backend, params).map_err(|error| {
        eprintln!("The context cannot be made: {error}");
        Failure::new(ErrorCode::OutOfMemory, "There is not enough memory for the model's context.")
    })
}

/// Whether the state of a sequence can only be kept and given back as a whole: recurrent state and sliding windows
/// hold no earlier positions.
fn cannot_be_cut(model: &LlamaModel) -> bool {
    model.is_recurrent() || model.is_hybrid() || model.n_swa() > 0
}

fn open_cache(
    args: &WorkerArgs,
    settings: &ModelSettings,
    whole: bool,
    clock: &Arc<dyn Clock>,
) -> PrefixCache {
    let mebibytes = |n: u32| u64::from(n) << 20;
    let options = CacheOptions {
        folder: args.cache.as_ref().map(|cache| cache.folder.clone()),
        identity: format!(
            "{:?} {LLAMA} kv=f16 flash={} unified whole={whole}",
            args.cache.as_ref().map(|cache| &cache.model),
            !settings.keeps_scores(),
        ),
        memory_bytes: mebibytes(settings.cache_memory_mib),
        disk_bytes: mebibytes(settings.cache_disk_mib),
    };
    PrefixCache::open(options, Arc::clone(clock), &OsRng)
}

fn memory_use(context: &LlamaContext<'_>) -> MemoryUse {
    let bytes = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    context.memory_breakdown().iter().fold(MemoryUse::default(), |sum, entry| MemoryUse {
        weights: sum.weights.saturating_add(bytes(entry.model)),
        kv: sum.kv.saturating_add(bytes(entry.context)),
        compute: sum.compute.saturating_add(bytes(entry.compute)),
    })
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
