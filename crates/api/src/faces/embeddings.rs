//! `POST /v1/embeddings`.

use app::{AppError, EmbedTexts};
use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use faces::{ChatCompletions, TextOr};
use serde::{Deserialize, Serialize};

use super::error::FaceError;
use super::key::Caller;
use super::usage::InputUsage;
use crate::MOST_FACE_BYTES;
use crate::body::read_body;
use crate::router::ApiState;

#[derive(Debug, Deserialize)]
struct EmbeddingRequest {
    model: String,
    input: TextOr<serde_json::Value>,
    #[serde(default)]
    encoding_format: Format,
    dimensions: Option<u32>,
    /// Not of the face: cut what is too long instead of refusing it.
    #[serde(default)]
    truncate: bool,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Format {
    #[default]
    Float,
    Base64,
}

#[derive(Debug, Serialize)]
pub(super) struct EmbeddingList {
    object: &'static str,
    data: Vec<Embedding>,
    model: String,
    usage: InputUsage,
}

#[derive(Debug, Serialize)]
struct Embedding {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Vector {
    Float(Vec<f32>),
    Base64(String),
}

pub(super) async fn create(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<ChatCompletions>,
    request: axum::extract::Request,
) -> Result<Json<EmbeddingList>, FaceError<ChatCompletions>> {
    let body = read_body(request, &state, MOST_FACE_BYTES).await?;
    let request: EmbeddingRequest = faces::read(&body).map_err(AppError::invalid)?;
    let EmbeddingRequest { model, input, encoding_format, dimensions, truncate } = request;
    let wish = EmbedTexts { model: model.clone(), texts: texts(input)?, dimensions, truncate };
    let answer = state.app.embed_texts(&actor, wish).await?;
    let data = answer.vectors.into_iter().enumerate().map(|(index, vector)| Embedding {
        object: "embedding",
        index,
        embedding: encoding_format.write(vector),
    });
    Ok(Json(EmbeddingList { object: "list", data: data.collect(), model, usage: answer.input_tokens.into() }))
}

fn texts(input: TextOr<serde_json::Value>) -> Result<Vec<String>, AppError> {
    let parts = match input {
        TextOr::Text(text) => return Ok(vec![text]),
        TextOr::Parts(parts) => parts,
    };
    let text = |part| match part {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Number(_) | serde_json::Value::Array(_) => {
            let said = format!("input: a text or a list of texts, and no numbers of tokens such as {part}");
            Err(AppError::invalid(said))
        }
        _ => Err(AppError::invalid("input: a text or a list of texts, and nothing else among them")),
    };
    parts.into_iter().map(text).collect()
}

impl Format {
    /// As a list, or as little-endian numbers of 32 bits: what the face's SDKs ask for, since it is a fourth as long.
    fn write(self, vector: Vec<f32>) -> Vector {
        match self {
            Self::Float => Vector::Float(vector),
            Self::Base64 => {
                let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
                Vector::Base64(STANDARD.encode(bytes))
            }
        }
    }
}
