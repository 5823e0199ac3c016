//! The child: reads one document and ends.

use std::io::{self, BufRead as _, Read as _, Write as _};
use std::process::ExitCode;

use crate::protocol::{Outcome, Task};

/// How a worker ends that was refused memory where it could say so; elsewhere it is a signal.
pub(crate) const OUT_OF_MEMORY: u8 = 3;
/// Bytes of the first line, at most.
const TASK: u64 = 64 << 10;

/// Runs a worker: a task and a file from the standard input, what comes of it to the standard output.
pub fn run_worker() -> ExitCode {
    sandbox::close_inherited();
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => ExitCode::from(OUT_OF_MEMORY),
        Err(error) => {
            eprintln!("The document cannot be read: {error}");
            ExitCode::from(2)
        }
    }
}

fn work() -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    // The task comes from the server; the file, which comes from a stranger, is touched only behind the walls.
    input.by_ref().take(TASK).read_until(b'\n', &mut line)?;
    let task: Task = serde_json::from_slice(&line)?;
    sandbox::shut_in(sandbox::Share { memory: task.grant.memory, seconds: task.grant.seconds });
    let mut bytes = Vec::new();
    input.take(task.limits.bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    let outcome = match reading::read(&bytes, &task.limits) {
        Ok(document) => Outcome::Document(document),
        Err(refused) => Outcome::Refused(refused),
    };
    let mut output = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut output, &outcome)?;
    output.flush()
}
