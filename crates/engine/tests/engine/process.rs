//! The worker alone, spoken to by hand.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

use ports::{ChatMessage, Reasoning, Sampling, Tools};
use serde_json::{Value, json};
use wire::Role;

use crate::support::{SMOLLM, model_file};

struct Worker(Child);

impl Worker {
    fn start(args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hutong-engine-worker"));
        command.args(args).env("OMP_WAIT_POLICY", "passive");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        Self(child.unwrap())
    }

    fn with_model() -> Self {
        Self::start(&["--model", model_file(SMOLLM).to_str().unwrap(), "--context-tokens", "1024"])
    }

    fn say(&mut self, frame: &Value) {
        let body = frame.to_string();
        let mut bytes = u32::try_from(body.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend(body.as_bytes());
        self.0.stdin.as_mut().unwrap().write_all(&bytes).unwrap();
    }

    /// The next frame; nothing at the end.
    fn hear(&mut self) -> Option<Value> {
        let pipe = self.0.stdout.as_mut().unwrap();
        let mut prefix = [0; 4];
        pipe.read_exact(&mut prefix).ok()?;
        let mut body = vec![0; usize::try_from(u32::from_le_bytes(prefix)).unwrap()];
        pipe.read_exact(&mut body).ok()?;
        Some(serde_json::from_slice(&body).unwrap())
    }

    fn hear_until(&mut self, kind: &str) -> Value {
        loop {
            let frame = self.hear().unwrap();
            if frame["type"] == kind {
                return frame;
            }
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn long(id: u64) -> Value {
    let sampling = Sampling { temperature: 0.0, seed: Some(1), max_tokens: Some(700), ..Sampling::default() };
    let messages = [ChatMessage::text(Role::User, "Write a very long story about a river.")];
    json!({
        "type": "generate", "id": id, "messages": messages, "sampling": sampling, "schema": null,
        "tools": Tools::default(), "reasoning": Reasoning::default(), "logprobs": null, "family": null, "weight": 1, "drafts": false, "scope": null, "fixed_messages": 0,
    })
}

#[test]
fn a_cancel_ends_the_answer_in_the_middle_and_frees_the_sequence() {
    let mut worker = Worker::with_model();
    worker.hear_until("ready");
    for id in 1..=6 {
        worker.say(&long(id));
        worker.hear_until("text");
        worker.say(&json!({"type": "cancel", "id": id}));
        let done = worker.hear_until("done");
        assert_eq!((&done["id"], &done["reason"]), (&json!(id), &json!("cancelled")));
        assert!(done["usage"]["output_tokens"].as_u64().unwrap() < 700);
    }
}

#[test]
fn only_frames_come_out_and_a_ping_is_answered_while_it_computes() {
    let mut worker = Worker::with_model();
    assert!(["loading", "heartbeat"].contains(&worker.hear().unwrap()["type"].as_str().unwrap()));
    worker.hear_until("ready");
    worker.say(&long(1));
    worker.hear_until("text");
    worker.say(&json!({"type": "ping", "nonce": 77}));
    assert_eq!(worker.hear_until("pong")["nonce"], 77);
    assert_eq!(worker.hear_until("heartbeat")["busy"], true);
}

#[test]
fn a_shutdown_ends_it_in_good_order() {
    let mut worker = Worker::with_model();
    worker.hear_until("ready");
    worker.say(&long(1));
    worker.hear_until("text");
    worker.say(&json!({"type": "shutdown"}));
    while worker.hear().is_some() {}
    assert!(worker.0.wait().unwrap().success());
}

#[test]
fn it_ends_when_the_server_is_gone() {
    let mut worker = Worker::with_model();
    worker.hear_until("ready");
    worker.say(&long(1));
    worker.hear_until("text");
    drop(worker.0.stdin.take());
    while worker.hear().is_some() {}
    assert!(!worker.0.wait().unwrap().success());
}

#[test]
fn whatever_breaks_the_protocol_ends_it() {
    let mut worker = Worker::with_model();
    worker.hear_until("ready");
    worker.0.stdin.as_mut().unwrap().write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    while worker.hear().is_some() {}
    assert!(!worker.0.wait().unwrap().success());
}

#[test]
fn a_wrong_command_line_is_told_apart_from_a_wrong_model() {
    let mut unknown = Worker::start(&["--colour", "red"]);
    assert_eq!(unknown.0.wait().unwrap().code(), Some(2));
    let mut no_model = Worker::start(&["--model", env!("CARGO_MANIFEST_PATH")]);
    let failed = no_model.hear_until("load_failed");
    assert_eq!(failed["code"], "model_corrupt");
    // Waiting would close the pipe, and that has an ending of its own.
    let _open = no_model.0.stdin.take();
    assert_eq!(no_model.0.wait().unwrap().code(), Some(3));
}
