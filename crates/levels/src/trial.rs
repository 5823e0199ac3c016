//! Does a worker run here? Tried once, because nothing else finds everything that may stand in the way: a file system or a
//! policy that forbids executing, a library that is not there, a processor that says more than it can.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// A worker asked in this way says what it is made of, which takes its kernels to find out, and ends.
const ABOUT: &str = "--about";
/// It takes milliseconds; one that takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(5);

/// Runs the worker for a moment. Blocks.
///
/// # Errors
/// When it cannot be started, fails or hangs.
pub(crate) fn run(program: &Path) -> io::Result<()> {
    let mut waited = Duration::ZERO;
    let mut child = loop {
        match start(program) {
            // Another thread that starts a program in this instant has inherited the file as it was being written.
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && waited < PATIENCE => {
                thread::sleep(PAUSE);
                waited += PAUSE;
            }
            started => break started?,
        }
    };
    while waited < PATIENCE {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                return Err(io::Error::other(format!("it ended with {status} when it was tried")));
            }
            None => thread::sleep(PAUSE),
        }
        waited += PAUSE;
    }
    // An error means that it has just ended.
    let _ = child.kill();
    let _ = child.wait();
    Err(io::Error::other("it did not end when it was tried"))
}

fn start(program: &Path) -> io::Result<Child> {
    Command::new(program)
        .arg(ABOUT)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn script(text: &str) -> tempfile::TempPath {
        let file = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
        file
    }

    #[test]
    fn a_worker_that_answers_is_good() {
        run(&script("#!/bin/sh\n[ \"$*\" = --about ]\n")).unwrap();
    }

    #[test]
    fn a_worker_that_fails_or_is_killed_is_not() {
        assert!(run(&script("#!/bin/sh\nexit 1\n")).is_err());
        let killed = run(&script("#!/bin/sh\nkill -ILL $$\n")).unwrap_err().to_string();
        assert!(killed.contains("signal: 4"), "{killed}");
        assert!(run(&script("not a program")).is_err());
        assert!(run(Path::new("/nonexistent/worker")).is_err());
    }
}
