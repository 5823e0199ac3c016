//! The answer, in pieces of the same shape as the whole.

use catalog::{Fault, Quirks, ReasoningBack};
use money::{Placement, Report};
use serde_json::Value;

use crate::calls::Calls;
use crate::decoder::{Step, Stuck};
use crate::usage::{Counts, spent};
use crate::{Event, Failure, FailureKind, Keepsake, Reason, Spent};

/// What is known of one answer so far.
#[derive(Debug)]
pub(crate) struct Answer {
    quirks: Quirks,
    has_begun: bool,
    calls: Calls,
    reason: Option<Reason>,
    usage: Option<Value>,
}

impl Answer {
    pub(crate) fn new(quirks: Quirks, limit: usize) -> Self {
        Self { quirks, has_begun: false, calls: Calls::new(limit), reason: None, usage: None }
    }

    /// Reads a piece, or all of it.
    pub(crate) fn read(&mut self, value: &Value, events: &mut Vec<Event>) -> Result<Step, Stuck> {
        if !std::mem::replace(&mut self.has_begun, true) {
            let text = |field: &str| value.get(field).and_then(Value::as_str).map(str::to_owned);
            events.push(Event::Began { id: text("responseId"), model: text("modelVersion") });
        }
        // Each piece has the sums so far.
        if let Some(usage) = value.get("usageMetadata").filter(|usage| usage.is_object()) {
            self.usage = Some(usage.clone());
        }
        let blocked = value.get("promptFeedback").and_then(|feedback| feedback.get("blockReason")?.as_str());
        if blocked.is_some_and(|word| word != "BLOCKED_REASON_UNSPECIFIED") {
            self.reason = Some(Reason::Filtered);
        }
        let candidates = value.get("candidates").and_then(Value::as_array);
        let first = |candidate: &&Value| candidate.get("index").and_then(Value::as_u64).unwrap_or(0) == 0;
        let Some(candidate) = candidates.and_then(|all| all.iter().find(first)) else {
            return Ok(Step::More);
        };
        let parts = candidate.get("content").and_then(|content| content.get("parts")?.as_array());
        for part in parts.into_iter().flatten() {
            self.read_part(part, events)?;
        }
        if let Some(word) = candidate.get("finishReason").and_then(Value::as_str) {
            match reason(word) {
                Ok(reason) => self.reason = reason.or(self.reason),
                Err(fault) => {
                    let said = candidate.get("finishMessage").and_then(Value::as_str);
                    let reason = said.and_then(crate::clean::sentence);
                    return Ok(Step::Failed(Failure { reason, ..Failure::of(FailureKind::Told(fault)) }));
                }
            }
        }
        Ok(Step::More)
    }

    fn read_part(&mut self, part: &Value, events: &mut Vec<Event>) -> Result<(), Stuck> {
        let signature = part.get("thoughtSignature").and_then(Value::as_str).map(str::to_owned);
        let text = part.get("text").and_then(Value::as_str).filter(|text| !text.is_empty());
        let is_thought = part.get("thought").and_then(Value::as_bool) == Some(true);
        if let Some(text) = text {
            let text = text.to_owned();
            events.push(if is_thought { Event::Reasoning(text) } else { Event::Text(text) });
        }
        let Some(call) = part.get("functionCall") else {
            if let Some(signature) = signature {
                self.keep(Keepsake::TextSignature { signature }, events);
            }
            return Ok(());
        };
        let word = |field: &str| call.get(field).and_then(Value::as_str).filter(|word| !word.is_empty());
        let at =
            self.calls.begin_at(None, word("id").map(str::to_owned), word("name").unwrap_or(""), events)?;
        if let Some(arguments) = call.get("args").filter(|arguments| arguments.is_object()) {
            self.calls.add(at, "", &arguments.to_string(), events)?;
        }
        self.calls.end(at, events);
        if let (Some(signature), Ok(call)) = (signature, u32::try_from(at)) {
            self.keep(Keepsake::CallSignature { call, signature }, events);
        }
        Ok(())
    }

    fn keep(&self, keepsake: Keepsake, events: &mut Vec<Event>) {
        if self.quirks.reasoning_back != ReasoningBack::Never {
            events.push(Event::Keep(keepsake));
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
        let raw = self.usage.as_ref()?;
        let class = raw.get("trafficType").or_else(|| raw.get("serviceTier")).and_then(Value::as_str);
        let spent = spent(&self.quirks, report(raw), raw)?;
        Some(Spent { class: class.map(str::to_owned), ..spent })
    }

    pub(crate) fn close(&mut self, events: &mut Vec<Event>) {
        self.calls.finish(events);
    }
}

fn reason(word: &str) -> Result<Option<Reason>, Fault> {
    match word {
        "FINISH_REASON_UNSPECIFIED" | "" => Ok(None),
        "STOP" | "CONTINUATION" => Ok(Some(Reason::Stop)),
        "MAX_TOKENS" => Ok(Some(Reason::Length)),
        "MISSING_THOUGHT_SIGNATURE" => Err(Fault::Bad),
        "MALFORMED_FUNCTION_CALL"
        | "UNEXPECTED_TOOL_CALL"
        | "TOO_MANY_TOOL_CALLS"
        | "MALFORMED_RESPONSE"
        | "OTHER" => Err(Fault::Down),
        _ => Ok(Some(Reason::Filtered)),
    }
}

/// Cached tokens are inside the prompt; thoughts come beside the candidates; what tools put into the prompt comes beside it.
fn report(raw: &Value) -> Report {
    let counts = Counts(raw);
    let prompt = counts.of(&["promptTokenCount"]);
    Report {
        input: prompt.saturating_add(counts.of(&["toolUsePromptTokenCount"])),
        cached: Placement::Inside,
        cache_read: counts.of(&["cachedContentTokenCount"]),
        audio_input: of_sound(raw, "promptTokensDetails"),
        output: counts.of(&["candidatesTokenCount"]),
        reasoned: Placement::Beside,
        reasoning: counts.of(&["thoughtsTokenCount"]),
        audio_output: of_sound(raw, "candidatesTokensDetails"),
        total: counts.first(&["totalTokenCount"]),
        ..Report::default()
    }
}

fn of_sound(raw: &Value, field: &str) -> u64 {
    let details = raw.get(field).and_then(Value::as_array).into_iter().flatten();
    let sound = details.filter(|detail| detail.get("modality").and_then(Value::as_str) == Some("AUDIO"));
    sound.fold(0, |sum: u64, detail| sum.saturating_add(Counts(detail).of(&["tokenCount"])))
}
