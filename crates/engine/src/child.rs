//! A worker process as the server sees it: started with next to nothing, spoken to in frames.

use std::collections::VecDeque;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::sync::mpsc;

use crate::args::WorkerArgs;
use crate::config::WorkerCommand;
use crate::protocol::{self, FromWorker, ToWorker};

/// Frames that were read and not yet handled.
const FRAMES: usize = 1024;
/// Lines of the worker's log that are kept for the report of a crash.
const LOG_LINES: usize = 20;
/// A longer line of the worker's log is cut.
const LOG_LINE: u64 = 4096;

/// A running worker. Dropping it ends the process.
#[derive(Debug)]
pub(crate) struct WorkerChild {
    child: Child,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    incoming: mpsc::Receiver<FromWorker>,
    log: Arc<Mutex<VecDeque<String>>>,
}

impl WorkerChild {
    /// Starts the process.
    pub(crate) fn spawn(command: &WorkerCommand, args: &WorkerArgs) -> io::Result<Self> {
        let mut child = Command::new(&command.program)
            .args(&command.args)
            .args(args.to_args())
            .env_clear()
            // Threads that wait must not burn the processors that the server and other models need.
            .env("OMP_WAIT_POLICY", "passive")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let missing = || io::Error::other("a pipe to the worker is missing");
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let (outgoing, to_write) = mpsc::unbounded_channel();
        let (read, incoming) = mpsc::channel(FRAMES);
        let log = Arc::new(Mutex::new(VecDeque::new()));
        tokio::spawn(write_frames(stdin, to_write));
        tokio::spawn(read_frames(stdout, read));
        tokio::spawn(read_log(stderr, Arc::clone(&log)));
        Ok(Self { child, outgoing, incoming, log })
    }

    /// The process's number while it runs.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sends a frame. A worker that is gone is noticed by [`next`](Self::next).
    ///
    /// # Errors
    /// When the frame is too large.
    pub(crate) fn send(&self, frame: &ToWorker) -> io::Result<()> {
        let bytes = protocol::encode(frame)?;
        // An error means that the writer is gone, and so is the worker.
        let _ = self.outgoing.send(bytes);
        Ok(())
    }

    /// The next frame; nothing when the worker has closed its end or broken the protocol.
    pub(crate) async fn next(&mut self) -> Option<FromWorker> {
        self.incoming.recv().await
    }

    /// Gives the process a moment to end by itself, then ends it.
    pub(crate) async fn end(mut self, patience: Duration) -> Option<ExitStatus> {
        if let Ok(status) = tokio::time::timeout(patience, self.child.wait()).await {
            return status.ok();
        }
        // An error means that it has just ended.
        let _ = self.child.start_kill();
        tokio::time::timeout(Duration::from_secs(2), self.child.wait()).await.ok()?.ok()
    }

    /// The last lines of the worker's log.
    pub(crate) fn last_words(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().map(String::as_str).collect::<Vec<_>>().join(" | ")
    }
}

async fn write_frames(mut stdin: ChildStdin, mut frames: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(bytes) = frames.recv().await {
        if stdin.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

async fn read_frames(stdout: impl AsyncRead + Unpin, frames: mpsc::Sender<FromWorker>) {
    let mut source = BufReader::new(stdout);
    loop {
        match read_frame(&mut source).await {
            Ok(frame) => {
                if frames.send(frame).await.is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return,
            Err(error) => {
                tracing::warn!(%error, "a worker broke the protocol");
                return;
            }
        }
    }
}

async fn read_frame(source: &mut (impl AsyncRead + Unpin)) -> io::Result<FromWorker> {
    let mut prefix = [0; 4];
    source.read_exact(&mut prefix).await?;
    let mut body = vec![0; protocol::body_length(prefix)?];
    source.read_exact(&mut body).await?;
    Ok(serde_json::from_slice(&body)?)
}

async fn read_log(stderr: ChildStderr, log: Arc<Mutex<VecDeque<String>>>) {
    let mut source = BufReader::new(stderr);
    loop {
        let mut line = Vec::new();
        match (&mut source).take(LOG_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        tracing::trace!(target: "engine::worker", "{line}");
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() >= LOG_LINES {
            log.pop_front();
        }
        log.push_back(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Vec<FromWorker> {
        let (sender, mut receiver) = mpsc::channel(8);
        read_frames(bytes, sender).await;
        let mut frames = Vec::new();
        while let Some(frame) = receiver.recv().await {
            frames.push(frame);
        }
        frames
    }

    #[tokio::test]
    async fn frames_are_read_until_the_worker_closes_its_end() {
        let mut bytes = protocol::encode(&FromWorker::Loading).unwrap();
        bytes.extend(protocol::encode(&FromWorker::Pong { nonce: 3 }).unwrap());
        assert_eq!(read(&bytes).await, [FromWorker::Loading, FromWorker::Pong { nonce: 3 }]);
    }

    #[tokio::test]
    async fn whatever_breaks_the_protocol_ends_the_reading() {
        let good = protocol::encode(&FromWorker::Loading).unwrap();
        for garbage in [b"llama: hello\n".as_slice(), &[2, 0, 0, 0, b'{', b'}'], &[9, 0]] {
            let bytes = [good.as_slice(), garbage].concat();
            assert_eq!(read(&bytes).await, [FromWorker::Loading]);
        }
    }
}
