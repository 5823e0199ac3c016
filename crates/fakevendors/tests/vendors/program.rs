//! The same as a program.

use std::process::Stdio;

use reqwest::Client;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fakevendors"));
    command.args(arguments).kill_on_drop(true).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[tokio::test]
async fn it_says_where_it_is_answers_and_ends_by_itself() {
    // The process has one provider of cryptography; whoever comes first installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut child = start(&["--port", "0", "--life", "5", "--model", "lane-v2=say-3", "--key", "sk-own"]);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).await.unwrap();
    let greeting: Value = serde_json::from_str(&line).unwrap();
    let url = format!("{}/chat/completions", greeting["chat_completions"].as_str().unwrap());
    let body = r#"{"model": "lane-v2", "messages": [{"role": "user", "content": "Which lane?"}]}"#;
    let client = Client::builder().no_proxy().build().unwrap();
    let post = client.post(url).bearer_auth("sk-own").header("content-type", "application/json").body(body);
    let answer: Value = serde_json::from_slice(&post.send().await.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!(answer["usage"]["completion_tokens"], 3);
    let invoice =
        client.get(greeting["invoice"].as_str().unwrap()).send().await.unwrap().text().await.unwrap();
    assert!(invoice.contains("\"key\":\"sk-own\""), "{invoice}");
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test]
async fn whoever_has_read_where_it_is_may_close_its_output() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut child = start(&["--provider", "toy", "--life", "60"]);
    let mut told = String::new();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    while told.matches("base_url").count() < 4 {
        lines.read_line(&mut told).await.unwrap();
    }
    drop(lines);
    let house = told.split('"').find(|part| part.starts_with("http://")).unwrap().replace("/v1", "/invoice");
    let client = Client::builder().no_proxy().build().unwrap();
    for _ in 0..20 {
        assert!(client.get(&house).send().await.unwrap().status().is_success());
    }
    assert!(child.try_wait().unwrap().is_none());
}

#[tokio::test]
async fn a_port_that_is_taken_is_said() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = start(&["--port", &port]).wait_with_output().await.unwrap();
    assert!(!ended.status.success());
    assert!(String::from_utf8(ended.stderr).unwrap().contains("give another one, or 0 for any"));
}
