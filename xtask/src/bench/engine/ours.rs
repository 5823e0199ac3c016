//! Our server with an agent of about 1,500 tokens.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::speaker::{Question, Speaker};
use crate::bench::http::{Connection, Request};
use crate::bench::ids::Ids;
use crate::bench::server::Server;
use crate::command::{command, output};

/// The agent's id, and what its package holds beside the prompts.
const AGENT: &str = "bench";
const PACKAGE: &str = r##"
id = "bench"
version = 1
category = "everyday"
glyph = "测"
color = "#5a6270"
name = { zh = "测", en = "Bench" }
description = { zh = "测", en = "Bench" }
greeting = { zh = "测", en = "Bench" }
openings = { zh = ["测"], en = ["Bench"] }
model = { temperature = 0.0, top_p = 1.0, max_tokens = 64 }
"##;
/// Seconds until a prompt is on disk, or the fastest way of computing is known.
const PATIENCE: usize = 60;

/// What the agent is told.
pub(super) fn prompt() -> String {
    format!("You are a careful assistant. {} Answer in one short sentence.", super::prose(1480, 3))
}

/// A running server.
pub(super) struct Ours {
    server: Server,
    model: String,
    program: String,
    owner: String,
}

/// Another member of the same server.
pub(super) struct Stranger<'a> {
    ours: &'a Ours,
    key: String,
}

impl Ours {
    /// Starts with the agent and the model in place.
    pub(super) fn start(root: &Path, hutong: &Path, cache: &Path, model: &str) -> Result<Self> {
        let prepare = |data: &Path| {
            let agent = data.join("overlay/agents").join(AGENT);
            // What is computed ahead would take its time from the others.
            std::fs::create_dir_all(data)?;
            std::fs::write(data.join("hutong.toml"), "[engine]\nwarm_up = false\n")?;
            std::fs::create_dir_all(&agent)?;
            std::fs::write(agent.join("agent.toml"), PACKAGE)?;
            for locale in ["zh", "en"] {
                std::fs::write(agent.join(format!("prompt.{locale}.md")), prompt())?;
            }
            let data = data.display().to_string();
            let program = hutong.display().to_string();
            let mut pull = command(root, &program, &["models", "pull", model, "--data", &data]);
            output(pull.env("HUTONG_MODEL_CACHE", cache)).map(drop)
        };
        let (server, _) = Server::start_with(hutong, prepare)?;
        let owner = server.owner()?;
        let program = token(&server)?;
        Ok(Self { server, model: model.to_owned(), program, owner })
    }

    /// Lets it find out its fastest way of computing, as every installation does in the first idle seconds of its life, and
    /// load the model again to compute so.
    pub(super) fn settle(&self) -> Result<()> {
        self.ask(&Question::plain("Hi", 1))?;
        let found = self.server.data().join("cache/calibration.json");
        for _ in 0..PATIENCE {
            std::thread::sleep(Duration::from_secs(1));
            if found.is_file() {
                self.ask(&Question::plain("Hi", 1))?;
                return Ok(());
            }
        }
        bail!("no way of computing was found out")
    }

    /// Makes another member, of the same weight: those who run the workspace have the same plan.
    pub(super) fn stranger(&self) -> Result<Stranger<'_>> {
        let (member, key) = (Ids::of(1).next(), Ids::of(2).next());
        let mut connection = Connection::open(self.address())?;
        let mut make = |path: &str, body: Value| {
            connection.send(&Request::post_as(path, &self.owner, &body))?.expect(201)
        };
        make(
            "/api/v1/service-accounts",
            json!({"id": member, "login": "wu", "name": "Wu", "role": "admin"}),
        )?;
        let made =
            make("/api/v1/keys", json!({"id": key, "name": "bench", "member_id": member, "scope": {}}))?;
        let token = made.get("token").and_then(Value::as_str).context("a key without its token")?;
        Ok(Stranger { ours: self, key: format!("authorization: Bearer {token}") })
    }

    /// Ends the server and starts it again on the same data.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.server.restart()?;
        self.program = token(&self.server)?;
        Ok(())
    }

    /// Asks the agent once, and waits until its prompt is on disk.
    pub(super) fn keep_agent(&self) -> Result<()> {
        self.ask(&Question::to_agent("Hi", 1))?;
        for _ in 0..PATIENCE {
            std::thread::sleep(Duration::from_secs(1));
            if self.metric("hutong_prefix_disk_tokens")? > 1400.0 {
                return Ok(());
            }
        }
        bail!("the agent's prompt was not kept")
    }

    /// Tokens that are computed for a question to the agent.
    pub(super) fn own_tokens(&self, question: &Question) -> Result<f64> {
        let answer = Connection::open(self.address())?.send(&self.request(question, false))?.expect(200)?;
        let count = |path: &str| answer.pointer(path).and_then(Value::as_f64).context(path.to_owned());
        Ok(count("/usage/prompt_tokens")? - count("/usage/prompt_tokens_details/cached_tokens")?)
    }

    /// The longest time that saving has held up the computation, in milliseconds.
    pub(super) fn longest_save(&self) -> Result<f64> {
        // Signs of life with the figures come twice a second.
        std::thread::sleep(Duration::from_millis(1200));
        Ok(self.metric("hutong_prefix_longest_save_seconds")? * 1e3)
    }

    /// KiB of a kept token on disk.
    pub(super) fn kept(&self) -> Result<f64> {
        Ok(self.metric("hutong_prefix_disk_bytes")? / self.metric("hutong_prefix_disk_tokens")? / 1024.0)
    }

    fn request_of(&self, who: &str, question: &Question, stream: bool) -> Request {
        let agent = format!("agent/{AGENT}");
        let model = if question.to_agent { &agent } else { &self.model };
        Request::post_as("/v1/chat/completions", who, &question.document(model, stream))
    }

    fn metric(&self, name: &str) -> Result<f64> {
        let request = Request::get("/metrics", &self.program);
        let text = Connection::open(self.address())?.send(&request)?.text();
        let line = text.lines().find(|line| line.starts_with(name) && !line.starts_with('#'));
        let value = line.and_then(|line| line.rsplit(' ').next()).and_then(|value| value.parse().ok());
        value.with_context(|| format!("no {name} in:\n{text}"))
    }
}

impl Speaker for Ours {
    fn address(&self) -> SocketAddr {
        self.server.address
    }

    fn request(&self, question: &Question, stream: bool) -> Request {
        self.request_of(&self.program, question, stream)
    }
}

impl Speaker for Stranger<'_> {
    fn address(&self) -> SocketAddr {
        self.ours.address()
    }

    fn request(&self, question: &Question, stream: bool) -> Request {
        self.ours.request_of(&self.key, question, stream)
    }
}

/// The header of the machine's own programs.
fn token(server: &Server) -> Result<String> {
    let path: PathBuf = server.data().join("server.json");
    let known: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let token = known.get("token").and_then(|token| token.as_str()).context("no token for programs")?;
    Ok(format!("authorization: Bearer {token}"))
}
