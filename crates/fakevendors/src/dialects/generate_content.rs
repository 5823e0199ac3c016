//! `POST /models/{model}:generateContent`: pieces of the same shape as the whole, each with the counts so far.

use serde_json::{Value, json};

use super::Telling;
use crate::answer::{Account, End, tokens};
use crate::script::UsageForm;
use crate::tape::Tape;

/// Proof that a call is the model's own.
const SIGNATURE: &str = "ZmFrZS1zaWduYXR1cmU=";

/// Lines end here as they do on other systems.
const END: &str = "\r\n\r\n";

/// Writes pieces.
struct Pieces<'a> {
    telling: &'a Telling<'a>,
    tape: Tape,
    tail: String,
}

/// The answer in pieces. Nothing marks the end but the end.
pub(super) fn stream(telling: &Telling<'_>) -> Tape {
    let answer = telling.answer;
    let tape = Tape::with_room(telling.pieces(), 320);
    let mut pieces = Pieces { telling, tape, tail: tail(telling) };
    if is_blocked(telling) {
        let feedback = json!({"blockReason": "PROHIBITED_CONTENT"});
        pieces.piece(|tape| tape.put(&format!("\"promptFeedback\":{feedback}")), (0, 0), true);
        return pieces.tape;
    }
    let mut hidden = telling.hidden();
    for (is_thought, text) in texts(telling) {
        let spent = tokens(text);
        let thought = if is_thought { spent } else { 0 };
        let write = |tape: &mut Tape| {
            tape.put("\"candidates\":[{\"content\":{\"parts\":[{\"text\":");
            tape.quote(text);
            tape.put(if is_thought { ",\"thought\":true}]" } else { "}]" });
            tape.put(",\"role\":\"model\"},\"index\":0}]");
        };
        pieces.piece(write, (spent.saturating_add(hidden), thought.saturating_add(hidden)), false);
        hidden = 0;
    }
    for (at, part) in call_parts(telling).into_iter().enumerate() {
        let spent = answer.calls.get(at).map_or(0, |call| call.tokens()).saturating_add(hidden);
        let candidate = json!([{"content": {"parts": [part], "role": "model"}, "index": 0}]);
        pieces.piece(|tape| tape.put(&format!("\"candidates\":{candidate}")), (spent, hidden), false);
        hidden = 0;
    }
    if answer.end == End::Broken {
        let complaint = json!({"error": {"code": 503, "message": "The model is overloaded. Please try again later.",
            "status": "UNAVAILABLE"}});
        pieces.tape.put(&format!("data: {complaint}{END}"));
        pieces.tape.mark(hidden, hidden);
        return pieces.tape;
    }
    // A call that the limit cut in two is not told, and paid for.
    let left = answer.account.output_tokens.saturating_sub(pieces.tape.last().output);
    let thought = answer.account.reasoning_tokens.saturating_sub(pieces.tape.last().reasoning);
    let candidate = json!([ending(telling, json!([{"text": ""}]))]);
    pieces.piece(|tape| tape.put(&format!("\"candidates\":{candidate}")), (left, thought), true);
    if matches!(telling.usage, UsageForm::Behind | UsageForm::Late) {
        let usage = usage(&answer.account, telling.usage);
        let text = format!("data: {{\"usageMetadata\":{usage}{}{END}", pieces.tail);
        pieces.tape.put(&text);
        pieces.tape.mark(0, 0);
    }
    pieces.tape
}

impl Pieces<'_> {
    fn piece(&mut self, write: impl FnOnce(&mut Tape), (output, reasoning): (u64, u64), is_last: bool) {
        self.tape.put("data: {");
        write(&mut self.tape);
        let is_told = match self.telling.usage {
            UsageForm::Usual | UsageForm::Each | UsageForm::Odd => true,
            UsageForm::Last => is_last,
            UsageForm::None | UsageForm::Behind | UsageForm::Late => false,
        };
        if is_told {
            let last = self.tape.last();
            let (output, reasoning) =
                (last.output.saturating_add(output), last.reasoning.saturating_add(reasoning));
            let so_far = self.telling.answer.account.with_output(output, reasoning);
            self.tape.put(",\"usageMetadata\":");
            self.tape.put(&usage(&so_far, self.telling.usage));
        }
        self.tape.put(&self.tail);
        self.tape.put(END);
        self.tape.mark(output, reasoning);
    }
}

/// The answer at once.
pub(super) fn whole(telling: &Telling<'_>) -> Vec<u8> {
    let answer = telling.answer;
    let mut parts = Vec::new();
    if !answer.reasoning.is_empty() {
        parts.push(json!({"text": answer.thought(), "thought": true}));
    }
    if !answer.text.is_empty() {
        parts.push(json!({"text": answer.said()}));
    }
    parts.extend(call_parts(telling));
    let mut text = if is_blocked(telling) {
        "{\"promptFeedback\":{\"blockReason\":\"PROHIBITED_CONTENT\"}".to_owned()
    } else {
        format!("{{\"candidates\":{}", json!([ending(telling, Value::Array(parts))]))
    };
    if telling.usage != UsageForm::None {
        text.push_str(",\"usageMetadata\":");
        text.push_str(&usage(&answer.account, telling.usage));
    }
    text.push_str(&tail(telling));
    text.into_bytes()
}

/// What every piece ends with.
fn tail(telling: &Telling<'_>) -> String {
    let model = Value::from(telling.asked.model.as_str());
    format!(",\"modelVersion\":{model},\"responseId\":\"r{:08}\"}}", telling.number)
}

/// The filter did not let the question through.
fn is_blocked(telling: &Telling<'_>) -> bool {
    telling.answer.end == End::Filtered && telling.answer.account.output_tokens == 0
}

/// Thoughts, then text.
fn texts<'a>(telling: &Telling<'a>) -> impl Iterator<Item = (bool, &'a str)> {
    let thoughts = telling.answer.reasoning.iter().map(|piece| (true, piece.as_ref()));
    thoughts.chain(telling.answer.text.iter().map(|piece| (false, piece.as_ref())))
}

/// Calls, each whole; those whose arguments are no JSON cannot be told.
fn call_parts(telling: &Telling<'_>) -> Vec<Value> {
    let calls = telling.answer.calls.iter().enumerate();
    let parts = calls.filter_map(|(at, call)| {
        let arguments: Value = serde_json::from_str(&call.arguments.concat()).ok()?;
        let function = json!({"id": call.id, "name": call.name, "args": arguments});
        Some(if at == 0 {
            json!({"functionCall": function, "thoughtSignature": SIGNATURE})
        } else {
            json!({"functionCall": function})
        })
    });
    parts.collect()
}

fn ending(telling: &Telling<'_>, parts: Value) -> Value {
    let answer = telling.answer;
    let is_broken = call_parts(telling).len() < answer.calls.len();
    let reason = match answer.end {
        End::Length => "MAX_TOKENS",
        End::Filtered => "SAFETY",
        _ if answer.is_refusal => "SAFETY",
        _ if is_broken => "MALFORMED_FUNCTION_CALL",
        End::Stop | End::Calls | End::Broken => "STOP",
    };
    json!({"content": {"parts": parts, "role": "model"}, "finishReason": reason, "index": 0})
}

/// Cached tokens are inside the prompt, thoughts beside the candidates.
fn usage(account: &Account, form: UsageForm) -> String {
    let total = account.input_tokens.saturating_add(account.output_tokens);
    let odd = if form == UsageForm::Odd { 7 } else { 0 };
    format!(
        "{{\"promptTokenCount\":{},\"cachedContentTokenCount\":{},\"candidatesTokenCount\":{},\"thoughtsTokenCount\":{},\"totalTokenCount\":{}}}",
        account.input_tokens,
        account.cached_tokens,
        account.output_tokens.saturating_sub(account.reasoning_tokens),
        account.reasoning_tokens,
        total.saturating_add(odd),
    )
}
