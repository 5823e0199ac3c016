//! What goes to providers of models and what comes back, each in its own words: from a [`Question`] to the bytes of a
//! request ([`encode`]), and from the bytes of a response, however they are cut, to [`Event`]s ([`Decoder`]) or a
//! [`Failure`]. Nothing here connects to anybody, waits, or knows what time it is.
//!
//! A dialect is code, an accent is data: what is particular about a vendor stands in `data/providers/` as
//! `catalog::Quirks`, and no vendor is named here.
//!
//! | to change | look at |
//! |---|---|
//! | what a dialect says and how its answers are read | `<dialect>/encode.rs`, `<dialect>/answer.rs` |
//! | how bytes become events | `sse.rs`, `decoder.rs` |
//! | texts that become vectors | `embeddings.rs` |
//! | calls that come mixed, late or in pieces | `calls.rs` |
//! | what is counted where | `usage.rs` |
//! | what complaints mean | `failure.rs`; a vendor's own codes in its file |
//!
//! To add a vendor: `docs/adding/provider.md`. To add an accent: a field of `Quirks`, the place in a dialect that heeds it, and a recording in `tests/`.
//! To add a dialect: a variant of `catalog::Dialect`, a module with `encode` and `Answer`, and their arms in
//! [`encode`] and `decoder.rs`.

mod calls;
mod chat_completions;
mod clean;
mod common;
mod decoder;
mod embeddings;
mod event;
mod failure;
mod generate_content;
mod json;
mod messages;
mod question;
mod responses;
mod sse;
#[cfg(test)]
mod testing;
mod usage;

use catalog::{Dialect, Endpoint};
pub use decoder::{Decoder, MOST_BYTES};
pub use embeddings::{Vectors, encode_texts, read_vectors};
pub use event::{Broken, End, Event, Keepsake, Reason};
pub use failure::{Failure, FailureKind, Rejection, RetryAfter};
use ports::PortError;
pub use ports::Spent;
pub use question::{Call, Delivery, Question};

/// Writes a question in the words of an endpoint.
///
/// # Errors
/// When the endpoint cannot be asked this: the question has something that it does not have, and cannot do without.
pub fn encode(endpoint: &Endpoint, question: &Question<'_>) -> Result<Call, PortError> {
    let quirks = endpoint.quirks(question.model);
    match endpoint.dialect {
        Dialect::ChatCompletions => chat_completions::encode(quirks, question),
        Dialect::Responses => responses::encode(quirks, question),
        Dialect::Messages => messages::encode(quirks, question),
        Dialect::GenerateContent => generate_content::encode(quirks, question),
    }
}
