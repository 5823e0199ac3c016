//! The server's side of vectors and scores.

use std::future::poll_fn;

use ports::{
    ChatEvent, EmbedFuture, EmbedRequest, Embedder, Embeddings, PortError, PortErrorKind, RerankFuture,
    RerankRequest, Reranker, Scores,
};
use wire::ErrorCode;

use crate::client::{CallStream, Engine};
use crate::pending::Event;
use crate::poison::Fingerprint;
use crate::protocol::{Encode, ToWorker};

impl Embedder for Engine {
    fn embed(&self, request: EmbedRequest) -> EmbedFuture {
        let EmbedRequest { model, texts, dimensions, truncate, scope } = request;
        let count = texts.len();
        let begun = self.encode(&model, Encode { id: 0, query: None, texts, dimensions, truncate, scope });
        Box::pin(async move {
            let (vectors, input_tokens) = collect(begun?, count).await?;
            Ok(Embeddings { vectors, input_tokens, attempts: Vec::new() })
        })
    }
}

impl Reranker for Engine {
    fn rerank(&self, request: RerankRequest) -> RerankFuture {
        let RerankRequest { model, query, documents: texts, truncate, scope } = request;
        let count = texts.len();
        let encode = Encode { id: 0, query: Some(query), texts, dimensions: None, truncate, scope };
        let begun = self.encode(&model, encode);
        Box::pin(async move {
            let (rows, input_tokens) = collect(begun?, count).await?;
            Ok(Scores { scores: rows.into_iter().flatten().collect(), input_tokens })
        })
    }
}

impl Engine {
    fn encode(&self, model: &str, encode: Encode) -> Result<CallStream, PortError> {
        self.call(model, Fingerprint::of_texts(&encode), |id| ToWorker::Encode(Encode { id, ..encode }))
    }
}

/// What became of each text, and how many tokens were read.
async fn collect(mut call: CallStream, count: usize) -> Result<(Vec<Vec<f32>>, u64), PortError> {
    let mut rows = vec![Vec::new(); count];
    while let Some(event) = poll_fn(|context| call.poll_event(context)).await {
        match event? {
            Event::Encoded { index, values } => {
                if let Some(row) = rows.get_mut(index) {
                    *row = values;
                }
            }
            Event::Chat(ChatEvent::Done { usage, .. }) if rows.iter().all(|row| !row.is_empty()) => {
                return Ok((rows, usage.input_tokens));
            }
            Event::Chat(ChatEvent::Done { .. }) => break,
            Event::Chat(_) => {}
        }
    }
    let detail = "The model did not answer for every text.";
    Err(PortError::new(PortErrorKind::Retry, ErrorCode::EngineFailed, detail))
}
