//! How a conversation with tools is told to a model's chat template.

use std::collections::HashMap;

use llama_cpp_4::chat::{ChatApplyParams, ChatTemplates, ToolChoice as LibraryChoice};
use ports::{ChatMessage, Effort, Reasoning, Tool, ToolChoice, Tools};
use schema::Json;
use serde_json::{Value, json};
use speech::marked::{self, CLOSE, OPEN};
use wire::Role;

use crate::protocol::Generate;

/// What a model is taught that does not know tools.
const TAUGHT: &str = include_str!("taught.txt");
/// Where the tools stand in it.
const PLACE: &str = "{tools}";
/// Around what a tool answered, for such a model.
const ANSWERED: [&str; 2] = ["<tool_response>", "</tool_response>"];

/// How a template has tools called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::worker) enum Style {
    /// Between marks.
    Marked,
    /// Not at all: we say it in words, and then between marks.
    Taught,
    /// In a form of its own, which the library reads.
    Library,
}

impl Style {
    /// Finds it out by an example.
    pub(in crate::worker) fn of(templates: &ChatTemplates) -> Self {
        let capabilities: Value =
            serde_json::from_str(&templates.caps_json().unwrap_or_default()).unwrap_or_default();
        let can = |what: &str| capabilities.get(what).and_then(Value::as_bool).unwrap_or(false);
        if !can("supports_tools") || !can("supports_tool_calls") {
            return Self::Taught;
        }
        match templates.apply(&example()) {
            Ok(applied) if is_marked(&applied.prompt) => Self::Marked,
            Ok(_) => Self::Library,
            Err(_) => Self::Taught,
        }
    }
}

/// A conversation in which a tool was called.
fn example() -> ChatApplyParams {
    let messages = json!([
        {"role": "user", "content": "?"},
        {"role": "assistant", "content": "", "tool_calls": [
            {"id": "call00001", "type": "function", "function": {"name": "look_up", "arguments": "{\"word\":\"a\"}"}}]},
        {"role": "tool", "tool_call_id": "call00001", "name": "look_up", "content": "a letter"},
    ]);
    let tool = json!([{"type": "function", "function": {"name": "look_up", "description": "Looks a word up.",
        "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}}}]);
    ChatApplyParams::new(messages.to_string())
        .with_tools(tool.to_string())
        .with_tool_choice(LibraryChoice::None)
}

fn is_marked(prompt: &str) -> bool {
    let call = prompt.rsplit_once(OPEN).and_then(|(_, rest)| rest.split_once(CLOSE));
    let parsed = call.and_then(|(inside, _)| marked::read(&format!("{OPEN}{inside}{CLOSE}"), &[], false));
    parsed.is_some_and(|parsed| {
        parsed.calls.iter().any(|call| {
            let arguments: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
            call.name == "look_up" && arguments == json!({"word": "a"})
        })
    })
}

/// What a template is to render.
#[derive(Clone, Copy, Debug)]
pub(in crate::worker) struct Conversation<'a> {
    pub(in crate::worker) messages: &'a [ChatMessage],
    pub(in crate::worker) tools: &'a Tools,
    /// What the answer must match.
    pub(in crate::worker) schema: Option<&'a str>,
    pub(in crate::worker) reasoning: Reasoning,
    /// Whether the part belongs to it that asks for an answer.
    pub(in crate::worker) asks: bool,
}

impl<'a> Conversation<'a> {
    /// All that was asked.
    pub(in crate::worker) fn of(generate: &'a Generate) -> Self {
        let Generate { messages, tools, schema, reasoning, .. } = generate;
        Self { messages, tools, schema: schema.as_deref(), reasoning: *reasoning, asks: true }
    }

    /// What the template is given.
    pub(in crate::worker) fn params(&self, style: Style) -> ChatApplyParams {
        let params = self
            .with_tools(style)
            .with_add_generation_prompt(self.asks)
            .with_enable_thinking(self.reasoning.tokens() != Some(0));
        // Some templates tell it to their models, the others do not look at it.
        let params = match self.reasoning.effort.map(effort_word) {
            // The library takes each value as a text of JSON.
            Some(word) => {
                let value = Value::from(word).to_string();
                params.with_template_kwargs(json!({"reasoning_effort": value}).to_string())
            }
            None => params,
        };
        match self.schema.filter(|_| self.tools.is_none()) {
            Some(schema) => params.with_json_schema(schema),
            None => params,
        }
    }

    fn with_tools(&self, style: Style) -> ChatApplyParams {
        let tools = self.tools;
        if style == Style::Taught {
            return ChatApplyParams::new(messages_json(&taught(self.messages, tools)));
        }
        let params = ChatApplyParams::new(messages_json(self.messages));
        if tools.is_none() {
            return params;
        }
        // The library has no choice of one tool: it is the only one there is then, and must be called.
        let is_offered = |tool: &&Tool| match (&tools.choice, style) {
            (ToolChoice::Named(name), Style::Library) => tool.name == *name,
            _ => true,
        };
        let choice = match (&tools.choice, style) {
            (_, Style::Marked | Style::Taught) | (ToolChoice::None, _) => LibraryChoice::None,
            (ToolChoice::Auto, _) => LibraryChoice::Auto,
            (ToolChoice::Required | ToolChoice::Named(_), _) => LibraryChoice::Required,
        };
        let offered: Vec<Json> = tools.offered.iter().filter(is_offered).map(tool_json).collect();
        params
            .with_tools(Json::List(offered).to_string())
            .with_tool_choice(choice)
            .with_parallel_tool_calls(tools.parallel)
    }
}

/// The words that models were trained with.
fn effort_word(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

/// The conversation in the form of the library.
fn messages_json(messages: &[ChatMessage]) -> String {
    let mut names = HashMap::new();
    let mut out = Vec::with_capacity(messages.len());
    for message in messages {
        out.push(match message {
            ChatMessage::Text { role, content } => json!({"role": role, "content": without_nul(content)}),
            ChatMessage::Calls { content, calls } => {
                names.extend(calls.iter().map(|call| (call.id.as_str(), call.name.as_str())));
                let calls: Vec<Value> = calls
                    .iter()
                    .map(|call| {
                        let function = json!({"name": call.name, "arguments": without_nul(&call.arguments)});
                        json!({"id": call.id, "type": "function", "function": function})
                    })
                    .collect();
                json!({"role": "assistant", "content": without_nul(content), "tool_calls": calls})
            }
            ChatMessage::Result { call_id, content } => {
                let name = names.get(call_id.as_str()).copied().unwrap_or_default();
                json!({"role": "tool", "tool_call_id": call_id, "name": name, "content": without_nul(content)})
            }
        });
    }
    Value::Array(out).to_string()
}

/// C strings end at a zero.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn tool_json(tool: &Tool) -> Json {
    Json::Object(vec![("type".to_owned(), Json::text("function")), ("function".to_owned(), described(tool))])
}

fn described(tool: &Tool) -> Json {
    let parameters = serde_json::from_str(&tool.parameters).unwrap_or(Json::Null);
    Json::Object(vec![
        ("name".to_owned(), Json::text(&tool.name)),
        ("description".to_owned(), Json::Text(without_nul(&tool.description))),
        ("parameters".to_owned(), parameters),
    ])
}

/// The conversation in nothing but words.
fn taught(messages: &[ChatMessage], tools: &Tools) -> Vec<ChatMessage> {
    let mut out: Vec<ChatMessage> = Vec::with_capacity(messages.len() + 1);
    for message in messages {
        let said = match message {
            ChatMessage::Text { .. } => message.clone(),
            ChatMessage::Calls { content, calls } => {
                let calls = calls.iter().map(|call| {
                    let name = Json::text(&call.name);
                    format!("{OPEN}\n{{\"name\": {name}, \"arguments\": {}}}\n{CLOSE}", call.arguments)
                });
                let parts =
                    std::iter::once(content.clone()).filter(|content| !content.is_empty()).chain(calls);
                ChatMessage::text(Role::Assistant, parts.collect::<Vec<_>>().join("\n"))
            }
            ChatMessage::Result { content, .. } => {
                let [open, close] = ANSWERED;
                let said = format!("{open}\n{content}\n{close}");
                // Several results are one message: templates want the speakers to take turns.
                match out.last_mut() {
                    Some(ChatMessage::Text { role: Role::User, content }) if content.ends_with(close) => {
                        content.push('\n');
                        content.push_str(&said);
                        continue;
                    }
                    _ => ChatMessage::text(Role::User, said),
                }
            }
        };
        out.push(said);
    }
    if !tools.is_none() {
        teach(&mut out, tools);
    }
    out
}

fn teach(messages: &mut Vec<ChatMessage>, tools: &Tools) {
    let lines: Vec<String> = tools.offered.iter().map(|tool| described(tool).to_string()).collect();
    let lesson = TAUGHT.replace(PLACE, &lines.join("\n"));
    match messages.first_mut() {
        Some(ChatMessage::Text { role: Role::System, content }) => {
            content.push_str("\n\n");
            content.push_str(lesson.trim_end());
        }
        _ => messages.insert(0, ChatMessage::text(Role::System, lesson.trim_end())),
    }
}

#[cfg(test)]
mod tests {
    use ports::ToolCall;

    use super::*;

    fn conversation() -> Vec<ChatMessage> {
        let call = |id: &str| ToolCall {
            id: id.to_owned(),
            name: "weather".to_owned(),
            arguments: r#"{"city":"Oslo"}"#.to_owned(),
        };
        let result = |id: &str, content: &str| ChatMessage::Result {
            call_id: id.to_owned(),
            content: content.to_owned(),
        };
        vec![
            ChatMessage::text(Role::User, "a\0b"),
            ChatMessage::Calls { content: "Let me see.".to_owned(), calls: vec![call("1"), call("2")] },
            result("1", "sun"),
            result("2", "rain"),
        ]
    }

    fn tools() -> Tools {
        let weather = Tool {
            name: "weather".to_owned(),
            description: "The weather.".to_owned(),
            parameters: r#"{"type":"object","properties":{"z":{},"a":{}}}"#.to_owned(),
            strict: false,
        };
        Tools { offered: vec![weather], ..Tools::default() }
    }

    #[test]
    fn a_template_that_knows_tools_gets_the_library_s_form() {
        let json: Value = serde_json::from_str(&messages_json(&conversation())).unwrap();
        assert_eq!(json[0], json!({"role": "user", "content": "a\u{fffd}b"}));
        assert_eq!(json[1]["tool_calls"][1]["function"]["arguments"], r#"{"city":"Oslo"}"#);
        assert_eq!(
            json[3],
            json!({"role": "tool", "tool_call_id": "2", "name": "weather", "content": "rain"})
        );
    }

    #[test]
    fn a_template_that_does_not_is_told_in_words() {
        let told = taught(&conversation(), &tools());
        let lines: Vec<&str> = told.iter().map(ChatMessage::content).collect();
        assert!(lines[0].contains(r#"{"name":"weather","description":"The weather.","parameters":{"type":"object","properties":{"z":{},"a":{}}}}"#));
        assert!(!lines[0].contains(PLACE));
        let call = "<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\":\"Oslo\"}}\n</tool_call>";
        assert_eq!(lines[2], format!("Let me see.\n{call}\n{call}"));
        assert_eq!(
            lines[3],
            "<tool_response>\nsun\n</tool_response>\n<tool_response>\nrain\n</tool_response>"
        );
        assert_eq!(lines.len(), 4);
        let again = marked::read(lines[2], &[], false).unwrap();
        assert_eq!(again.calls.len(), 2, "what is taught is what is read");
    }

    #[test]
    fn a_system_message_keeps_its_place_before_the_lesson() {
        let mut messages = vec![ChatMessage::text(Role::System, "Be kind.")];
        teach(&mut messages, &tools());
        assert!(messages[0].content().starts_with("Be kind.\n\n# Tools"));
        assert_eq!(messages.len(), 1);
        let plain = taught(&[ChatMessage::text(Role::User, "x")], &Tools::default());
        assert_eq!(plain, [ChatMessage::text(Role::User, "x")]);
    }

    #[test]
    fn an_example_tells_whether_calls_stand_between_marks() {
        assert!(is_marked(
            "x <tool_call>\n{\"name\": \"look_up\", \"arguments\": {\"word\": \"a\"}}\n</tool_call>"
        ));
        assert!(!is_marked("<tool_call>{\"name\": <name>, \"arguments\": <args>}</tool_call>"));
        assert!(!is_marked(
            "<tool_call>\n<function=look_up>\n<parameter=word>\na\n</parameter>\n</function>\n</tool_call>"
        ));
        assert!(!is_marked("[TOOL_CALLS][{\"name\": \"look_up\", \"arguments\": {\"word\": \"a\"}}]"));
    }
}
