//! The chat completions of the OpenAI API, with shapes and errors to the letter, so that the official SDKs work
//! unchanged. (Shapes: the vendor's API reference.)

mod reasoning;
mod request;
mod sampling;
mod shapes;
mod stream;

use serde::Serialize;
use wire::{ErrorCode, Usage};

use self::reasoning::ReasoningFields;
use self::request::ChatRequest;
use self::sampling::SamplingFields;
use self::shapes::{
    Answer, CallDocument, Choice, Completion, FunctionDocument, LogprobsDocument, finish_word,
};
use self::stream::Chunks;
use crate::head::Total;
use crate::read::read;
use crate::{Call, Face, Fault, FaultClass, Gathered, Head, Question, json};

/// `POST /v1/chat/completions`.
#[derive(Debug)]
pub enum ChatCompletions {}

/// What of a request its answer depends on.
#[derive(Debug)]
pub struct ReplyWish {
    with_usage: bool,
}

impl Face for ChatCompletions {
    type Reply = ReplyWish;
    type Writer = Chunks;

    fn read(body: &[u8]) -> Result<(Question, ReplyWish), String> {
        let request: ChatRequest = read(body)?;
        let sampling: SamplingFields = read(body)?;
        let reasoning: ReasoningFields = read(body)?;
        let options = request.stream_options.as_ref();
        let with_usage = options.and_then(|options| options.include_usage).unwrap_or(false);
        let question = Question {
            choices: request.choices()?,
            is_streamed: request.stream.unwrap_or(false),
            messages: request.chat()?,
            form: request.form()?,
            tools: request.offered()?,
            logprobs: request.alternatives()?,
            model: request.model,
            adapters: request.adapters.unwrap_or_default(),
            sampling: sampling.wish(),
            reasoning: reasoning.wish()?,
        };
        Ok((question, ReplyWish { with_usage }))
    }

    fn stream(head: Head, reply: ReplyWish, choices: usize) -> Chunks {
        Chunks::new(head, choices, reply.with_usage)
    }

    fn whole(head: &Head, _: ReplyWish, choices: Vec<Gathered>) -> String {
        let mut total = Total::default();
        let choice = |(index, gathered): (u32, Gathered)| {
            let (choice, usage) = choice(head, index, gathered);
            total.add(index, usage);
            choice
        };
        let choices = (0..).zip(choices).map(choice).collect();
        let (object, usage) = ("chat.completion", total.usage().into());
        let Head { created, model, .. } = head.clone();
        json(&Completion { id: id(head), object, created, model, choices, usage })
    }

    fn fault(fault: &Fault) -> String {
        error_body(fault)
    }
}

fn id(head: &Head) -> String {
    format!("chatcmpl-{}", head.id)
}

fn choice(head: &Head, index: u32, gathered: Gathered) -> (Choice, Usage) {
    let call = |call: &Call| {
        let function = FunctionDocument { name: call.name.clone(), arguments: call.arguments.clone() };
        CallDocument { id: head.call_id(index, call.index), r#type: "function", function }
    };
    let tool_calls: Vec<CallDocument> = gathered.calls().map(call).collect();
    let content = Some(gathered.text()).filter(|content| !content.is_empty() || tool_calls.is_empty());
    let (reason, usage) = gathered.ending();
    let reasoning_content = gathered.reasoning();
    let message = Answer { role: "assistant", content, refusal: None, reasoning_content, tool_calls };
    let (logprobs, finish_reason) = (LogprobsDocument::of(gathered.logprobs), finish_word(reason));
    (Choice { index, message, logprobs, finish_reason }, usage)
}

/// `{"error": {"message", "type", "param", "code"}}`
#[derive(Debug, Serialize)]
struct ErrorDocument<'a> {
    error: ErrorFields<'a>,
}

#[derive(Debug, Serialize)]
struct ErrorFields<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: ErrorCode,
}

/// An error in the shape that this vendor's faces share.
pub(crate) fn error_body(fault: &Fault) -> String {
    let (message, param, code) = (fault.message.as_str(), fault.field.as_deref(), fault.code);
    json(&ErrorDocument { error: ErrorFields { message, r#type: error_word(fault.class), param, code } })
}

/// The vendor's word for a class of errors.
pub(crate) fn error_word(class: FaultClass) -> &'static str {
    match class {
        FaultClass::Unauthenticated => "authentication_error",
        FaultClass::Forbidden => "permission_error",
        FaultClass::RateLimited => "rate_limit_error",
        FaultClass::Invalid | FaultClass::Payment | FaultClass::NotFound | FaultClass::TooLarge => {
            "invalid_request_error"
        }
        FaultClass::Busy | FaultClass::Broken => "server_error",
    }
}
