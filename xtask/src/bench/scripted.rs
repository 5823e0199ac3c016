//! The whole server with a scripted model in place of a real one: what it does besides computing answers.
//! `crates/testkit/examples/scripted_server.rs` is the program.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::command::{command, run};
use crate::host;

/// What every piece has in it, and nothing else.
pub(crate) const PIECE: &[u8] = b"lane";

/// A running one; it ends when its standard input does.
pub(crate) struct Scripted {
    child: Child,
    pub(crate) address: SocketAddr,
    /// The header of a signed-in browser.
    pub(crate) owner: String,
    /// The header of a program.
    pub(crate) program: String,
    /// A thread of 300 messages.
    pub(crate) thread: String,
}

#[derive(Deserialize)]
struct Greeting {
    address: SocketAddr,
    session: String,
    token: String,
    thread: String,
}

impl Scripted {
    /// Every answer has so many pieces, with a pause before each but the first.
    pub(crate) fn start(root: &Path, pieces: usize, pause: Duration) -> Result<Self> {
        let build = ["build", "--release", "--locked", "-p", "testkit", "--example", "scripted_server"];
        run(&mut command(root, "cargo", &build))?;
        let program = host::target().join("release/examples/scripted_server").display().to_string();
        let mut start = command(root, &program, &[&pieces.to_string(), &pause.as_millis().to_string()]);
        let mut child = start.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().context("the scripted server has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let Greeting { address, session, token, thread } = serde_json::from_str(&line)?;
        let owner = format!("cookie: hutong_session={session}");
        Ok(Self { child, address, owner, program: format!("authorization: Bearer {token}"), thread })
    }

    /// Seconds of processor time it has used.
    pub(crate) fn processor_seconds(&self) -> Result<f64> {
        host::processor_seconds(self.child.id()).context("the server's processor time cannot be read")
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
