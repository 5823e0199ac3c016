//! The faces under `/v1`: what programs made for other APIs speak. What is said in which words, the crate `faces` knows;
//! here is only who asks, and how it goes over the line. `/v1/embeddings`, `/v1/rerank` and `/v1/models` speak the words
//! of the chat completions.

mod answer;
mod embeddings;
mod error;
mod key;
mod messages;
mod models;
mod rerank;
mod responses;
mod usage;

use axum::Router;
use axum::routing::{MethodRouter, delete, get, post};
use faces::ChatCompletions;

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
        ("POST", "/v1/chat/completions", post(answer::answer::<ChatCompletions>)),
        ("POST", "/v1/responses", post(responses::create)),
        ("GET", "/v1/responses/{id}", get(responses::get)),
        ("DELETE", "/v1/responses/{id}", delete(responses::delete)),
        ("POST", "/v1/responses/{id}/cancel", post(responses::cancel)),
        ("GET", "/v1/responses/{id}/input_items", get(responses::input_items)),
        ("POST", "/v1/messages", post(messages::create)),
        ("POST", "/v1/messages/count_tokens", post(messages::count)),
        ("POST", "/v1/embeddings", post(embeddings::create)),
        ("POST", "/v1/rerank", post(rerank::create)),
        ("GET", "/v1/models", get(models::list)),
        ("GET", "/v1/models/{*id}", get(models::get)),
    ]
}
