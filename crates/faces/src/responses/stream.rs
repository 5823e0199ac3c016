//! An answer piece by piece: `response.created`, each item from `added` to `done` with its pieces between them, and
//! `response.completed` or `response.incomplete` with all of it. A failure in the middle is `response.failed` with what
//! was told, never a clean end.

use ports::ChatEvent;
use serde::Serialize;
use wire::FinishReason;

use super::request::Echo;
use super::shapes::{ItemDocument, PartDocument, ResponseDocument, Stage, item_id};
use crate::{Block, Fault, Gathered, Head, Piece, Writer, json};

/// Writes the events of one answer.
#[derive(Debug)]
pub struct ResponseEvents {
    head: Head,
    echo: Echo,
    gathered: Gathered,
    /// Counts the events.
    next: u64,
    is_over: bool,
    /// Why it was not told to its end.
    broken: Option<Broken>,
}

/// Why an answer was not told to its end.
#[derive(Debug)]
enum Broken {
    Failed(Fault),
    Cancelled,
}

#[derive(Debug, Serialize)]
struct Numbered<'a, T> {
    r#type: &'static str,
    sequence_number: u64,
    #[serde(flatten)]
    fields: &'a T,
}

#[derive(Debug, Serialize)]
struct OfResponse<'a> {
    response: ResponseDocument<'a>,
}

#[derive(Debug, Serialize)]
struct OfItem {
    output_index: usize,
    item: ItemDocument,
}

/// What is told of a part or of a call.
#[derive(Debug, Default, Serialize)]
struct OfPart<'a> {
    item_id: String,
    output_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<PartDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<[(); 0]>,
}

impl ResponseEvents {
    pub(super) fn new(head: Head, echo: Echo) -> Self {
        Self { head, echo, gathered: Gathered::default(), next: 0, is_over: false, broken: None }
    }

    fn piece(&mut self, name: &'static str, fields: &impl Serialize) -> Piece {
        let data = json(&Numbered { r#type: name, sequence_number: self.next, fields });
        self.next += 1;
        Piece { name: Some(name), data }
    }

    fn part<'a>(&self, at: usize, block: &Block) -> OfPart<'a> {
        let content_index = (!matches!(block, Block::Call(_))).then_some(0);
        OfPart {
            item_id: item_id(&self.head, at, block),
            output_index: at,
            content_index,
            ..OfPart::default()
        }
    }

    /// The item that is being told.
    fn last(&self) -> Option<(usize, Block)> {
        let block = self.gathered.blocks.last()?;
        Some((self.gathered.blocks.len().saturating_sub(1), block.clone()))
    }

    fn begin(&mut self, pieces: &mut Vec<Piece>) {
        let Some((at, block)) = self.last() else { return };
        let item = ItemDocument::of(&self.head, at, &block, Stage::Begun);
        pieces.push(self.piece("response.output_item.added", &OfItem { output_index: at, item }));
        if let Some(part) = PartDocument::begun(&block) {
            let fields = OfPart { part: Some(part), ..self.part(at, &block) };
            pieces.push(self.piece("response.content_part.added", &fields));
        }
    }

    fn add(&mut self, delta: &str, pieces: &mut Vec<Piece>) {
        let Some((at, block)) = self.last() else { return };
        let (name, logprobs) = match &block {
            Block::Text(_) => ("response.output_text.delta", Some([])),
            Block::Reasoning(_) => ("response.reasoning_text.delta", None),
            Block::Call(_) => ("response.function_call_arguments.delta", None),
        };
        let fields = OfPart { delta: Some(delta), logprobs, ..self.part(at, &block) };
        pieces.push(self.piece(name, &fields));
    }

    fn close(&mut self, stage: Stage, pieces: &mut Vec<Piece>) {
        let Some((at, block)) = self.last() else { return };
        let of = self.part(at, &block);
        let (name, fields) = match &block {
            Block::Text(text) => {
                ("response.output_text.done", OfPart { text: Some(text), logprobs: Some([]), ..of })
            }
            Block::Reasoning(text) => ("response.reasoning_text.done", OfPart { text: Some(text), ..of }),
            Block::Call(call) => {
                let (name, arguments) = (Some(call.name.as_str()), Some(call.arguments.as_str()));
                ("response.function_call_arguments.done", OfPart { name, arguments, ..of })
            }
        };
        pieces.push(self.piece(name, &fields));
        if let Some(part) = PartDocument::of(&block) {
            let fields = OfPart { part: Some(part), ..self.part(at, &block) };
            pieces.push(self.piece("response.content_part.done", &fields));
        }
        let item = ItemDocument::of(&self.head, at, &block, stage);
        pieces.push(self.piece("response.output_item.done", &OfItem { output_index: at, item }));
    }

    /// The response as it is now.
    fn response(&self) -> ResponseDocument<'_> {
        let (head, echo) = (&self.head, &self.echo);
        match &self.broken {
            Some(Broken::Failed(fault)) => ResponseDocument::failed(head, echo, &self.gathered, fault),
            Some(Broken::Cancelled) => ResponseDocument::cancelled(head, echo, &self.gathered),
            None if self.gathered.end.is_some() => ResponseDocument::ended(head, echo, &self.gathered),
            None => ResponseDocument::begun(head, echo),
        }
    }

    /// The same as a document to be kept.
    pub fn document(&self) -> String {
        json(&self.response())
    }

    /// Somebody wants nothing more of it.
    pub fn cancel(&mut self) {
        self.is_over = true;
        self.broken = Some(Broken::Cancelled);
    }

    /// An event about the whole response.
    fn whole(&mut self, name: &'static str) -> Piece {
        let fields = OfResponse { response: self.response() };
        let data = json(&Numbered { r#type: name, sequence_number: self.next, fields: &fields });
        self.next += 1;
        Piece { name: Some(name), data }
    }
}

impl Writer for ResponseEvents {
    fn opening(&mut self) -> Vec<Piece> {
        vec![self.whole("response.created"), self.whole("response.in_progress")]
    }

    fn turn(&mut self, model: String) {
        self.head.model = model;
    }

    fn pieces(&mut self, _: u32, event: ChatEvent) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let told = match &event {
            ChatEvent::Text(text) | ChatEvent::Reasoning(text) | ChatEvent::ToolArguments { text, .. } => {
                Some(text.clone())
            }
            _ => None,
        };
        let goes_on = match (&event, self.gathered.blocks.last()) {
            (ChatEvent::Text(_), Some(Block::Text(_)))
            | (ChatEvent::Reasoning(_), Some(Block::Reasoning(_)))
            | (ChatEvent::ToolArguments { .. }, _) => true,
            (ChatEvent::Text(_) | ChatEvent::Reasoning(_) | ChatEvent::ToolCall { .. }, _) => false,
            _ => true,
        };
        let end = if let ChatEvent::Done { reason, .. } = &event { Some(*reason) } else { None };
        if !goes_on {
            self.close(Stage::Done, &mut pieces);
        }
        self.gathered.add(event);
        if !goes_on {
            self.begin(&mut pieces);
        }
        if let Some(told) = told {
            self.add(&told, &mut pieces);
        }
        if let Some(reason) = end {
            let is_cut = reason == FinishReason::Length;
            self.close(if is_cut { Stage::Cut } else { Stage::Done }, &mut pieces);
            let name = if is_cut { "response.incomplete" } else { "response.completed" };
            pieces.push(self.whole(name));
            self.is_over = true;
        }
        pieces
    }

    fn fault(&mut self, fault: &Fault) -> Vec<Piece> {
        self.is_over = true;
        self.broken = Some(Broken::Failed(fault.clone()));
        vec![self.whole("response.failed")]
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}
