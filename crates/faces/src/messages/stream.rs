//! An answer piece by piece: `message_start` as soon as the prompt is counted and it is sure who answers, each block from
//! its start to its stop, `message_delta` with the reason and the usage, `message_stop`. A failure in the middle is an
//! `error`, never a clean end.

use ports::ChatEvent;
use serde::Serialize;
use wire::{FinishReason, Usage};

use super::call_id;
use super::shapes::{BlockDocument, ErrorDocument, MessageDocument, UsageDocument, input, stop_word};
use crate::{Fault, Head, Piece, Writer, json};

/// Writes the events of one answer.
#[derive(Debug)]
pub struct MessageEvents {
    head: Head,
    has_begun: bool,
    /// What was said of the prompt.
    prompt: Usage,
    /// The block that is being told.
    open: Option<Open>,
    /// Counts the blocks.
    next: u32,
    is_over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
    Call,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum StreamEvent {
    MessageStart { message: MessageDocument },
    Ping {},
    ContentBlockStart { index: u32, content_block: BlockDocument },
    ContentBlockDelta { index: u32, delta: Delta },
    ContentBlockStop { index: u32 },
    MessageDelta { delta: Ending, usage: UsageDocument },
    MessageStop {},
}

#[derive(Debug, Serialize)]
#[serde(tag = "type")]
enum Delta {
    #[serde(rename = "text_delta")]
    Text { text: String },
    #[serde(rename = "thinking_delta")]
    Thinking { thinking: String },
    #[serde(rename = "input_json_delta")]
    Input { partial_json: String },
}

#[derive(Debug, Serialize)]
struct Ending {
    stop_reason: &'static str,
    stop_sequence: Option<String>,
}

impl StreamEvent {
    fn piece(&self) -> Piece {
        let name = match self {
            Self::MessageStart { .. } => "message_start",
            Self::Ping {} => "ping",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop {} => "message_stop",
        };
        Piece { name: Some(name), data: json(self) }
    }
}

impl MessageEvents {
    pub(super) fn new(head: Head) -> Self {
        Self { head, has_begun: false, prompt: Usage::default(), open: None, next: 0, is_over: false }
    }

    fn begin(&mut self, usage: Usage, events: &mut Vec<StreamEvent>) {
        if !std::mem::replace(&mut self.has_begun, true) {
            let message = MessageDocument::beginning(&self.head, usage);
            events.extend([StreamEvent::MessageStart { message }, StreamEvent::Ping {}]);
        }
    }

    /// Opens a block, unless it goes on.
    fn open(&mut self, open: Open, content_block: BlockDocument, events: &mut Vec<StreamEvent>) {
        self.begin(self.prompt, events);
        if self.open == Some(open) && open != Open::Call {
            return;
        }
        self.close(events);
        self.open = Some(open);
        events.push(StreamEvent::ContentBlockStart { index: self.next, content_block });
    }

    fn close(&mut self, events: &mut Vec<StreamEvent>) {
        if self.open.take().is_some() {
            events.push(StreamEvent::ContentBlockStop { index: self.next });
            self.next += 1;
        }
    }

    fn add(&self, delta: Delta, events: &mut Vec<StreamEvent>) {
        events.push(StreamEvent::ContentBlockDelta { index: self.next, delta });
    }

    fn end(&mut self, reason: FinishReason, usage: Usage, events: &mut Vec<StreamEvent>) {
        self.begin(Usage { output_tokens: 0, reasoning_tokens: 0, ..usage }, events);
        self.close(events);
        let delta = Ending { stop_reason: stop_word(reason), stop_sequence: None };
        events
            .extend([StreamEvent::MessageDelta { delta, usage: usage.into() }, StreamEvent::MessageStop {}]);
        self.is_over = true;
    }

    fn write(&mut self, event: ChatEvent, events: &mut Vec<StreamEvent>) {
        match event {
            ChatEvent::Queued { .. }
            | ChatEvent::Loading
            | ChatEvent::Logprobs(_)
            | ChatEvent::Attempted(_) => {}
            ChatEvent::Started(usage) if self.head.is_sure => self.begin(usage, events),
            ChatEvent::Started(usage) => self.prompt = usage,
            ChatEvent::Text(text) => {
                self.open(Open::Text, BlockDocument::Text { text: String::new() }, events);
                self.add(Delta::Text { text }, events);
            }
            ChatEvent::Reasoning(thinking) => {
                let block = BlockDocument::Thinking { thinking: String::new(), signature: "" };
                self.open(Open::Thinking, block, events);
                self.add(Delta::Thinking { thinking }, events);
            }
            ChatEvent::ToolCall { index, name } => {
                let id = call_id(&self.head, index);
                self.open(Open::Call, BlockDocument::ToolUse { id, name, input: input("") }, events);
            }
            ChatEvent::ToolArguments { text, .. } => {
                self.add(Delta::Input { partial_json: text }, events);
            }
            ChatEvent::Done { reason, usage } => self.end(reason, usage, events),
        }
    }
}

impl Writer for MessageEvents {
    fn opening(&mut self) -> Vec<Piece> {
        Vec::new()
    }

    fn turn(&mut self, model: String) {
        self.head.model = model;
        self.prompt = Usage::default();
    }

    fn pieces(&mut self, _: u32, event: ChatEvent) -> Vec<Piece> {
        let mut events = Vec::new();
        self.write(event, &mut events);
        events.iter().map(StreamEvent::piece).collect()
    }

    fn fault(&mut self, fault: &Fault) -> Vec<Piece> {
        self.is_over = true;
        vec![Piece { name: Some("error"), data: json(&ErrorDocument::of(fault)) }]
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}
