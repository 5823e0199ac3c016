//! The question.

use catalog::{Forms, Quirks, ReasoningBack, ReasoningSwitch, ToolForce};
use ports::{AnswerForm, ChatMessage, ChatRequest, Effort, PortError, ToolChoice};
use serde_json::Value;
use wire::Role;

use crate::common::{Body, effort_word, schema};
use crate::json::{Json, Object, decimal};
use crate::question::cannot;
use crate::{Call, Keepsake, Question};

/// Writes a question down. What changes least stands first: the model, its tools, the conversation.
pub(crate) fn encode(quirks: &Quirks, question: &Question<'_>) -> Result<Call, PortError> {
    let request = question.request;
    let tools = &request.tools;
    let mut body = Body::new(quirks, question)?;
    body.put("model", question.model);
    if !tools.is_none() {
        let offered = tools.offered.iter().map(|tool| {
            let mut object = Object::new().with("type", "function").with("name", tool.name.as_str());
            if !tool.description.is_empty() {
                object.put("description", tool.description.as_str());
            }
            // Strict unless it is told not to be.
            let strict = tool.strict && quirks.strict_tools;
            Ok(Json::from(object.with("parameters", schema(&tool.parameters)?).with("strict", strict)))
        });
        body.put("tools", offered.collect::<Result<Vec<_>, PortError>>()?);
    }
    body.put("input", input(quirks, question));
    if !tools.is_none() {
        body.put("tool_choice", choice(quirks, &tools.choice)?);
        if !tools.parallel {
            body.wish("parallel_tool_calls", false);
        }
    }
    if let Some(format) = format(quirks, &request.form)? {
        body.put("text", Object::new().with("format", format));
    }
    put_settings(&mut body, request);
    put_reasoning(&mut body, request);
    body.put("store", false);
    body.put("stream", question.is_streamed());
    Ok(body.call("/responses"))
}

fn put_settings(body: &mut Body<'_>, request: &ChatRequest) {
    let sampling = &request.sampling;
    body.temperature(sampling.temperature);
    if sampling.top_p < 1.0 {
        body.wish("top_p", decimal(sampling.top_p));
    }
    if let Some(limit) = sampling.max_tokens.or(body.quirks.usual_limit) {
        body.put("max_output_tokens", limit);
    }
    if let Some(alternatives) = request.logprobs {
        body.wish("top_logprobs", u32::from(alternatives));
    }
    let unsaid = [
        ("stop", !sampling.stop.is_empty()),
        ("seed", sampling.seed.is_some()),
        ("logit_bias", !sampling.logit_bias.is_empty()),
        ("penalties", !sampling.penalties.is_none()),
        ("top_k", sampling.top_k.is_some()),
        ("min_p", sampling.min_p > 0.0),
    ];
    for (name, _) in unsaid.into_iter().filter(|(_, is_wished)| *is_wished) {
        body.leave_out(name);
    }
}

fn put_reasoning(body: &mut Body<'_>, request: &ChatRequest) {
    let quirks = body.quirks;
    let mut included: Vec<Json> = Vec::new();
    if quirks.reasoning != ReasoningSwitch::None {
        let is_off = request.reasoning.tokens() == Some(0);
        let effort = if is_off { Some(Effort::None) } else { request.reasoning.effort };
        let mut object = Object::new();
        if let Some(effort) = effort {
            object.put("effort", effort_word(effort, &quirks.efforts));
        } else if request.reasoning.budget.is_some() {
            body.leave_out("reasoning.budget");
        }
        body.put("reasoning", object.with("summary", "auto"));
        if quirks.reasoning_back != ReasoningBack::Never {
            included.push("reasoning.encrypted_content".into());
        }
    } else if request.reasoning.effort.is_some() || request.reasoning.budget.is_some() {
        body.leave_out("reasoning");
    }
    if request.logprobs.is_some() && !quirks.omits.contains("top_logprobs") {
        included.push("message.output_text.logprobs".into());
    }
    if !included.is_empty() {
        body.put("include", included);
    }
}

fn choice(quirks: &Quirks, choice: &ToolChoice) -> Result<Json, PortError> {
    match choice {
        ToolChoice::Auto => Ok("auto".into()),
        ToolChoice::None => Ok("none".into()),
        ToolChoice::Required if quirks.tool_force == ToolForce::Any => Ok("required".into()),
        ToolChoice::Named(name) if quirks.tool_force >= ToolForce::Named => {
            Ok(Object::new().with("type", "function").with("name", name.as_str()).into())
        }
        _ => Err(cannot("This model cannot be made to call a tool; leave it the choice.")),
    }
}

fn format(quirks: &Quirks, form: &AnswerForm) -> Result<Option<Json>, PortError> {
    match form {
        AnswerForm::Text => Ok(None),
        AnswerForm::JsonObject if quirks.forms >= Forms::Object => {
            Ok(Some(Object::new().with("type", "json_object").into()))
        }
        AnswerForm::JsonSchema { schema: text, strict } if quirks.forms == Forms::Schema => {
            let object = Object::new().with("type", "json_schema").with("name", "answer");
            Ok(Some(object.with("schema", schema(text)?).with("strict", *strict).into()))
        }
        _ => Err(cannot("This model's answers cannot be held to this form.")),
    }
}

fn input(quirks: &Quirks, question: &Question<'_>) -> Vec<Json> {
    let mut items: Vec<Json> = Vec::new();
    for (at, entry) in question.request.messages.iter().enumerate() {
        let is_call = matches!(entry, ChatMessage::Calls { .. });
        let wants = match quirks.reasoning_back {
            ReasoningBack::Never => false,
            ReasoningBack::WithCalls => is_call,
            ReasoningBack::Always => true,
        };
        let kept = question.kept_for(at).filter_map(|keepsake| match keepsake {
            Keepsake::Item { json } if wants => Json::text(json),
            _ => None,
        });
        items.extend(kept);
        match entry {
            ChatMessage::Text { role, content } => items.push(message(*role, content)),
            ChatMessage::Calls { content, calls } => {
                if !content.is_empty() {
                    items.push(message(Role::Assistant, content));
                }
                items.extend(calls.iter().map(|call| {
                    let arguments = if call.arguments.is_empty() { "{}" } else { call.arguments.as_str() };
                    let item = Object::new().with("type", "function_call").with("call_id", call.id.as_str());
                    Json::from(item.with("name", call.name.as_str()).with("arguments", arguments))
                }));
            }
            ChatMessage::Result { call_id, content } => {
                let item =
                    Object::new().with("type", "function_call_output").with("call_id", call_id.as_str());
                items.push(item.with("output", Value::from(content.as_str())).into());
            }
        }
    }
    items
}

fn message(role: Role, content: &str) -> Json {
    let word = match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    Object::new().with("role", word).with("content", content).into()
}
