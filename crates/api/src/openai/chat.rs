//! `POST /v1/chat/completions`.

use std::convert::Infallible;

use app::{AppError, CompleteChat};
use axum::Json;
use axum::extract::State;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream, StreamExt};
use ports::{ChatEvent, ChatStream, PortError};
use serde::de::DeserializeOwned;
use wire::{ErrorCode, FinishReason, Usage};

use super::error::FaceError;
use super::key::Caller;
use super::request::ChatRequest;
use super::sampling::SamplingFields;
use super::shapes::{
    Answer, CallDelta, CallDocument, Choice, Chunk, ChunkChoice, Completion, Delta, FunctionDelta,
    FunctionDocument, UsageDocument, finish_word,
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
    refuse_what_is_not_there(&request)?;
    let head = Head {
        id: format!("chatcmpl-{}", state.app.fresh_id()),
        created: state.app.unix_seconds(),
        model: request.model.clone(),
    };
    let streams = request.stream.unwrap_or(false);
    let with_usage =
        request.stream_options.as_ref().and_then(|options| options.include_usage).unwrap_or(false);
    let events = state.app.complete_chat(Some(&actor), wish(request, sampling)?).await?;
    if streams {
        let chunks = chunk_stream(events, head, with_usage);
        return Ok(stream_events(chunks, state.options.stream_heartbeat));
    }
    Ok(Json(collect(events, head).await?).into_response())
}

/// What every document of one answer has in common.
#[derive(Clone)]
struct Head {
    id: String,
    created: u64,
    model: String,
}

/// Fields that would change the answer and have no effect here yet are refused, never ignored.
fn refuse_what_is_not_there(request: &ChatRequest) -> Result<(), AppError> {
    let refused = |what: &str| Err(AppError::invalid(format!("`{what}` is not supported yet")));
    if request.n.is_some_and(|n| n != 1) {
        return refused("n");
    }
    if request.logprobs.unwrap_or(false) {
        return refused("logprobs");
    }
    Ok(())
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, AppError> {
    serde_json::from_slice(body).map_err(|error| AppError::invalid(error.to_string()))
}

fn wish(request: ChatRequest, sampling: SamplingFields) -> Result<CompleteChat, AppError> {
    Ok(CompleteChat {
        messages: request.chat().map_err(AppError::invalid)?,
        form: request.form().map_err(AppError::invalid)?,
        tools: request.offered().map_err(AppError::invalid)?,
        model: request.model,
        sampling: sampling.wish(),
    })
}

async fn collect(mut events: ChatStream, head: Head) -> Result<Completion, AppError> {
    let (mut content, mut reasoning_content, mut tool_calls) = (String::new(), String::new(), Vec::new());
    while let Some(event) = events.next().await {
        match event? {
            ChatEvent::Queued { .. } | ChatEvent::Loading | ChatEvent::Started => {}
            ChatEvent::Text(text) => content.push_str(&text),
            ChatEvent::Reasoning(text) => reasoning_content.push_str(&text),
            ChatEvent::ToolCall { index, name } => {
                let function = FunctionDocument { name, arguments: String::new() };
                tool_calls.push(CallDocument { id: head.call_id(index), r#type: "function", function });
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
                let finish_reason = finish_word(reason);
                return Ok(Completion {
                    id: head.id,
                    object: "chat.completion",
                    created: head.created,
                    model: head.model,
                    choices: vec![Choice { index: 0, message, logprobs: None, finish_reason }],
                    usage: usage.into(),
                });
            }
        }
    }
    Err(AppError::new(ErrorCode::EngineFailed, "The model ended its answer without a word about why."))
}

/// Chunks, a last one with the reason, one with the usage when asked for, and `[DONE]`. A failure in the middle is
/// an error document in the stream, never a clean end.
fn chunk_stream(
    events: ChatStream,
    head: Head,
    with_usage: bool,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let first = Delta { role: Some("assistant"), content: Some(String::new()), ..Delta::default() };
    let opening = stream::iter([head.chunk(first, None)]);
    let rest = events.flat_map(move |event| stream::iter(pieces(&head, event, with_usage)));
    opening.chain(rest).map(|data| Ok(Event::default().data(data)))
}

fn pieces(head: &Head, event: Result<ChatEvent, PortError>, with_usage: bool) -> Vec<String> {
    match event {
        Ok(ChatEvent::Queued { .. } | ChatEvent::Loading | ChatEvent::Started) => Vec::new(),
        Ok(ChatEvent::Text(text)) => {
            vec![head.chunk(Delta { content: Some(text), ..Delta::default() }, None)]
        }
        Ok(ChatEvent::Reasoning(text)) => {
            vec![head.chunk(Delta { reasoning_content: Some(text), ..Delta::default() }, None)]
        }
        Ok(ChatEvent::ToolCall { index, name }) => {
            let function = FunctionDelta { name: Some(name), arguments: String::new() };
            let (id, kind) = (head.call_id(index), "function");
            vec![head.called(CallDelta { index, id: Some(id), r#type: Some(kind), function })]
        }
        Ok(ChatEvent::ToolArguments { index, text }) => {
            let function = FunctionDelta { name: None, arguments: text };
            vec![head.called(CallDelta { index, id: None, r#type: None, function })]
        }
        Ok(ChatEvent::Done { reason, usage }) => {
            let mut pieces = vec![head.chunk(Delta::default(), Some(reason))];
            if with_usage {
                pieces.push(head.usage(usage));
            }
            pieces.push("[DONE]".to_owned());
            pieces
        }
        Err(error) => vec![json(&FaceError::from(AppError::from(error)))],
    }
}

impl Head {
    fn chunk(&self, delta: Delta, reason: Option<FinishReason>) -> String {
        let finish_reason = reason.map(finish_word);
        self.document(vec![ChunkChoice { index: 0, delta, logprobs: None, finish_reason }], None)
    }

    fn called(&self, call: CallDelta) -> String {
        self.chunk(Delta { tool_calls: vec![call], ..Delta::default() }, None)
    }

    /// The id of a call: unique, and the same however the answer is read.
    fn call_id(&self, index: u32) -> String {
        format!("call_{}_{index}", self.id.trim_start_matches("chatcmpl-"))
    }

    fn usage(&self, usage: Usage) -> String {
        self.document(Vec::new(), Some(usage.into()))
    }

    fn document(&self, choices: Vec<ChunkChoice>, usage: Option<UsageDocument>) -> String {
        let Self { id, created, model } = self.clone();
        json(&Chunk { id, object: "chat.completion.chunk", created, model, choices, usage })
    }
}

fn json(document: &impl serde::Serialize) -> String {
    serde_json::to_string(document).unwrap_or_default()
}
