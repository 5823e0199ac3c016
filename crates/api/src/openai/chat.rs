//! `POST /v1/chat/completions`.

use app::{AppError, CompleteChat};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::future::try_join_all;
use futures_util::stream::StreamExt;
use ports::{ChatEvent, ChatStream};
use serde::de::DeserializeOwned;
use wire::{ErrorCode, Usage};

use super::chunks::chunks;
use super::error::FaceError;
use super::head::{Head, Total};
use super::key::Caller;
use super::reasoning::ReasoningFields;
use super::request::ChatRequest;
use super::sampling::SamplingFields;
use super::shapes::{
    Answer, CallDocument, Choice, Completion, FunctionDocument, LogprobsDocument, finish_word,
};
use crate::extract::read_body;
use crate::router::ApiState;
use crate::sse::stream_events;

pub(super) async fn complete(
    State(state): State<ApiState>,
    Caller(actor): Caller,
    request: axum::extract::Request,
) -> Result<Response, FaceError> {
    let body = read_body(request, &state).await?;
    let request: ChatRequest = read(&body)?;
    let sampling: SamplingFields = read(&body)?;
    let reasoning: ReasoningFields = read(&body)?;
    let head = Head {
        id: format!("chatcmpl-{}", state.app.fresh_id()),
        created: state.app.unix_seconds(),
        model: request.model.clone(),
    };
    let streams = request.stream.unwrap_or(false);
    let with_usage =
        request.stream_options.as_ref().and_then(|options| options.include_usage).unwrap_or(false);
    let choices = request.choices().map_err(AppError::invalid)?;
    let wish = wish(request, sampling, reasoning)?;
    let answers = state.app.complete_choices(Some(&actor), wish, choices).await?;
    if streams {
        let chunks = chunks(answers, head, with_usage);
        return Ok(stream_events(chunks, state.options.stream_heartbeat));
    }
    Ok(Json(collect(answers, head).await?).into_response())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    serde_json::from_slice(body).map_err(|error| AppError::invalid(error.to_string()))
}

fn wish(
    request: ChatRequest,
    sampling: SamplingFields,
    reasoning: ReasoningFields,
) -> Result<CompleteChat, AppError> {
    Ok(CompleteChat {
        messages: request.chat().map_err(AppError::invalid)?,
        form: request.form().map_err(AppError::invalid)?,
        tools: request.offered().map_err(AppError::invalid)?,
        logprobs: request.alternatives().map_err(AppError::invalid)?,
        model: request.model,
        adapters: request.adapters.unwrap_or_default(),
        sampling: sampling.wish(),
        reasoning: reasoning.wish().map_err(AppError::invalid)?,
    })
}

/// All choices in one document.
async fn collect(answers: Vec<ChatStream>, head: Head) -> Result<Completion, AppError> {
    let answers = (0..).zip(answers).map(|(index, events)| choice(events, &head, index));
    let (mut choices, mut total) = (Vec::new(), Total::default());
    for (choice, usage) in try_join_all(answers).await? {
        total.add(choice.index, usage);
        choices.push(choice);
    }
    let Head { id, created, model } = head;
    Ok(Completion { id, object: "chat.completion", created, model, choices, usage: total.usage().into() })
}

async fn choice(mut events: ChatStream, head: &Head, index: u32) -> Result<(Choice, Usage), AppError> {
    let (mut content, mut reasoning_content) = (String::new(), String::new());
    let (mut tool_calls, mut tokens) = (Vec::new(), Vec::new());
    while let Some(event) = events.next().await {
        match event? {
            ChatEvent::Queued { .. }
            | ChatEvent::Loading
            | ChatEvent::Started(_)
            | ChatEvent::Attempted(_) => {}
            ChatEvent::Text(text) => content.push_str(&text),
            ChatEvent::Logprobs(more) => tokens.extend(more),
            ChatEvent::Reasoning(text) => reasoning_content.push_str(&text),
            ChatEvent::ToolCall { index: call, name } => {
                let function = FunctionDocument { name, arguments: String::new() };
                tool_calls.push(CallDocument { id: head.call_id(index, call), r#type: "function", function });
            }
            ChatEvent::ToolArguments { index, text } => {
                let place = usize::try_from(index).unwrap_or(usize::MAX);
                if let Some(call) = tool_calls.get_mut(place) {
                    call.function.arguments.push_str(&text);
                }
            }
            ChatEvent::Done { reason, usage } => {
                let content = Some(content).filter(|content| !content.is_empty() || tool_calls.is_empty());
                let message =
                    Answer { role: "assistant", content, refusal: None, reasoning_content, tool_calls };
                let (logprobs, finish_reason) = (LogprobsDocument::of(tokens), finish_word(reason));
                return Ok((Choice { index, message, logprobs, finish_reason }, usage));
            }
        }
    }
    Err(AppError::new(ErrorCode::EngineFailed, "The model ended its answer without a word about why."))
}
