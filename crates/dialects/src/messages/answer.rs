//! The answer, in events or at once.

use std::collections::BTreeMap;

use catalog::{Quirks, ReasoningBack};
use money::{Placement, Report};
use serde_json::{Map, Value};

use crate::calls::Calls;
use crate::decoder::{Step, Stuck};
use crate::usage::{Counts, spent};
use crate::{Event, Failure, FailureKind, Keepsake, Reason, Spent};

/// What is known of one answer so far.
#[derive(Debug)]
pub(crate) struct Answer {
    quirks: Quirks,
    has_begun: bool,
    /// The blocks that are open, by the provider's number.
    open: BTreeMap<u64, Block>,
    calls: Calls,
    reason: Option<Reason>,
    usage: Map<String, Value>,
}

/// A block of content that is being told.
#[derive(Debug)]
enum Block {
    Text,
    Thought {
        text: String,
        signature: Option<String>,
    },
    Hidden {
        data: String,
    },
    Call {
        at: usize,
    },
    /// What the provider does by itself, and whatever comes to be.
    Other,
}

/// More blocks than are ever open at a time.
const MOST_OPEN: usize = 1_024;

/// The counts of input that belong together: a later report replaces all of them or none.
const INPUT: [&str; 4] =
    ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "cache_creation"];

impl Answer {
    pub(crate) fn new(quirks: Quirks, limit: usize) -> Self {
        Self {
            quirks,
            has_begun: false,
            open: BTreeMap::new(),
            calls: Calls::new(limit),
            reason: None,
            usage: Map::new(),
        }
    }

    /// Reads an event.
    pub(crate) fn read(&mut self, value: &Value, events: &mut Vec<Event>) -> Result<Step, Stuck> {
        let index = value.get("index").and_then(Value::as_u64).unwrap_or(0);
        match value.get("type").and_then(Value::as_str).unwrap_or("") {
            "message_start" => self.begin(value.get("message").unwrap_or(&Value::Null), events),
            "content_block_start" => {
                self.open_block(index, value.get("content_block").unwrap_or(&Value::Null), events)?;
            }
            "content_block_delta" => self.add(index, value.get("delta").unwrap_or(&Value::Null), events)?,
            "content_block_stop" => self.close_block(index, events),
            "message_delta" => {
                self.keep_usage(value.get("usage"));
                self.end(value.get("delta").unwrap_or(&Value::Null), events);
            }
            "message_stop" => {
                let cut = || Step::Failed(Failure::of(FailureKind::Cut));
                return Ok(self.reason().map_or_else(cut, Step::Over));
            }
            _ => {}
        }
        Ok(Step::More)
    }

    /// Reads all of it.
    pub(crate) fn read_whole(&mut self, value: &Value, events: &mut Vec<Event>) -> Result<Step, Stuck> {
        self.begin(value, events);
        let blocks = value.get("content").and_then(Value::as_array);
        for block in blocks.into_iter().flatten() {
            self.open_block(0, block, events)?;
            self.close_block(0, events);
        }
        self.end(value, events);
        Ok(Step::More)
    }

    fn begin(&mut self, message: &Value, events: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.has_begun, true) {
            let text = |field: &str| message.get(field).and_then(Value::as_str).map(str::to_owned);
            events.push(Event::Began { id: text("id"), model: text("model") });
        }
        self.keep_usage(message.get("usage"));
    }

    fn end(&mut self, delta: &Value, events: &mut Vec<Event>) {
        if let Some(word) = delta.get("stop_reason").and_then(Value::as_str) {
            self.reason = Some(reason(word));
        }
        let details = delta.get("stop_details").and_then(|details| details.get("explanation")?.as_str());
        if let Some(text) = details.filter(|text| !text.is_empty()) {
            events.push(Event::Refusal(text.to_owned()));
        }
    }

    fn open_block(&mut self, index: u64, block: &Value, events: &mut Vec<Event>) -> Result<(), Stuck> {
        let text = |field: &str| block.get(field).and_then(Value::as_str).unwrap_or("");
        let opened = match text("type") {
            "text" => {
                say(text("text"), events);
                Block::Text
            }
            "thinking" => {
                think(text("thinking"), events);
                let signature = Some(text("signature").to_owned()).filter(|text| !text.is_empty());
                Block::Thought { text: text("thinking").to_owned(), signature }
            }
            "redacted_thinking" => Block::Hidden { data: text("data").to_owned() },
            "tool_use" => {
                let id = Some(text("id").to_owned()).filter(|id| !id.is_empty());
                let at = self.calls.begin_at(None, id, text("name"), events)?;
                let input =
                    block.get("input").filter(|input| input.as_object().is_some_and(|all| !all.is_empty()));
                if let Some(input) = input {
                    self.calls.add(at, "", &input.to_string(), events)?;
                }
                Block::Call { at }
            }
            _ => Block::Other,
        };
        if self.open.len() >= MOST_OPEN {
            return Err(Stuck(Failure::of(FailureKind::TooLarge)));
        }
        self.open.insert(index, opened);
        Ok(())
    }

    fn add(&mut self, index: u64, delta: &Value, events: &mut Vec<Event>) -> Result<(), Stuck> {
        let text = |field: &str| delta.get(field).and_then(Value::as_str).unwrap_or("");
        match (text("type"), self.open.get_mut(&index)) {
            ("text_delta", _) => say(text("text"), events),
            ("thinking_delta", block) => {
                think(text("thinking"), events);
                if let Some(Block::Thought { text: thought, .. }) = block {
                    thought.push_str(text("thinking"));
                }
            }
            ("signature_delta", Some(Block::Thought { signature, .. })) => {
                signature.get_or_insert_default().push_str(text("signature"));
            }
            ("input_json_delta", Some(Block::Call { at })) => {
                self.calls.add(*at, "", text("partial_json"), events)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn close_block(&mut self, index: u64, events: &mut Vec<Event>) {
        let keepsake = match self.open.remove(&index) {
            Some(Block::Call { at }) => return self.calls.end(at, events),
            Some(Block::Thought { text, signature }) => Keepsake::Thought { text, signature },
            Some(Block::Hidden { data }) => Keepsake::Hidden { data },
            _ => return,
        };
        if self.quirks.reasoning_back != ReasoningBack::Never {
            events.push(Event::Keep(keepsake));
        }
    }

    /// Reports add to each other: the first tells the input, the last the output. Some tell the input again, in other
    /// parts: then the later ones count, all together.
    fn keep_usage(&mut self, usage: Option<&Value>) {
        let Some(usage) = usage.and_then(Value::as_object) else { return };
        let has_input = INPUT.iter().any(|name| usage.get(*name).and_then(Value::as_u64).unwrap_or(0) > 0);
        let split = self.usage.get("cache_creation").cloned();
        let written = self.usage.get("cache_creation_input_tokens").cloned();
        for (name, value) in usage.iter().filter(|(_, value)| !value.is_null()) {
            if has_input || !INPUT.contains(&name.as_str()) {
                self.usage.insert(name.clone(), value.clone());
            }
        }
        if has_input {
            for name in INPUT.iter().filter(|name| !usage.contains_key(**name)) {
                self.usage.remove(*name);
            }
            // For how long it is kept is told only at first.
            if let Some(split) =
                split.filter(|_| self.usage.get("cache_creation_input_tokens") == written.as_ref())
            {
                self.usage.entry("cache_creation").or_insert(split);
            }
        }
    }

    /// Why it ended, when that was told.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.reason? {
            Reason::Stop if !self.calls.is_empty() => Some(Reason::ToolCalls),
            reason => Some(reason),
        }
    }

    pub(crate) fn spent(&self) -> Option<Spent> {
        let raw = Value::Object(self.usage.clone());
        let spent = spent(&self.quirks, report(&raw), &raw)?;
        let class = raw.get("service_tier").and_then(Value::as_str).map(str::to_owned);
        Some(Spent { class, ..spent })
    }

    pub(crate) fn close(&mut self, events: &mut Vec<Event>) {
        let open: Vec<u64> = self.open.keys().copied().collect();
        open.into_iter().for_each(|index| self.close_block(index, events));
        self.calls.finish(events);
    }
}

fn say(text: &str, events: &mut Vec<Event>) {
    if !text.is_empty() {
        events.push(Event::Text(text.to_owned()));
    }
}

fn think(text: &str, events: &mut Vec<Event>) {
    if !text.is_empty() {
        events.push(Event::Reasoning(text.to_owned()));
    }
}

fn reason(word: &str) -> Reason {
    match word {
        "max_tokens" | "model_context_window_exceeded" => Reason::Length,
        "tool_use" => Reason::ToolCalls,
        "refusal" | "sensitive" | "content_filter" => Reason::Filtered,
        _ => Reason::Stop,
    }
}

/// Cached tokens come beside the input, and thoughts inside the output, unless the quirks say otherwise.
fn report(raw: &Value) -> Report {
    let counts = Counts(raw);
    let hour = counts.of(&["cache_creation/ephemeral_1h_input_tokens"]);
    let written = counts.of(&["cache_creation_input_tokens"]);
    let short = counts.first(&["cache_creation/ephemeral_5m_input_tokens"]);
    Report {
        input: counts.of(&["input_tokens"]),
        cached: Placement::Beside,
        cache_read: counts.of(&["cache_read_input_tokens"]),
        cache_write_5m: short.unwrap_or(0).max(written.saturating_sub(hour)),
        cache_write_1h: hour,
        output: counts.of(&["output_tokens"]),
        reasoned: Placement::Inside,
        reasoning: counts.of(&["output_tokens_details/thinking_tokens"]),
        ..Report::default()
    }
}
