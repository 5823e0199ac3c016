//! The responses of the OpenAI API, with shapes and errors to the letter, so that the official SDKs work unchanged.
//! (Shapes: the vendor's API reference, and Open Responses.) Nothing is kept here yet: what refers to an earlier answer
//! is refused by name.

mod input;
mod request;
mod shapes;
mod stream;

use crate::{Face, Fault, Gathered, Head, Question, chat_completions, json};

use self::request::{Echo, ResponsesRequest};
use self::shapes::ResponseDocument;
use self::stream::ResponseEvents;

/// `POST /v1/responses`.
#[derive(Debug)]
pub enum Responses {}

/// What of a request its answer says again.
#[derive(Debug)]
pub struct Said(Echo);

impl Face for Responses {
    type Reply = Said;
    type Writer = ResponseEvents;

    fn read(body: &[u8]) -> Result<(Question, Said), String> {
        let request: ResponsesRequest = crate::read::read(body)?;
        let echo: Echo = crate::read::read(body)?;
        Ok((request.question()?, Said(echo)))
    }

    fn stream(head: Head, reply: Said, _: usize) -> ResponseEvents {
        ResponseEvents::new(head, reply.0)
    }

    fn whole(head: &Head, reply: Said, choices: Vec<Gathered>) -> String {
        let gathered = choices.into_iter().next().unwrap_or_default();
        json(&ResponseDocument::ended(head, &reply.0, &gathered))
    }

    fn fault(fault: &Fault) -> String {
        chat_completions::error_body(fault)
    }
}
