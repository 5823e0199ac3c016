//! What goes to a provider.

use ports::{ChatRequest, PortError, PortErrorKind};
use serde_json::{Map, Value};
use wire::ErrorCode;

use crate::Keepsake;

/// What a model is asked, and what only its provider needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is asked. Its `model` is ours and is not sent.
    pub request: &'a ChatRequest,
    /// The model in the provider's words.
    pub model: &'a str,
    /// How the answer comes.
    pub delivery: Delivery,
    /// What this provider wanted to have back, by the message of the request that it belongs to.
    pub kept: &'a [(usize, Keepsake)],
    /// Fields of a client's that we do not know, in the words of this dialect, for providers that may. They never
    /// replace those of ours.
    pub extra: &'a Map<String, Value>,
}

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Piece by piece.
    Streamed,
    /// At once.
    Whole,
}

/// A request to be posted. Who posts it adds the key and the headers of the endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What stands behind the address of the endpoint.
    pub path: String,
    /// JSON. The same question gives the same bytes, and a conversation that goes on begins with the same ones.
    pub body: String,
    /// What was wished for and cannot be said there.
    pub left_out: Vec<&'static str>,
}

impl Question<'_> {
    pub(crate) fn is_streamed(&self) -> bool {
        self.delivery == Delivery::Streamed
    }

    /// What was kept for a message, in its order.
    pub(crate) fn kept_for(&self, message: usize) -> impl Iterator<Item = &Keepsake> {
        self.kept.iter().filter(move |(at, _)| *at == message).map(|(_, keepsake)| keepsake)
    }
}

/// A question that an endpoint cannot be asked.
pub(crate) fn cannot(detail: &str) -> PortError {
    PortError::new(PortErrorKind::Bad, ErrorCode::InvalidRequest, detail)
}
