//! The question.

use catalog::{CacheMarks, Forms, Quirks, ReasoningBack, ToolForce, UsageInStream};
use ports::{AnswerForm, ChatMessage, PortError, Sampling, Tool, ToolCall, ToolChoice};
use wire::Role;

use super::reasoning;
use crate::common::{Body, schema};
use crate::json::{Json, Object, decimal};
use crate::question::cannot;
use crate::{Call, Keepsake, Question};

/// Writes a question down. What changes least stands first: the model, its tools, the conversation.
pub(crate) fn encode(quirks: &Quirks, question: &Question<'_>) -> Result<Call, PortError> {
    let request = question.request;
    let mut body = Body::new(quirks, question)?;
    body.put("model", question.model);
    if !request.tools.is_none() {
        body.put(
            "tools",
            request
                .tools
                .offered
                .iter()
                .map(|offered| tool(quirks, offered))
                .collect::<Result<Vec<_>, _>>()?,
        );
    }
    body.put("messages", messages(quirks, question));
    if !request.tools.is_none() {
        body.put("tool_choice", tool_choice(quirks, &request.tools.choice)?);
        if !request.tools.parallel {
            body.wish("parallel_tool_calls", false);
        }
    }
    if let Some(form) = response_format(quirks, &request.form)? {
        body.put("response_format", form);
    }
    sampling(&mut body, &request.sampling);
    if let Some(alternatives) = request.logprobs {
        body.wish("logprobs", true);
        body.wish("top_logprobs", u32::from(alternatives));
    }
    reasoning::put(&mut body, request.reasoning);
    body.put("stream", question.is_streamed());
    if question.is_streamed() && quirks.usage_in_stream == UsageInStream::Asked {
        body.put("stream_options", Object::new().with("include_usage", true));
    }
    Ok(body.call("/chat/completions"))
}

fn sampling(body: &mut Body<'_>, sampling: &Sampling) {
    body.temperature(sampling.temperature);
    if sampling.top_p < 1.0 {
        body.wish("top_p", decimal(sampling.top_p));
    }
    let penalties = &sampling.penalties;
    for (name, value) in
        [("presence_penalty", penalties.presence), ("frequency_penalty", penalties.frequency)]
    {
        if value != 0.0 {
            body.wish(name, decimal(value));
        }
    }
    body.wish_known("top_k", sampling.top_k.map(Json::from));
    body.wish_known("min_p", (sampling.min_p > 0.0).then(|| decimal(sampling.min_p)));
    let repeat = penalties.repeat;
    body.wish_known("repetition_penalty", ((repeat - 1.0).abs() > f32::EPSILON).then(|| decimal(repeat)));
    body.wish_known("dry_multiplier", penalties.dry.map(|dry| decimal(dry.multiplier)));
    body.wish_known("dry_base", penalties.dry.map(|dry| decimal(dry.base)));
    body.wish_known("dry_allowed_length", penalties.dry.map(|dry| Json::from(dry.allowed_length)));
    if !sampling.logit_bias.is_empty() {
        let biases = sampling.logit_bias.iter();
        let biases =
            biases.fold(Object::new(), |all, (token, bias)| all.with(&token.to_string(), decimal(*bias)));
        body.wish("logit_bias", biases);
    }
    if let Some(seed) = sampling.seed {
        body.wish("seed", seed);
    }
    if !sampling.stop.is_empty() {
        body.put("stop", sampling.stop.iter().map(|stop| Json::from(stop.as_str())).collect::<Vec<_>>());
    }
    body.limit();
}

fn tool(quirks: &Quirks, tool: &Tool) -> Result<Json, PortError> {
    let mut function = Object::new().with("name", tool.name.as_str());
    if !tool.description.is_empty() {
        function.put("description", tool.description.as_str());
    }
    function.put("parameters", schema(&tool.parameters)?);
    if tool.strict && quirks.strict_tools {
        function.put("strict", true);
    }
    Ok(Object::new().with("type", "function").with("function", function).into())
}

fn tool_choice(quirks: &Quirks, choice: &ToolChoice) -> Result<Json, PortError> {
    match choice {
        ToolChoice::Auto => Ok("auto".into()),
        ToolChoice::None => Ok("none".into()),
        ToolChoice::Required if quirks.tool_force == ToolForce::Any => Ok("required".into()),
        ToolChoice::Named(name) if quirks.tool_force >= ToolForce::Named => {
            let function = Object::new().with("name", name.as_str());
            Ok(Object::new().with("type", "function").with("function", function).into())
        }
        _ => Err(cannot("This model cannot be made to call a tool; leave it the choice.")),
    }
}

fn response_format(quirks: &Quirks, form: &AnswerForm) -> Result<Option<Json>, PortError> {
    match form {
        AnswerForm::Text => Ok(None),
        AnswerForm::JsonObject if quirks.forms >= Forms::Object => {
            Ok(Some(Object::new().with("type", "json_object").into()))
        }
        AnswerForm::JsonSchema { schema: text, strict } if quirks.forms == Forms::Schema => {
            let named =
                Object::new().with("name", "answer").with("schema", schema(text)?).with("strict", *strict);
            Ok(Some(Object::new().with("type", "json_schema").with("json_schema", named).into()))
        }
        AnswerForm::JsonObject => Err(cannot("This model's answers cannot be held to JSON.")),
        AnswerForm::JsonSchema { .. } => Err(cannot("This model's answers cannot be held to a JSON Schema.")),
    }
}

fn messages(quirks: &Quirks, question: &Question<'_>) -> Vec<Json> {
    let request = question.request;
    let last_fixed = request.fixed_messages.checked_sub(1);
    let entries = request.messages.iter().enumerate();
    entries
        .map(|(at, entry)| match entry {
            ChatMessage::Text { role, content } => {
                let mut message = Object::new().with("role", role_word(*role));
                let is_marked = last_fixed == Some(at) && quirks.cache_marks != CacheMarks::None;
                message.put(
                    "content",
                    if is_marked { marked(quirks, content) } else { content.as_str().into() },
                );
                if *role == Role::Assistant && quirks.reasoning_back == ReasoningBack::Always {
                    put_thoughts(&mut message, quirks, question, at);
                }
                message.into()
            }
            ChatMessage::Calls { content, calls } => {
                let mut message = Object::new().with("role", "assistant");
                let said = if content.is_empty() {
                    Json::Plain(serde_json::Value::Null)
                } else {
                    content.as_str().into()
                };
                message.put("content", said);
                if quirks.reasoning_back != ReasoningBack::Never {
                    put_thoughts(&mut message, quirks, question, at);
                }
                message.put("tool_calls", calls.iter().map(call).collect::<Vec<_>>());
                message.into()
            }
            ChatMessage::Result { call_id, content } => Object::new()
                .with("role", "tool")
                .with("tool_call_id", call_id.as_str())
                .with("content", content.as_str())
                .into(),
        })
        .collect()
}

fn role_word(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

fn call(call: &ToolCall) -> Json {
    let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
    let function = Object::new().with("name", call.name.as_str()).with("arguments", arguments);
    Object::new().with("id", call.id.as_str()).with("type", "function").with("function", function).into()
}

/// Everything up to here is to be kept computed.
fn marked(quirks: &Quirks, content: &str) -> Json {
    let piece = Object::new().with("type", "text").with("text", content);
    vec![piece.with("cache_control", crate::common::cache_control(quirks.cache_marks)).into()].into()
}

/// What the model thought goes back as it came. Whoever insists on having it takes a blank for what was lost.
fn put_thoughts(message: &mut Object, quirks: &Quirks, question: &Question<'_>, at: usize) {
    let items: Vec<Json> = question
        .kept_for(at)
        .filter_map(|keepsake| match keepsake {
            Keepsake::Item { json } => Json::text(json),
            _ => None,
        })
        .collect();
    if !items.is_empty() {
        message.put("reasoning_details", items);
        return;
    }
    let texts = question.kept_for(at).filter_map(|keepsake| match keepsake {
        Keepsake::Thought { text, .. } => Some(text.as_str()),
        _ => None,
    });
    let thought: String = texts.collect();
    match (thought.is_empty(), quirks.reasoning_back) {
        (false, _) => message.put(&quirks.reasoning_field, thought.as_str()),
        (true, ReasoningBack::WithCalls) => message.put(&quirks.reasoning_field, " "),
        (true, _) => {}
    }
}
