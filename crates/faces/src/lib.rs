//! What programs say in the words of other APIs, and what they are told in the same words: from the bytes of a request
//! to a [`Question`], and from what a model tells to the events of a stream, to a whole answer or to a [`Fault`]'s body.
//! Nothing here knows HTTP, waits, or knows what time it is; `api` carries the bytes.
//!
//! | to change | look at |
//! |---|---|
//! | what a face understands | `<face>/request.rs` |
//! | what it answers | `<face>/shapes.rs`, and `<face>/stream.rs` for pieces |
//! | what all faces have in common | `question.rs`, `gathered.rs`, `fault.rs`, `read.rs` |
//!
//! To add a face: a module with a type that implements [`Face`], and its route in `api/src/faces/mod.rs`. Fields that a
//! face does not know are accepted and have no effect, as these APIs do with fields of newer versions; what it knows and
//! cannot do is refused by name.

mod chat_completions;
mod fault;
mod gathered;
mod head;
mod messages;
mod question;
mod read;
mod responses;

pub use chat_completions::ChatCompletions;
pub use fault::{Fault, FaultClass};
pub use gathered::{Block, Call, Gathered};
pub use head::Head;
pub use messages::{Messages, VERSION_HEADER, check_version};
pub use question::Question;
pub use read::{TextOr, read};
pub use responses::{Earlier, Keeping, Order, ResponseEvents, Responses, Said, Stretch};

use ports::ChatEvent;

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What the event is called; absent in faces that do not name theirs.
    pub name: Option<&'static str>,
    /// A document, or a word that ends the stream.
    pub data: String,
}

/// Writes the events of one answer, which may have several choices.
pub trait Writer: Send + 'static {
    /// What goes out before anything is known.
    fn opening(&mut self) -> Vec<Piece>;

    /// Somebody else answers than its head says. Nothing was told by a choice until now.
    fn turn(&mut self, model: String);

    /// What goes out when a choice, counted from 0, tells something.
    fn pieces(&mut self, choice: u32, event: ChatEvent) -> Vec<Piece>;

    /// What goes out when nothing else can: an error, never a clean end.
    fn fault(&mut self, fault: &Fault) -> Vec<Piece>;

    /// True when nothing more goes out.
    fn is_over(&self) -> bool;
}

/// The words of one API.
pub trait Face: 'static {
    /// What of a request its answer depends on.
    type Reply: Send;
    /// Writes streams.
    type Writer: Writer;

    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with it, beginning with the field.
    fn read(body: &[u8]) -> Result<(Question, Self::Reply), String>;

    /// Begins a stream of so many choices.
    fn stream(head: Head, reply: Self::Reply, choices: usize) -> Self::Writer;

    /// A whole answer, as JSON.
    fn whole(head: &Head, reply: Self::Reply, choices: Vec<Gathered>) -> String;

    /// What is answered instead, as JSON.
    fn fault(fault: &Fault) -> String;
}

/// Documents of text, numbers and lists: nothing in them can fail to be written.
fn json(document: &impl serde::Serialize) -> String {
    serde_json::to_string(document).unwrap_or_default()
}
