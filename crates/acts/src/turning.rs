//! What models say, in the words of the turn machine.

use agent::TurnEvent;
use ports::{ChatEvent, PortError};
use wire::{ErrorCode, RunError};

/// What the turn machine is told of what a model says; nothing more of it is an end without a word about why.
pub fn turn_event(item: Option<Result<ChatEvent, PortError>>) -> TurnEvent {
    match item {
        Some(Ok(ChatEvent::Queued { position, wait })) => TurnEvent::Queued { position, wait },
        Some(Ok(ChatEvent::Loading)) => TurnEvent::Loading,
        Some(Ok(ChatEvent::Started(usage))) => TurnEvent::Started(usage),
        Some(Ok(ChatEvent::Text(text))) => TurnEvent::Text(text),
        Some(Ok(ChatEvent::Reasoning(text))) => TurnEvent::Reasoning(text),
        Some(Ok(ChatEvent::Done { reason, usage })) => TurnEvent::Answered { reason, usage },
        Some(Ok(ChatEvent::ToolCall { index, name })) => TurnEvent::Call { index, name },
        Some(Ok(ChatEvent::ToolArguments { index, text })) => TurnEvent::Arguments { index, text },
        Some(Ok(ChatEvent::Logprobs(_) | ChatEvent::Attempted(_))) => {
            failed("The model tells what nobody asked for.")
        }
        Some(Err(error)) => TurnEvent::Failed(RunError { code: error.code, detail: error.detail }),
        None => failed("The model ended its answer without a word about why."),
    }
}

/// Whether something of an answer is in it.
pub fn is_piece(event: &TurnEvent) -> bool {
    matches!(event, TurnEvent::Text(_) | TurnEvent::Reasoning(_) | TurnEvent::Call { .. })
}

fn failed(detail: &str) -> TurnEvent {
    TurnEvent::Failed(RunError { code: ErrorCode::EngineFailed, detail: detail.to_owned() })
}
