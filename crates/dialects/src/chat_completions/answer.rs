//! The answer, in pieces (`delta`) or at once (`message`).

use catalog::{Quirks, ReasoningBack};
use money::{Placement, Report};
use ports::TokenLogprob;
use serde_json::Value;
use speech::{AnswerText, Delta, ReasoningSplitter, ReasoningTags};

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
    /// Takes thoughts out of the text where they stand in it.
    splitter: Option<AnswerText>,
    calls: Calls,
    reason: Option<Reason>,
    has_refused: bool,
    usage: Option<Value>,
    class: Option<String>,
    /// What goes back, where the provider wants it.
    thought: String,
    details: Vec<Value>,
}

impl Answer {
    pub(crate) fn new(quirks: Quirks, limit: usize) -> Self {
        let splitter = || AnswerText::new(ReasoningSplitter::new(Some(ReasoningTags::default())), Vec::new());
        Self {
            has_begun: false,
            splitter: quirks.think_tags.then(splitter),
            calls: Calls::new(limit),
            reason: None,
            has_refused: false,
            usage: None,
            class: None,
            thought: String::new(),
            details: Vec::new(),
            quirks,
        }
    }

    /// Reads a piece, or all of it.
    pub(crate) fn read(&mut self, value: &Value, events: &mut Vec<Event>) -> Result<Step, Stuck> {
        let choices = value.get("choices").and_then(Value::as_array);
        let choice = choices.and_then(|choices| choices.iter().find(|choice| is_first(choice)));
        let text = |field: &str| value.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        if !self.has_begun && (choice.is_some() || text("id").is_some()) {
            self.has_begun = true;
            let (id, model) = (text("id").map(str::to_owned), text("model").map(str::to_owned));
            events.push(Event::Began { id, model });
        }
        if let Some(class) = value.get("service_tier").and_then(Value::as_str) {
            self.class = Some(class.to_owned());
        }
        // Some put it beside the choices, some into the choice, some into a corner of their own.
        let corner = value.get("x_groq").and_then(|own| own.get("usage"));
        for usage in
            [choice.and_then(|choice| choice.get("usage")), corner, value.get("usage")].into_iter().flatten()
        {
            self.keep_usage(usage);
        }
        let Some(choice) = choice else { return Ok(Step::More) };
        self.read_choice(choice, events)
    }

    fn keep_usage(&mut self, usage: &Value) {
        let counted =
            Counts(usage).of(&["prompt_tokens"]) > 0 || Counts(usage).of(&["completion_tokens"]) > 0;
        if counted {
            self.usage = Some(usage.clone());
        }
    }

    fn read_choice(&mut self, choice: &Value, events: &mut Vec<Event>) -> Result<Step, Stuck> {
        let said =
            ["delta", "message"].iter().find_map(|field| choice.get(field).filter(|said| said.is_object()));
        if let Some(said) = said {
            self.read_reasoning(said, events);
            self.read_logprobs(choice, events);
            self.read_content(said, events);
            self.read_calls(said, events)?;
        }
        if let Some(word) =
            choice.get("finish_reason").and_then(Value::as_str).filter(|word| !word.is_empty())
        {
            match reason(word) {
                Ok(reason) => self.reason = Some(reason),
                Err(kind) => {
                    let said = choice.get("error").map(|error| serde_json::json!({ "error": error }));
                    let failure = Failure {
                        reason: said.as_ref().and_then(crate::failure::message),
                        ..Failure::of(kind)
                    };
                    return Ok(Step::Failed(failure));
                }
            }
        }
        Ok(Step::More)
    }

    fn read_reasoning(&mut self, said: &Value, events: &mut Vec<Event>) {
        // Some send both, with the same words.
        let text = ["reasoning_content", "reasoning"]
            .iter()
            .find_map(|field| said.get(field)?.as_str().filter(|text| !text.is_empty()));
        let details = said.get("reasoning_details").and_then(Value::as_array);
        if let Some(details) = details.filter(|_| self.quirks.reasoning_back != ReasoningBack::Never) {
            details.iter().for_each(|detail| join_detail(&mut self.details, detail));
        }
        if let Some(text) = text {
            self.think(text, events);
        } else if let Some(details) = details {
            let words = details
                .iter()
                .filter_map(|detail| detail.get("text").or_else(|| detail.get("summary"))?.as_str());
            let words: String = words.collect();
            self.think(&words, events);
        }
    }

    fn think(&mut self, text: &str, events: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        if self.quirks.reasoning_back != ReasoningBack::Never {
            self.thought.push_str(text);
        }
        events.push(Event::Reasoning(text.to_owned()));
    }

    fn read_content(&mut self, said: &Value, events: &mut Vec<Event>) {
        match said.get("content") {
            Some(Value::String(text)) => self.say(text, events),
            Some(Value::Array(pieces)) => {
                for piece in pieces {
                    self.read_piece(piece, events);
                }
            }
            _ => {}
        }
        if let Some(text) = said.get("refusal").and_then(Value::as_str).filter(|text| !text.is_empty()) {
            self.has_refused = true;
            events.push(Event::Refusal(text.to_owned()));
        }
    }

    /// `{type: text, text}`, or `{type: thinking, thinking: [pieces]}`.
    fn read_piece(&mut self, piece: &Value, events: &mut Vec<Event>) {
        match piece.get("thinking") {
            Some(Value::String(text)) => self.think(text, events),
            Some(Value::Array(inner)) => {
                let words = inner.iter().filter_map(|piece| piece.get("text")?.as_str());
                let words: String = words.collect();
                self.think(&words, events);
            }
            _ => self.say(piece.get("text").and_then(Value::as_str).unwrap_or(""), events),
        }
    }

    fn say(&mut self, text: &str, events: &mut Vec<Event>) {
        match &mut self.splitter {
            Some(splitter) => {
                let delta = splitter.push(text.as_bytes());
                self.tell(delta, events);
            }
            None if text.is_empty() => {}
            None => events.push(Event::Text(text.to_owned())),
        }
    }

    fn tell(&mut self, delta: Delta, events: &mut Vec<Event>) {
        self.think(&delta.reasoning, events);
        if !delta.text.is_empty() {
            events.push(Event::Text(delta.text));
        }
    }

    fn read_logprobs(&mut self, choice: &Value, events: &mut Vec<Event>) {
        let tokens = choice.get("logprobs").and_then(|logprobs| logprobs.get("content")?.as_array());
        let tokens: Vec<TokenLogprob> =
            tokens.into_iter().flatten().filter_map(|token| logprob(token, true)).collect();
        if !tokens.is_empty() {
            events.push(Event::Logprobs(tokens));
        }
    }

    fn read_calls(&mut self, said: &Value, events: &mut Vec<Event>) -> Result<(), Stuck> {
        let listed = said.get("tool_calls").and_then(Value::as_array);
        for call in listed.into_iter().flatten() {
            let function = call.get("function").unwrap_or(call);
            let index =
                call.get("index").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
            self.read_call(index, call.get("id").and_then(Value::as_str), function, events)?;
        }
        // The way of saying it before there were several calls.
        if let Some(function) = said.get("function_call").filter(|call| call.is_object()) {
            self.read_call(Some(0), None, function, events)?;
        }
        Ok(())
    }

    fn read_call(
        &mut self,
        index: Option<usize>,
        id: Option<&str>,
        function: &Value,
        events: &mut Vec<Event>,
    ) -> Result<(), Stuck> {
        let id = id.filter(|id| !id.is_empty());
        let name = function.get("name").and_then(Value::as_str).unwrap_or("");
        let arguments = match function.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            Some(whole @ Value::Object(_)) => whole.to_string(),
            _ => String::new(),
        };
        let at = match self.calls.find(index, id, !name.is_empty()) {
            Some(at) => at,
            None => self.calls.begin_at(index, id.map(str::to_owned), name, events)?,
        };
        Ok(self.calls.add(at, name, &arguments, events)?)
    }

    /// Why it ended, when that was told. Many say `stop` after calls.
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
        if let Some(mut splitter) = self.splitter.take() {
            let delta = splitter.finish();
            self.tell(delta, events);
        }
        self.calls.finish(events);
        if !self.details.is_empty() {
            let details = std::mem::take(&mut self.details);
            events.extend(
                details.into_iter().map(|detail| Event::Keep(Keepsake::Item { json: detail.to_string() })),
            );
        } else if !self.thought.is_empty() {
            let text = std::mem::take(&mut self.thought);
            events.push(Event::Keep(Keepsake::Thought { text, signature: None }));
        }
    }
}

/// Only one answer is asked for; where more come, the first counts.
fn is_first(choice: &Value) -> bool {
    choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0
}

fn reason(word: &str) -> Result<Reason, FailureKind> {
    use catalog::Fault;
    match word {
        "length" | "max_tokens" | "model_length" | "model_context_window_exceeded" => Ok(Reason::Length),
        "tool_calls" | "function_call" | "tool_use" => Ok(Reason::ToolCalls),
        "content_filter" | "sensitive" | "safety" | "refusal" | "repetition_truncation" => {
            Ok(Reason::Filtered)
        }
        "insufficient_system_resource" | "network_error" | "error" => Err(FailureKind::Told(Fault::Down)),
        "abort" | "cancelled" => Err(FailureKind::Cut),
        _ => Ok(Reason::Stop),
    }
}

/// Cached tokens are inside the input, and reasoning inside the output, unless the quirks say otherwise.
fn report(raw: &Value) -> Report {
    let counts = Counts(raw);
    let hour = counts.of(&["prompt_tokens_details/cache_creation/ephemeral_1h_input_tokens"]);
    let written = counts.of(&[
        "prompt_tokens_details/cache_write_tokens",
        "prompt_tokens_details/cache_creation_tokens",
        "prompt_tokens_details/cache_creation_input_tokens",
        "cache_creation_input_tokens",
    ]);
    Report {
        input: counts.of(&["prompt_tokens"]),
        cached: Placement::Inside,
        cache_read: counts.of(&[
            "prompt_tokens_details/cached_tokens",
            "prompt_cache_hit_tokens",
            "cached_tokens",
        ]),
        cache_write_5m: written.saturating_sub(hour),
        cache_write_1h: hour,
        audio_input: counts.of(&["prompt_tokens_details/audio_tokens"]),
        output: counts.of(&["completion_tokens"]),
        reasoned: Placement::Inside,
        reasoning: counts.of(&["completion_tokens_details/reasoning_tokens", "reasoning_tokens"]),
        audio_output: counts.of(&["completion_tokens_details/audio_tokens"]),
        total: counts.first(&["total_tokens"]),
        ..Report::default()
    }
}

/// Pieces of one detail come one after the other, with the same index: their texts belong together.
fn join_detail(details: &mut Vec<Value>, piece: &Value) {
    let same = |last: &Value| {
        let is_same = |field: &str| last.get(field) == piece.get(field);
        piece.get("index").is_some() && is_same("index") && is_same("type")
    };
    let Some(last) = details.last_mut().filter(|last| same(last)) else {
        details.push(piece.clone());
        return;
    };
    let (Some(known), Some(new)) = (last.as_object_mut(), piece.as_object()) else { return };
    for (field, value) in new {
        match (known.get_mut(field), value) {
            (Some(Value::String(text)), Value::String(more))
                if matches!(field.as_str(), "text" | "summary" | "data") =>
            {
                text.push_str(more);
            }
            (_, Value::Null) => {}
            _ => {
                known.insert(field.clone(), value.clone());
            }
        }
    }
}
