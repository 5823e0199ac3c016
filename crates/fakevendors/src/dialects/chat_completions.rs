//! `POST /chat/completions`: chunks of one shape, and `[DONE]` behind them.

use serde_json::{Value, json};

use super::Telling;
use crate::answer::{Account, Call, End, tokens};
use crate::script::UsageForm;
use crate::tape::Tape;

const DONE: &str = "data: [DONE]\n\n";

/// Writes chunks: what all of them begin with is made once.
struct Chunks<'a> {
    telling: &'a Telling<'a>,
    tape: Tape,
    head: String,
    form: UsageForm,
}

/// The answer in chunks.
pub(super) fn stream(telling: &Telling<'_>) -> Tape {
    let answer = telling.answer;
    let form = match telling.usage {
        UsageForm::Usual | UsageForm::Odd if telling.asked.wants_usage => UsageForm::Behind,
        UsageForm::Usual => UsageForm::None,
        form => form,
    };
    let head = format!(
        "data: {{\"id\":\"{}\",\"object\":\"chat.completion.chunk\",\"created\":{},\"model\":{},\"choices\":[",
        id(telling),
        telling.created,
        Value::from(telling.asked.model.as_str()),
    );
    let room = head.len().saturating_add(120);
    let mut chunks = Chunks { telling, tape: Tape::with_room(telling.pieces(), room), head, form };
    let hidden = telling.hidden();
    chunks.chunk("{\"role\":\"assistant\",\"content\":\"\"}", "null", (hidden, hidden));
    for piece in &answer.reasoning {
        chunks.said("reasoning_content", piece, true);
    }
    let field = if answer.is_refusal { "refusal" } else { "content" };
    for piece in &answer.text {
        chunks.said(field, piece, false);
    }
    for (number, call) in answer.calls.iter().enumerate() {
        chunks.call(number, call);
    }
    if answer.end == End::Broken {
        let complaint = json!({"error": {"message": "The server is overloaded, please try again later.",
            "type": "overloaded_error", "param": null, "code": "overloaded"}});
        chunks.tape.put(&format!("data: {complaint}\n\n"));
        chunks.tape.mark(0, 0);
        return chunks.tape;
    }
    chunks.end();
    chunks.tape
}

impl Chunks<'_> {
    /// One chunk; `spent` are the tokens in it, and how many of them were thought.
    fn chunk(&mut self, delta: &str, reason: &str, spent: (u64, u64)) {
        self.open();
        self.tape.put(delta);
        self.close(reason, spent);
    }

    fn said(&mut self, field: &str, piece: &str, is_thought: bool) {
        let spent = tokens(piece);
        self.open();
        self.tape.put("{\"");
        self.tape.put(field);
        self.tape.put("\":");
        self.tape.quote(piece);
        self.tape.put("}");
        self.close("null", (spent, if is_thought { spent } else { 0 }));
    }

    fn open(&mut self) {
        self.tape.put(&self.head);
        self.tape.put("{\"index\":0,\"delta\":");
    }

    fn close(&mut self, reason: &str, (output, reasoning): (u64, u64)) {
        self.tape.put(",\"logprobs\":null,\"finish_reason\":");
        self.tape.put(reason);
        self.tape.put("}]");
        let is_last = self.form == UsageForm::Last && reason != "null";
        if self.form == UsageForm::Each || is_last {
            let last = self.tape.last();
            let so_far = self
                .telling
                .answer
                .account
                .with_output(last.output.saturating_add(output), last.reasoning.saturating_add(reasoning));
            self.tape.put(",\"usage\":");
            self.tape.json(&usage(&so_far, self.telling.usage));
        } else if self.telling.asked.wants_usage {
            self.tape.put(",\"usage\":null");
        }
        self.tape.put("}\n\n");
        self.tape.mark(output, reasoning);
    }

    fn call(&mut self, number: usize, call: &Call) {
        let begun = json!({"tool_calls": [{"index": number, "id": call.id, "type": "function",
            "function": {"name": call.name, "arguments": ""}}]});
        self.chunk(&begun.to_string(), "null", (1, 0));
        for piece in &call.arguments {
            let more = json!({"tool_calls": [{"index": number, "function": {"arguments": piece}}]});
            self.chunk(&more.to_string(), "null", (1, 0));
        }
    }

    fn end(&mut self) {
        let reason = format!("\"{}\"", reason(self.telling.answer.end));
        self.chunk("{}", &reason, (0, 0));
        if self.form == UsageForm::Behind {
            self.usage_alone();
        }
        self.tape.put(DONE);
        self.tape.mark(0, 0);
        if self.form == UsageForm::Late {
            self.usage_alone();
        }
    }

    fn usage_alone(&mut self) {
        let usage = usage(&self.telling.answer.account, self.telling.usage);
        self.tape.put(&self.head);
        self.tape.put(&format!("],\"usage\":{usage}}}\n\n"));
        self.tape.mark(0, 0);
    }
}

/// The answer at once.
pub(super) fn whole(telling: &Telling<'_>) -> Vec<u8> {
    let answer = telling.answer;
    let said = answer.said();
    let mut message =
        json!({"role": "assistant", "content": if said.is_empty() { Value::Null } else { json!(said) }});
    if answer.is_refusal {
        message = json!({"role": "assistant", "content": null, "refusal": said});
    }
    if !answer.reasoning.is_empty() {
        put(&mut message, "reasoning_content", json!(answer.thought()));
    }
    if !answer.calls.is_empty() {
        let calls = answer.calls.iter().map(|call| {
            json!({"id": call.id, "type": "function",
                "function": {"name": call.name, "arguments": call.arguments.concat()}})
        });
        put(&mut message, "tool_calls", calls.collect());
    }
    let choice =
        json!({"index": 0, "message": message, "logprobs": null, "finish_reason": reason(answer.end)});
    let mut body = json!({"id": id(telling), "object": "chat.completion", "created": telling.created,
        "model": telling.asked.model, "choices": [choice]});
    if telling.usage != UsageForm::None {
        put(&mut body, "usage", usage(&answer.account, telling.usage));
    }
    body.to_string().into_bytes()
}

fn put(object: &mut Value, field: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(field.to_owned(), value);
    }
}

fn id(telling: &Telling<'_>) -> String {
    format!("chatcmpl-{:08}", telling.number)
}

fn reason(end: End) -> &'static str {
    match end {
        End::Stop | End::Broken => "stop",
        End::Length => "length",
        End::Calls => "tool_calls",
        End::Filtered => "content_filter",
    }
}

/// Cached tokens are inside the prompt, thoughts inside the completion.
fn usage(account: &Account, form: UsageForm) -> Value {
    let total = account.input_tokens.saturating_add(account.output_tokens);
    let odd = if form == UsageForm::Odd { 7 } else { 0 };
    json!({
        "prompt_tokens": account.input_tokens,
        "completion_tokens": account.output_tokens,
        "total_tokens": total.saturating_add(odd),
        "prompt_tokens_details": {"cached_tokens": account.cached_tokens, "cache_write_tokens": account.written_tokens},
        "completion_tokens_details": {"reasoning_tokens": account.reasoning_tokens},
    })
}
