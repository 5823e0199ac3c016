//! Lines of a conversation in the words of models.

use agent::Line;
use ports::{ChatMessage, ToolCall};
use wire::Role;

/// What a model is told.
pub fn messages(lines: impl IntoIterator<Item = Line>) -> Vec<ChatMessage> {
    lines.into_iter().map(message).collect()
}

/// What a model is told that may call nothing more: what calls came to as plain words, with the wish for an answer. A small model
/// that sees calls before it writes another one, even where none is offered to it.
pub fn closing(said: &[Line]) -> Vec<ChatMessage> {
    let mut words = String::new();
    for line in said {
        match line {
            Line::Text { text, .. } => words.push_str(&format!("{text}\n")),
            Line::Calls { .. } => {}
            Line::Result { call_id, text } => {
                let calls = said.iter().filter_map(|line| match line {
                    Line::Calls { calls, .. } => calls.iter().find(|call| call.id == *call_id),
                    Line::Text { .. } | Line::Result { .. } => None,
                });
                for call in calls.take(1) {
                    words.push_str(&format!("{} {}\n", call.tool, call.arguments));
                }
                words.push_str(&format!("{text}\n\n"));
            }
        }
    }
    if words.is_empty() {
        return Vec::new();
    }
    let wish = format!("[Results of tools]\n{words}Answer my question in words with these results.");
    vec![ChatMessage::text(Role::User, wish)]
}

fn message(line: Line) -> ChatMessage {
    match line {
        Line::Text { role, text } => ChatMessage::text(role, text),
        Line::Calls { text, calls } => {
            let call =
                |call: agent::LineCall| ToolCall { id: call.id, name: call.tool, arguments: call.arguments };
            ChatMessage::Calls { content: text, calls: calls.into_iter().map(call).collect() }
        }
        Line::Result { call_id, text } => ChatMessage::Result { call_id, content: text },
    }
}

#[cfg(test)]
mod tests {
    use agent::LineCall;

    use super::*;

    #[test]
    fn whoever_has_to_answer_reads_results_and_no_calls() {
        let call = LineCall { id: "a".to_owned(), tool: "add".to_owned(), arguments: "{\"b\":1}".to_owned() };
        let said = [
            Line::Calls { text: "Let me see.".to_owned(), calls: vec![call] },
            Line::Result { call_id: "a".to_owned(), text: "2".to_owned() },
        ];
        let wish = "[Results of tools]\nadd {\"b\":1}\n2\n\nAnswer my question in words with these results.";
        assert_eq!(closing(&said), [ChatMessage::text(Role::User, wish)]);
        assert_eq!(closing(&[]), []);
    }
}
