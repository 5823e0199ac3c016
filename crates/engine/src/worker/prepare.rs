//! From a conversation to tokens, beside the computation so that a long prompt holds nobody up.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use llama_cpp_4::chat::{ChatParams, ChatTemplates};
use llama_cpp_4::model::{AddBos, LlamaModel, Special};
use llama_cpp_4::token::LlamaToken;
use ports::{ChatMessage, Family, Reasoning, Tools};
use speech::{Budget, Drafter, ReasoningSplitter, ReasoningTags, marked};
use stdx::Clock;
use wire::ErrorCode;

use super::adapters::AdapterCheck;
use super::answer::Answer;
use super::heartbeat::Progress;
use super::landmarks::{self, Landmarks};
use super::logprobs::Logprobs;
use super::output::Output;
use super::pieces::Pieces;
use super::sampler::Chooser;
use super::shape::{Rendered, Shape};
use super::shelf::{numbers, reach};
use super::tools::{Conversation, Style};
use crate::adapters::Adapter;
use crate::protocol::{Failure, FromWorker, Generate, ToWorker};
use prefix::{Key, PrefixCache};

/// What is prepared ahead belongs to no request.
const NOBODY: u64 = u64::MAX;

/// What the computing thread is told.
pub(super) enum Work {
    Run(Box<Prepared>),
    Cancel(u64),
    /// An agent's fixed prompt, to be computed when there is nothing else to do.
    Warm(Vec<LlamaToken>),
    /// Nothing of this scope is to be kept.
    Forget(String),
    Shutdown,
}

/// A request in tokens.
pub(super) struct Prepared {
    pub(super) id: u64,
    pub(super) prompt: Vec<LlamaToken>,
    /// On top of the model.
    pub(super) adapter: Option<Adapter>,
    /// What first units of the prefix cache follow that were computed with it.
    pub(super) root: Key,
    /// The same for all requests with the same adapter; set when it is admitted.
    pub(super) group: u64,
    /// How many of its first tokens are an agent's own.
    pub(super) fixed: usize,
    /// Where what was said ends, and the part begins that asks for an answer.
    pub(super) input_end: usize,
    pub(super) chooser: Chooser,
    pub(super) scope: Option<String>,
    pub(super) family: Option<Family>,
    /// How much its member counts against others.
    pub(super) weight: u32,
    /// At least 1, and never more than fits behind the prompt.
    pub(super) max_output: u32,
    pub(super) text: Answer,
    /// How much longer the model may think.
    pub(super) budget: Budget<LlamaToken>,
    /// Present when it was asked for.
    pub(super) logprobs: Option<Logprobs>,
    /// Guesses how the answer goes on; absent when it must be the same every time.
    pub(super) drafter: Option<Drafter>,
    /// Control tokens whose text belongs to the answer.
    pub(super) visible: Vec<LlamaToken>,
    /// When it was accepted, on the worker's clock.
    pub(super) accepted: Duration,
}

/// Prepares requests for one model.
pub(super) struct Preparer<'a> {
    pub(super) model: &'a LlamaModel,
    pub(super) templates: &'a ChatTemplates,
    /// How the template has tools called.
    pub(super) style: Style,
    pub(super) pieces: Arc<Pieces>,
    pub(super) context_tokens: u32,
    pub(super) clock: &'a dyn Clock,
    pub(super) output: &'a Output,
    pub(super) progress: &'a Progress,
    pub(super) cache: PrefixCache,
    /// Whether a state can only be taken and given back as a whole.
    pub(super) whole: bool,
    pub(super) landmarks: Landmarks,
    pub(super) adapters: AdapterCheck,
}

impl Preparer<'_> {
    /// Works until the server or the computing thread is gone. Keeps the order of frames, so that a cancel never
    /// overtakes its request.
    pub(super) fn run(&mut self, frames: &Receiver<ToWorker>, work: &Sender<Work>) {
        for frame in frames {
            let item = match frame {
                ToWorker::Warm { messages } => {
                    self.progress.prepares(NOBODY);
                    let fixed = self.fixed(&messages).to_vec();
                    self.progress.prepared();
                    Work::Warm(fixed)
                }
                ToWorker::Forget { scope } => {
                    self.cache.forget(&scope);
                    Work::Forget(scope)
                }
                ToWorker::Generate(generate) => {
                    let id = generate.id;
                    self.progress.prepares(id);
                    let prepared = self.prepare(*generate);
                    self.progress.prepared();
                    match prepared {
                        Ok(prepared) => Work::Run(Box::new(prepared)),
                        Err(failure) => {
                            self.output.send(&FromWorker::Failed { id, failure });
                            continue;
                        }
                    }
                }
                ToWorker::Encode(encode) => {
                    let detail = "This model chats; it gives neither vectors nor scores.";
                    let failure = Failure::new(ErrorCode::InvalidRequest, detail);
                    self.output.send(&FromWorker::Failed { id: encode.id, failure });
                    continue;
                }
                ToWorker::Cancel { id } => Work::Cancel(id),
                ToWorker::Shutdown => Work::Shutdown,
                ToWorker::Ping { .. } => continue,
            };
            let last = matches!(item, Work::Shutdown);
            if work.send(item).is_err() || last {
                return;
            }
        }
    }

    fn prepare(&mut self, generate: Generate) -> Result<Prepared, Failure> {
        let accepted = self.clock.monotonic();
        let root = self.root(generate.adapter.as_ref())?;
        let applied = self.apply(&Conversation::of(&generate))?;
        let prompt = self.tokenize(&applied)?;
        let length = u32::try_from(prompt.len()).unwrap_or(u32::MAX);
        let limit = self.context_tokens;
        if length >= limit {
            let detail = format!("The conversation has {length} tokens and the model can read {limit}.");
            return Err(Failure::new(ErrorCode::ContextExceeded, detail));
        }
        let tags = reasoning_tags(&applied);
        let visible = self.visible(&applied, tags.as_ref());
        let max_output = generate.sampling.max_tokens.unwrap_or(u32::MAX).clamp(1, limit - length);
        let opens = tags.as_ref().filter(|tags| !tags.begins_inside).and_then(|tags| self.single(&tags.open));
        let close = tags.as_ref().map(|tags| self.mark(&tags.close)).unwrap_or_default();
        let budget = Budget::new(generate.reasoning.tokens(), close);
        let reasoning = ReasoningSplitter::new(tags);
        let rendered =
            Rendered { applied, style: self.style, reasoning, opens, pieces: Arc::clone(&self.pieces) };
        let Shape { constraint, answer: text } = Shape::new(self.model, rendered, &generate)?;
        let chooser = Chooser::new(self.model, &generate.sampling, constraint)?;
        let (fixed, input_end) = self.landmarks(&generate, &prompt);
        // Brings it into memory, for the thread that computes.
        self.cache.fetch(root, &numbers(reach(&prompt, self.whole)), generate.scope.as_deref());
        let logprobs = generate.logprobs.map(Logprobs::new);
        // From a state that cannot be cut nothing can be taken back.
        let drafter = generate.drafts.then(Drafter::default).filter(|_| !self.whole);
        let Generate { id, adapter, scope, family, weight, .. } = generate;
        Ok(Prepared {
            id,
            prompt,
            adapter,
            root,
            group: id,
            fixed,
            input_end,
            chooser,
            scope,
            family,
            weight,
            max_output,
            text,
            budget,
            logprobs,
            drafter,
            visible,
            accepted,
        })
    }

    /// What first units of the prefix cache follow that are computed with an adapter.
    fn root(&mut self, adapter: Option<&Adapter>) -> Result<Key, Failure> {
        let root = self.cache.root();
        let Some(adapter) = adapter else { return Ok(root) };
        self.adapters.look(adapter)?;
        Ok(root.adapted(&adapter.sha256, adapter.scale))
    }

    /// How many of a prompt's tokens are an agent's own, and where what was said ends.
    fn landmarks(&mut self, generate: &Generate, prompt: &[LlamaToken]) -> (usize, usize) {
        let shared = generate.messages.get(..generate.fixed_messages).unwrap_or_default();
        let fixed = Some(self.fixed(shared)).filter(|fixed| prompt.starts_with(fixed)).map_or(0, <[_]>::len);
        let said = self.apply(&Conversation { asks: false, ..Conversation::of(generate) });
        let said = said.and_then(|applied| self.tokenize(&applied));
        (fixed, said.map_or(prompt.len(), |said| landmarks::common(&said, prompt)))
    }

    /// The tokens that conversations beginning with these messages begin with.
    fn fixed(&mut self, messages: &[ChatMessage]) -> &[LlamaToken] {
        let mut landmarks = std::mem::take(&mut self.landmarks);
        let (tools, reasoning) = (Tools::default(), Reasoning::default());
        let render = |messages: &[ChatMessage]| {
            let applied =
                self.apply(&Conversation { messages, tools: &tools, schema: None, reasoning, asks: true });
            applied.and_then(|applied| self.tokenize(&applied)).ok()
        };
        landmarks.fixed(messages, render);
        self.landmarks = landmarks;
        self.landmarks.fixed(messages, |_| None)
    }

    /// Renders the model's own chat template.
    fn apply(&self, conversation: &Conversation<'_>) -> Result<ChatParams, Failure> {
        let params = conversation.params(self.style);
        self.templates.apply(&params).map_err(|error| {
            eprintln!("The chat template fails: {error}");
            Failure::new(
                ErrorCode::InvalidRequest,
                "The model's chat template does not take this conversation.",
            )
        })
    }

    /// What members wrote is never read as control tokens.
    fn tokenize(&self, applied: &ChatParams) -> Result<Vec<LlamaToken>, Failure> {
        let mut tokens =
            applied.tokenize_prompt(self.model, AddBos::Never).map_err(|error| internal(&error))?;
        let first = self.model.token_bos();
        if self.model.add_bos_token() && tokens.first() != Some(&first) {
            tokens.insert(0, first);
        }
        if tokens.is_empty() {
            return Err(Failure::new(ErrorCode::InvalidRequest, "The conversation is empty."));
        }
        Ok(tokens)
    }

    /// Control tokens whose text belongs to the answer: the marks of reasoning and of calls.
    fn visible(&self, applied: &ChatParams, tags: Option<&ReasoningTags>) -> Vec<LlamaToken> {
        let kept: Vec<String> = serde_json::from_str(&applied.preserved_tokens_json).unwrap_or_default();
        let reasoning = tags.into_iter().flat_map(|tags| [tags.open.as_str(), tags.close.as_str()]);
        let marks = [marked::OPEN, marked::CLOSE].into_iter().chain(kept.iter().map(String::as_str));
        reasoning.chain(marks).filter_map(|mark| self.single(mark)).collect()
    }

    /// The token of a mark, when it is one.
    fn single(&self, mark: &str) -> Option<LlamaToken> {
        <[LlamaToken; 1]>::try_from(self.mark(mark)).ok().map(|[token]| token)
    }

    /// The tokens of a mark.
    fn mark(&self, mark: &str) -> Vec<LlamaToken> {
        let tokens = self.model.str_to_token_with_special(mark, AddBos::Never, Special::Tokenize);
        tokens.unwrap_or_default()
    }
}

/// The marks of reasoning that the template declares or has already written.
fn reasoning_tags(applied: &ChatParams) -> Option<ReasoningTags> {
    let common = ReasoningTags::default();
    let open = match applied.thinking_start_tag.trim() {
        "" => common.open,
        tag => tag.to_owned(),
    };
    let begins_inside = applied.prompt.trim_end().ends_with(&open);
    if applied.thinking_start_tag.is_empty() && !begins_inside {
        return None;
    }
    let ends: Vec<String> = serde_json::from_str(&applied.thinking_end_tags_json).unwrap_or_default();
    let end = ends.into_iter().map(|tag| tag.trim().to_owned()).find(|tag| !tag.is_empty());
    Some(ReasoningTags { open, close: end.unwrap_or(common.close), begins_inside })
}

fn internal(error: &dyn std::error::Error) -> Failure {
    eprintln!("A request cannot be prepared: {error}");
    Failure::new(ErrorCode::Internal, "The conversation cannot be turned into tokens.")
}
