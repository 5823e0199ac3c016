//! The question.

use catalog::{Forms, Quirks, ReasoningBack, ReasoningSwitch, ToolForce};
use ports::{AnswerForm, ChatMessage, ChatRequest, Effort, PortError, Sampling, ToolCall, ToolChoice};
use wire::Role;

use crate::common::{Body, effort_word, schema};
use crate::json::{Json, Object, decimal};
use crate::question::cannot;
use crate::{Call, Keepsake, Question};

/// What stands for the proof of a thought that was lost, or was another model's.
const LOST_SIGNATURE: &str = "skip_thought_signature_validator";
/// The fewest tokens of thought where there must be some.
const LEAST_BUDGET: i64 = 128;

/// Writes a question down. What changes least stands first: tools, instructions, the conversation.
pub(crate) fn encode(quirks: &Quirks, question: &Question<'_>) -> Result<Call, PortError> {
    let request = question.request;
    let mut body = Body::new(quirks, question)?;
    let tools = &request.tools;
    if !tools.is_none() {
        let declared = tools.offered.iter().map(|tool| {
            let mut object = Object::new().with("name", tool.name.as_str());
            if !tool.description.is_empty() {
                object.put("description", tool.description.as_str());
            }
            Ok(Json::from(object.with("parametersJsonSchema", schema(&tool.parameters)?)))
        });
        let declared = declared.collect::<Result<Vec<Json>, PortError>>()?;
        body.put("tools", vec![Object::new().with("functionDeclarations", declared).into()]);
    }
    let is_instruction =
        |message: &&ChatMessage| matches!(message, ChatMessage::Text { role: Role::System, .. });
    let instructions = request.messages.iter().take_while(is_instruction).count();
    if instructions > 0 {
        let parts = request.messages.iter().take(instructions).map(|message| text(message.content()).into());
        body.put("systemInstruction", Object::new().with("parts", parts.collect::<Vec<_>>()));
    }
    body.put("contents", contents(quirks, question, instructions)?);
    if !tools.is_none() {
        let calling = Object::new().with("functionCallingConfig", choice(quirks, &tools.choice)?);
        body.put("toolConfig", calling);
    }
    let config = config(&mut body, request)?;
    body.put("generationConfig", config);
    if !question.model.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
        return Err(cannot("There is no model of this name."));
    }
    let act = if question.is_streamed() { "streamGenerateContent?alt=sse" } else { "generateContent" };
    Ok(body.call(format!("/models/{}:{act}", question.model)))
}

fn config(body: &mut Body<'_>, request: &ChatRequest) -> Result<Object, PortError> {
    let sampling = &request.sampling;
    let mut config = Object::new();
    let wishes: [(&'static str, Option<Json>); 9] = [
        ("temperature", Some(decimal(sampling.temperature.min(body.quirks.most_temperature)))),
        ("topP", (sampling.top_p < 1.0).then(|| decimal(sampling.top_p))),
        ("topK", sampling.top_k.map(Json::from)),
        ("maxOutputTokens", sampling.max_tokens.or(body.quirks.usual_limit).map(Json::from)),
        (
            "seed",
            sampling
                .seed
                .and_then(|seed| i32::try_from(seed).ok())
                .map(|seed| serde_json::json!(seed).into()),
        ),
        ("presencePenalty", given(sampling.penalties.presence)),
        ("frequencyPenalty", given(sampling.penalties.frequency)),
        ("responseLogprobs", request.logprobs.map(|_| true.into())),
        ("logprobs", request.logprobs.map(|most| u32::from(most).into())),
    ];
    for (name, value) in wishes {
        match value {
            Some(_) if body.quirks.omits.contains(name) => body.leave_out(name),
            Some(value) => config.put(name, value),
            None => {}
        }
    }
    leave_out_what_is_unknown(body, sampling);
    if !sampling.stop.is_empty() {
        let stops = sampling.stop.iter().map(|stop| Json::from(stop.as_str()));
        config.put("stopSequences", stops.collect::<Vec<_>>());
    }
    match &request.form {
        AnswerForm::Text => {}
        AnswerForm::JsonObject if body.quirks.forms >= Forms::Object => {
            config.put("responseMimeType", "application/json");
        }
        AnswerForm::JsonSchema { schema: text, .. } if body.quirks.forms == Forms::Schema => {
            config.put("responseMimeType", "application/json");
            config.put("responseJsonSchema", schema(text)?);
        }
        _ => return Err(cannot("This model's answers cannot be held to this form.")),
    }
    if let Some(thinking) = thinking(body, request) {
        config.put("thinkingConfig", thinking);
    }
    Ok(config)
}

fn given(penalty: f32) -> Option<Json> {
    (penalty != 0.0).then(|| decimal(penalty))
}

fn leave_out_what_is_unknown(body: &mut Body<'_>, sampling: &Sampling) {
    let unsaid = [
        ("logit_bias", !sampling.logit_bias.is_empty()),
        ("min_p", sampling.min_p > 0.0),
        ("repetition_penalty", (sampling.penalties.repeat - 1.0).abs() > f32::EPSILON),
        ("dry", sampling.penalties.dry.is_some()),
    ];
    for (name, _) in unsaid.into_iter().filter(|(_, is_wished)| *is_wished) {
        body.leave_out(name);
    }
}

fn thinking(body: &mut Body<'_>, request: &ChatRequest) -> Option<Object> {
    let reasoning = request.reasoning;
    let quirks = body.quirks;
    if reasoning.effort.is_none() && reasoning.budget.is_none() {
        return None;
    }
    let is_off = reasoning.tokens() == Some(0);
    let shown = Object::new().with("includeThoughts", !is_off);
    match quirks.reasoning {
        ReasoningSwitch::Budget => {
            let must_think = !quirks.efforts.iter().any(|effort| effort == "none");
            let budget = reasoning.tokens().map_or(-1, i64::from);
            let budget = if must_think && budget >= 0 { budget.max(LEAST_BUDGET) } else { budget };
            Some(shown.with("thinkingBudget", serde_json::json!(budget)))
        }
        ReasoningSwitch::Level => {
            let effort = reasoning.effort.unwrap_or(if is_off { Effort::None } else { Effort::High });
            Some(shown.with("thinkingLevel", effort_word(effort, &quirks.efforts)))
        }
        _ => {
            body.leave_out("reasoning");
            None
        }
    }
}

fn choice(quirks: &Quirks, choice: &ToolChoice) -> Result<Object, PortError> {
    let mode = |word: &str| Object::new().with("mode", word);
    match choice {
        ToolChoice::Auto => Ok(mode("AUTO")),
        ToolChoice::None => Ok(mode("NONE")),
        ToolChoice::Required if quirks.tool_force == ToolForce::Any => Ok(mode("ANY")),
        ToolChoice::Named(name) if quirks.tool_force >= ToolForce::Named => {
            Ok(mode("ANY").with("allowedFunctionNames", vec![name.as_str().into()]))
        }
        _ => Err(cannot("This model cannot be made to call a tool; leave it the choice.")),
    }
}

fn text(content: &str) -> Object {
    Object::new().with("text", content)
}

fn contents(quirks: &Quirks, question: &Question<'_>, instructions: usize) -> Result<Json, PortError> {
    let mut turns: Vec<(&str, Vec<Json>)> = Vec::new();
    for (at, entry) in question.request.messages.iter().enumerate().skip(instructions) {
        let (side, parts) = match entry {
            ChatMessage::Text { role: Role::Assistant, content } => ("model", said(question, at, content)),
            ChatMessage::Text { content, .. } if content.is_empty() => ("user", Vec::new()),
            ChatMessage::Text { content, .. } => ("user", vec![text(content).into()]),
            ChatMessage::Calls { content, calls } => {
                let mut parts = said(question, at, content);
                parts.extend(
                    calls.iter().enumerate().map(|(index, made)| call(quirks, question, (at, index), made)),
                );
                ("model", parts)
            }
            ChatMessage::Result { call_id, content } => ("user", vec![result(question, call_id, content)]),
        };
        match turns.last_mut().filter(|(last, _)| *last == side) {
            Some((_, all)) => all.extend(parts),
            None => turns.push((side, parts)),
        }
    }
    turns.retain(|(_, parts)| !parts.is_empty());
    if turns.is_empty() {
        return Err(cannot("There is nothing to answer."));
    }
    let turn =
        |(side, parts): (&str, Vec<Json>)| Json::from(Object::new().with("role", side).with("parts", parts));
    Ok(turns.into_iter().map(turn).collect::<Vec<_>>().into())
}

fn said(question: &Question<'_>, at: usize, content: &str) -> Vec<Json> {
    let signature = question.kept_for(at).find_map(|keepsake| match keepsake {
        Keepsake::TextSignature { signature } => Some(signature.as_str()),
        _ => None,
    });
    match (content.is_empty(), signature) {
        (true, None) => Vec::new(),
        (_, Some(signature)) => vec![text(content).with("thoughtSignature", signature).into()],
        (false, None) => vec![text(content).into()],
    }
}

fn call(quirks: &Quirks, question: &Question<'_>, (at, index): (usize, usize), made: &ToolCall) -> Json {
    let kept = question.kept_for(at).find_map(|keepsake| match keepsake {
        Keepsake::CallSignature { call, signature } if usize::try_from(*call).ok() == Some(index) => {
            Some(signature.as_str())
        }
        _ => None,
    });
    let broken = || Object::new().with("invalid_json", made.arguments.as_str()).into();
    let empty = made.arguments.trim().is_empty();
    let arguments =
        if empty { Object::new().into() } else { Json::object_text(&made.arguments).unwrap_or_else(broken) };
    let function = Object::new().with("name", made.name.as_str()).with("args", arguments);
    let part = Object::new().with("functionCall", function);
    // The first call of a turn must have its proof; the others have one when they came with one.
    let insists = quirks.reasoning_back == ReasoningBack::WithCalls && index == 0;
    match kept.or_else(|| insists.then_some(LOST_SIGNATURE)) {
        Some(signature) => part.with("thoughtSignature", signature).into(),
        None => part.into(),
    }
}

/// A result bears the name of the tool, which stands at the call.
fn result(question: &Question<'_>, call_id: &str, content: &str) -> Json {
    let calls = question.request.messages.iter().filter_map(|message| match message {
        ChatMessage::Calls { calls, .. } => Some(calls),
        _ => None,
    });
    let name = calls.flatten().find(|call| call.id == call_id).map_or(call_id, |call| call.name.as_str());
    let response = Json::object_text(content).unwrap_or_else(|| Object::new().with("result", content).into());
    let function = Object::new().with("name", name).with("response", response);
    Object::new().with("functionResponse", function).into()
}
