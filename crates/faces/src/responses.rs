//! The responses of the OpenAI API, with shapes and errors to the letter, so that the official SDKs work unchanged.
//! (Shapes: the vendor's API reference, and Open Responses.) Answers are kept unless a program says otherwise, and each
//! may go on from an earlier one: `kept.rs` reads what was kept.

mod input;
mod kept;
mod request;
mod shapes;
mod stream;

use crate::{Face, Fault, Gathered, Head, Question, chat_completions, json};

use self::request::{Echo, ResponsesRequest};
use self::shapes::ResponseDocument;

pub use self::kept::{Earlier, Order, Stretch};
pub use self::stream::ResponseEvents;

/// `POST /v1/responses`.
#[derive(Debug)]
pub enum Responses {}

/// What of a request its answer says again.
#[derive(Debug)]
pub struct Said(Echo);

/// What becomes of an answer, beside being told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// The answer that it goes on from, in the program's words.
    pub previous: Option<String>,
    /// It is kept.
    pub stored: bool,
    /// Nobody waits for it.
    pub background: bool,
}

impl Said {
    /// What becomes of the answer, where answers can be kept or cannot.
    ///
    /// # Errors
    /// What cannot be had together, beginning with the field.
    pub fn keeping(&mut self, can_keep: bool) -> Result<Keeping, String> {
        let echo = &mut self.0;
        let background = echo.background.unwrap_or(false);
        let nowhere = "answers are not kept here";
        match (can_keep, echo.store) {
            (false, Some(true)) => return Err(format!("store: {nowhere}")),
            (false, _) if background => {
                return Err(format!("background: {nowhere}; wait for this one, or stream it"));
            }
            (false, _) if echo.previous_response_id.is_some() => {
                return Err(format!("previous_response_id: {nowhere}; send the whole conversation as input"));
            }
            (true, Some(false)) if background => return Err("background: needs store to be true".to_owned()),
            _ => {}
        }
        let stored = can_keep && echo.store.unwrap_or(true);
        echo.store = Some(stored);
        Ok(Keeping { previous: echo.previous_response_id.clone(), stored, background })
    }
}

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
