//! `POST /v1/embeddings`.

use app::{AppError, EmbedTexts};
use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use faces::ChatCompletions;
use serde::{Deserialize, Serialize};

use super::error::FaceError;
use super::key::Caller;
use super::usage::InputUsage;
use crate::extract::read_body;
use crate::router::ApiState;

#[derive(Debug, Deserialize)]
struct EmbeddingRequest {
    model: String,
    input: Input,
    #[serde(default)]
    encoding_format: Format,
    dimensions: Option<u32>,
    /// Not of the face: cut what is too long instead of refusing it.
    #[serde(default)]
    truncate: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Many(Vec<String>),
    Tokens(Vec<serde_json::Value>),
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
    let body = read_body(request, &state).await?;
    let request: EmbeddingRequest =
        serde_json::from_slice(&body).map_err(|error| AppError::invalid(error.to_string()))?;
    let EmbeddingRequest { model, input, encoding_format, dimensions, truncate } = request;
    let wish = EmbedTexts { model: model.clone(), texts: input.texts()?, dimensions, truncate };
    let answer = state.app.embed_texts(&actor, wish).await?;
    let data = answer.vectors.into_iter().enumerate().map(|(index, vector)| Embedding {
        object: "embedding",
        index,
        embedding: encoding_format.write(vector),
    });
    Ok(Json(EmbeddingList { object: "list", data: data.collect(), model, usage: answer.input_tokens.into() }))
}

impl Input {
    fn texts(self) -> Result<Vec<String>, AppError> {
        match self {
            Self::One(text) => Ok(vec![text]),
            Self::Many(texts) => Ok(texts),
            Self::Tokens(tokens) => {
                let first = tokens.first().unwrap_or(&serde_json::Value::Null);
                let detail =
                    format!("input: a text or a list of texts, and no numbers of tokens such as {first}");
                Err(AppError::invalid(detail))
            }
        }
    }
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
