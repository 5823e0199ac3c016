//! A model that turns texts into vectors.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::{Attempt, PortError};

/// Texts that are to become vectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbedRequest {
    /// The model's id in the catalogue, or `provider/model`.
    pub model: String,
    /// The texts.
    pub texts: Vec<String>,
    /// Keep so many of the first numbers of each vector, for models that are made for that; absent: all.
    pub dimensions: Option<u32>,
    /// What is too long for the model is cut; otherwise it is an error.
    pub truncate: bool,
    /// On whose account it is computed (a member's, say): those who ask much do not keep the others waiting.
    pub scope: Option<String>,
}

/// What became of the texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embeddings {
    /// One vector for each text, in their order. Those of this machine have the length 1.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens that were read, the model's own marks included; an estimate where a provider does not say.
    pub input_tokens: u64,
    /// What came of asking a provider; empty for models of this machine.
    pub attempts: Vec<Attempt>,
}

/// Vectors on their way. Dropping it cancels the call.
pub type EmbedFuture = Pin<Box<dyn Future<Output = Result<Embeddings, PortError>> + Send>>;

/// A place that turns texts into vectors.
pub trait Embedder: Send + Sync + fmt::Debug {
    /// Begins a call.
    fn embed(&self, request: EmbedRequest) -> EmbedFuture;
}
