//! An answer piece by piece.

use std::collections::BTreeMap;
use std::convert::Infallible;

use app::AppError;
use axum::response::sse::Event;
use futures_util::stream::{self, Stream, StreamExt};
use ports::{ChatEvent, ChatStream, PortError, TokenLogprob};
use wire::{FinishReason, Usage};

use super::error::FaceError;
use super::head::{Head, Total};
use super::shapes::{
    CallDelta, Chunk, ChunkChoice, Delta, FunctionDelta, LogprobsDocument, UsageDocument, finish_word,
};

/// Chunks of all choices as they come, for each of them a last one with the reason, then one with the usage when asked
/// for, and `[DONE]`. A failure in the middle is an error document in the stream, never a clean end, and ends all.
pub(super) fn chunks(
    answers: Vec<ChatStream>,
    head: Head,
    with_usage: bool,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let writer = Writer::new(head, answers.len(), with_usage);
    let opening: Vec<String> = (0..).zip(&answers).map(|(index, _)| writer.opening(index)).collect();
    let answers = (0_u32..).zip(answers).map(|(index, events)| events.map(move |event| (index, event)));
    let merged = stream::select_all(answers);
    let rest = stream::unfold((writer, merged), async |(mut writer, mut merged)| {
        if writer.is_over {
            return None;
        }
        let (index, event) = merged.next().await?;
        let pieces = writer.pieces(index, event);
        Some((stream::iter(pieces), (writer, merged)))
    });
    stream::iter(opening).chain(rest.flatten()).map(|data| Ok(Event::default().data(data)))
}

/// Writes the chunks of one answer.
struct Writer {
    head: Head,
    with_usage: bool,
    /// Choices that go on.
    open: usize,
    total: Total,
    /// For each choice, of the text that comes next.
    tokens: BTreeMap<u32, Vec<TokenLogprob>>,
    is_over: bool,
}

impl Writer {
    fn new(head: Head, choices: usize, with_usage: bool) -> Self {
        Self {
            head,
            with_usage,
            open: choices,
            total: Total::default(),
            tokens: BTreeMap::new(),
            is_over: false,
        }
    }

    fn opening(&self, index: u32) -> String {
        let first = Delta { role: Some("assistant"), content: Some(String::new()), ..Delta::default() };
        self.chunk(index, first, None)
    }

    fn pieces(&mut self, choice: u32, event: Result<ChatEvent, PortError>) -> Vec<String> {
        match event {
            Ok(
                ChatEvent::Queued { .. }
                | ChatEvent::Loading
                | ChatEvent::Started(_)
                | ChatEvent::Attempted(_),
            ) => Vec::new(),
            Ok(ChatEvent::Logprobs(more)) => {
                self.tokens.entry(choice).or_default().extend(more);
                Vec::new()
            }
            Ok(ChatEvent::Text(text)) => vec![self.text(choice, text)],
            Ok(ChatEvent::Reasoning(text)) => {
                let delta = Delta { reasoning_content: Some(text), ..Delta::default() };
                vec![self.chunk(choice, delta, None)]
            }
            Ok(ChatEvent::ToolCall { index, name }) => {
                let function = FunctionDelta { name: Some(name), arguments: String::new() };
                let (id, kind) = (self.head.call_id(choice, index), "function");
                vec![self.called(choice, CallDelta { index, id: Some(id), r#type: Some(kind), function })]
            }
            Ok(ChatEvent::ToolArguments { index, text }) => {
                let function = FunctionDelta { name: None, arguments: text };
                vec![self.called(choice, CallDelta { index, id: None, r#type: None, function })]
            }
            Ok(ChatEvent::Done { reason, usage }) => self.done(choice, reason, usage),
            Err(error) => {
                self.is_over = true;
                vec![json(&FaceError::from(AppError::from(error)))]
            }
        }
    }

    fn done(&mut self, choice: u32, reason: FinishReason, usage: Usage) -> Vec<String> {
        let mut pieces = vec![self.chunk(choice, Delta::default(), Some(reason))];
        self.total.add(choice, usage);
        self.open = self.open.saturating_sub(1);
        if self.open == 0 {
            self.is_over = true;
            if self.with_usage {
                pieces.push(self.document(Vec::new(), Some(self.total.usage().into())));
            }
            pieces.push("[DONE]".to_owned());
        }
        pieces
    }

    fn text(&mut self, choice: u32, text: String) -> String {
        let logprobs = LogprobsDocument::of(self.tokens.remove(&choice).unwrap_or_default());
        let delta = Delta { content: Some(text), ..Delta::default() };
        self.document(vec![ChunkChoice { index: choice, delta, logprobs, finish_reason: None }], None)
    }

    fn called(&self, choice: u32, call: CallDelta) -> String {
        self.chunk(choice, Delta { tool_calls: vec![call], ..Delta::default() }, None)
    }

    fn chunk(&self, index: u32, delta: Delta, reason: Option<FinishReason>) -> String {
        let finish_reason = reason.map(finish_word);
        self.document(vec![ChunkChoice { index, delta, logprobs: None, finish_reason }], None)
    }

    fn document(&self, choices: Vec<ChunkChoice>, usage: Option<UsageDocument>) -> String {
        let Head { id, created, model } = self.head.clone();
        json(&Chunk { id, object: "chat.completion.chunk", created, model, choices, usage })
    }
}

fn json(document: &impl serde::Serialize) -> String {
    serde_json::to_string(document).unwrap_or_default()
}
