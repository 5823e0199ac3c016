//! A question as it comes, in whichever dialect.

use catalog::Dialect;
use serde_json::Value;

use crate::words::{hash, tokens_of};

/// What was asked, as far as it matters to whoever plays the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// In whose words.
    pub dialect: Dialect,
    /// The model's name.
    pub model: String,
    /// Piece by piece.
    pub is_streamed: bool,
    /// What the conversation says, as a number.
    pub text: u64,
    /// Tokens of the conversation.
    pub tokens: u64,
    /// The tools that are offered: names and schemas of their arguments.
    pub tools: Vec<(String, Value)>,
    /// The last thing said is what a tool answered.
    pub is_after_result: bool,
    /// The schema of the answer.
    pub schema: Option<Value>,
    /// The most tokens of the answer.
    pub limit: Option<u32>,
    /// Usage in the stream was asked for.
    pub wants_usage: bool,
}

/// Why a question is none, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoQuestion(pub String);

/// Where the conversation stands in a body, and what else is there, by dialect.
struct Places {
    conversation: &'static [&'static str],
    limits: &'static [&'static str],
    schemas: &'static [&'static str],
}

fn places(dialect: Dialect) -> Places {
    match dialect {
        Dialect::ChatCompletions => Places {
            conversation: &["/messages"],
            limits: &["/max_completion_tokens", "/max_tokens"],
            schemas: &["/response_format/json_schema/schema"],
        },
        Dialect::Responses => Places {
            conversation: &["/instructions", "/input"],
            limits: &["/max_output_tokens"],
            schemas: &["/text/format/schema"],
        },
        Dialect::Messages => Places {
            conversation: &["/system", "/messages"],
            limits: &["/max_tokens"],
            schemas: &["/output_config/format/schema"],
        },
        Dialect::GenerateContent => Places {
            conversation: &["/systemInstruction", "/contents"],
            limits: &["/generationConfig/maxOutputTokens"],
            schemas: &["/generationConfig/responseJsonSchema", "/generationConfig/responseSchema"],
        },
    }
}

impl Asked {
    /// Reads the body of a question. Where the dialect says the model and the delivery in the path, `path` has them.
    ///
    /// # Errors
    /// When something is missing that the vendor would miss.
    pub fn read(dialect: Dialect, path: Option<(&str, bool)>, body: &Value) -> Result<Self, NoQuestion> {
        let places = places(dialect);
        let at = |pointers: &[&str]| pointers.iter().find_map(|pointer| body.pointer(pointer));
        let named = body.get("model").and_then(Value::as_str).map(|model| (model, is_true(body, "/stream")));
        let (model, is_streamed) =
            path.or(named).ok_or_else(|| NoQuestion("you must provide a model parameter".to_owned()))?;
        let mut said = Said::default();
        for pointer in places.conversation {
            body.pointer(pointer).into_iter().for_each(|part| said.add(part));
        }
        let limit = at(places.limits).and_then(Value::as_u64).and_then(|limit| u32::try_from(limit).ok());
        check(dialect, body, is_streamed, limit)?;
        Ok(Self {
            dialect,
            model: model.to_owned(),
            is_streamed,
            text: said.sum,
            tokens: tokens_of(said.bytes).max(1),
            tools: tools(dialect, body),
            is_after_result: is_after_result(dialect, body),
            schema: at(places.schemas).cloned(),
            limit,
            wants_usage: is_true(body, "/stream_options/include_usage"),
        })
    }
}

impl Asked {
    /// Reads what is no conversation: texts that stand in these fields.
    pub(crate) fn of_texts(
        dialect: Dialect,
        path: Option<(&str, bool)>,
        body: &Value,
        fields: &[&str],
    ) -> Result<Self, NoQuestion> {
        let named = body.get("model").and_then(Value::as_str);
        let model = path.map(|(model, _)| model).or(named);
        let model = model.ok_or_else(|| NoQuestion("you must provide a model parameter".to_owned()))?;
        let mut said = Said::default();
        fields.iter().filter_map(|field| body.get(*field)).for_each(|part| said.add(part));
        if said.bytes == 0 {
            return Err(NoQuestion(format!("one of {} is required", fields.join(", "))));
        }
        Ok(Self {
            dialect,
            model: model.to_owned(),
            is_streamed: false,
            text: said.sum,
            tokens: tokens_of(said.bytes),
            tools: Vec::new(),
            is_after_result: false,
            schema: None,
            limit: None,
            wants_usage: true,
        })
    }
}

fn is_true(body: &Value, pointer: &str) -> bool {
    body.pointer(pointer).and_then(Value::as_bool) == Some(true)
}

/// What vendors insist on.
fn check(dialect: Dialect, body: &Value, is_streamed: bool, limit: Option<u32>) -> Result<(), NoQuestion> {
    let problem = |sentence: &str| Err(NoQuestion(sentence.to_owned()));
    let list = match dialect {
        Dialect::ChatCompletions | Dialect::Messages => "messages",
        Dialect::Responses => "input",
        Dialect::GenerateContent => "contents",
    };
    let conversation = body.get(list);
    let is_said = match conversation {
        Some(Value::Array(entries)) => !entries.is_empty(),
        Some(Value::String(text)) => dialect == Dialect::Responses && !text.is_empty(),
        _ => false,
    };
    if !is_said {
        return Err(NoQuestion(format!("{list}: at least one entry is required")));
    }
    if dialect == Dialect::Messages && limit.is_none() {
        return problem("max_tokens: Field required");
    }
    if limit == Some(0) {
        return problem("the most tokens of an answer must be at least 1");
    }
    if !is_streamed && body.get("stream_options").is_some_and(|options| !options.is_null()) {
        return problem("The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    }
    let entries = conversation.and_then(Value::as_array).into_iter().flatten();
    let known: &[&str] = match dialect {
        Dialect::ChatCompletions => &["system", "developer", "user", "assistant", "tool"],
        Dialect::Responses => &["system", "developer", "user", "assistant"],
        Dialect::Messages => &["user", "assistant"],
        Dialect::GenerateContent => &["user", "model"],
    };
    for (at, entry) in entries.enumerate() {
        let role = entry.get("role").and_then(Value::as_str);
        let may_lack = matches!(dialect, Dialect::Responses | Dialect::GenerateContent);
        if !role.map_or(may_lack, |role| known.contains(&role)) {
            return Err(NoQuestion(format!("{list}.{at}.role: one of {} is required", known.join(", "))));
        }
    }
    Ok(())
}

/// Texts of a conversation, wherever they stand in it: all strings but what names things.
#[derive(Default)]
struct Said {
    sum: u64,
    bytes: usize,
}

impl Said {
    fn add(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                self.sum = hash(self.sum, text.as_bytes());
                self.bytes = self.bytes.saturating_add(text.len());
            }
            Value::Array(items) => items.iter().for_each(|item| match item {
                // Tokens instead of their text.
                Value::Number(number) => self.add(&Value::String(number.to_string())),
                item => self.add(item),
            }),
            Value::Object(fields) => {
                let names = ["role", "type", "id", "call_id", "tool_call_id", "tool_use_id", "cache_control"];
                let told = fields.iter().filter(|(name, _)| !names.contains(&name.as_str()));
                told.for_each(|(_, value)| self.add(value));
            }
            _ => {}
        }
    }
}

fn tools(dialect: Dialect, body: &Value) -> Vec<(String, Value)> {
    let offered = body.get("tools").and_then(Value::as_array).into_iter().flatten();
    let (inner, schemas): (&str, &[&str]) = match dialect {
        Dialect::ChatCompletions => ("/function", &["parameters"]),
        Dialect::Responses => ("", &["parameters"]),
        Dialect::Messages => ("", &["input_schema"]),
        Dialect::GenerateContent => ("/functionDeclarations", &["parametersJsonSchema", "parameters"]),
    };
    let listed = offered.filter_map(|tool| tool.pointer(inner));
    let listed = listed.flat_map(|tool| tool.as_array().map_or(std::slice::from_ref(tool), Vec::as_slice));
    let named = listed.filter_map(|tool| {
        let schema = schemas.iter().find_map(|field| tool.get(field)).cloned().unwrap_or(Value::Null);
        Some((tool.get("name")?.as_str()?.to_owned(), schema))
    });
    named.collect()
}

fn is_after_result(dialect: Dialect, body: &Value) -> bool {
    let last = |list: &str| body.get(list).and_then(Value::as_array).and_then(|entries| entries.last());
    let is = |value: Option<&Value>, word: &str| value.and_then(Value::as_str) == Some(word);
    let has = |entry: &Value, list: &str, test: &dyn Fn(&Value) -> bool| {
        entry.get(list).and_then(Value::as_array).is_some_and(|parts| parts.iter().any(test))
    };
    match dialect {
        Dialect::ChatCompletions => last("messages").is_some_and(|entry| is(entry.get("role"), "tool")),
        Dialect::Responses => {
            last("input").is_some_and(|entry| is(entry.get("type"), "function_call_output"))
        }
        Dialect::Messages => last("messages")
            .is_some_and(|entry| has(entry, "content", &|part| is(part.get("type"), "tool_result"))),
        Dialect::GenerateContent => last("contents")
            .is_some_and(|entry| has(entry, "parts", &|part| part.get("functionResponse").is_some())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn chat(body: &Value) -> Result<Asked, NoQuestion> {
        Asked::read(Dialect::ChatCompletions, None, body)
    }

    #[test]
    fn names_of_things_do_not_change_what_was_said() {
        let ask = |id: &str, text: &str| {
            let messages = json!([{"role": "tool", "tool_call_id": id, "content": text}]);
            chat(&json!({"model": "say", "messages": messages})).unwrap()
        };
        assert_eq!(ask("a", "hello"), ask("b", "hello"));
        assert_ne!(ask("a", "hello").text, ask("a", "hallo").text);
        assert!(ask("a", "x").is_after_result);
        assert_eq!(ask("a", "hello").tokens, 2);
    }

    #[test]
    fn tools_are_found_in_every_dialect() {
        let schema = json!({"type": "object"});
        let meant = [("a".to_owned(), schema.clone())];
        let bodies = [
            (
                Dialect::ChatCompletions,
                json!([{"type": "function", "function": {"name": "a", "parameters": schema}}]),
            ),
            (Dialect::Responses, json!([{"type": "function", "name": "a", "parameters": schema}])),
            (Dialect::Messages, json!([{"name": "a", "input_schema": schema}])),
            (
                Dialect::GenerateContent,
                json!([{"functionDeclarations": [{"name": "a", "parametersJsonSchema": schema}]}]),
            ),
        ];
        for (dialect, offered) in bodies {
            assert_eq!(tools(dialect, &json!({"tools": offered})), meant, "{dialect:?}");
        }
    }

    #[test]
    fn what_a_vendor_would_miss_is_missed() {
        let say = |body: Value| chat(&body).unwrap_err().0;
        assert_eq!(say(json!({"messages": []})), "you must provide a model parameter");
        assert_eq!(say(json!({"model": "say"})), "messages: at least one entry is required");
        let entry = json!([{"role": "robot", "content": "x"}]);
        assert!(
            say(json!({"model": "say", "messages": entry})).starts_with("messages.0.role: one of system,")
        );
        let entry = json!([{"role": "user", "content": "x"}]);
        let options = json!({"include_usage": true});
        assert!(
            say(json!({"model": "say", "messages": entry, "stream_options": options}))
                .contains("only allowed")
        );
        let asked = Asked::read(Dialect::Messages, None, &json!({"model": "say", "messages": entry}));
        assert_eq!(asked.unwrap_err().0, "max_tokens: Field required");
    }
}
