//! Talks to the engine so that the tests read as stories.

use std::collections::HashMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::{
    AdapterFile, Engine, EngineConfig, EngineLimits, FixedPrompts, ModelFile, ModelFiles, ModelSettings,
    WorkerCommand,
};
use futures_util::StreamExt;
use ports::{ChatEvent, ChatMessage, ChatModel, ChatRequest, ChatStream, PortError, Sampling, TokenLogprob};
use stdx::{SeededRng, SystemClock};
use wire::{FinishReason, ModelKind, Role, Usage};

pub(crate) const SMOLLM: &str = "smollm2-135m-instruct";
/// Turns English texts into vectors of 384 numbers.
pub(crate) const MINILM: &str = "all-minilm-l6-v2";
/// Has random weights.
pub(crate) const RERANKER: &str = "tiny-reranker";
pub(crate) const QWEN: &str = "qwen2.5-coder-0.5b-instruct";

/// Nothing in these tests takes so long; whatever does would hang for ever.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where a model for tests is.
#[expect(clippy::disallowed_methods, reason = "tests find the models by the environment")]
pub(crate) fn model_file(model: &str) -> PathBuf {
    let file = match model {
        SMOLLM => "SmolLM2-135M-Instruct.Q4_1.gguf",
        QWEN => "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        MINILM => "all-minilm-l6-v2-f32.gguf",
        RERANKER => "tiny-reranker-f32.gguf",
        other => panic!("{other} is not a model for tests"),
    };
    let cache = std::env::var_os("HUTONG_MODEL_CACHE").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HUTONG_CACHE")?).join("models")));
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/hutong/models");
    let path = cache.unwrap_or_else(home).join(model).join(file);
    assert!(path.is_file(), "{} is missing: run `./x test`, which fetches it", path.display());
    path
}

#[derive(Debug)]
struct Files {
    models: HashMap<String, PathBuf>,
    adapters: HashMap<String, AdapterFile>,
}

impl ModelFiles for Files {
    fn locate(&self, model: &str) -> Option<ModelFile> {
        let kind = match model {
            MINILM => ModelKind::Embedding,
            RERANKER => ModelKind::Rerank,
            _ => ModelKind::Chat,
        };
        Some(ModelFile { path: self.models.get(model)?.clone(), sha256: Some(model.to_owned()), kind })
    }

    fn adapter(&self, id: &str) -> Option<AdapterFile> {
        self.adapters.get(id).cloned()
    }
}

/// An engine in the making.
pub(crate) struct Setup {
    pub(crate) files: HashMap<String, PathBuf>,
    pub(crate) settings: ModelSettings,
    pub(crate) limits: EngineLimits,
    pub(crate) cache: Option<PathBuf>,
    /// Where the fastest way of computing is kept.
    calibration: Option<PathBuf>,
    pub(crate) prompts: Vec<Vec<ChatMessage>>,
    /// The folder of adapters, and those in it by name.
    pub(crate) adapters: (Option<PathBuf>, HashMap<String, AdapterFile>),
}

#[derive(Debug)]
struct Prompts(Vec<Vec<ChatMessage>>);

impl FixedPrompts for Prompts {
    fn of(&self, _model: &str) -> Vec<Vec<ChatMessage>> {
        self.0.clone()
    }
}

impl Setup {
    pub(crate) fn with(model: &str) -> Self {
        Self::file(model, model_file(model))
    }

    pub(crate) fn file(model: &str, path: PathBuf) -> Self {
        let settings =
            ModelSettings { context_tokens: 1024, kv_tokens: 4096, nice: 0, ..ModelSettings::default() };
        Self {
            files: [(model.to_owned(), path)].into(),
            settings,
            limits: EngineLimits::default(),
            cache: None,
            calibration: None,
            prompts: Vec::new(),
            adapters: (None, HashMap::new()),
        }
    }

    pub(crate) fn cache(mut self, folder: &Path) -> Self {
        self.cache = Some(folder.to_owned());
        self
    }

    /// Finds out the fastest way of computing, which else would begin whenever a test waits.
    pub(crate) fn calibration(mut self, file: PathBuf) -> Self {
        self.calibration = Some(file);
        self
    }

    pub(crate) fn prompts(mut self, prompts: Vec<Vec<ChatMessage>>) -> Self {
        self.prompts = prompts;
        self
    }

    pub(crate) fn streams(mut self, streams: u32) -> Self {
        self.settings.streams = streams;
        self
    }

    pub(crate) fn start(self) -> Engine {
        Engine::new(EngineConfig {
            workers: Arc::new(WorkerCommand {
                program: env!("CARGO_BIN_EXE_hutong-engine-worker").into(),
                args: Vec::new(),
            }),
            models: Arc::new(Files { models: self.files, adapters: self.adapters.1 }),
            adapters: self.adapters.0,
            clock: Arc::new(SystemClock::new()),
            rng: Arc::new(SeededRng::new(1)),
            settings: self.settings,
            limits: self.limits,
            calibration: self.calibration,
            cache: self.cache,
            prompts: Arc::new(Prompts(self.prompts)),
        })
    }
}

pub(crate) fn smollm() -> Engine {
    Setup::with(SMOLLM).start()
}

/// The small model with another chat template, which is no longer than its own.
pub(crate) fn with_template(folder: &Path, template: &str) -> PathBuf {
    let mut bytes = std::fs::read(model_file(SMOLLM)).unwrap();
    let key = b"tokenizer.chat_template";
    let at = bytes.windows(key.len()).position(|window| window == key).unwrap() + key.len() + 4;
    let length = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let space = usize::try_from(length).unwrap();
    // A comment fills what the old template had more.
    let template = format!("{template}{{#{}#}}", " ".repeat(space - template.len() - 4));
    bytes[at + 8..at + 8 + space].copy_from_slice(template.as_bytes());
    let path = folder.join("model.gguf");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// A greedy request of one message.
pub(crate) fn ask(text: &str, max_tokens: u32) -> ChatRequest {
    let messages = vec![ChatMessage::text(Role::User, text.to_owned())];
    let sampling = Sampling { temperature: 0.0, max_tokens: Some(max_tokens), ..Sampling::default() };
    ChatRequest { sampling, ..ChatRequest::new(SMOLLM, messages) }
}

/// A request whose answer does not end by itself for a long while.
pub(crate) fn ask_long() -> ChatRequest {
    ask("Write a very long story about a river, with many chapters.", 700)
}

/// A whole answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) tokens: Vec<TokenLogprob>,
    /// Names and arguments.
    pub(crate) calls: Vec<(String, String)>,
    pub(crate) pieces: usize,
    pub(crate) reason: FinishReason,
    pub(crate) usage: Usage,
    pub(crate) queued: Vec<u32>,
}

pub(crate) async fn answer(engine: &Engine, request: ChatRequest) -> Result<Answer, PortError> {
    collect(engine.chat(request)).await
}

pub(crate) async fn collect(mut stream: ChatStream) -> Result<Answer, PortError> {
    let (mut text, mut reasoning, mut pieces) = (String::new(), String::new(), 0);
    let (mut calls, mut queued, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(event) = next(&mut stream).await {
        match event? {
            ChatEvent::Text(piece) => {
                assert!(!piece.is_empty());
                text += &piece;
                pieces += 1;
            }
            ChatEvent::Done { reason, usage } => {
                assert_eq!(next(&mut stream).await, None, "nothing follows the end");
                return Ok(Answer { text, reasoning, tokens, calls, pieces, reason, usage, queued });
            }
            ChatEvent::Queued { position, .. } => queued.push(position),
            ChatEvent::ToolCall { index, name } => {
                assert_eq!(index, u32::try_from(calls.len()).unwrap());
                calls.push((name, String::new()));
            }
            ChatEvent::ToolArguments { index, text } => {
                assert!(!text.is_empty());
                calls[usize::try_from(index).unwrap()].1 += &text;
                pieces += 1;
            }
            ChatEvent::Reasoning(piece) => {
                assert!(!piece.is_empty());
                reasoning += &piece;
            }
            ChatEvent::Logprobs(more) => {
                assert!(!more.is_empty());
                tokens.extend(more);
            }
            ChatEvent::Loading | ChatEvent::Started(_) | ChatEvent::Attempted(_) => {}
        }
    }
    panic!("the stream ended without an end; the text was {text:?}")
}

pub(crate) async fn next(stream: &mut ChatStream) -> Option<Result<ChatEvent, PortError>> {
    let Ok(event) = tokio::time::timeout(PATIENCE, stream.next()).await else {
        panic!("nothing came any more")
    };
    event
}

/// Goes on until the first text.
pub(crate) async fn until_text(stream: &mut ChatStream) {
    while let Some(event) = next(stream).await {
        if let ChatEvent::Text(_) = event.unwrap() {
            return;
        }
    }
    panic!("no text came")
}

/// The process of the only worker.
pub(crate) fn worker_process(engine: &Engine) -> rustix::process::Pid {
    let process = engine.resident()[0].process.unwrap();
    rustix::process::Pid::from_raw(i32::try_from(process).unwrap()).unwrap()
}

/// Waits until something is so.
pub(crate) async fn eventually(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it never came about that {what}")
}

/// That two answers are the same but for the last digits, which depend on what else is computed at the time: where two
/// tokens were as probable but for these, either may have been taken, and what follows is another story. Both must have
/// been asked for some alternatives.
#[track_caller]
pub(crate) fn alike(what: &dyn Debug, one: &[TokenLogprob], other: &[TokenLogprob], last_digits: f32) {
    let pairs = || one.iter().zip(other);
    let same = pairs().take_while(|(one, other)| one.token == other.token).count();
    for (one, other) in pairs().take(same) {
        assert!((one.logprob - other.logprob).abs() < last_digits, "{what:?}: {one:?} and {other:?}");
    }
    let Some((one, next)) = pairs().nth(same) else {
        return assert_eq!(one.len(), other.len(), "{what:?}");
    };
    let taken = one.alternatives.iter().find(|choice| choice.token == next.token);
    assert!(
        taken.is_some_and(|taken| one.logprob - taken.logprob < last_digits),
        "{what:?}: {one:?} and {next:?}"
    );
}
