//! The most that goes in.

use ports::ChatRequest;

/// No template puts more around one.
const MOST_AROUND_A_MESSAGE: u64 = 64;

/// No fewer tokens than a question's messages can be: a token is at least a byte, and a template adds a few to each
/// message. More than the context holds is refused anyway.
pub fn most_input(question: &ChatRequest, context_tokens: u32) -> u64 {
    let bytes = question.messages.iter().map(|message| {
        u64::try_from(message.content().len()).unwrap_or(u64::MAX).saturating_add(MOST_AROUND_A_MESSAGE)
    });
    bytes.fold(0_u64, u64::saturating_add).min(context_tokens.into())
}
