//! The Anthropic Messages API, with shapes and errors to the letter, so that the official SDKs work unchanged. (Shapes:
//! the vendor's API reference, versions 2023-06-01 and 2026-10-21.) The later version takes `temperature`, `top_p` and
//! `top_k` away, since the vendor's models have none; the models here have them, and they are taken in both versions.
//! What else the later one refuses (documents in answers) is refused in both.

mod content;
mod request;
mod shapes;
mod stream;

use crate::{Face, Fault, Gathered, Head, Question, json};

use self::request::MessagesRequest;
use self::shapes::{ErrorDocument, MessageDocument};
use self::stream::MessageEvents;

/// The header that says which version of the API a program speaks.
pub const VERSION_HEADER: &str = "anthropic-version";
/// The versions that are spoken here.
const VERSIONS: [&str; 2] = ["2023-06-01", "2026-10-21"];

/// `POST /v1/messages`.
#[derive(Debug)]
pub enum Messages {}

impl Messages {
    /// Reads a request whose tokens are to be counted: one that has no limit to its answer.
    ///
    /// # Errors
    /// What is wrong with it, beginning with the field.
    pub fn read_to_count(body: &[u8]) -> Result<Question, String> {
        crate::read::read::<MessagesRequest>(body)?.question()
    }

    /// What is answered to whoever asks for a count.
    pub fn counted(input_tokens: u64) -> String {
        json(&shapes::CountDocument { input_tokens })
    }
}

/// Refuses a version that is not spoken here. Who names none means either.
///
/// # Errors
/// What is wrong, beginning with the header.
pub fn check_version(version: Option<&str>) -> Result<(), String> {
    match version.filter(|version| !VERSIONS.contains(version)) {
        None => Ok(()),
        Some(other) => {
            Err(format!("{VERSION_HEADER}: {} are spoken here, not `{other}`", VERSIONS.join(" and ")))
        }
    }
}

impl Face for Messages {
    type Reply = ();
    type Writer = MessageEvents;

    fn read(body: &[u8]) -> Result<(Question, ()), String> {
        let request: MessagesRequest = crate::read::read(body)?;
        request.must_have_limit()?;
        Ok((request.question()?, ()))
    }

    fn stream(head: Head, (): (), _: usize) -> MessageEvents {
        MessageEvents::new(head)
    }

    fn whole(head: &Head, (): (), choices: Vec<Gathered>) -> String {
        let gathered = choices.into_iter().next().unwrap_or_default();
        json(&MessageDocument::whole(head, &gathered))
    }

    fn fault(fault: &Fault) -> String {
        json(&ErrorDocument::of(fault))
    }
}

fn id(head: &Head) -> String {
    format!("msg_{}", head.id)
}

/// The id of a call: unique, and the same however the answer is read.
fn call_id(head: &Head, call: u32) -> String {
    format!("toolu_{}_{call}", head.id)
}
