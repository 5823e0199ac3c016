//! A model that counts letters.

use std::sync::{Arc, Mutex, PoisonError};

use ports::{
    EmbedFuture, EmbedRequest, Embedder, Embeddings, PortError, PortErrorKind, RerankFuture, RerankRequest,
    Reranker, Scores,
};
use wire::ErrorCode;

/// The vector of a text says how many `a`, `b`, `c` and `d` are in it; a document answers a query by the part of its
/// letters that it has. A token is a byte. Clones are the same model.
#[derive(Clone, Debug, Default)]
pub struct CountingEncoder {
    /// What the next calls fail with, last one first.
    failures: Arc<Mutex<Vec<PortError>>>,
    embedded: Arc<Mutex<Vec<EmbedRequest>>>,
    reranked: Arc<Mutex<Vec<RerankRequest>>>,
}

impl CountingEncoder {
    /// Lets the next call fail.
    pub fn fail_next(&self, code: ErrorCode, detail: &str) {
        lock(&self.failures).push(PortError::new(PortErrorKind::Bad, code, detail));
    }

    /// All requests for vectors so far.
    pub fn embedded(&self) -> Vec<EmbedRequest> {
        lock(&self.embedded).clone()
    }

    /// All requests for scores so far.
    pub fn reranked(&self) -> Vec<RerankRequest> {
        lock(&self.reranked).clone()
    }

    fn outcome<T>(&self, answer: T) -> Result<T, PortError> {
        lock(&self.failures).pop().map_or(Ok(answer), Err)
    }
}

impl Embedder for CountingEncoder {
    fn embed(&self, request: EmbedRequest) -> EmbedFuture {
        let kept = request.dimensions.map_or(4, |kept| usize::try_from(kept).unwrap());
        let vectors = request.texts.iter().map(|text| {
            let counts = ['a', 'b', 'c', 'd'].map(|letter| text.chars().filter(|c| *c == letter).count());
            counts.iter().take(kept).map(|count| f32::from(u8::try_from(*count).unwrap())).collect()
        });
        let answer = Embeddings {
            vectors: vectors.collect(),
            input_tokens: bytes(&request.texts),
            attempts: Vec::new(),
        };
        lock(&self.embedded).push(request);
        Box::pin(std::future::ready(self.outcome(answer)))
    }
}

impl Reranker for CountingEncoder {
    fn rerank(&self, request: RerankRequest) -> RerankFuture {
        let letters = request.query.chars().count();
        let scores = request.documents.iter().map(|document| {
            let found = request.query.chars().filter(|letter| document.contains(*letter)).count();
            f32::from(u16::try_from(found).unwrap()) / f32::from(u16::try_from(letters).unwrap())
        });
        let answer = Scores { scores: scores.collect(), input_tokens: bytes(&request.documents) };
        lock(&self.reranked).push(request);
        Box::pin(std::future::ready(self.outcome(answer)))
    }
}

fn bytes(texts: &[String]) -> u64 {
    u64::try_from(texts.iter().map(String::len).sum::<usize>()).unwrap()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
