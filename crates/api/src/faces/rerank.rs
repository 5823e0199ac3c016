//! `POST /v1/rerank`, which has no like in the face: the shape is the one that Jina and Cohere share.

use app::{AppError, RerankDocuments};
use axum::Json;
use axum::extract::State;
use faces::ChatCompletions;
use serde::{Deserialize, Serialize};

use super::error::FaceError;
use super::key::Caller;
use super::usage::InputUsage;
use crate::MOST_FACE_BYTES;
use crate::body::read_body;
use crate::router::ApiState;

#[derive(Debug, Deserialize)]
struct RerankRequest {
    model: String,
    query: String,
    documents: Vec<Document>,
    top_n: Option<usize>,
    #[serde(default)]
    return_documents: bool,
    /// Cut what is too long instead of refusing it.
    #[serde(default)]
    truncate: bool,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "a text, or an object with a `text`")]
enum Document {
    Text(String),
    Object { text: String },
}

#[derive(Debug, Serialize)]
pub(super) struct RerankList {
    id: String,
    object: &'static str,
    model: String,
    results: Vec<Ranked>,
    usage: InputUsage,
}

#[derive(Debug, Serialize)]
struct Ranked {
    index: usize,
    relevance_score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
}

pub(super) async fn create(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<ChatCompletions>,
    request: axum::extract::Request,
) -> Result<Json<RerankList>, FaceError<ChatCompletions>> {
    let body = read_body(request, &state, MOST_FACE_BYTES).await?;
    let request: RerankRequest = faces::read(&body).map_err(AppError::invalid)?;
    let RerankRequest { model, query, documents, top_n, return_documents, truncate } = request;
    let documents = documents.into_iter().map(|document| match document {
        Document::Text(text) | Document::Object { text } => text,
    });
    let wish =
        RerankDocuments { model: model.clone(), query, documents: documents.collect(), top_n, truncate };
    let answer = state.app.rerank_documents(&actor, wish).await?;
    let results = answer.results.into_iter().map(|(index, text, relevance_score)| Ranked {
        index,
        relevance_score,
        document: return_documents.then_some(Document::Object { text }),
    });
    Ok(Json(RerankList {
        id: format!("rerank-{}", state.app.fresh_id()),
        object: "list",
        model,
        results: results.collect(),
        usage: answer.input_tokens.into(),
    }))
}
