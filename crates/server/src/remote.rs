//! A running server, asked by commands of its user.

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Refused;
use crate::running::Running;

/// A problem document, as far as a person is told of it.
#[derive(Debug, Deserialize)]
struct Problem {
    code: wire::ErrorCode,
    detail: String,
}

impl Running {
    /// What an address of `/api/v1` answers.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(reqwest::Method::GET, path, None).await
    }

    /// The same for a wish without a body.
    pub(crate) async fn post(&self, path: &str) -> anyhow::Result<Value> {
        self.call(reqwest::Method::POST, path, None).await
    }

    /// The same for a wish with one.
    pub(crate) async fn post_body(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(reqwest::Method::POST, path, Some(body)).await
    }

    /// Puts something in its place.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.call(reqwest::Method::PUT, path, Some(body)).await
    }

    /// Takes something away.
    pub(crate) async fn delete(&self, path: &str) -> anyhow::Result<()> {
        self.call(reqwest::Method::DELETE, path, None).await.map(|_| ())
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        // The transport asks for a TLS library even where none is spoken; a second choice changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = format!("http://{}/api/v1{path}", self.address);
        let request = reqwest::Client::new().request(method, url).bearer_auth(self.token.expose());
        let request = match body {
            Some(body) => request.header("content-type", "application/json").body(body.to_string()),
            None => request,
        };
        let response = request
            .send()
            .await
            .with_context(|| format!("the server at {} does not answer", self.address))?;
        let is_success = response.status().is_success();
        let body = response.bytes().await?;
        if is_success && body.is_empty() {
            return Ok(Value::Null);
        }
        if is_success {
            return serde_json::from_slice(&body).context("the server's answer cannot be understood");
        }
        Err(refusal(&body).into())
    }
}

fn refusal(body: &[u8]) -> Refused {
    match serde_json::from_slice(body) {
        Ok(Problem { code, detail }) => Refused { code, detail },
        Err(_) => Refused {
            code: wire::ErrorCode::Internal,
            detail: "the server refused without saying why".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_in_the_words_of_the_server() {
        let body = br#"{"type":"/docs/errors#not_found","status":404,"code":"not_found","detail":"There is no such model."}"#;
        let refused = refusal(body);
        assert_eq!(
            (refused.code, refused.detail.as_str()),
            (wire::ErrorCode::NotFound, "There is no such model.")
        );
        assert_eq!(refusal(b"<html>").code, wire::ErrorCode::Internal);
    }
}
