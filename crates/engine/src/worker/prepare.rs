//! From a conversation to tokens, beside the computation so that a long prompt holds nobody up.

use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use llama_cpp_4::chat::{ChatApplyParams, ChatParams, ChatTemplates};
use llama_cpp_4::model::{AddBos, LlamaModel, Special};
use llama_cpp_4::token::LlamaToken;
use ports::ChatMessage;
use stdx::Clock;
use wire::ErrorCode;

use super::answer::Answer;
use super::constraint::Constraint;
use super::landmarks::{self, Landmarks};
use super::output::Output;
use super::sampler::Chooser;
use super::shelf::numbers;
use super::text::{AnswerText, ReasoningSplitter, ReasoningTags};
use crate::prefix::PrefixCache;
use crate::protocol::{Failure, FromWorker, Generate, ToWorker};

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
    /// How many of its first tokens are an agent's own.
    pub(super) fixed: usize,
    /// Where what was said ends, and the part begins that asks for an answer.
    pub(super) input_end: usize,
    pub(super) chooser: Chooser,
    pub(super) scope: Option<String>,
    /// At least 1, and never more than fits behind the prompt.
    pub(super) max_output: u32,
    pub(super) text: Answer,
    /// Control tokens whose text belongs to the answer: the marks of reasoning.
    pub(super) visible: Vec<LlamaToken>,
    /// When it was accepted, on the worker's clock.
    pub(super) accepted: Duration,
}

/// Prepares requests for one model.
pub(super) struct Preparer<'a> {
    pub(super) model: &'a LlamaModel,
    pub(super) templates: &'a ChatTemplates,
    pub(super) context_tokens: u32,
    pub(super) clock: &'a dyn Clock,
    pub(super) output: &'a Output,
    pub(super) cache: PrefixCache,
    pub(super) landmarks: Landmarks,
}

impl Preparer<'_> {
    /// Works until the server or the computing thread is gone. Keeps the order of frames, so that a cancel never
    /// overtakes its request.
    pub(super) fn run(&mut self, frames: &Receiver<ToWorker>, work: &Sender<Work>) {
        for frame in frames {
            let item = match frame {
                ToWorker::Warm { messages } => Work::Warm(self.fixed(&messages).to_vec()),
                ToWorker::Forget { scope } => {
                    self.cache.forget(&scope);
                    Work::Forget(scope)
                }
                ToWorker::Generate(generate) => {
                    let id = generate.id;
                    match self.prepare(generate) {
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
        let applied = self.apply(&generate.messages, generate.schema.as_deref(), true)?;
        let prompt = self.tokenize(&applied)?;
        let length = u32::try_from(prompt.len()).unwrap_or(u32::MAX);
        let limit = self.context_tokens;
        if length >= limit {
            let detail = format!("The conversation has {length} tokens and the model can read {limit}.");
            return Err(Failure::new(ErrorCode::ContextExceeded, detail));
        }
        let tags = reasoning_tags(&applied);
        let visible = tags.as_ref().map(|tags| self.visible(tags)).unwrap_or_default();
        let max_output = generate.sampling.max_tokens.unwrap_or(u32::MAX).clamp(1, limit - length);
        let constraint = Constraint::new(self.model, &applied)?;
        if generate.schema.is_some() && constraint.is_none() {
            let detail = "The model's chat template cannot be held to a schema.";
            return Err(Failure::new(ErrorCode::InvalidRequest, detail));
        }
        let chooser = Chooser::new(self.model, &generate.sampling, constraint)?;
        let (fixed, input_end) = self.landmarks(&generate, &prompt);
        // Brings it into memory, for the thread that computes.
        self.cache.fetch(&numbers(&prompt), generate.scope.as_deref());
        let Generate { id, sampling, scope, schema, .. } = generate;
        let reasoning = ReasoningSplitter::new(tags);
        let text = match schema {
            Some(_) => Answer::json(applied, reasoning),
            None => Answer::Plain(AnswerText::new(reasoning, sampling.stop)),
        };
        Ok(Prepared { id, prompt, fixed, input_end, chooser, scope, max_output, text, visible, accepted })
    }

    /// How many of a prompt's tokens are an agent's own, and where what was said ends.
    fn landmarks(&mut self, generate: &Generate, prompt: &[LlamaToken]) -> (usize, usize) {
        let shared = generate.messages.get(..generate.fixed_messages).unwrap_or_default();
        let fixed = Some(self.fixed(shared)).filter(|fixed| prompt.starts_with(fixed)).map_or(0, <[_]>::len);
        let said = self.apply(&generate.messages, generate.schema.as_deref(), false);
        let said = said.and_then(|applied| self.tokenize(&applied));
        (fixed, said.map_or(prompt.len(), |said| landmarks::common(&said, prompt)))
    }

    /// The tokens that conversations beginning with these messages begin with.
    fn fixed(&mut self, messages: &[ChatMessage]) -> &[LlamaToken] {
        let mut landmarks = std::mem::take(&mut self.landmarks);
        let render = |messages: &[ChatMessage]| {
            self.apply(messages, None, true).and_then(|applied| self.tokenize(&applied)).ok()
        };
        landmarks.fixed(messages, render);
        self.landmarks = landmarks;
        self.landmarks.fixed(messages, |_| None)
    }

    /// Renders the model's own chat template; with the part that asks for an answer, or without.
    fn apply(
        &self,
        messages: &[ChatMessage],
        schema: Option<&str>,
        asks: bool,
    ) -> Result<ChatParams, Failure> {
        let messages: Vec<ChatMessage> = messages.iter().map(without_nul).collect();
        let json = serde_json::to_string(&messages).map_err(|error| internal(&error))?;
        let mut params = ChatApplyParams::new(json).with_add_generation_prompt(asks);
        if let Some(schema) = schema {
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

    fn visible(&self, tags: &ReasoningTags) -> Vec<LlamaToken> {
        let single = |mark: &String| {
            let tokens = self.model.str_to_token_with_special(mark, AddBos::Never, Special::Tokenize).ok()?;
            <[LlamaToken; 1]>::try_from(tokens).ok().map(|[token]| token)
        };
        [&tags.open, &tags.close].into_iter().filter_map(single).collect()
    }
}

/// C strings end at a zero.
fn without_nul(message: &ChatMessage) -> ChatMessage {
    let content = message.content.replace('\0', "\u{fffd}");
    ChatMessage { role: message.role, content }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_in_a_message_does_not_cut_it() {
        let message = ChatMessage { role: wire::Role::User, content: "a\0b".to_owned() };
        assert_eq!(without_nul(&message).content, "a\u{fffd}b");
    }
}
