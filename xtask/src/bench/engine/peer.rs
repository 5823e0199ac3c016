//! The server of `llama-cpp-python`, from PyPI: the same library under another scheduler.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::speaker::{Question, Speaker};
use crate::bench::http::{Connection, Request};
use crate::command::run;
use crate::host;

/// The version the figures are for.
const PACKAGE: &str = "llama-cpp-python[server]==0.3.36";
const LIMIT: Duration = Duration::from_secs(120);

/// The peer as it is installed.
pub(super) struct Peer {
    python: PathBuf,
    model: PathBuf,
}

/// The peer as it runs; ends when it is dropped.
pub(super) struct Running {
    child: Child,
    address: SocketAddr,
}

impl Peer {
    /// Installs it beside the other tools, once. It compiles for minutes.
    pub(super) fn install(model: &Path) -> Result<Self> {
        let home = host::cache().join("peers/llama-cpp-python");
        let python = home.join("bin/python");
        if !python.is_file() {
            run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        }
        let imports = Command::new(&python).args(["-c", "import llama_cpp.server"]).output()?;
        if !imports.status.success() {
            run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
        }
        Ok(Self { python, model: model.to_owned() })
    }

    /// Starts it with as many threads as we use, and without its habit of ending an answer when another is asked for.
    pub(super) fn start(&self) -> Result<Running> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).to_string();
        let log = super::log_file("llama-cpp-python.log")?;
        let mut command = Command::new(&self.python);
        command.args(["-m", "llama_cpp.server", "--host", "127.0.0.1", "--n_ctx", "8192"]);
        command.args([
            "--interrupt_requests",
            "False",
            "--n_threads",
            &threads,
            "--n_threads_batch",
            &threads,
        ]);
        command.args(["--port", &address.port().to_string(), "--model"]).arg(&self.model);
        command.env("OMP_WAIT_POLICY", "passive");
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("the peer cannot be started")?;
        let mut running = Running { child, address };
        let started = host::now();
        let ready = || Connection::open(address)?.send(&Request::get("/v1/models", ""));
        while !ready().is_ok_and(|answer| answer.status == 200) {
            if running.child.try_wait()?.is_some() || started.elapsed() > LIMIT {
                bail!("the peer did not become ready; see llama-cpp-python.log in the cache's bench folder");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(running)
    }
}

impl Speaker for Running {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn request(&self, question: &Question, stream: bool) -> Request {
        Request::post("/v1/chat/completions", &question.document("peer", stream))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
