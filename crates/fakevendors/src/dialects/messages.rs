//! `POST /v1/messages`: events with names, blocks of content, and input that is counted beside its cached part.

use serde_json::{Value, json};

use super::Telling;
use crate::answer::{Account, Call, End, tokens};
use crate::script::UsageForm;
use crate::tape::Tape;

/// Proof that a thought is the model's own.
const SIGNATURE: &str = "ZmFrZS1zaWduYXR1cmU=";

/// Writes events.
struct Events<'a> {
    telling: &'a Telling<'a>,
    tape: Tape,
    blocks: usize,
}

/// The answer in events.
pub(super) fn stream(telling: &Telling<'_>) -> Tape {
    let answer = telling.answer;
    let mut events = Events { telling, tape: Tape::with_room(telling.pieces(), 160), blocks: 0 };
    let mut message = head(telling);
    put(&mut message, "content", json!([]));
    put(&mut message, "stop_reason", Value::Null);
    if telling.usage != UsageForm::None {
        put(&mut message, "usage", usage(&answer.account.with_output(0, 0), UsageForm::Usual));
    }
    let hidden = telling.hidden();
    events.event("message_start", &json!({"type": "message_start", "message": message}), (hidden, hidden));
    events.event("ping", &json!({"type": "ping"}), (0, 0));
    if !answer.reasoning.is_empty() {
        events.open(&json!({"type": "thinking", "thinking": "", "signature": ""}));
        for piece in &answer.reasoning {
            events.delta(("thinking_delta", "thinking"), piece, (tokens(piece), tokens(piece)));
        }
        events.delta(("signature_delta", "signature"), SIGNATURE, (0, 0));
        events.close();
    }
    if !answer.text.is_empty() && !answer.is_refusal {
        events.open(&json!({"type": "text", "text": ""}));
        for piece in &answer.text {
            events.delta(("text_delta", "text"), piece, (tokens(piece), 0));
        }
        // Whatever is open when a complaint comes stays open.
        if answer.end != End::Broken {
            events.close();
        }
    }
    answer.calls.iter().for_each(|call| events.call(call));
    if answer.end == End::Broken {
        let complaint =
            json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
        events.event("error", &complaint, (0, 0));
    } else {
        events.end();
    }
    events.tape
}

impl Events<'_> {
    fn event(&mut self, name: &str, data: &Value, spent: (u64, u64)) {
        self.tape.put("event: ");
        self.tape.put(name);
        self.tape.put("\ndata: ");
        self.tape.json(data);
        self.tape.put("\n\n");
        self.tape.mark(spent.0, spent.1);
    }

    fn open(&mut self, block: &Value) {
        let data = json!({"type": "content_block_start", "index": self.blocks, "content_block": block});
        self.event("content_block_start", &data, (0, 0));
    }

    fn close(&mut self) {
        let data = json!({"type": "content_block_stop", "index": self.blocks});
        self.event("content_block_stop", &data, (0, 0));
        self.blocks = self.blocks.saturating_add(1);
    }

    fn delta(&mut self, (kind, field): (&str, &str), piece: &str, spent: (u64, u64)) {
        let index = self.blocks;
        self.tape.put("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":");
        self.tape.put(&index.to_string());
        self.tape.put(",\"delta\":{\"type\":\"");
        self.tape.put(kind);
        self.tape.put("\",\"");
        self.tape.put(field);
        self.tape.put("\":");
        self.tape.quote(piece);
        self.tape.put("}}\n\n");
        self.tape.mark(spent.0, spent.1);
        if self.telling.usage == UsageForm::Each {
            let last = self.tape.last();
            let so_far = self.telling.answer.account.with_output(last.output, last.reasoning);
            let data =
                json!({"type": "message_delta", "delta": {}, "usage": usage(&so_far, UsageForm::Usual)});
            self.event("message_delta", &data, (0, 0));
        }
    }

    fn call(&mut self, call: &Call) {
        let block = json!({"type": "tool_use", "id": call.id, "name": call.name, "input": {}});
        let data = json!({"type": "content_block_start", "index": self.blocks, "content_block": block});
        self.event("content_block_start", &data, (1, 0));
        for piece in &call.arguments {
            self.delta(("input_json_delta", "partial_json"), piece, (1, 0));
        }
        self.close();
    }

    fn end(&mut self) {
        let answer = self.telling.answer;
        let form = self.telling.usage;
        let reported = usage(&answer.account, form);
        let mut data = json!({"type": "message_delta", "delta": ending(self.telling)});
        if !matches!(form, UsageForm::None | UsageForm::Behind | UsageForm::Late) {
            put(&mut data, "usage", reported.clone());
        }
        // A refusal's words stand in its reason.
        let said: u64 =
            if answer.is_refusal { answer.text.iter().map(|piece| tokens(piece)).sum() } else { 0 };
        self.event("message_delta", &data, (said, 0));
        let alone = json!({"type": "message_delta", "delta": {}, "usage": reported});
        if form == UsageForm::Behind {
            self.event("message_delta", &alone, (0, 0));
        }
        self.event("message_stop", &json!({"type": "message_stop"}), (0, 0));
        if form == UsageForm::Late {
            self.event("message_delta", &alone, (0, 0));
        }
    }
}

/// The answer at once.
pub(super) fn whole(telling: &Telling<'_>) -> Vec<u8> {
    let answer = telling.answer;
    let mut blocks = Vec::new();
    if !answer.reasoning.is_empty() {
        blocks.push(json!({"type": "thinking", "thinking": answer.thought(), "signature": SIGNATURE}));
    }
    if !answer.text.is_empty() && !answer.is_refusal {
        blocks.push(json!({"type": "text", "text": answer.said()}));
    }
    blocks.extend(answer.calls.iter().map(|call| {
        let text = call.arguments.concat();
        let input = serde_json::from_str(&text).unwrap_or_else(|_| json!({"invalid_json": text}));
        json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input})
    }));
    let mut body = head(telling);
    put(&mut body, "content", Value::Array(blocks));
    if let Value::Object(fields) = ending(telling) {
        fields.into_iter().for_each(|(name, value)| put(&mut body, &name, value));
    }
    if telling.usage != UsageForm::None {
        put(&mut body, "usage", usage(&answer.account, telling.usage));
    }
    body.to_string().into_bytes()
}

fn head(telling: &Telling<'_>) -> Value {
    json!({"id": format!("msg_{:08}", telling.number), "type": "message", "role": "assistant",
        "model": telling.asked.model, "stop_sequence": null})
}

fn ending(telling: &Telling<'_>) -> Value {
    let answer = telling.answer;
    let reason = match answer.end {
        _ if answer.is_refusal => "refusal",
        End::Stop | End::Broken => "end_turn",
        End::Length => "max_tokens",
        End::Calls => "tool_use",
        End::Filtered => "refusal",
    };
    let mut ending = json!({"stop_reason": reason, "stop_sequence": null});
    if answer.is_refusal {
        put(&mut ending, "stop_details", json!({"type": "refusal", "explanation": answer.said()}));
    }
    ending
}

fn put(object: &mut Value, field: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

/// Cached tokens come beside the input, thoughts are inside the output.
fn usage(account: &Account, form: UsageForm) -> Value {
    // There is no total that could be wrong, but more may have been thought than said.
    let odd = if form == UsageForm::Odd { account.output_tokens.saturating_add(1) } else { 0 };
    json!({
        "input_tokens": account.plain_tokens(),
        "cache_creation_input_tokens": account.written_tokens,
        "cache_read_input_tokens": account.cached_tokens,
        "output_tokens": account.output_tokens,
        "output_tokens_details": {"thinking_tokens": account.reasoning_tokens.saturating_add(odd)},
    })
}
