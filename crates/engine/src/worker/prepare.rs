//! From a conversation to tokens, beside the computation so that a long prompt holds nobody up.

use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use llama_cpp_4::chat::{ChatParams, ChatTemplates};
use llama_cpp_4::model::{AddBos, LlamaModel, Special};
use llama_cpp_4::token::LlamaToken;
use stdx::Clock;
use wire::ErrorCode;

use super::answer::Answer;
use super::output::Output;
use super::sampler::Chooser;
use super::shape::{Rendered, Shape};
use super::text::{ReasoningSplitter, ReasoningTags};
use super::tools::{Style, marked, params};
use crate::protocol::{Failure, FromWorker, Generate, ToWorker};

/// What the computing thread is told.
pub(super) enum Work {
    Run(Box<Prepared>),
    Cancel(u64),
    Shutdown,
}

/// A request in tokens.
pub(super) struct Prepared {
    pub(super) id: u64,
    pub(super) prompt: Vec<LlamaToken>,
    pub(super) chooser: Chooser,
    pub(super) scope: Option<String>,
    /// At least 1, and never more than fits behind the prompt.
    pub(super) max_output: u32,
    pub(super) text: Answer,
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
    pub(super) context_tokens: u32,
    pub(super) clock: &'a dyn Clock,
    pub(super) output: &'a Output,
}

impl Preparer<'_> {
    /// Works until the server or the computing thread is gone. Keeps the order of frames, so that a cancel never
    /// overtakes its request.
    pub(super) fn run(&self, frames: &Receiver<ToWorker>, work: &Sender<Work>) {
        for frame in frames {
            let item = match frame {
                ToWorker::Generate(generate) => {
                    let id = generate.id;
                    match self.prepare(*generate) {
                        Ok(prepared) => Work::Run(Box::new(prepared)),
                        Err(failure) => {
                            self.output.send(&FromWorker::Failed { id, failure });
                            continue;
                        }
                    }
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

    fn prepare(&self, generate: Generate) -> Result<Prepared, Failure> {
        let accepted = self.clock.monotonic();
        let applied = self.apply(&generate)?;
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
        let reasoning = ReasoningSplitter::new(tags);
        let rendered = Rendered { applied, style: self.style, reasoning, opens };
        let Shape { constraint, answer: text } = Shape::new(self.model, rendered, &generate)?;
        let chooser = Chooser::new(self.model, &generate.sampling, constraint)?;
        let Generate { id, scope, .. } = generate;
        Ok(Prepared { id, prompt, chooser, scope, max_output, text, visible, accepted })
    }

    /// Renders the model's own chat template.
    fn apply(&self, generate: &Generate) -> Result<ChatParams, Failure> {
        let mut params = params(generate, self.style);
        if let Some(schema) = generate.schema.as_ref().filter(|_| generate.tools.is_none()) {
            params = params.with_json_schema(schema);
        }
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
        let tokens = self.model.str_to_token_with_special(mark, AddBos::Never, Special::Tokenize).ok()?;
        <[LlamaToken; 1]>::try_from(tokens).ok().map(|[token]| token)
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
