//! Tests that need a process of their own: to kill it, or to give it a disk that fails.
//!
//! Such a test is marked `#[ignore]` and is started by another one, through this program's own test runner.

use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "STORE_TEST_FOLDER";

/// A command that runs one test of this program in a process of its own.
pub(crate) fn command(test: &str, folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).env(FOLDER, folder);
    command
}

/// The folder given by the parent; `None` when somebody runs ignored tests by hand.
#[expect(clippy::disallowed_methods, reason = "how a test talks to its child")]
pub(crate) fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}
