//! Records as spans. (Names of attributes: OpenTelemetry, semantic conventions for generative AI, 1.41.)

use std::time::Duration;

use stdx::Timestamp;
use traffic::{Came, Record, RecordedAttempt};
use wire::{ErrorCode, FinishReason, RunState, Usage};

use crate::otlp::{
    AnyValue, ArrayValue, ExportTraceServiceRequest, KeyValue, Resource, ResourceSpans, Scope, ScopeSpans,
    Span, Status, Value,
};

const SERVER: i32 = 2;
const CLIENT: i32 = 3;
const ERROR: i32 = 2;

/// Whether what was said is told along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    Told,
    Kept,
}

/// All that is sent at once.
pub(crate) fn request(service: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    let version = env!("CARGO_PKG_VERSION");
    let resource =
        Resource { attributes: vec![text("service.name", service), text("service.version", version)] };
    let scope = Scope { name: "hutong".to_owned(), version: version.to_owned() };
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans { resource: Some(resource), scope_spans }],
    }
}

/// A request and the attempts below it.
pub(crate) fn spans(record: &Record, words: Words) -> Vec<Span> {
    let whole = whole(record, words);
    let attempts = record.attempts.iter().filter_map(|attempt| below(record, attempt));
    let mut spans = Vec::with_capacity(1 + record.attempts.len());
    spans.extend(attempts);
    spans.insert(0, whole);
    spans
}

fn whole(record: &Record, words: Words) -> Span {
    let operation = operation(&record.face);
    let Came { state, finish, error } = record.came;
    let vendor = record.vendor.as_deref().unwrap_or("hutong");
    let mut attributes = vec![
        text("gen_ai.operation.name", operation),
        text("gen_ai.provider.name", vendor),
        text("gen_ai.request.model", &record.asked),
        text("gen_ai.response.model", &record.model),
        text("hutong.request.id", &record.id.to_string()),
        text("hutong.face", &record.face),
        text("hutong.workspace.id", &record.workspace_id.to_string()),
        text("hutong.member.id", &record.member_id.to_string()),
    ];
    let own = [
        ("hutong.key.id", record.key_id.map(|id| id.to_string())),
        ("hutong.policy", record.policy.clone()),
        ("gen_ai.agent.id", record.agent_id.clone()),
        ("error.type", cause(state, error)),
    ];
    attributes.extend(own.into_iter().filter_map(|(key, value)| Some(text(key, &value?))));
    attributes.extend(finish.map(finish_reasons));
    attributes.extend(record.first_token_ms.map(first_chunk));
    attributes.extend(record.usage.into_iter().flat_map(usage));
    if let Some(texts) = record.texts.as_ref().filter(|_| words == Words::Told) {
        attributes.push(text("gen_ai.input.messages", &texts.asked));
        attributes.push(text("gen_ai.output.messages", &texts.answered));
    }
    let parent = record.parent.map_or_else(Vec::new, |parent| parent.span.to_be_bytes().to_vec());
    Span {
        trace_id: record.trace().to_be_bytes().to_vec(),
        span_id: record.span().to_be_bytes().to_vec(),
        parent_span_id: parent,
        name: format!("{operation} {}", record.model),
        kind: SERVER,
        start_time_unix_nano: nanos(record.at),
        end_time_unix_nano: nanos(record.at.plus(Duration::from_millis(record.took_ms))),
        attributes,
        status: error.map(|_| Status { code: ERROR }),
    }
}

/// None for an attempt that was not told that it is a span.
fn below(record: &Record, attempt: &RecordedAttempt) -> Option<Span> {
    let span = attempt.span?;
    let operation = operation(&record.face);
    let begin = record.at.plus(Duration::from_millis(attempt.after_ms));
    let mut attributes = vec![
        text("gen_ai.operation.name", operation),
        text("gen_ai.provider.name", &attempt.vendor),
        text("gen_ai.request.model", model_of(&attempt.deployment)),
        text("hutong.deployment", &attempt.deployment),
    ];
    let error = attempt.error.map(|code| code.as_str().to_owned());
    let error = error.or_else(|| attempt.is_left.then(|| "cancelled".to_owned()));
    let own = [("error.type", error), ("hutong.provider.request.id", attempt.request_id.clone())];
    attributes.extend(own.into_iter().filter_map(|(key, value)| Some(text(key, &value?))));
    attributes.extend(attempt.first_token_ms.map(first_chunk));
    attributes.extend(attempt.tokens.into_iter().flat_map(usage));
    Some(Span {
        trace_id: record.trace().to_be_bytes().to_vec(),
        span_id: span.to_be_bytes().to_vec(),
        parent_span_id: record.span().to_be_bytes().to_vec(),
        name: format!("{operation} {}", model_of(&attempt.deployment)),
        kind: CLIENT,
        start_time_unix_nano: nanos(begin),
        end_time_unix_nano: nanos(begin.plus(Duration::from_millis(attempt.took_ms))),
        attributes,
        status: attempt.error.map(|_| Status { code: ERROR }),
    })
}

/// What is done, in the conventions' words.
fn operation(face: &str) -> &'static str {
    match face {
        "embeddings" => "embeddings",
        "rerank" => "rerank",
        _ => "chat",
    }
}

/// The model in its provider's words.
fn model_of(deployment: &str) -> &str {
    deployment.split_once('/').map_or(deployment, |(_, model)| model)
}

fn cause(state: RunState, error: Option<ErrorCode>) -> Option<String> {
    let cancelled = (state == RunState::Cancelled).then(|| "cancelled".to_owned());
    error.map(|code| code.as_str().to_owned()).or(cancelled)
}

fn finish_reasons(reason: FinishReason) -> KeyValue {
    let word = match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::Cancelled => "cancelled",
        FinishReason::ToolCalls => "tool_calls",
    };
    let list = ArrayValue { values: vec![AnyValue { value: Some(Value::Text(word.to_owned())) }] };
    fact("gen_ai.response.finish_reasons", Value::List(list))
}

fn first_chunk(millis: u64) -> KeyValue {
    let seconds = Duration::from_millis(millis).as_secs_f64();
    fact("gen_ai.response.time_to_first_chunk", Value::Float(seconds))
}

fn usage(usage: Usage) -> [KeyValue; 4] {
    [
        ("gen_ai.usage.input_tokens", usage.input_tokens),
        ("gen_ai.usage.cache_read.input_tokens", usage.cached_tokens),
        ("gen_ai.usage.output_tokens", usage.output_tokens),
        ("gen_ai.usage.reasoning.output_tokens", usage.reasoning_tokens),
    ]
    .map(|(key, tokens)| fact(key, Value::Int(i64::try_from(tokens).unwrap_or(i64::MAX))))
}

fn text(key: &str, value: &str) -> KeyValue {
    fact(key, Value::Text(value.to_owned()))
}

fn fact(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }) }
}

fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.as_micros()).unwrap_or(0).saturating_mul(1_000)
}
