//! What the router is told of a question.

use courses::most_input;
use ports::{AnswerForm, ChatMessage, ChatRequest};
use router::{Ask, Features, Request, Signs, estimate_tokens};

/// An answer is taken for so long where nobody knows better. Only what is expected is reckoned with it, never what is held.
const USUAL_ANSWER: u64 = 400;
/// Tokens that a template puts around a message.
const AROUND_A_MESSAGE: u64 = 4;

/// A question in the router's words. Whoever names no limit for the answer wants as much as fits into `longest`.
pub(super) fn read(question: &ChatRequest, longest: u64, signs: &Signs) -> Request {
    let last = question.messages.iter().rev().find(|it| it.is_from_user());
    let ask = Ask {
        question: last.map_or("", ChatMessage::content),
        tools: if question.tools.is_none() { 0 } else { question.tools.offered.len() },
        images: 0,
        json: question.form != AnswerForm::Text,
        // A model that does not think is asked as well, and does not.
        reasoning: false,
    };
    let prompt_tokens = prompt_tokens(question);
    let most_output_tokens = match question.sampling.max_tokens {
        Some(named) => named.into(),
        None => longest.saturating_sub(prompt_tokens).max(1),
    };
    Request {
        features: Features::read(&ask, signs),
        prompt_tokens,
        most_prompt_tokens: most_input(question, u32::MAX),
        expected_output_tokens: USUAL_ANSWER,
        most_output_tokens,
    }
}

/// All that goes in, about.
fn prompt_tokens(question: &ChatRequest) -> u64 {
    let messages = question.messages.iter().map(message_tokens);
    let offered = if question.tools.is_none() { &[][..] } else { question.tools.offered.as_slice() };
    let tools = offered.iter().map(|tool| {
        [&tool.name, &tool.description, &tool.parameters].map(|text| estimate_tokens(text)).iter().sum()
    });
    messages.chain(tools).fold(0, u64::saturating_add)
}

fn message_tokens(message: &ChatMessage) -> u64 {
    let calls = match message {
        ChatMessage::Calls { calls, .. } => calls.as_slice(),
        ChatMessage::Text { .. } | ChatMessage::Result { .. } => &[],
    };
    let calls = calls.iter().map(|call| estimate_tokens(&call.name) + estimate_tokens(&call.arguments));
    estimate_tokens(message.content()) + AROUND_A_MESSAGE + calls.sum::<u64>()
}
