//! The answer, in events or at once.

use std::collections::BTreeMap;

use catalog::{Quirks, ReasoningBack};
use money::{Placement, Report};
use ports::TokenLogprob;
use serde_json::Value;

use crate::calls::Calls;
use crate::common::logprob;
use crate::decoder::{Step, Stuck};
use crate::usage::{Counts, spent};
use crate::{Event, Failure, FailureKind, Keepsake, Reason, Spent};

/// What is known of one answer so far.
#[derive(Debug)]
pub(crate) struct Answer {
    quirks: Quirks,
    has_begun: bool,
    has_said: bool,
    has_refused: bool,
    calls: Calls,
    /// Calls by the place of their item, and whether arguments came.
    places: BTreeMap<u64, (usize, bool)>,
    reason: Option<Reason>,
    usage: Option<Value>,
    class: Option<String>,
}

impl Answer {
    pub(crate) fn new(quirks: Quirks, limit: usize) -> Self {
        Self {
            quirks,
            has_begun: false,
            has_said: false,
            has_refused: false,
            calls: Calls::new(limit),
            places: BTreeMap::new(),
            reason: None,
            usage: None,
            class: None,
        }
    }

    /// Reads an event.
    pub(crate) fn read(&mut self, value: &Value, events: &mut Vec<Event>) -> Result<Step, Stuck> {
        let place = value.get("output_index").and_then(Value::as_u64).unwrap_or(0);
        let delta = value.get("delta").and_then(Value::as_str).unwrap_or("");
        let item = value.get("item").unwrap_or(&Value::Null);
        match value.get("type").and_then(Value::as_str).unwrap_or("") {
            "response.created" | "response.in_progress" => {
                self.begin(value.get("response").unwrap_or(&Value::Null), events);
            }
            "response.output_item.added" if is_of(item, "function_call") => {
                self.begin_call(place, item, events)?;
            }
            "response.function_call_arguments.delta" => self.add_arguments(place, delta, events)?,
            "response.output_item.done" => self.end_item(place, item, events)?,
            "response.output_text.delta" => {
                self.tell_logprobs(value, events);
                self.say(delta, events);
            }
            "response.refusal.delta" => self.refuse(delta, events),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => think(delta, events),
            "response.reasoning_summary_part.added" if is_later_part(value) => think("\n\n", events),
            "response.completed" | "response.incomplete" | "response.failed" => {
                let response = value.get("response").unwrap_or(&Value::Null);
                if !self.has_said && self.calls.is_empty() {
                    self.read_output(response, events)?;
                }
                self.end(response);
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
        self.read_reasoning(value, events);
        self.read_output(value, events)?;
        self.end(value);
        Ok(Step::More)
    }

    fn begin(&mut self, response: &Value, events: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.has_begun, true) {
            let text = |field: &str| response.get(field).and_then(Value::as_str).map(str::to_owned);
            events.push(Event::Began { id: text("id"), model: text("model") });
        }
    }

    fn begin_call(&mut self, place: u64, item: &Value, events: &mut Vec<Event>) -> Result<(), Stuck> {
        let word = |field: &str| item.get(field).and_then(Value::as_str).filter(|word| !word.is_empty());
        let id = word("call_id").or_else(|| word("id")).map(str::to_owned);
        let at = self.calls.begin_at(None, id, word("name").unwrap_or(""), events)?;
        self.places.insert(place, (at, false));
        match word("arguments") {
            Some(arguments) => self.add_arguments(place, arguments, events),
            None => Ok(()),
        }
    }

    fn add_arguments(&mut self, place: u64, text: &str, events: &mut Vec<Event>) -> Result<(), Stuck> {
        let Some((at, has_arguments)) = self.places.get_mut(&place) else { return Ok(()) };
        *has_arguments = *has_arguments || !text.is_empty();
        Ok(self.calls.add(*at, "", text, events)?)
    }

    /// An item is told whole once more at its end: only what was not told in pieces counts.
    fn end_item(&mut self, place: u64, item: &Value, events: &mut Vec<Event>) -> Result<(), Stuck> {
        if is_of(item, "reasoning") && self.quirks.reasoning_back != ReasoningBack::Never {
            events.push(Event::Keep(Keepsake::Item { json: item.to_string() }));
        }
        if !is_of(item, "function_call") {
            return Ok(());
        }
        match self.places.get(&place) {
            None => self.begin_call(place, item, events)?,
            Some((_, true)) => {}
            Some((_, false)) => {
                let whole = item.get("arguments").and_then(Value::as_str).unwrap_or("").to_owned();
                self.add_arguments(place, &whole, events)?;
            }
        }
        if let Some((at, _)) = self.places.remove(&place) {
            self.calls.end(at, events);
        }
        Ok(())
    }

    fn read_reasoning(&mut self, response: &Value, events: &mut Vec<Event>) {
        for item in items(response).filter(|item| is_of(item, "reasoning")) {
            let texts = |field: &str| -> Vec<&str> {
                let parts = item.get(field).and_then(Value::as_array).into_iter().flatten();
                parts.filter_map(|part| part.get("text")?.as_str()).collect()
            };
            let summary = texts("summary");
            think(&if summary.is_empty() { texts("content").concat() } else { summary.join("\n\n") }, events);
            if self.quirks.reasoning_back != ReasoningBack::Never {
                events.push(Event::Keep(Keepsake::Item { json: item.to_string() }));
            }
        }
    }

    fn read_output(&mut self, response: &Value, events: &mut Vec<Event>) -> Result<(), Stuck> {
        for (place, item) in (0_u64..).zip(items(response)) {
            if is_of(item, "function_call") {
                self.end_item(place, item, events)?;
            }
            let parts = item.get("content").and_then(Value::as_array).filter(|_| is_of(item, "message"));
            for part in parts.into_iter().flatten() {
                let text = |field: &str| part.get(field).and_then(Value::as_str).unwrap_or("");
                self.tell_logprobs(part, events);
                self.refuse(text("refusal"), events);
                self.say(text("text"), events);
            }
        }
        Ok(())
    }

    fn tell_logprobs(&self, told: &Value, events: &mut Vec<Event>) {
        let tokens = told.get("logprobs").and_then(Value::as_array).into_iter().flatten();
        let tokens: Vec<TokenLogprob> = tokens.filter_map(|token| logprob(token, true)).collect();
        if !tokens.is_empty() {
            events.push(Event::Logprobs(tokens));
        }
    }

    fn say(&mut self, text: &str, events: &mut Vec<Event>) {
        if !text.is_empty() {
            self.has_said = true;
            events.push(Event::Text(text.to_owned()));
        }
    }

    fn refuse(&mut self, text: &str, events: &mut Vec<Event>) {
        if !text.is_empty() {
            (self.has_said, self.has_refused) = (true, true);
            events.push(Event::Refusal(text.to_owned()));
        }
    }

    fn end(&mut self, response: &Value) {
        self.usage = response.get("usage").filter(|usage| usage.is_object()).cloned();
        self.class = response.get("service_tier").and_then(Value::as_str).map(str::to_owned);
        let why = response.get("incomplete_details").and_then(|details| details.get("reason")?.as_str());
        self.reason = match (response.get("status").and_then(Value::as_str), why) {
            (Some("completed"), _) => Some(Reason::Stop),
            (Some("incomplete"), Some("content_filter")) => Some(Reason::Filtered),
            (Some("incomplete"), _) => Some(Reason::Length),
            _ => None,
        };
    }

    /// Why it ended, when that was told.
    pub(crate) fn reason(&self) -> Option<Reason> {
        match self.reason? {
            Reason::Stop if !self.calls.is_empty() => Some(Reason::ToolCalls),
            Reason::Stop if self.has_refused => Some(Reason::Filtered),
            reason => Some(reason),
        }
    }

    pub(crate) fn spent(&self) -> Option<Spent> {
        let raw = self.usage.as_ref()?;
        let spent = spent(&self.quirks, report(raw), raw)?;
        Some(Spent { class: self.class.clone(), ..spent })
    }

    pub(crate) fn close(&mut self, events: &mut Vec<Event>) {
        self.calls.finish(events);
    }
}

fn items(response: &Value) -> impl Iterator<Item = &Value> {
    response.get("output").and_then(Value::as_array).into_iter().flatten()
}

fn is_later_part(value: &Value) -> bool {
    value.get("summary_index").and_then(Value::as_u64).unwrap_or(0) > 0
}

fn is_of(item: &Value, kind: &str) -> bool {
    item.get("type").and_then(Value::as_str) == Some(kind)
}

fn think(text: &str, events: &mut Vec<Event>) {
    if !text.is_empty() {
        events.push(Event::Reasoning(text.to_owned()));
    }
}

/// Cached tokens are inside the input, and reasoning inside the output, unless the quirks say otherwise.
fn report(raw: &Value) -> Report {
    let counts = Counts(raw);
    let long = counts.of(&["input_tokens_details/cache_write_tokens_details/ttl_12h_tokens"]);
    Report {
        input: counts.of(&["input_tokens"]),
        cached: Placement::Inside,
        cache_read: counts.of(&["input_tokens_details/cached_tokens"]),
        cache_write_5m: counts.of(&["input_tokens_details/cache_write_tokens"]).saturating_sub(long),
        cache_write_1h: long,
        output: counts.of(&["output_tokens"]),
        reasoned: Placement::Inside,
        reasoning: counts.of(&["output_tokens_details/reasoning_tokens"]),
        total: counts.first(&["total_tokens"]),
        ..Report::default()
    }
}
