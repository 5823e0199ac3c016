//! What one choice came to, gathered from what a model told.

use ports::{ChatEvent, TokenLogprob};
use wire::{FinishReason, Usage};

/// What one choice came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    /// In the order in which they were told.
    pub blocks: Vec<Block>,
    /// How probable the tokens of the text were.
    pub logprobs: Vec<TokenLogprob>,
    /// Why it ended, and what it consumed; absent until it has ended.
    pub end: Option<(FinishReason, Usage)>,
}

/// Something that was told in one go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Part of the answer.
    Text(String),
    /// Part of the reasoning.
    Reasoning(String),
    /// A call of a tool.
    Call(Call),
}

/// A call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Counts the calls of this answer from 0.
    pub index: u32,
    /// The tool.
    pub name: String,
    /// JSON, unless the answer was cut in the middle of it.
    pub arguments: String,
}

impl Gathered {
    /// Takes in what comes next.
    pub fn add(&mut self, event: ChatEvent) {
        match event {
            ChatEvent::Queued { .. }
            | ChatEvent::Loading
            | ChatEvent::Started(_)
            | ChatEvent::Attempted(_) => {}
            ChatEvent::Text(more) => match self.blocks.last_mut() {
                Some(Block::Text(text)) => text.push_str(&more),
                _ => self.blocks.push(Block::Text(more)),
            },
            ChatEvent::Reasoning(more) => match self.blocks.last_mut() {
                Some(Block::Reasoning(text)) => text.push_str(&more),
                _ => self.blocks.push(Block::Reasoning(more)),
            },
            ChatEvent::Logprobs(more) => self.logprobs.extend(more),
            ChatEvent::ToolCall { index, name } => {
                self.blocks.push(Block::Call(Call { index, name, arguments: String::new() }));
            }
            ChatEvent::ToolArguments { index, text } => {
                let calls = self.blocks.iter_mut().filter_map(|block| match block {
                    Block::Call(call) => Some(call),
                    _ => None,
                });
                if let Some(call) = calls.into_iter().find(|call| call.index == index) {
                    call.arguments.push_str(&text);
                }
            }
            ChatEvent::Done { reason, usage } => self.end = Some((reason, usage)),
        }
    }

    /// All text together.
    pub(crate) fn text(&self) -> String {
        self.blocks
            .iter()
            .filter_map(|block| if let Block::Text(text) = block { Some(text.as_str()) } else { None })
            .collect()
    }

    /// All reasoning together.
    pub(crate) fn reasoning(&self) -> String {
        let thought =
            |block: &Block| if let Block::Reasoning(text) = block { Some(text.clone()) } else { None };
        self.blocks.iter().filter_map(thought).collect()
    }

    /// The calls in their order.
    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.blocks.iter().filter_map(|block| if let Block::Call(call) = block { Some(call) } else { None })
    }

    /// Why it ended, and what it consumed; what has not ended was stopped.
    pub(crate) fn ending(&self) -> (FinishReason, Usage) {
        self.end.unwrap_or((FinishReason::Cancelled, Usage::default()))
    }
}
