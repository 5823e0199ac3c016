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
use axum::routing::{MethodRouter, get, post};

use crate::router::ApiState;

pub(crate) fn routes() -> Router<ApiState> {
    let add = |router: Router<ApiState>, (_, path, handler)| router.route(path, handler);
    table().into_iter().fold(Router::new(), add)
}

/// Method and path of every route of the faces, for those who check them all.
pub fn face_routes() -> Vec<(&'static str, &'static str)> {
    table().into_iter().map(|(method, path, _)| (method, path)).collect()
}

fn table() -> Vec<(&'static str, &'static str, MethodRouter<ApiState>)> {
    vec![
        ("POST", "/v1/chat/completions", post(chat::complete)),
        ("POST", "/v1/embeddings", post(embeddings::create)),
        ("POST", "/v1/rerank", post(rerank::create)),
        ("GET", "/v1/models", get(models::list)),
        ("GET", "/v1/models/{*id}", get(models::get)),
    ]
}
