//! The face of the OpenAI API: `/v1/chat/completions`, `/v1/embeddings` and `/v1/models`, with shapes and errors to the
//! letter, so that the official SDKs work unchanged. (Shapes: the vendor's API reference.) `/v1/rerank` stands beside
//! them.

mod chat;
mod chunks;
mod embeddings;
mod error;
mod head;
mod key;
mod models;
mod reasoning;
mod request;
mod rerank;
mod sampling;
mod shapes;

use axum::Router;
use axum::routing::{get, post};

use crate::router::ApiState;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/embeddings", post(embeddings::create))
        .route("/v1/rerank", post(rerank::create))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*id}", get(models::get))
}
