//! What is answered, whatever the dialect: the script, played for one question.

use std::borrow::Cow;

use catalog::Dialect;
use serde_json::{Value, json};

use crate::question::Asked;
use crate::script::Script;
use crate::words::{hash, pieces, tokens_of, word, words};

/// Tokens of text where the name says nothing.
const USUAL_TOKENS: u32 = 12;

/// What a model answers to one question.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// What it thinks, token by token.
    pub reasoning: Vec<Cow<'static, str>>,
    /// What it says, token by token.
    pub text: Vec<Cow<'static, str>>,
    /// Its words are a refusal.
    pub is_refusal: bool,
    /// The tools it calls.
    pub calls: Vec<Call>,
    /// Why it ends.
    pub end: End,
    /// What it uses.
    pub account: Account,
}

/// A tool that is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The vendor's name for it.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments in pieces, a token each; the name is one more.
    pub arguments: Vec<Cow<'static, str>>,
}

/// Why an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All is said.
    Stop,
    /// The limit of tokens is met.
    Length,
    /// Tools are called.
    Calls,
    /// The filter ends it.
    Filtered,
    /// A complaint takes the place of the rest.
    Broken,
}

/// Tokens that an answer used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Account {
    /// Of the question, all of them.
    pub input_tokens: u64,
    /// Of these, read from a cache.
    pub cached_tokens: u64,
    /// Of these, written into a cache.
    pub written_tokens: u64,
    /// Of the answer, all of them.
    pub output_tokens: u64,
    /// Of these, thought.
    pub reasoning_tokens: u64,
}

impl Account {
    /// The question's, without an answer.
    pub(crate) fn of_question(script: &Script, asked: &Asked) -> Self {
        let input = script.counts.prompt.unwrap_or(asked.tokens);
        let cached = script.counts.cached.min(input);
        // One dialect has no word for what is written.
        let room = if asked.dialect == Dialect::GenerateContent { 0 } else { input.saturating_sub(cached) };
        let written = script.counts.written.min(room);
        Self { input_tokens: input, cached_tokens: cached, written_tokens: written, ..Self::default() }
    }

    /// Of the question, neither read from a cache nor written into one.
    pub(crate) fn plain_tokens(&self) -> u64 {
        self.input_tokens.saturating_sub(self.cached_tokens).saturating_sub(self.written_tokens)
    }

    /// Without a part of its output.
    pub(crate) fn with_output(self, output_tokens: u64, reasoning_tokens: u64) -> Self {
        Self { output_tokens, reasoning_tokens, ..self }
    }
}

impl Answer {
    /// Plays a script for a question. Faults of the connection are not the answer's.
    pub fn of(script: &Script, asked: &Asked) -> Self {
        let seed = hash(script.content.seed, &asked.text.to_le_bytes());
        let content = &script.content;
        let calls = match &content.calls {
            Some(_) if asked.is_after_result => Vec::new(),
            Some(_) => calls(script, asked, seed),
            None => Vec::new(),
        };
        let usual = if calls.is_empty() { USUAL_TOKENS } else { 0 };
        let mut text = match &content.text {
            Some(text) if calls.is_empty() => pieces(text),
            _ => words(seed, content.say.unwrap_or(usual)),
        };
        if content.is_json && calls.is_empty() {
            text = pieces(&sample(asked.schema.as_ref(), &text.concat(), seed).to_string());
        }
        if content.line > 0 {
            text.push(Cow::Owned("x".repeat(usize::try_from(content.line).unwrap_or(0))));
        }
        let mut answer = Self {
            reasoning: words(seed ^ 1, content.think),
            text,
            is_refusal: content.is_refusal,
            end: if calls.is_empty() { End::Stop } else { End::Calls },
            calls,
            account: Account::default(),
        };
        let ends = [
            (asked.limit.map(|limit| limit.saturating_sub(content.hidden)), End::Length),
            (content.filtered_after, End::Filtered),
            (script.faults.break_after, End::Broken),
        ];
        for (most, end) in ends {
            if let Some(most) = most {
                answer.end_after(most, end);
            }
        }
        let hidden = asked.limit.map_or(content.hidden, |limit| content.hidden.min(limit));
        let reasoning = count(&answer.reasoning).saturating_add(hidden.into());
        let made = answer.calls.iter().map(Call::tokens).sum::<u64>();
        let output = reasoning.saturating_add(count(&answer.text)).saturating_add(made);
        answer.account = Account::of_question(script, asked).with_output(output, reasoning);
        answer
    }

    /// Ends after so many tokens, when there are more. A complaint comes even when there are not.
    fn end_after(&mut self, most: u32, end: End) {
        let mut left = usize::try_from(most).unwrap_or(usize::MAX);
        let mut is_cut = false;
        let mut keep = |pieces: &mut Vec<Cow<'static, str>>| {
            is_cut |= pieces.len() > left;
            pieces.truncate(left);
            left = left.saturating_sub(pieces.len());
            is_cut
        };
        keep(&mut self.reasoning);
        keep(&mut self.text);
        let mut whole = 0;
        for call in &mut self.calls {
            let mut name = vec![Cow::Borrowed("")];
            keep(&mut name);
            if name.is_empty() {
                break;
            }
            whole += 1;
            keep(&mut call.arguments);
        }
        self.calls.truncate(whole);
        if is_cut || end == End::Broken {
            self.end = end;
        }
    }

    /// What it says, in one piece.
    pub fn said(&self) -> String {
        self.text.concat()
    }

    /// What it thinks, in one piece.
    pub fn thought(&self) -> String {
        self.reasoning.concat()
    }
}

impl Call {
    /// Tokens of the call.
    pub fn tokens(&self) -> u64 {
        count(&self.arguments).saturating_add(1)
    }
}

fn count(pieces: &[Cow<'static, str>]) -> u64 {
    // The huge line is a piece of many tokens.
    pieces.iter().map(|piece| if piece.len() > 64 { tokens_of(piece.len()) } else { 1 }).sum()
}

/// Tokens of one piece.
pub(crate) fn tokens(piece: &str) -> u64 {
    if piece.len() > 64 { tokens_of(piece.len()) } else { 1 }
}

fn calls(script: &Script, asked: &Asked, seed: u64) -> Vec<Call> {
    let Some(scripted) = &script.content.calls else { return Vec::new() };
    let offered = match &scripted.name {
        Some(name) => asked.tools.iter().find(|(offered, _)| offered == name),
        None => asked.tools.first(),
    };
    let name =
        scripted.name.clone().or_else(|| Some(offered?.0.clone())).unwrap_or_else(|| "look".to_owned());
    let schema = offered.map(|(_, schema)| schema).filter(|schema| schema.is_object());
    let made = (0..scripted.count).map(|number| {
        let own = hash(seed, &number.to_le_bytes());
        let mut arguments = sample(schema, word(own, 2).trim(), own).to_string();
        if scripted.is_broken {
            arguments.pop();
        }
        Call { id: format!("call_{own:016x}"), name: name.clone(), arguments: pieces(&arguments) }
    });
    made.collect()
}

/// A value that a schema allows, as far as it is a simple one; without a schema an object with the words.
fn sample(schema: Option<&Value>, words: &str, seed: u64) -> Value {
    match schema {
        Some(schema) => value_of(schema, words, seed, 0),
        None => json!({"words": words, "number": seed % 1_000}),
    }
}

/// Schemas are not followed deeper.
const DEEPEST: u32 = 16;

fn value_of(schema: &Value, words: &str, seed: u64, depth: u32) -> Value {
    let first = |field: &str| schema.get(field).and_then(Value::as_array).and_then(|all| all.first());
    if let Some(value) = schema.get("const").or_else(|| first("enum")) {
        return value.clone();
    }
    if let Some(inner) = first("anyOf").or_else(|| first("oneOf")).filter(|_| depth < DEEPEST) {
        return value_of(inner, words, seed, depth.saturating_add(1));
    }
    let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
    let least = schema.get("minimum").and_then(Value::as_u64).unwrap_or(0);
    match kind.unwrap_or("object").to_lowercase().as_str() {
        "string" => json!(words),
        "integer" | "number" => json!(least.max(seed % 100)),
        "boolean" => json!(seed.is_multiple_of(2)),
        "null" => Value::Null,
        "array" => match schema.get("items").filter(|_| depth < DEEPEST) {
            Some(items) => json!([value_of(items, words, seed, depth.saturating_add(1))]),
            None => json!([]),
        },
        _ if depth >= DEEPEST => json!({}),
        _ => {
            let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
            let filled = fields.map(|(name, inner)| {
                let own = hash(seed, name.as_bytes());
                (name.clone(), value_of(inner, words, own, depth.saturating_add(1)))
            });
            Value::Object(filled.collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn play(model: &str, extra: &Value) -> Answer {
        let mut body =
            json!({"model": model, "messages": [{"role": "user", "content": "Which lane is this?"}]});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        Answer::of(
            &Script::read(model).unwrap(),
            &Asked::read(Dialect::ChatCompletions, None, &body).unwrap(),
        )
    }

    #[test]
    fn every_piece_is_a_token_and_the_same_question_gets_the_same() {
        let answer = play("say-40.think-3.hidden-5.prompt-100.cached-64.written-90", &json!({}));
        assert_eq!((answer.text.len(), answer.reasoning.len(), answer.end), (40, 3, End::Stop));
        let account = Account {
            input_tokens: 100,
            cached_tokens: 64,
            written_tokens: 36,
            output_tokens: 48,
            reasoning_tokens: 8,
        };
        assert_eq!(answer.account, account);
        assert_eq!(play("say-40.tps-3.cut-4", &json!({})).text, answer.text);
        assert_ne!(play("say-40.seed-2", &json!({})).text, answer.text);
    }

    #[test]
    fn the_limit_goes_through_everything() {
        let of = |model: &str, most: u32| play(model, &json!({"max_tokens": most}));
        let answer = of("say-4.think-3.hidden-2", 6);
        assert_eq!((answer.reasoning.len(), answer.text.len(), answer.end), (3, 1, End::Length));
        assert_eq!((answer.account.output_tokens, answer.account.reasoning_tokens), (6, 5));
        let answer = of("say-4", 4);
        assert_eq!((answer.text.len(), answer.end), (4, End::Stop));
        let answer = of("calls-2", 3);
        assert_eq!((answer.calls.len(), answer.calls[0].arguments.len(), answer.end), (1, 2, End::Length));
        assert_eq!(answer.account.output_tokens, 3);
        let answer = play("say-4.break-2", &json!({}));
        assert_eq!((answer.text.len(), answer.end, answer.account.output_tokens), (2, End::Broken, 2));
        assert_eq!(play("say-4.break-9", &json!({})).end, End::Broken);
        assert_eq!(play("say-4.filter-2", &json!({})).end, End::Filtered);
    }

    #[test]
    fn arguments_fit_the_schema_of_the_tool() {
        let parameters = json!({"type": "object", "properties": {
            "city": {"type": "string"}, "days": {"type": "integer", "minimum": 200}, "unit": {"enum": ["c", "f"]},
            "hours": {"type": "array", "items": {"type": ["boolean", "null"]}},
        }});
        let tools = json!([
            {"type": "function", "function": {"name": "now"}},
            {"type": "function", "function": {"name": "weather", "parameters": parameters}},
        ]);
        let answer = play("call-weather.calls-2", &json!({"tools": tools}));
        assert_eq!((answer.calls.len(), answer.text.len(), answer.end), (2, 0, End::Calls));
        let arguments: Value = serde_json::from_str(&answer.calls[0].arguments.concat()).unwrap();
        assert_eq!((&arguments["days"], &arguments["unit"]), (&json!(200), &json!("c")));
        assert!(arguments["city"].is_string() && arguments["hours"][0].is_boolean());
        assert_ne!(answer.calls[0].id, answer.calls[1].id);
        assert_eq!(play("call", &json!({"tools": tools})).calls[0].name, "now");
        let broken = play("call.badargs", &json!({"tools": tools})).calls[0].arguments.concat();
        assert!(serde_json::from_str::<Value>(&broken).is_err());
    }

    #[test]
    fn whoever_was_told_what_a_tool_answered_says_something() {
        let messages = json!([{"role": "tool", "tool_call_id": "a", "content": "Rain."}]);
        let answer = play("call-weather", &json!({"messages": messages}));
        assert_eq!((answer.calls.len(), answer.text.len(), answer.end), (0, 12, End::Stop));
    }

    #[test]
    fn json_is_json() {
        let answer = play("say-3.json", &json!({}));
        let said: Value = serde_json::from_str(&answer.said()).unwrap();
        assert!(said["words"].is_string());
        assert_eq!(usize::try_from(answer.account.output_tokens).unwrap(), answer.text.len());
        let schema = json!({"type": "object", "properties": {"ok": {"const": true}}});
        let format = json!({"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}});
        assert_eq!(play("json", &format).said(), "{\"ok\":true}");
    }
}
