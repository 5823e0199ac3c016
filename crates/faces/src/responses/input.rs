//! What a conversation is made of: items.

use ports::{ChatMessage, ToolCall};
use serde::Deserialize;
use wire::Role;

use crate::read::TextOr;

/// An item of any type, with the fields of all that are known.
#[derive(Debug, Deserialize)]
pub(super) struct InputItem {
    #[serde(rename = "type")]
    kind: Option<String>,
    role: Option<String>,
    content: Option<TextOr<InputPart>>,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
    output: Option<TextOr<InputPart>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct InputPart {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    refusal: Option<String>,
}

/// The conversation as a model takes it; an error names the place.
pub(super) fn chat(
    instructions: Option<String>,
    input: TextOr<InputItem>,
) -> Result<Vec<ChatMessage>, String> {
    let mut messages: Vec<ChatMessage> = Vec::new();
    messages.extend(instructions.map(|text| ChatMessage::text(Role::System, text)));
    match input {
        TextOr::Parts(items) if items.is_empty() => return Err("input: at least one item".to_owned()),
        input => add_input(input, &mut messages)?,
    }
    Ok(messages)
}

/// Adds what was asked; an error names the place.
pub(super) fn add_input(input: TextOr<InputItem>, messages: &mut Vec<ChatMessage>) -> Result<(), String> {
    match input {
        TextOr::Text(text) => messages.push(ChatMessage::text(Role::User, text)),
        TextOr::Parts(items) => {
            for (at, item) in items.into_iter().enumerate() {
                item.add_to(messages, &format!("input[{at}]"))?;
            }
        }
    }
    Ok(())
}

impl InputItem {
    fn add_to(self, messages: &mut Vec<ChatMessage>, path: &str) -> Result<(), String> {
        let kind = self.kind.clone();
        match kind.as_deref().unwrap_or("message") {
            "message" => messages.push(self.message(path)?),
            "function_call" => add_call(messages, self.call(path)?),
            "function_call_output" => messages.push(self.result(path)?),
            // None of the models that answer here reads again what it thought.
            "reasoning" => {}
            "item_reference" => {
                return Err(format!("{path}: items are not looked up here; send the item itself"));
            }
            other => return Err(format!("{path}.type: items of type `{other}` are not supported here")),
        }
        Ok(())
    }

    fn message(self, path: &str) -> Result<ChatMessage, String> {
        let role = match self.role.as_deref() {
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("system" | "developer") => Role::System,
            Some(other) => return Err(format!("{path}.role: there is no role `{other}`")),
            None => return Err(format!("{path}.role: missing")),
        };
        let content = self.content.ok_or_else(|| format!("{path}.content: missing"))?;
        Ok(ChatMessage::text(role, text_of(content, &format!("{path}.content"))?))
    }

    fn call(self, path: &str) -> Result<ToolCall, String> {
        let arguments = self.arguments.filter(|text| !text.trim().is_empty());
        Ok(ToolCall {
            id: self.call_id.ok_or_else(|| format!("{path}.call_id: missing"))?,
            name: self.name.ok_or_else(|| format!("{path}.name: missing"))?,
            // No arguments at all are none.
            arguments: arguments.unwrap_or_else(|| "{}".to_owned()),
        })
    }

    fn result(self, path: &str) -> Result<ChatMessage, String> {
        let call_id = self.call_id.ok_or_else(|| format!("{path}.call_id: missing"))?;
        let output = self.output.ok_or_else(|| format!("{path}.output: missing"))?;
        Ok(ChatMessage::Result { call_id, content: text_of(output, &format!("{path}.output"))? })
    }
}

/// A call belongs to what was said before it, and to the calls beside it.
fn add_call(messages: &mut Vec<ChatMessage>, call: ToolCall) {
    match messages.pop() {
        Some(ChatMessage::Calls { content, mut calls }) => {
            calls.push(call);
            messages.push(ChatMessage::Calls { content, calls });
        }
        Some(ChatMessage::Text { role: Role::Assistant, content }) => {
            messages.push(ChatMessage::Calls { content, calls: vec![call] });
        }
        other => {
            messages.extend(other);
            messages.push(ChatMessage::Calls { content: String::new(), calls: vec![call] });
        }
    }
}

fn text_of(content: TextOr<InputPart>, path: &str) -> Result<String, String> {
    let parts = match content {
        TextOr::Text(text) => return Ok(text),
        TextOr::Parts(parts) => parts,
    };
    let text = |(at, part): (usize, InputPart)| match part.kind.as_str() {
        "input_text" | "output_text" | "text" => {
            part.text.ok_or_else(|| format!("{path}[{at}].text: missing"))
        }
        "refusal" => Ok(part.refusal.unwrap_or_default()),
        other => Err(format!("{path}[{at}]: parts of type `{other}` are not supported here")),
    };
    parts.into_iter().enumerate().map(text).collect()
}
