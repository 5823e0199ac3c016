//! Whoever is asked: the upstream itself, a gateway of others, or ours.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

use super::install;
use super::ours::Ours;
use super::workload::{Blanks, Peer, Workload};
use crate::bench::http::{Connection, Request};
use crate::bench::process;
use crate::host;

/// Some take a quarter of a minute.
const LIMIT: Duration = Duration::from_secs(120);

/// Somebody who answers.
pub(super) struct Gateway {
    pub(super) name: String,
    pub(super) address: SocketAddr,
    headers: String,
    prefix: String,
    question: String,
    running: Running,
}

/// What ends with it.
enum Running {
    Upstream,
    Ours(Ours),
    Peer(Ended, #[expect(dead_code, reason = "the folder lives as long")] TempDir),
}

/// A process that ends when this is dropped.
struct Ended(Child);

/// The upstream as it runs.
pub(super) struct Upstream {
    address: SocketAddr,
    base_url: String,
    _process: Ended,
}

#[derive(Deserialize)]
struct Greeting {
    address: SocketAddr,
    chat_completions: String,
}

impl Upstream {
    pub(super) fn start(workload: &Workload) -> Result<Self> {
        let mut command = Command::new(host::target().join("release/fakevendors"));
        for (name, knobs) in &workload.upstream.models {
            command.args(["--model", &format!("{name}={knobs}")]);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("fakevendors")?;
        let stdout = child.stdout.take();
        let process = Ended(child);
        let mut line = String::new();
        BufReader::new(stdout.context("no output")?).read_line(&mut line)?;
        let Greeting { address, chat_completions } = serde_json::from_str(&line).context("fakevendors")?;
        Ok(Self { address, base_url: chat_completions, _process: process })
    }

    /// What is known before a gateway has its own place.
    pub(super) fn blanks(&self, workload: &Workload) -> Blanks {
        Blanks(vec![("upstream", self.base_url.clone()), ("key", workload.upstream.key.clone())])
    }
}

impl Gateway {
    /// Nobody between.
    pub(super) fn straight(workload: &Workload, upstream: &Upstream) -> Self {
        Self {
            name: "straight".to_owned(),
            address: upstream.address,
            headers: format!("authorization: Bearer {}", workload.upstream.key),
            prefix: String::new(),
            question: workload.question.clone(),
            running: Running::Upstream,
        }
    }

    /// Ours, with its data in a folder.
    pub(super) fn ours(name: &str, folder: &Path, workload: &Workload, upstream: &Upstream) -> Result<Self> {
        let ours = Ours::start(folder, &workload.ours, &upstream.blanks(workload))?;
        Ok(Self {
            name: name.to_owned(),
            address: ours.server.address,
            headers: ours.member.clone(),
            prefix: workload.ours.prefix.clone(),
            question: workload.question.clone(),
            running: Running::Ours(ours),
        })
    }

    /// Somebody else's; ready when this comes back.
    pub(super) fn peer(workload: &Workload, upstream: &Upstream, peer: &Peer) -> Result<Self> {
        let (address, folder) = (TcpListener::bind("127.0.0.1:0")?.local_addr()?, tempfile::tempdir()?);
        let mut blanks = upstream.blanks(workload);
        blanks.0.push(("port", address.port().to_string()));
        blanks.0.push(("folder", folder.path().display().to_string()));
        blanks.write(folder.path(), &peer.files)?;
        let log = std::fs::File::create(folder.path().join("log"))?;
        let installed = install::folder().join(&peer.program);
        let program = if installed.is_file() { installed } else { peer.program.clone().into() };
        let mut command = Command::new(program);
        command.args(peer.words.iter().map(|word| blanks.fill(word))).current_dir(install::folder());
        command.envs(peer.environment.iter().map(|(name, value)| (name, blanks.fill(value))));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut process = Ended(command.spawn().with_context(|| format!("{} cannot be started", peer.name))?);
        wait(&mut process.0, address, peer, folder.path())?;
        Ok(Self {
            name: peer.name.clone(),
            address,
            headers: blanks.fill(&peer.headers.join("\r\n")),
            prefix: String::new(),
            question: workload.question.clone(),
            running: Running::Peer(process, folder),
        })
    }

    /// A question for so many pieces at most.
    pub(super) fn request(&self, model: &str, pieces: usize, stream: bool) -> Request {
        let question = json!({
            "model": format!("{}{model}", self.prefix), "stream": stream, "max_tokens": pieces,
            "messages": [{"role": "user", "content": self.question}],
        });
        Request::post_as("/v1/chat/completions", &self.headers, &question)
    }

    /// Seconds of processor time so far; nothing where there is no gateway.
    pub(super) fn processor_seconds(&self) -> Result<Option<f64>> {
        self.process().map(process::processor_seconds).transpose()
    }

    /// Resident memory in 10^6 bytes; nothing where there is no gateway.
    pub(super) fn resident_megabytes(&self) -> Result<Option<f64>> {
        self.process().map(process::resident_megabytes).transpose()
    }

    /// How long its disk takes to confirm a write (ms), where it is ours.
    pub(super) fn confirmed(&self) -> Result<Option<f64>> {
        match &self.running {
            Running::Ours(ours) => ours.confirmed().map(Some),
            Running::Upstream | Running::Peer(..) => Ok(None),
        }
    }

    /// Looks whether what was asked is in our books; others have none.
    pub(super) fn must_have_recorded(&self, requests: usize) -> Result<()> {
        match &self.running {
            Running::Ours(ours) => ours.must_have_recorded(requests),
            Running::Upstream | Running::Peer(..) => Ok(()),
        }
    }

    fn process(&self) -> Option<u32> {
        match &self.running {
            Running::Upstream => None,
            Running::Ours(ours) => Some(ours.server.process()),
            Running::Peer(process, _) => Some(process.0.id()),
        }
    }
}

fn wait(child: &mut Child, address: SocketAddr, peer: &Peer, folder: &Path) -> Result<()> {
    let (started, request) = (host::now(), Request::get(&peer.ready, ""));
    let is_ready = || Connection::open(address)?.send(&request);
    while !is_ready().is_ok_and(|answer| answer.status == 200) {
        if child.try_wait()?.is_some() || started.elapsed() > LIMIT {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            bail!("{} did not become ready:\n{log}", peer.name);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
