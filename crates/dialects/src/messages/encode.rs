//! The question.

use catalog::{CacheMarks, Forms, Quirks, ReasoningBack, ReasoningSwitch, ToolForce};
use ports::{AnswerForm, ChatMessage, ChatRequest, PortError, Tool, ToolCall, ToolChoice};
use wire::Role;

use crate::common::{Body, cache_control, effort_word, schema};
use crate::json::{Json, Object};
use crate::question::cannot;
use crate::{Call, Keepsake, Question};

/// The limit of tokens where nobody says one: there must be one.
const USUAL_LIMIT: u32 = 4_096;
/// The fewest tokens that thinking can be given.
const LEAST_BUDGET: u32 = 1_024;
/// Tokens for thinking as long as it likes.
const LARGE_BUDGET: u32 = 16_384;

/// Writes a question down. What changes least stands first: the model, its tools, its instructions, the conversation.
pub(crate) fn encode(quirks: &Quirks, question: &Question<'_>) -> Result<Call, PortError> {
    let request = question.request;
    let mut body = Body::new(quirks, question)?;
    body.put("model", question.model);
    if !request.tools.is_none() {
        let tools = request.tools.offered.iter().map(|offered| tool(quirks, offered));
        body.put("tools", tools.collect::<Result<Vec<_>, _>>()?);
    }
    let instructions = instructions(request);
    if let Some(system) = system(quirks, request, instructions) {
        body.put("system", system);
    }
    body.put("messages", messages(quirks, question, instructions)?);
    let is_forced = put_choice(&mut body, request)?;
    let limit = request.sampling.max_tokens.or(quirks.usual_limit).unwrap_or(USUAL_LIMIT);
    body.put("max_tokens", limit);
    let thinking = thinking(quirks, question, limit, is_forced);
    put_settings(&mut body, request, thinking.is_on);
    thinking.left_out.then(|| body.leave_out("reasoning"));
    if let Some(object) = thinking.object {
        body.put("thinking", object);
    }
    let mut config = Object::new();
    if let Some(effort) = thinking.effort {
        config.put("effort", effort);
    }
    if let Some(format) = format(quirks, &request.form)? {
        config.put("format", format);
    }
    if !config.is_empty() {
        body.put("output_config", config);
    }
    body.put("stream", question.is_streamed());
    Ok(body.call("/v1/messages"))
}

fn put_settings(body: &mut Body<'_>, request: &ChatRequest, is_thinking: bool) {
    let sampling = &request.sampling;
    // A model that thinks chooses its tokens in its own way.
    if !is_thinking {
        body.temperature(sampling.temperature);
        if sampling.top_p < 1.0 {
            body.wish("top_p", crate::json::decimal(sampling.top_p));
        }
        if let Some(most) = sampling.top_k {
            body.wish("top_k", most);
        }
    }
    if !sampling.stop.is_empty() {
        let stops = sampling.stop.iter().map(|stop| Json::from(stop.as_str()));
        body.put("stop_sequences", stops.collect::<Vec<_>>());
    }
    let unsaid = [
        ("seed", sampling.seed.is_some()),
        ("logit_bias", !sampling.logit_bias.is_empty()),
        ("penalties", !sampling.penalties.is_none()),
        ("min_p", sampling.min_p > 0.0),
        ("logprobs", request.logprobs.is_some()),
    ];
    for (name, _) in unsaid.into_iter().filter(|(_, is_wished)| *is_wished) {
        body.leave_out(name);
    }
}

fn tool(quirks: &Quirks, tool: &Tool) -> Result<Json, PortError> {
    let mut object = Object::new().with("name", tool.name.as_str());
    if !tool.description.is_empty() {
        object.put("description", tool.description.as_str());
    }
    object.put("input_schema", schema(&tool.parameters)?);
    if tool.strict && quirks.strict_tools {
        object.put("strict", true);
    }
    Ok(object.into())
}

/// True when a tool must be called.
fn put_choice(body: &mut Body<'_>, request: &ChatRequest) -> Result<bool, PortError> {
    let tools = &request.tools;
    if tools.is_none() {
        return Ok(false);
    }
    let force = body.quirks.tool_force;
    let choice = match &tools.choice {
        ToolChoice::Auto | ToolChoice::None => Object::new().with("type", "auto"),
        ToolChoice::Required if force == ToolForce::Any => Object::new().with("type", "any"),
        ToolChoice::Named(name) if force >= ToolForce::Named => {
            Object::new().with("type", "tool").with("name", name.as_str())
        }
        _ => return Err(cannot("This model cannot be made to call a tool; leave it the choice.")),
    };
    let alone = if tools.parallel { choice } else { choice.with("disable_parallel_tool_use", true) };
    body.put("tool_choice", alone);
    Ok(tools.choice != ToolChoice::Auto)
}

fn format(quirks: &Quirks, form: &AnswerForm) -> Result<Option<Json>, PortError> {
    match form {
        AnswerForm::Text => Ok(None),
        AnswerForm::JsonSchema { schema: text, .. } if quirks.forms == Forms::Schema => {
            Ok(Some(Object::new().with("type", "json_schema").with("schema", schema(text)?).into()))
        }
        AnswerForm::JsonSchema { .. } => Err(cannot("This model's answers cannot be held to a JSON Schema.")),
        AnswerForm::JsonObject => {
            Err(cannot("This model's answers can be held to a JSON Schema, not to any JSON."))
        }
    }
}

/// How many of the first messages are instructions.
fn instructions(request: &ChatRequest) -> usize {
    let is_instruction =
        |message: &&ChatMessage| matches!(message, ChatMessage::Text { role: Role::System, .. });
    request.messages.iter().take_while(is_instruction).count()
}

fn system(quirks: &Quirks, request: &ChatRequest, instructions: usize) -> Option<Json> {
    let texts: Vec<&str> = request.messages.iter().take(instructions).map(ChatMessage::content).collect();
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    let last = texts.len().checked_sub(1)?;
    let block = |(at, content): (usize, &&str)| {
        let block = text(content);
        let is_marked = at == last && quirks.cache_marks != CacheMarks::None;
        Json::from(if is_marked {
            block.with("cache_control", cache_control(quirks.cache_marks))
        } else {
            block
        })
    };
    Some(texts.iter().enumerate().map(block).collect::<Vec<_>>().into())
}

fn text(content: &str) -> Object {
    Object::new().with("type", "text").with("text", content)
}

/// Turns, in which one side may say several things.
fn messages(quirks: &Quirks, question: &Question<'_>, instructions: usize) -> Result<Json, PortError> {
    let mut turns: Vec<(&str, Vec<Object>)> = Vec::new();
    for (at, entry) in question.request.messages.iter().enumerate().skip(instructions) {
        let (side, blocks) = blocks(quirks, question, at, entry);
        match turns.last_mut().filter(|(last, _)| *last == side) {
            Some((_, said)) => said.extend(blocks),
            None => turns.push((side, blocks)),
        }
    }
    turns.retain(|(_, blocks)| !blocks.is_empty());
    if turns.is_empty() {
        return Err(cannot("There is nothing to answer."));
    }
    // What was said so far is kept for the next turn.
    if quirks.cache_marks != CacheMarks::None
        && let Some(last) = turns.last_mut().and_then(|(_, blocks)| blocks.last_mut())
    {
        last.put("cache_control", cache_control(quirks.cache_marks));
    }
    let turn = |(side, blocks): (&str, Vec<Object>)| {
        let blocks: Vec<Json> = blocks.into_iter().map(Json::from).collect();
        Json::from(Object::new().with("role", side).with("content", blocks))
    };
    Ok(turns.into_iter().map(turn).collect::<Vec<_>>().into())
}

fn blocks(
    quirks: &Quirks,
    question: &Question<'_>,
    at: usize,
    entry: &ChatMessage,
) -> (&'static str, Vec<Object>) {
    let said = |content: &str| if content.is_empty() { Vec::new() } else { vec![text(content)] };
    match entry {
        ChatMessage::Text { role: Role::Assistant, content } => {
            let back = quirks.reasoning_back == ReasoningBack::Always;
            let mut blocks = if back { thoughts(question, at) } else { Vec::new() };
            blocks.extend(said(content));
            ("assistant", blocks)
        }
        ChatMessage::Text { content, .. } => ("user", said(content)),
        ChatMessage::Calls { content, calls } => {
            let back = quirks.reasoning_back != ReasoningBack::Never;
            let mut blocks = if back { thoughts(question, at) } else { Vec::new() };
            blocks.extend(said(content));
            blocks.extend(calls.iter().map(call));
            ("assistant", blocks)
        }
        ChatMessage::Result { call_id, content } => {
            let block = Object::new().with("type", "tool_result").with("tool_use_id", call_id.as_str());
            ("user", vec![block.with("content", content.as_str())])
        }
    }
}

/// What the model thought, as it came.
fn thoughts(question: &Question<'_>, at: usize) -> Vec<Object> {
    let block = |keepsake: &Keepsake| match keepsake {
        Keepsake::Thought { text, signature: Some(signature) } => Some(
            Object::new()
                .with("type", "thinking")
                .with("thinking", text.as_str())
                .with("signature", signature.as_str()),
        ),
        Keepsake::Thought { text, signature: None } => {
            Some(Object::new().with("type", "thinking").with("thinking", text.as_str()))
        }
        Keepsake::Hidden { data } => {
            Some(Object::new().with("type", "redacted_thinking").with("data", data.as_str()))
        }
        _ => None,
    };
    question.kept_for(at).filter_map(block).collect()
}

/// Arguments that are no object go as what they are, in one.
fn call(call: &ToolCall) -> Object {
    let broken = || Object::new().with("invalid_json", call.arguments.as_str()).into();
    let empty = call.arguments.trim().is_empty();
    let input =
        if empty { Object::new().into() } else { Json::object_text(&call.arguments).unwrap_or_else(broken) };
    Object::new()
        .with("type", "tool_use")
        .with("id", call.id.as_str())
        .with("name", call.name.as_str())
        .with("input", input)
}

/// Whether and how long to think.
#[derive(Default)]
struct Thinking<'a> {
    object: Option<Object>,
    effort: Option<&'a str>,
    is_on: bool,
    left_out: bool,
}

fn thinking<'a>(quirks: &'a Quirks, question: &Question<'_>, limit: u32, is_forced: bool) -> Thinking<'a> {
    let reasoning = question.request.reasoning;
    let is_wished = reasoning.effort.is_some() || reasoning.budget.is_some();
    let switched = |word: &str| Some(Object::new().with("type", word));
    if !is_wished {
        return Thinking::default();
    }
    if reasoning.tokens() == Some(0) {
        let can = quirks.reasoning != ReasoningSwitch::None;
        return Thinking {
            object: switched("disabled").filter(|_| can),
            left_out: !can,
            ..Thinking::default()
        };
    }
    let left_out = Thinking { left_out: true, ..Thinking::default() };
    match quirks.reasoning {
        // Whoever must call a tool, or lost what it thought before its last calls, is not let think.
        ReasoningSwitch::Thinking if is_forced || has_lost_thoughts(question) || limit <= LEAST_BUDGET => {
            left_out
        }
        ReasoningSwitch::Thinking => {
            let budget =
                reasoning.tokens().unwrap_or(LARGE_BUDGET).max(LEAST_BUDGET).min(limit.saturating_sub(1));
            let object = Object::new().with("type", "enabled").with("budget_tokens", budget);
            Thinking { object: Some(object), is_on: true, ..Thinking::default() }
        }
        ReasoningSwitch::ThinkingAndEffort | ReasoningSwitch::Adaptive if is_forced => left_out,
        ReasoningSwitch::ThinkingAndEffort | ReasoningSwitch::Adaptive => {
            let effort = reasoning.effort.map(|effort| effort_word(effort, &quirks.efforts));
            let is_adaptive = quirks.reasoning == ReasoningSwitch::Adaptive;
            let object = switched(if is_adaptive { "adaptive" } else { "enabled" });
            Thinking { object, effort, is_on: true, left_out: false }
        }
        _ => left_out,
    }
}

/// True when there are calls in this turn before which the model thought, and nobody knows what.
fn has_lost_thoughts(question: &Question<'_>) -> bool {
    let messages = &question.request.messages;
    let begin = messages.iter().rposition(ChatMessage::is_from_user).unwrap_or(0);
    let turn = messages.iter().enumerate().skip(begin);
    let mut calls = turn.filter(|(_, message)| matches!(message, ChatMessage::Calls { .. }));
    calls.any(|(at, _)| {
        let is_thought =
            |keepsake: &Keepsake| matches!(keepsake, Keepsake::Thought { .. } | Keepsake::Hidden { .. });
        !question.kept_for(at).any(is_thought)
    })
}
