//! What a conversation is made of: turns, and the blocks in them.

use ports::{ChatMessage, ToolCall};
use serde::Deserialize;
use serde_json::value::RawValue;
use wire::Role;

use crate::read::TextOr;

/// One turn.
#[derive(Debug, Deserialize)]
pub(super) struct Turn {
    role: String,
    content: TextOr<ContentBlock>,
}

/// A block of any type, with the fields of all that are known.
#[derive(Debug, Deserialize)]
pub(super) struct ContentBlock {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    id: Option<String>,
    name: Option<String>,
    input: Option<Box<RawValue>>,
    tool_use_id: Option<String>,
    content: Option<TextOr<ContentBlock>>,
    is_error: Option<bool>,
}

impl Turn {
    pub(super) fn is_from_user(&self) -> bool {
        self.role == "user"
    }

    /// The turn as a model takes it; an error names the place.
    pub(super) fn messages(self, path: &str, messages: &mut Vec<ChatMessage>) -> Result<(), String> {
        let Self { role, content } = self;
        match role.as_str() {
            "user" => user(content, path, messages),
            "assistant" => assistant(content, path, messages),
            "system" => {
                let content = text_of(content, &format!("{path}.content"))?;
                messages.push(ChatMessage::text(Role::System, content));
                Ok(())
            }
            other => Err(format!("{path}.role: there is no role `{other}`")),
        }
    }
}

/// Results of tools and what is said stand apart, in their order.
fn user(content: TextOr<ContentBlock>, path: &str, messages: &mut Vec<ChatMessage>) -> Result<(), String> {
    let blocks = match content {
        TextOr::Text(text) => return say(Role::User, text, messages),
        TextOr::Parts(blocks) => blocks,
    };
    let mut said = String::new();
    let is_empty = blocks.is_empty();
    let before = messages.len();
    for (at, block) in blocks.into_iter().enumerate() {
        let path = format!("{path}.content[{at}]");
        if block.kind == "tool_result" {
            if !said.is_empty() {
                say(Role::User, std::mem::take(&mut said), messages)?;
            }
            messages.push(block.result(&path)?);
        } else {
            said.push_str(&block.text(&path)?);
        }
    }
    if is_empty || !said.is_empty() || messages.len() == before {
        say(Role::User, said, messages)?;
    }
    Ok(())
}

/// What was thought is not given back to a model: none of those that answer here reads it again.
fn assistant(
    content: TextOr<ContentBlock>,
    path: &str,
    messages: &mut Vec<ChatMessage>,
) -> Result<(), String> {
    let blocks = match content {
        TextOr::Text(text) => return say(Role::Assistant, text, messages),
        TextOr::Parts(blocks) => blocks,
    };
    let (mut content, mut calls) = (String::new(), Vec::new());
    for (at, block) in blocks.into_iter().enumerate() {
        let path = format!("{path}.content[{at}]");
        match block.kind.as_str() {
            "thinking" | "redacted_thinking" => {}
            "tool_use" => calls.push(block.call(&path)?),
            _ => content.push_str(&block.text(&path)?),
        }
    }
    if calls.is_empty() {
        return say(Role::Assistant, content, messages);
    }
    messages.push(ChatMessage::Calls { content, calls });
    Ok(())
}

fn say(role: Role, content: String, messages: &mut Vec<ChatMessage>) -> Result<(), String> {
    messages.push(ChatMessage::text(role, content));
    Ok(())
}

/// What is nothing but text.
pub(super) fn text_of(content: TextOr<ContentBlock>, path: &str) -> Result<String, String> {
    let blocks = match content {
        TextOr::Text(text) => return Ok(text),
        TextOr::Parts(blocks) => blocks,
    };
    let texts = blocks.into_iter().enumerate().map(|(at, block)| block.text(&format!("{path}[{at}]")));
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n"))
}

impl ContentBlock {
    fn text(self, path: &str) -> Result<String, String> {
        if self.kind != "text" {
            return Err(format!("{path}: blocks of type `{}` are not supported here", self.kind));
        }
        self.text.ok_or_else(|| format!("{path}.text: missing"))
    }

    fn call(self, path: &str) -> Result<ToolCall, String> {
        let arguments = self.input.map_or_else(|| "{}".to_owned(), |input| input.get().to_owned());
        if !arguments.starts_with('{') {
            return Err(format!("{path}.input: an object"));
        }
        Ok(ToolCall {
            id: self.id.ok_or_else(|| format!("{path}.id: missing"))?,
            name: self.name.ok_or_else(|| format!("{path}.name: missing"))?,
            arguments,
        })
    }

    fn result(self, path: &str) -> Result<ChatMessage, String> {
        let call_id = self.tool_use_id.ok_or_else(|| format!("{path}.tool_use_id: missing"))?;
        let content = self.content.map(|content| text_of(content, &format!("{path}.content")));
        let content = content.transpose()?.unwrap_or_default();
        // Models have no other place for it.
        let content = if self.is_error.unwrap_or(false) { format!("Error: {content}") } else { content };
        Ok(ChatMessage::Result { call_id, content })
    }
}
