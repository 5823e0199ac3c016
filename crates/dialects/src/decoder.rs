//! From bytes to events, whatever the dialect.

use std::collections::BTreeMap;

use catalog::{Dialect, Endpoint, Fault};
use serde_json::Value;

use crate::calls::TooMuch;
use crate::event::{Broken, End};
use crate::sse::{EventReader, Message, TooLong};
use crate::{
    Event, Failure, FailureKind, Reason, Spent, chat_completions, generate_content, messages, responses,
};

/// Bytes of one line, of a whole answer, and of what waits.
pub const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Reads one streamed answer. However its bytes are cut, the events are the same.
#[derive(Debug)]
pub struct Decoder {
    errors: BTreeMap<String, Fault>,
    reader: EventReader,
    answer: Answer,
    input: Input,
    limit: usize,
    is_over: bool,
}

/// What the first bytes say about the rest.
#[derive(Debug)]
enum Input {
    /// Nothing but blanks so far.
    Unknown,
    /// A stream of events.
    Events,
    /// One object, in the place of a stream: a complaint, or an answer at once.
    Object(Vec<u8>),
}

/// The state of an answer in one of the dialects.
#[derive(Debug)]
enum Answer {
    ChatCompletions(Box<chat_completions::Answer>),
    Responses(Box<responses::Answer>),
    Messages(Box<messages::Answer>),
    GenerateContent(Box<generate_content::Answer>),
}

/// What became of a piece of an answer.
#[derive(Debug)]
pub(crate) enum Step {
    /// More is to come.
    More,
    /// It is over.
    Over(Reason),
    /// It broke off.
    Failed(Failure),
}

/// Something that cannot be gone on with.
#[derive(Debug)]
pub(crate) struct Stuck(pub(crate) Failure);

impl From<TooMuch> for Stuck {
    fn from(_: TooMuch) -> Self {
        Self(Failure::of(FailureKind::TooLarge))
    }
}

impl Decoder {
    /// For an answer of a model at an endpoint.
    pub fn new(endpoint: &Endpoint, model: &str) -> Self {
        Self::with_limit(endpoint, model, MOST_BYTES)
    }

    /// The same, with another limit for lines and for what waits.
    pub fn with_limit(endpoint: &Endpoint, model: &str, limit: usize) -> Self {
        Self {
            errors: endpoint.errors.clone(),
            reader: EventReader::new(limit),
            answer: Answer::new(endpoint, model, limit),
            input: Input::Unknown,
            limit,
            is_over: false,
        }
    }

    /// Reads an answer that came at once.
    pub fn whole(endpoint: &Endpoint, model: &str, body: &[u8]) -> Vec<Event> {
        let mut decoder = Self::new(endpoint, model);
        decoder.input = Input::Object(Vec::new());
        let mut events = decoder.push(body);
        events.extend(decoder.finish());
        events
    }

    /// True when the answer has ended: nothing that comes now is read.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Adds bytes as they came.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        if self.is_over {
            return events;
        }
        if matches!(self.input, Input::Unknown) {
            let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
            match first {
                Some(b'{') => self.input = Input::Object(Vec::new()),
                Some(_) => self.input = Input::Events,
                None => {}
            }
        }
        match &mut self.input {
            Input::Object(kept) if kept.len().saturating_add(bytes.len()) > self.limit => {
                self.fail(Failure::of(FailureKind::TooLarge), &mut events);
            }
            Input::Object(kept) => kept.extend_from_slice(bytes),
            Input::Events | Input::Unknown => {
                let mut messages = Vec::new();
                let result = self.reader.push(bytes, &mut messages);
                self.take(messages, result, &mut events);
            }
        }
        events
    }

    /// No more bytes will come: the connection ended, or nobody waits any longer.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        if self.is_over {
            return events;
        }
        if let Input::Object(body) = std::mem::replace(&mut self.input, Input::Events) {
            self.read_whole(&body, &mut events);
            return events;
        }
        let mut messages = Vec::new();
        let result = self.reader.finish(&mut messages);
        let last = messages.pop();
        self.take(messages, result, &mut events);
        // The last event had no end: when it cannot be read either, it was cut.
        if let Some(message) = last.filter(|_| !self.is_over) {
            self.read(&message, FailureKind::Cut, &mut events);
        }
        if !self.is_over {
            match self.answer.reason() {
                Some(reason) => self.end(reason, &mut events),
                None => self.fail(Failure::of(FailureKind::Cut), &mut events),
            }
        }
        events
    }

    fn take(&mut self, messages: Vec<Message>, result: Result<(), TooLong>, events: &mut Vec<Event>) {
        for message in messages {
            if self.is_over {
                return;
            }
            self.read(&message, FailureKind::Unreadable, events);
        }
        if result.is_err() && !self.is_over {
            self.fail(Failure::of(FailureKind::TooLarge), events);
        }
    }

    fn read(&mut self, message: &Message, unreadable: FailureKind, events: &mut Vec<Event>) {
        let data = message.data.trim();
        let step = match data {
            "" => Ok(Step::More),
            "[DONE]" => {
                let reason = self.answer.reason();
                Ok(reason.map_or(Step::Failed(Failure::of(FailureKind::Cut)), Step::Over))
            }
            _ => match parse(data) {
                Some(value) => match Failure::in_answer(&self.errors, &value) {
                    Some(failure) => Ok(Step::Failed(failure)),
                    None => self.answer.read(&value, events),
                },
                None => Err(Stuck(Failure::of(unreadable))),
            },
        };
        self.step(step, events);
    }

    fn read_whole(&mut self, body: &[u8], events: &mut Vec<Event>) {
        let value = std::str::from_utf8(body).ok().and_then(parse);
        let Some(value) = value else {
            let kind = if body.trim_ascii().is_empty() { FailureKind::Cut } else { FailureKind::Unreadable };
            return self.fail(Failure::of(kind), events);
        };
        let step = match Failure::in_answer(&self.errors, &value) {
            Some(failure) => Ok(Step::Failed(failure)),
            None => self.answer.read_whole(&value, events),
        };
        self.step(step, events);
        if !self.is_over {
            match self.answer.reason() {
                Some(reason) => self.end(reason, events),
                None => self.fail(Failure::of(FailureKind::Unreadable), events),
            }
        }
    }

    fn step(&mut self, step: Result<Step, Stuck>, events: &mut Vec<Event>) {
        match step {
            Ok(Step::More) => {}
            Ok(Step::Over(reason)) => self.end(reason, events),
            Ok(Step::Failed(failure)) | Err(Stuck(failure)) => self.fail(failure, events),
        }
    }

    fn end(&mut self, reason: Reason, events: &mut Vec<Event>) {
        self.is_over = true;
        self.answer.close(events);
        events.push(Event::Done(Box::new(End { reason, spent: self.answer.spent() })));
    }

    /// What waits may be half a mark or half a call: it is not told.
    fn fail(&mut self, failure: Failure, events: &mut Vec<Event>) {
        self.is_over = true;
        events.push(Event::Failed(Box::new(Broken { failure, spent: self.answer.spent() })));
    }
}

impl Answer {
    fn new(endpoint: &Endpoint, model: &str, limit: usize) -> Self {
        let quirks = endpoint.quirks(model).clone();
        match endpoint.dialect {
            Dialect::ChatCompletions => {
                Self::ChatCompletions(Box::new(chat_completions::Answer::new(quirks, limit)))
            }
            Dialect::Responses => Self::Responses(Box::new(responses::Answer::new(quirks, limit))),
            Dialect::Messages => Self::Messages(Box::new(messages::Answer::new(quirks, limit))),
            Dialect::GenerateContent => {
                Self::GenerateContent(Box::new(generate_content::Answer::new(quirks, limit)))
            }
        }
    }

    fn read(&mut self, value: &Value, events: &mut Vec<Event>) -> Result<Step, Stuck> {
        match self {
            Self::ChatCompletions(answer) => answer.read(value, events),
            Self::Responses(answer) => answer.read(value, events),
            Self::Messages(answer) => answer.read(value, events),
            Self::GenerateContent(answer) => answer.read(value, events),
        }
    }

    fn read_whole(&mut self, value: &Value, events: &mut Vec<Event>) -> Result<Step, Stuck> {
        match self {
            Self::ChatCompletions(answer) => answer.read(value, events),
            Self::Responses(answer) => answer.read_whole(value, events),
            Self::Messages(answer) => answer.read_whole(value, events),
            Self::GenerateContent(answer) => answer.read(value, events),
        }
    }

    /// Why it ended, when that was told.
    fn reason(&self) -> Option<Reason> {
        match self {
            Self::ChatCompletions(answer) => answer.reason(),
            Self::Responses(answer) => answer.reason(),
            Self::Messages(answer) => answer.reason(),
            Self::GenerateContent(answer) => answer.reason(),
        }
    }

    fn spent(&self) -> Option<Spent> {
        match self {
            Self::ChatCompletions(answer) => answer.spent(),
            Self::Responses(answer) => answer.spent(),
            Self::Messages(answer) => answer.spent(),
            Self::GenerateContent(answer) => answer.spent(),
        }
    }

    /// Gives out what waited, at a good end.
    fn close(&mut self, events: &mut Vec<Event>) {
        match self {
            Self::ChatCompletions(answer) => answer.close(events),
            Self::Responses(answer) => answer.close(events),
            Self::Messages(answer) => answer.close(events),
            Self::GenerateContent(answer) => answer.close(events),
        }
    }
}

/// A text that is JSON, also where halves of characters stand in it, as of servers that cut between them.
fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&without_halves(text)?).ok())
}

/// The same text with U+FFFD in the place of every half of a character (`\ud83d` without `\ude00`); `None` when there is
/// none.
fn without_halves(text: &str) -> Option<String> {
    let escape = |at: usize| -> Option<u32> {
        let digits = text.get(at..at.checked_add(6)?)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let (mut clean, mut at, mut found) = (String::with_capacity(text.len()), 0_usize, false);
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let width = match escape(at) {
            Some(0xD800..=0xDBFF) if matches!(escape(at.saturating_add(6)), Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                found = true;
                clean.push_str("\\ufffd");
                at = at.saturating_add(6);
                continue;
            }
            _ if next == '\\' => 2,
            _ => next.len_utf8(),
        };
        clean.push_str(text.get(at..at.saturating_add(width))?);
        at = at.saturating_add(width);
    }
    found.then_some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_do_not_make_an_answer_unreadable() {
        assert_eq!(parse(r#"["a\ud83d"]"#), Some(serde_json::json!(["a\u{fffd}"])));
        assert_eq!(parse(r#"["\ud83d\ude00\ude00\\ud83d"]"#), Some(serde_json::json!(["😀\u{fffd}\\ud83d"])));
        assert_eq!(parse(r#"["\ud8"#), None);
    }
}
