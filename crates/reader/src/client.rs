//! The server's side: starts a worker for each document, so many at a time, and tells what became of it.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use reading::{Document, Limits, ReadError};
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::protocol::{Grant, Outcome, Task};
use crate::worker::OUT_OF_MEMORY;

/// Bytes of an answer for each character that a document may have: JSON escapes some of them.
const BYTES_A_CHARACTER: u64 = 12;
/// Bytes of what a worker says on its standard error that are kept.
const COMPLAINT: u64 = 2_000;
/// How much longer than its computing time a worker may take, where the machine is busy.
const PATIENCE: u64 = 4;

/// How a worker is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderCommand {
    /// The program.
    pub program: PathBuf,
    /// What comes after it, for example `reading-worker`.
    pub args: Vec<OsString>,
}

/// Why there is no document.
#[derive(Debug, Error)]
pub enum ReaderError {
    /// The file's fault; it will be so the next time.
    #[error(transparent)]
    Refused(#[from] ReadError),
    /// It took more time than there is.
    #[error(
        "The file takes more than {seconds} seconds to read. Nothing was kept; split it, or save it again with fewer drawings."
    )]
    TookTooLong {
        /// How many there were.
        seconds: u64,
    },
    /// It brought the worker down, mostly for want of memory.
    #[error("The file cannot be read in {} MiB of memory. Nothing was kept; open it where it was made and save it again.", memory >> 20)]
    BroughtDown {
        /// How much memory there was.
        memory: u64,
        /// How the worker ended, for the log.
        how: String,
    },
    /// The worker did not start, or said what nobody understands: our fault, not the file's.
    #[error(
        "The worker that reads files does not run. Nothing was kept; try again, and tell whoever runs this server."
    )]
    NoWorker(#[source] io::Error),
}

/// Reads documents, each in a worker of its own.
#[derive(Debug)]
pub struct Reader {
    command: ReaderCommand,
    grant: Grant,
    seats: Semaphore,
}

impl Reader {
    /// At most `at_once` workers run at a time; who comes later waits.
    pub fn new(command: ReaderCommand, grant: Grant, at_once: usize) -> Self {
        Self { command, grant, seats: Semaphore::new(at_once.max(1)) }
    }

    /// Reads a file. A caller that goes away takes its worker along.
    ///
    /// # Errors
    /// [`ReaderError`] says whether the file is at fault, and what to do.
    pub async fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Document, ReaderError> {
        let _seat =
            self.seats.acquire().await.map_err(|error| ReaderError::NoWorker(io::Error::other(error)))?;
        let seconds = self.grant.seconds.saturating_mul(PATIENCE);
        match timeout(Duration::from_secs(seconds), self.ask(bytes, limits)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ReaderError::TookTooLong { seconds }),
        }
    }

    async fn ask(&self, bytes: &[u8], limits: &Limits) -> Result<Document, ReaderError> {
        let task = Task { grant: self.grant, limits: limits.clone() };
        let mut line = serde_json::to_vec(&task).map_err(|error| ReaderError::NoWorker(error.into()))?;
        line.push(b'\n');
        let mut child = self.start().map_err(ReaderError::NoWorker)?;
        let (answer, complaint) =
            talk(&mut child, &line, bytes, limits).await.map_err(ReaderError::NoWorker)?;
        let status = child.wait().await.map_err(ReaderError::NoWorker)?;
        match serde_json::from_slice(&answer) {
            Ok(Outcome::Document(document)) if status.success() => Ok(document),
            Ok(Outcome::Refused(refused)) if status.success() => Err(refused.into()),
            _ => Err(self.end(status, &complaint)),
        }
    }

    fn start(&self) -> io::Result<Child> {
        Command::new(&self.command.program)
            .args(&self.command.args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
    }

    /// What a worker's end without an answer means.
    fn end(&self, status: ExitStatus, complaint: &str) -> ReaderError {
        let how = format!("{status}: {complaint}");
        match signal(status) {
            Some(Signal::OutOfTime) => ReaderError::TookTooLong { seconds: self.grant.seconds },
            None if status.code() != Some(i32::from(OUT_OF_MEMORY)) => {
                ReaderError::NoWorker(io::Error::other(how))
            }
            Some(Signal::Other) | None => ReaderError::BroughtDown { memory: self.grant.memory, how },
        }
    }
}

/// Writes the task and the file, and reads what comes back on both pipes.
async fn talk(
    child: &mut Child,
    line: &[u8],
    bytes: &[u8],
    limits: &Limits,
) -> io::Result<(Vec<u8>, String)> {
    let missing = || io::Error::other("a pipe to the worker is missing");
    let stdin = child.stdin.take().ok_or_else(missing)?;
    let stdout = child.stdout.take().ok_or_else(missing)?;
    let stderr = child.stderr.take().ok_or_else(missing)?;
    let most = limits.characters.saturating_mul(BYTES_A_CHARACTER).saturating_add(1 << 20);
    let (mut answer, mut complaint) = (Vec::new(), Vec::new());
    let (mut answers, mut complaints) = (stdout.take(most), stderr.take(COMPLAINT));
    let (_, read, _) = tokio::join!(
        write(stdin, line, bytes),
        answers.read_to_end(&mut answer),
        complaints.read_to_end(&mut complaint),
    );
    read?;
    Ok((answer, String::from_utf8_lossy(&complaint).trim().to_owned()))
}

/// A worker that ended before it took everything says why in another way.
async fn write(mut stdin: ChildStdin, line: &[u8], bytes: &[u8]) {
    if stdin.write_all(line).await.is_ok() {
        let _ = stdin.write_all(bytes).await;
        let _ = stdin.shutdown().await;
    }
}

enum Signal {
    OutOfTime,
    Other,
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<Signal> {
    use std::os::unix::process::ExitStatusExt as _;
    /// `SIGXCPU` of signal(7), on all processors that we run on.
    const OUT_OF_TIME: i32 = 24;
    status.signal().map(|signal| if signal == OUT_OF_TIME { Signal::OutOfTime } else { Signal::Other })
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<Signal> {
    None
}
