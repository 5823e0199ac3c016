//! From nothing to healthy: the release binary on an empty data directory, again and again.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::report::Figure;
use crate::{host, rust, web};

const RUNS: usize = 20;
/// A server that is not healthy by then will not be.
const LIMIT: Duration = Duration::from_secs(30);
/// Between two looks; far below what is measured.
const LOOK: Duration = Duration::from_micros(500);
/// How long a healthy server rests before its memory is read.
const REST: Duration = Duration::from_secs(1);

/// Time from spawn to the first 200 of `/healthz` (ms), resident memory after a second of rest (MB, with children), and
/// the size of the binary (MB).
pub(crate) fn run(root: &Path) -> Result<Vec<Figure>> {
    web::build(root)?;
    let hutong = rust::build_release(root)?;
    let (mut healthy, mut resident) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let folder = tempfile::tempdir()?;
        let started = host::now();
        let mut server = Server::spawn(&hutong, folder.path())?;
        while !is_healthy(server.address) {
            if server.child.try_wait()?.is_some() || started.elapsed() > LIMIT {
                bail!("the server did not become healthy:\n{}", server.log(folder.path()));
            }
            std::thread::sleep(LOOK);
        }
        healthy.push(started.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(REST);
        resident.push(resident_megabytes(server.child.id()).context("the server's memory cannot be read")?);
    }
    let bytes =
        u32::try_from(std::fs::metadata(&hutong)?.len()).context("the binary is larger than 4 GiB")?;
    Ok(vec![
        Figure::of("start to healthy", "ms", healthy)?.at_most(300.0),
        Figure::of("resident, idle", "MB", resident)?.at_most(40.0),
        Figure::of("binary", "MB", vec![f64::from(bytes) / 1e6])?.at_most(60.0),
    ])
}

/// A running server, ended when it is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn spawn(hutong: &Path, folder: &Path) -> Result<Self> {
        let address = free_address()?;
        let log = File::create(folder.join("log"))?;
        let child = Command::new(hutong)
            .args(["up", "--no-open", "--addr", &address.to_string(), "--data"])
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| hutong.display().to_string())?;
        Ok(Self { child, address })
    }

    fn log(&self, folder: &Path) -> String {
        std::fs::read_to_string(folder.join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens on at this moment.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn is_healthy(address: SocketAddr) -> bool {
    let answer = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    answer().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
}

/// Resident memory of a process and its children, in 10^6 bytes.
fn resident_megabytes(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u32 = line.trim().trim_end_matches(" kB").parse().ok()?;
    let children =
        std::fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let below = children.split_whitespace().filter_map(|child| resident_megabytes(child.parse().ok()?));
    Some(f64::from(kib) * 1024.0 / 1e6 + below.sum::<f64>())
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn memory_is_read_from_the_system() {
        assert!(resident_megabytes(std::process::id()).unwrap() > 1.0);
        assert_eq!(resident_megabytes(u32::MAX), None);
    }
}
