//! Reading answers that were kept, and what was asked for them.

use ports::{ChatMessage, ToolCall};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wire::{ErrorCode, Role};

use super::input::{InputItem, add_input};
use super::{Responses, Said};
use crate::Question;
use crate::read::{TextOr, read};

/// An answer that another one goes on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier<'a> {
    /// The request.
    pub asked: &'a str,
    /// The document that it came to.
    pub told: &'a str,
}

/// In which order items are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The oldest first.
    Ascending,
    /// The newest first.
    #[default]
    Descending,
}

/// A stretch of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    /// In this order.
    pub order: Order,
    /// No more than these; all of them when absent.
    pub limit: Option<usize>,
    /// Only what comes after the item with this id.
    pub after: Option<String>,
}

#[derive(Deserialize)]
struct Asked {
    input: TextOr<InputItem>,
}

#[derive(Deserialize)]
struct Told {
    #[serde(default)]
    output: Vec<InputItem>,
}

impl Responses {
    /// Puts earlier questions and answers before a question, the first one at the front. Its own instructions stay before
    /// all of it; those of earlier questions were for them alone.
    ///
    /// # Errors
    /// What of the earlier ones cannot be read.
    pub fn go_on(question: &mut Question, said: &Said, earlier: &[Earlier<'_>]) -> Result<(), String> {
        let mut messages = Vec::new();
        for Earlier { asked, told } in earlier {
            let asked: Asked = read(asked.as_bytes())?;
            let told: Told = read(told.as_bytes())?;
            add_input(asked.input, &mut messages)?;
            add_input(TextOr::Parts(told.output), &mut messages)?;
        }
        drop_unanswered(&mut messages, &question.messages);
        let own = question.messages.split_off(usize::from(said.has_instructions()));
        question.messages.extend(messages);
        question.messages.extend(own);
        Ok(())
    }

    /// The document of an answer whose writer is gone: it failed.
    pub fn abandoned(told: &str) -> String {
        let Ok(Value::Object(mut document)) = serde_json::from_str(told) else { return told.to_owned() };
        let message = "The server stopped while this answer was being written; ask again.";
        document.insert("status".to_owned(), json!("failed"));
        document.insert("error".to_owned(), json!({"code": ErrorCode::Interrupted, "message": message}));
        Value::Object(document).to_string()
    }

    /// Whether the document is of an answer that was asked for in the background.
    pub fn is_of_background(told: &str) -> bool {
        serde_json::from_str::<Value>(told)
            .is_ok_and(|document| document.get("background") == Some(&json!(true)))
    }

    /// What is answered when an answer was deleted.
    pub fn deleted(id: &str) -> String {
        json!({"id": id, "object": "response", "deleted": true}).to_string()
    }

    /// What was asked for an answer, item by item.
    pub fn input_items(asked: &str, id: &str, stretch: &Stretch) -> String {
        let document: Value = serde_json::from_str(asked).unwrap_or_default();
        let mut items: Vec<Value> = match document.get("input") {
            Some(Value::String(text)) => vec![json!({"type": "message", "role": "user", "content": text})],
            Some(Value::Array(items)) => items.clone(),
            _ => Vec::new(),
        };
        for (at, item) in items.iter_mut().enumerate() {
            if let Value::Object(item) = item {
                name(item, id, at);
            }
        }
        if stretch.order == Order::Descending {
            items.reverse();
        }
        let is_after = |item: &Value| item.get("id").and_then(Value::as_str) == stretch.after.as_deref();
        if stretch.after.is_some() {
            let past = items.iter().position(is_after).map_or(items.len(), |at| at + 1);
            items.drain(..past);
        }
        let most = stretch.limit.unwrap_or(usize::MAX);
        let has_more = items.len() > most;
        items.truncate(most);
        let edge = |item: Option<&Value>| item.and_then(|item| item.get("id")).cloned();
        let (first, last) = (edge(items.first()), edge(items.last()));
        json!({"object": "list", "data": items, "first_id": first, "last_id": last, "has_more": has_more})
            .to_string()
    }
}

impl Said {
    fn has_instructions(&self) -> bool {
        self.0.instructions.as_ref().is_some_and(|instructions| instructions.get() != "null")
    }
}

/// Gives an item what programs may have left out: its type, its id, and parts instead of one text.
fn name(item: &mut Map<String, Value>, id: &str, at: usize) {
    item.entry("type").or_insert_with(|| json!("message"));
    item.entry("id").or_insert_with(|| json!(format!("in_{id}_{at}")));
    if item.get("type") == Some(&json!("message")) {
        item.entry("status").or_insert_with(|| json!("completed"));
        let part = if item.get("role").is_some_and(|role| role == "assistant") {
            "output_text"
        } else {
            "input_text"
        };
        if let Some(text) = item.get("content").and_then(Value::as_str) {
            let parts = json!([{"type": part, "text": text}]);
            item.insert("content".to_owned(), parts);
        }
    }
}

/// Takes calls away that nobody answers, neither earlier nor now: an answer that was cut may end with some, and models take
/// a call only with its result.
fn drop_unanswered(messages: &mut Vec<ChatMessage>, now: &[ChatMessage]) {
    let results = |message: &ChatMessage| match message {
        ChatMessage::Result { call_id, .. } => Some(call_id.clone()),
        _ => None,
    };
    let answered: Vec<String> = messages.iter().chain(now).filter_map(results).collect();
    for message in messages.iter_mut() {
        let ChatMessage::Calls { content, calls } = message else { continue };
        calls.retain(|call: &ToolCall| answered.contains(&call.id));
        if calls.is_empty() {
            *message = ChatMessage::text(Role::Assistant, std::mem::take(content));
        }
    }
    messages.retain(|message| !matches!(message, ChatMessage::Text { role: Role::Assistant, content } if content.is_empty()));
}
