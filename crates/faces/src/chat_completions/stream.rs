//! An answer piece by piece: chunks of all choices as they come, for each of them a last one with the reason, then one
//! with the usage when asked for, and `[DONE]`. A failure in the middle is an error document in the stream, never a clean
//! end, and ends all.

use std::collections::BTreeMap;

use ports::{ChatEvent, TokenLogprob};
use wire::{FinishReason, Usage};

use super::shapes::{
    CallDelta, Chunk, ChunkChoice, Delta, FunctionDelta, LogprobsDocument, UsageDocument, finish_word,
};
use super::{error_body, id};
use crate::head::{Head, Total};
use crate::{Fault, Piece, Writer, json};

/// Writes the chunks of one answer.
#[derive(Debug)]
pub struct Chunks {
    head: Head,
    has_begun: bool,
    with_usage: bool,
    choices: usize,
    /// Choices that go on.
    open: usize,
    total: Total,
    /// For each choice, of the text that comes next.
    tokens: BTreeMap<u32, Vec<TokenLogprob>>,
    is_over: bool,
}

impl Chunks {
    pub(crate) fn new(head: Head, choices: usize, with_usage: bool) -> Self {
        Self {
            head,
            has_begun: false,
            with_usage,
            choices,
            open: choices,
            total: Total::default(),
            tokens: BTreeMap::new(),
            is_over: false,
        }
    }

    /// What is told of each choice first.
    fn begin(&mut self) -> Vec<Piece> {
        self.has_begun = true;
        let first = || Delta { role: Some("assistant"), content: Some(String::new()), ..Delta::default() };
        (0..).zip(0..self.choices).map(|(index, _)| self.chunk(index, first(), None)).collect()
    }

    fn done(&mut self, choice: u32, reason: FinishReason, usage: Usage) -> Vec<Piece> {
        let mut pieces = vec![self.chunk(choice, Delta::default(), Some(reason))];
        self.total.add(choice, usage);
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.is_over = true;
            if self.with_usage {
                pieces.push(self.document(Vec::new(), Some(self.total.usage().into())));
            }
            pieces.push(piece("[DONE]".to_owned()));
        }
        pieces
    }

    fn told(&mut self, choice: u32, event: ChatEvent) -> Vec<Piece> {
        match event {
            ChatEvent::Queued { .. }
            | ChatEvent::Loading
            | ChatEvent::Started(_)
            | ChatEvent::Attempted(_) => Vec::new(),
            ChatEvent::Logprobs(more) => {
                self.tokens.entry(choice).or_default().extend(more);
                Vec::new()
            }
            ChatEvent::Text(text) => vec![self.text(choice, text)],
            ChatEvent::Reasoning(text) => {
                let delta = Delta { reasoning_content: Some(text), ..Delta::default() };
                vec![self.chunk(choice, delta, None)]
            }
            ChatEvent::ToolCall { index, name } => {
                let function = FunctionDelta { name: Some(name), arguments: String::new() };
                let (id, kind) = (self.head.call_id(choice, index), "function");
                vec![self.called(choice, CallDelta { index, id: Some(id), r#type: Some(kind), function })]
            }
            ChatEvent::ToolArguments { index, text } => {
                let function = FunctionDelta { name: None, arguments: text };
                vec![self.called(choice, CallDelta { index, id: None, r#type: None, function })]
            }
            ChatEvent::Done { reason, usage } => self.done(choice, reason, usage),
        }
    }

    fn text(&mut self, choice: u32, text: String) -> Piece {
        let logprobs = LogprobsDocument::of(self.tokens.remove(&choice).unwrap_or_default());
        let delta = Delta { content: Some(text), ..Delta::default() };
        self.document(vec![ChunkChoice { index: choice, delta, logprobs, finish_reason: None }], None)
    }

    fn called(&self, choice: u32, call: CallDelta) -> Piece {
        self.chunk(choice, Delta { tool_calls: vec![call], ..Delta::default() }, None)
    }

    fn chunk(&self, index: u32, delta: Delta, reason: Option<FinishReason>) -> Piece {
        let finish_reason = reason.map(finish_word);
        self.document(vec![ChunkChoice { index, delta, logprobs: None, finish_reason }], None)
    }

    fn document(&self, choices: Vec<ChunkChoice>, usage: Option<UsageDocument>) -> Piece {
        let Head { created, model, .. } = self.head.clone();
        let (id, object) = (id(&self.head), "chat.completion.chunk");
        piece(json(&Chunk { id, object, created, model, choices, usage }))
    }
}

fn piece(data: String) -> Piece {
    Piece { name: None, data }
}

impl Writer for Chunks {
    fn opening(&mut self) -> Vec<Piece> {
        if self.head.is_sure { self.begin() } else { Vec::new() }
    }

    fn turn(&mut self, model: String) {
        self.head.model = model;
    }

    fn pieces(&mut self, choice: u32, event: ChatEvent) -> Vec<Piece> {
        let told = self.told(choice, event);
        if told.is_empty() || self.has_begun {
            return told;
        }
        self.begin().into_iter().chain(told).collect()
    }

    fn fault(&mut self, fault: &Fault) -> Vec<Piece> {
        self.is_over = true;
        vec![piece(error_body(fault))]
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}
