//! A model that says how well documents answer a query.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use crate::PortError;

/// Documents that are to be compared with a query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RerankRequest {
    /// The model's id in the catalogue.
    pub model: String,
    /// What somebody wants to know.
    pub query: String,
    /// Where the answer may stand.
    pub documents: Vec<String>,
    /// A document that is too long for the model beside the query is cut; otherwise it is an error.
    pub truncate: bool,
    /// On whose account it is computed (a member's, say): those who ask much do not keep the others waiting.
    pub scope: Option<String>,
}

/// How well the documents answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// From 0 to 1 for each document, in their order. Only good for comparing documents of one query.
    pub scores: Vec<f32>,
    /// Tokens that were read, the query once for each document and the model's own marks included.
    pub input_tokens: u64,
}

/// Scores on their way. Dropping it cancels the call.
pub type RerankFuture = Pin<Box<dyn Future<Output = Result<Scores, PortError>> + Send>>;

/// A place that compares documents with a query.
pub trait Reranker: Send + Sync + fmt::Debug {
    /// Begins a call.
    fn rerank(&self, request: RerankRequest) -> RerankFuture;
}
