//! `hutong ask`: with a running server through its face, without one by a model of its own.

use std::io::{IsTerminal, Read};

use app::{App, CompleteChat};
use clap::Args as ClapArgs;
use futures_util::StreamExt;
use ports::{ChatEvent, ChatMessage};
use std::sync::Arc;
use wire::Role;

use super::{say, write_out};
use crate::failure::Missing;
use crate::paths::DataDir;
use crate::running::{self, Running};
use crate::wiring::{House, Tokens};

/// Ask an agent; the answer streams to the terminal
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Who answers, as `hutong agents list` shows it
    #[arg(long, default_value = "ask")]
    agent: String,
    /// The question; read from standard input when absent or `-`
    question: Option<String>,
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let question = match args.question.as_deref() {
        Some("-") | None => read_question()?,
        Some(text) => text.to_owned(),
    };
    anyhow::ensure!(!question.trim().is_empty(), "there is no question: type one, or pipe one in");
    let paths = data.paths()?;
    match running::find(&paths) {
        Some(server) => ask_server(&server, &args.agent, &question).await,
        None => {
            let house = House::open(paths)?;
            let engine = house.engine()?;
            let app = house.use_cases(&engine, Tokens::default()).await?.app;
            let answered = ask_here(&app, &args.agent, question).await;
            engine.shut_down().await;
            answered
        }
    }
}

fn read_question() -> anyhow::Result<String> {
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Err(anyhow::anyhow!("there is no question: type one behind the command, or pipe one in"));
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text)?;
    Ok(text)
}

async fn ask_here(app: &Arc<App>, agent: &str, question: String) -> anyhow::Result<()> {
    let wish = CompleteChat {
        model: format!("agent/{agent}"),
        messages: vec![ChatMessage::text(Role::User, question)],
        ..CompleteChat::default()
    };
    let mut stream = app.complete_chat(None, wish).await?;
    while let Some(event) = stream.next().await {
        match event? {
            ChatEvent::Text(text) => write_out(text)?,
            ChatEvent::Loading => hint("loading the model …"),
            ChatEvent::Queued { .. }
            | ChatEvent::Started(_)
            | ChatEvent::Reasoning(_)
            | ChatEvent::Logprobs(_)
            | ChatEvent::Attempted(_)
            // Agents offer no tools, so that there is nothing to call.
            | ChatEvent::ToolCall { .. }
            | ChatEvent::ToolArguments { .. }
            | ChatEvent::Done { .. } => {}
        }
    }
    say("")
}

async fn ask_server(server: &Running, agent: &str, question: &str) -> anyhow::Result<()> {
    let body = serde_json::json!({
        "model": format!("agent/{agent}"),
        "messages": [{ "role": "user", "content": question }],
        "stream": true,
    });
    // The transport asks for a TLS library even where none is spoken; a second choice changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let response = reqwest::Client::new()
        .post(format!("http://{}/v1/chat/completions", server.address))
        .bearer_auth(server.token.expose())
        .header("content-type", "application/json")
        .body(body.to_string())
        .send()
        .await?;
    let is_success = response.status().is_success();
    let mut stream = response.bytes_stream();
    let mut buffer = Vec::new();
    while let Some(chunk) = stream.next().await {
        buffer.extend_from_slice(&chunk?);
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n').filter(|_| is_success) {
            let line: Vec<u8> = buffer.drain(..=end).collect();
            write_out(delta(&String::from_utf8_lossy(&line))?)?;
        }
    }
    if !is_success {
        let message = error_message(&buffer).unwrap_or_else(|| "the server refused the question".to_owned());
        return Err(Missing(message).into());
    }
    say("")
}

/// The text in a line of the stream; an error in it ends the command.
fn delta(line: &str) -> anyhow::Result<String> {
    let Some(data) = line.strip_prefix("data:").map(str::trim).filter(|data| *data != "[DONE]") else {
        return Ok(String::new());
    };
    let chunk: serde_json::Value = serde_json::from_str(data)?;
    if let Some(message) = chunk.pointer("/error/message").and_then(serde_json::Value::as_str) {
        anyhow::bail!("{message}");
    }
    let text = chunk.pointer("/choices/0/delta/content").and_then(serde_json::Value::as_str);
    Ok(text.unwrap_or_default().to_owned())
}

fn error_message(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    body.pointer("/error/message")?.as_str().map(str::to_owned)
}

fn hint(text: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_content_is_printed() {
        let line = r#"data: {"choices":[{"delta":{"content":"你"}}]}"#;
        assert_eq!(delta(line).unwrap(), "你");
        for silent in ["", "data: [DONE]", ": comment", r#"data: {"choices":[{"delta":{}}]}"#] {
            assert_eq!(delta(silent).unwrap(), "");
        }
        let error = delta(r#"data: {"error":{"message":"the model stopped"}}"#).unwrap_err();
        assert_eq!(error.to_string(), "the model stopped");
    }
}
