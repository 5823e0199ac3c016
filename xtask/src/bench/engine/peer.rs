//! Servers of others on the same library, from what PyPI carries: `llama-cpp-python`'s, and llama.cpp's own `llama-server`,
//! whose source travels inside.

use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::speaker::{Question, Speaker};
use crate::bench::http::{Connection, Request};
use crate::command::run;
use crate::host;

/// The version of the package the figures are for.
const VERSION: &str = "0.3.36";
const LIMIT: Duration = Duration::from_secs(120);
/// Streams at once, where a server must be told.
const STREAMS: &str = "8";
/// What `llama-server` is built without: pages, and fetching models.
const PLAIN: [&str; 6] = [
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
];

const NO_TILES: &str = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16";

/// A peer as it is installed.
pub(super) struct Peer {
    pub(super) name: &'static str,
    program: PathBuf,
    arguments: Vec<OsString>,
    /// Answers with success once it is ready.
    ready: &'static str,
}

/// A peer as it runs; ends when it is dropped.
pub(super) struct Running {
    pub(super) name: &'static str,
    child: Child,
    address: SocketAddr,
}

impl Peer {
    /// Installs all of them beside the other tools, once. They compile for many minutes.
    pub(super) fn install(model: &Path) -> Result<Vec<Self>> {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).to_string();
        let with = |words: &[&str]| {
            let words = words.iter().map(OsString::from);
            words.chain(["--model".into(), model.into()]).collect::<Vec<OsString>>()
        };
        let python = with(&[
            "-m",
            "llama_cpp.server",
            "--n_ctx",
            "8192",
            // Without its habit of ending an answer when another is asked for.
            "--interrupt_requests",
            "False",
            "--n_threads",
            &threads,
            "--n_threads_batch",
            &threads,
        ]);
        let server = with(&[
            "--ctx-size",
            "16384",
            "--kv-unified",
            "--parallel",
            STREAMS,
            "--threads",
            &threads,
            "--threads-batch",
            &threads,
        ]);
        Ok(vec![
            Self { name: "llama-cpp-python", program: package()?, arguments: python, ready: "/v1/models" },
            Self { name: "llama-server", program: llama_server()?, arguments: server, ready: "/health" },
        ])
    }

    /// Starts it with as many threads as we use.
    pub(super) fn start(&self) -> Result<Running> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = super::log_file(&format!("{}.log", self.name))?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
        command.env("OMP_WAIT_POLICY", "passive");
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| format!("{} cannot be started", self.name))?;
        let mut running = Running { name: self.name, child, address };
        let started = host::now();
        let ready = || Connection::open(address)?.send(&Request::get(self.ready, ""));
        while !ready().is_ok_and(|answer| answer.status == 200) {
            if running.child.try_wait()?.is_some() || started.elapsed() > LIMIT {
                bail!("{0} did not become ready; see {0}.log in the cache's bench folder", self.name);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(running)
    }
}

/// A Python that has the package.
fn package() -> Result<PathBuf> {
    let home = host::cache().join("peers/llama-cpp-python");
    let python = home.join("bin/python");
    if !python.is_file() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
    }
    let imports = Command::new(&python).args(["-c", "import llama_cpp.server"]).output()?;
    if !imports.status.success() {
        let package = format!("llama-cpp-python[server]=={VERSION}");
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", &package]))?;
    }
    Ok(python)
}

/// `llama-server`, of the source in the package.
fn llama_server() -> Result<PathBuf> {
    let home = host::cache().join("peers").join(format!("llama-server-{VERSION}"));
    let program = home.join("build/bin/llama-server");
    if program.is_file() {
        return Ok(program);
    }
    std::fs::create_dir_all(&home)?;
    let (python, package) = (package()?, format!("llama-cpp-python=={VERSION}"));
    let mut fetch = Command::new(python);
    fetch.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        "llama-cpp-python",
        &package,
    ]);
    run(fetch.arg("--dest").arg(&home))?;
    let archive = home.join(format!("llama_cpp_python-{VERSION}.tar.gz"));
    run(Command::new("tar").arg("-xzf").arg(archive).arg("--strip-components=1").arg("-C").arg(&home))?;
    let (source, build) = (home.join("vendor/llama.cpp"), home.join("build"));
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(source).arg("-B").arg(&build).args(PLAIN);
    if cfg!(target_arch = "x86_64") {
        // As for our own: see .cargo/config.toml.
        configure.env("CFLAGS", NO_TILES).env("CXXFLAGS", NO_TILES);
    }
    run(&mut configure)?;
    run(Command::new("cmake").arg("--build").arg(&build).args(["--target", "llama-server", "--parallel"]))?;
    Ok(program)
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
