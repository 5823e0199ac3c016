//! `POST /responses`: items, and events that are numbered and have names.

use serde_json::{Value, json};

use super::Telling;
use crate::answer::{Account, Call, End, tokens};
use crate::script::UsageForm;
use crate::tape::Tape;

/// What nobody may read of a thought, and what must come back with it.
const ENCRYPTED: &str = "ZmFrZS1yZWFzb25pbmc=";

/// Writes events.
struct Events<'a> {
    telling: &'a Telling<'a>,
    tape: Tape,
    number: u64,
    items: Vec<Value>,
}

/// The answer in events.
pub(super) fn stream(telling: &Telling<'_>) -> Tape {
    let answer = telling.answer;
    let tape = Tape::with_room(telling.pieces(), 200);
    let mut events = Events { telling, tape, number: 0, items: Vec::new() };
    let hidden = telling.hidden();
    let begun = response(telling, "in_progress", &[], Value::Null);
    events.event("response.created", json!({"response": begun}), (hidden, hidden));
    events.event("response.in_progress", json!({"response": begun}), (0, 0));
    if !answer.reasoning.is_empty() {
        events.reasoning();
    }
    if !answer.text.is_empty() {
        events.message();
    }
    answer.calls.iter().for_each(|call| events.call(call));
    if answer.end == End::Broken {
        let message = "The server is overloaded, please try again later.";
        let complaint = json!({"code": "server_is_overloaded", "message": message, "param": null});
        events.event("error", complaint, (0, 0));
    } else {
        events.end();
    }
    events.tape
}

impl Events<'_> {
    fn event(&mut self, name: &str, mut data: Value, spent: (u64, u64)) {
        if let Some(fields) = data.as_object_mut() {
            fields.insert("type".to_owned(), name.into());
            fields.insert("sequence_number".to_owned(), self.number.into());
        }
        self.number = self.number.saturating_add(1);
        self.tape.put("event: ");
        self.tape.put(name);
        self.tape.put("\ndata: ");
        self.tape.json(&data);
        self.tape.put("\n\n");
        self.tape.mark(spent.0, spent.1);
    }

    /// The frequent event: `place` is what says which item it belongs to.
    fn delta(&mut self, name: &str, place: &str, piece: &str, spent: (u64, u64)) {
        self.tape.put("event: ");
        self.tape.put(name);
        self.tape.put("\ndata: {\"type\":\"");
        self.tape.put(name);
        self.tape.put("\",\"sequence_number\":");
        self.tape.put(&self.number.to_string());
        self.tape.put(place);
        self.tape.put(",\"delta\":");
        self.tape.quote(piece);
        self.tape.put("}\n\n");
        self.tape.mark(spent.0, spent.1);
        self.number = self.number.saturating_add(1);
    }

    fn place(&self) -> usize {
        self.items.len()
    }

    fn begin_item(&mut self, item: &Value, spent: (u64, u64)) {
        let place = self.place();
        self.event("response.output_item.added", json!({"output_index": place, "item": item}), spent);
    }

    fn end_item(&mut self, item: Value) {
        let place = self.place();
        self.event("response.output_item.done", json!({"output_index": place, "item": item}), (0, 0));
        self.items.push(item);
    }

    fn reasoning(&mut self) {
        let (id, place) = (id("rs", self.telling), self.place());
        self.begin_item(&json!({"id": id, "type": "reasoning", "summary": []}), (0, 0));
        let part = |text: &str| {
            json!({"item_id": id, "output_index": place, "summary_index": 0,
                "part": {"type": "summary_text", "text": text}})
        };
        self.event("response.reasoning_summary_part.added", part(""), (0, 0));
        let at = format!(",\"item_id\":\"{id}\",\"output_index\":{place},\"summary_index\":0");
        for piece in &self.telling.answer.reasoning {
            let spent = (tokens(piece), tokens(piece));
            self.delta("response.reasoning_summary_text.delta", &at, piece, spent);
        }
        let thought = self.telling.answer.thought();
        self.event("response.reasoning_summary_part.done", part(&thought), (0, 0));
        self.end_item(reasoning_item(self.telling));
    }

    fn message(&mut self) {
        let (id, place) = (id("msg", self.telling), self.place());
        let answer = self.telling.answer;
        let begun =
            json!({"id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": []});
        self.begin_item(&begun, (0, 0));
        let part =
            |part: Value| json!({"item_id": id, "output_index": place, "content_index": 0, "part": part});
        self.event("response.content_part.added", part(text_part(self.telling, "")), (0, 0));
        let at = format!(",\"item_id\":\"{id}\",\"output_index\":{place},\"content_index\":0");
        let name = if answer.is_refusal { "response.refusal.delta" } else { "response.output_text.delta" };
        for piece in &answer.text {
            self.delta(name, &at, piece, (tokens(piece), 0));
        }
        // Whatever is open when a complaint comes stays open.
        if answer.end == End::Broken {
            return;
        }
        let said = text_part(self.telling, &answer.said());
        self.event("response.content_part.done", part(said), (0, 0));
        self.end_item(message_item(self.telling));
    }

    fn call(&mut self, call: &Call) {
        let place = self.place();
        let begun = json!({"id": format!("fc_{place}"), "type": "function_call", "status": "in_progress",
            "call_id": call.id, "name": call.name, "arguments": ""});
        self.begin_item(&begun, (1, 0));
        let at = format!(",\"item_id\":\"fc_{place}\",\"output_index\":{place}");
        for piece in &call.arguments {
            self.delta("response.function_call_arguments.delta", &at, piece, (1, 0));
        }
        let whole = json!({"item_id": format!("fc_{place}"), "output_index": place,
            "arguments": call.arguments.concat()});
        self.event("response.function_call_arguments.done", whole, (0, 0));
        self.end_item(call_item(call, place));
    }

    fn end(&mut self) {
        let telling = self.telling;
        let (status, name) = match status(telling.answer.end) {
            "incomplete" => ("incomplete", "response.incomplete"),
            status => (status, "response.completed"),
        };
        let reported = usage(&telling.answer.account, telling.usage);
        let is_told = !matches!(telling.usage, UsageForm::None | UsageForm::Late);
        let told = if is_told { reported.clone() } else { Value::Null };
        let items = std::mem::take(&mut self.items);
        self.event(name, json!({"response": response(telling, status, &items, told)}), (0, 0));
        if telling.usage == UsageForm::Late {
            self.event(name, json!({"response": response(telling, status, &items, reported)}), (0, 0));
        }
    }
}

/// The answer at once.
pub(super) fn whole(telling: &Telling<'_>) -> Vec<u8> {
    let answer = telling.answer;
    let mut items = Vec::new();
    if !answer.reasoning.is_empty() {
        items.push(reasoning_item(telling));
    }
    if !answer.text.is_empty() {
        items.push(message_item(telling));
    }
    for call in &answer.calls {
        items.push(call_item(call, items.len()));
    }
    let told =
        if telling.usage == UsageForm::None { Value::Null } else { usage(&answer.account, telling.usage) };
    response(telling, status(answer.end), &items, told).to_string().into_bytes()
}

fn id(kind: &str, telling: &Telling<'_>) -> String {
    format!("{kind}_{:08}", telling.number)
}

fn status(end: End) -> &'static str {
    match end {
        End::Length | End::Filtered => "incomplete",
        End::Stop | End::Calls | End::Broken => "completed",
    }
}

fn response(telling: &Telling<'_>, status: &str, items: &[Value], usage: Value) -> Value {
    let why = match telling.answer.end {
        End::Length => json!({"reason": "max_output_tokens"}),
        End::Filtered => json!({"reason": "content_filter"}),
        _ => Value::Null,
    };
    json!({"id": id("resp", telling), "object": "response", "created_at": telling.created, "status": status,
        "error": null, "incomplete_details": if status == "incomplete" { why } else { Value::Null },
        "model": telling.asked.model, "output": items, "service_tier": "default", "usage": usage})
}

fn text_part(telling: &Telling<'_>, text: &str) -> Value {
    if telling.answer.is_refusal {
        json!({"type": "refusal", "refusal": text})
    } else {
        json!({"type": "output_text", "text": text, "annotations": []})
    }
}

fn reasoning_item(telling: &Telling<'_>) -> Value {
    json!({"id": id("rs", telling), "type": "reasoning", "encrypted_content": ENCRYPTED,
        "summary": [{"type": "summary_text", "text": telling.answer.thought()}]})
}

fn message_item(telling: &Telling<'_>) -> Value {
    json!({"id": id("msg", telling), "type": "message", "status": "completed", "role": "assistant",
        "content": [text_part(telling, &telling.answer.said())]})
}

fn call_item(call: &Call, place: usize) -> Value {
    json!({"id": format!("fc_{place}"), "type": "function_call", "status": "completed", "call_id": call.id,
        "name": call.name, "arguments": call.arguments.concat()})
}

/// Cached tokens are inside the input, thoughts inside the output.
fn usage(account: &Account, form: UsageForm) -> Value {
    let total = account.input_tokens.saturating_add(account.output_tokens);
    let odd = if form == UsageForm::Odd { 7 } else { 0 };
    json!({
        "input_tokens": account.input_tokens,
        "input_tokens_details": {"cached_tokens": account.cached_tokens, "cache_write_tokens": account.written_tokens},
        "output_tokens": account.output_tokens,
        "output_tokens_details": {"reasoning_tokens": account.reasoning_tokens},
        "total_tokens": total.saturating_add(odd),
    })
}
