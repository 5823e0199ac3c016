//! The only way to the server.

use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use crate::protocol::{self, FromWorker};

/// The pipe to the server. Clones share it; a frame is written whole.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pipe: Arc<Mutex<File>>,
}

impl Output {
    /// Takes the standard output for the protocol and lets everything else that prints there go to the log.
    pub(super) fn claim() -> io::Result<Self> {
        let pipe = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
        rustix::stdio::dup2_stdout(io::stderr())?;
        Ok(Self { pipe: Arc::new(Mutex::new(File::from(pipe))) })
    }

    /// Sends one frame. When the server is gone the process ends.
    pub(super) fn send(&self, frame: &FromWorker) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = protocol::write_frame(&mut *pipe, frame) {
            eprintln!("The server cannot be reached: {error}");
            end_now();
        }
    }
}

/// Ends the process at once, whatever its other threads do: no destructor of C++ may run beside a computation.
pub(super) fn end_now() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}
