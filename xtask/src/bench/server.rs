//! A server to measure: started on a data folder of its own, healthy before it is measured, ended when it is dropped.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use super::http::{Connection, Request};
use crate::command::output;
use crate::host;

/// A server that is not healthy by then will not be.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two looks; far below what is measured.
const LOOK: Duration = Duration::from_micros(500);

/// A running server.
pub(crate) struct Server {
    child: Child,
    hutong: PathBuf,
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

impl Server {
    /// Starts the product's binary and waits until it is healthy; says how long that took.
    pub(crate) fn start(hutong: &Path) -> Result<(Self, Duration)> {
        Self::start_with(hutong, |_| Ok(()))
    }

    /// The same, with a data folder that is prepared first.
    pub(crate) fn start_with(
        hutong: &Path,
        prepare: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<(Self, Duration)> {
        Self::start_in(&std::env::temp_dir(), hutong, prepare)
    }

    /// The same, with all of it in a folder.
    pub(crate) fn start_in(
        folder: &Path,
        hutong: &Path,
        prepare: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<(Self, Duration)> {
        let (address, folder) = (free_address()?, tempfile::tempdir_in(folder)?);
        prepare(&folder.path().join("data"))?;
        let started = host::now();
        let child = spawn(hutong, address, folder.path())?;
        let mut server = Self { child, hutong: hutong.to_owned(), address, folder };
        server.wait(started)?;
        Ok((server, started.elapsed()))
    }

    /// Ends it in good order and starts it again on the same data.
    pub(crate) fn restart(&mut self) -> Result<()> {
        let process = self.child.id().to_string();
        output(Command::new("kill").arg(&process))?;
        self.child.wait()?;
        self.child = spawn(&self.hutong, self.address, self.folder.path())?;
        self.wait(host::now())
    }

    fn wait(&mut self, started: Instant) -> Result<()> {
        while !is_healthy(self.address) {
            if self.child.try_wait()?.is_some() || started.elapsed() > LIMIT {
                bail!("the server did not become healthy:\n{}", self.log());
            }
            std::thread::sleep(LOOK);
        }
        Ok(())
    }

    /// Where it keeps its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Makes the owner's account; gives the header of a signed-in browser.
    pub(crate) fn owner(&self) -> Result<String> {
        let log = self.log();
        let token = log.split("#token=").nth(1).and_then(|rest| rest.split_whitespace().next());
        let account = serde_json::json!({
            "token": token.context("the server printed no link for the owner")?,
            "login": "lin", "password": "correct horse battery", "name": "Lin", "locale": "en",
        });
        let answer = Connection::open(self.address)?.send(&Request::post("/api/v1/setup", &account))?;
        ensure!(answer.status == 201, "set-up: {} {}", answer.status, answer.text());
        let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
        Ok(format!("cookie: {}", cookie.context("set-up gave no cookie")?))
    }

    /// Its number.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(hutong: &Path, address: SocketAddr, folder: &Path) -> Result<Child> {
    let log = File::create(folder.join("log"))?;
    let mut command = Command::new(hutong);
    command.args(["up", "--no-open", "--addr", &address.to_string(), "--data"]);
    command.arg(folder.join("data")).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    command.spawn().with_context(|| hutong.display().to_string())
}

/// An address that nobody listens on at this moment.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn is_healthy(address: SocketAddr) -> bool {
    let answer = || Connection::open(address)?.send(&Request::get("/healthz", ""));
    answer().is_ok_and(|answer| answer.status == 200)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    #[test]
    fn healthy_means_an_answer_of_200() {
        for (status, healthy) in [("200 OK", true), ("503 Service Unavailable", false)] {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let server = std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 1024];
                let length = stream.read(&mut request).unwrap();
                assert!(request[..length].starts_with(b"GET /healthz "));
                write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").unwrap();
            });
            assert_eq!(is_healthy(address), healthy, "{status}");
            server.join().unwrap();
        }
        assert!(!is_healthy(free_address().unwrap()));
    }
}
