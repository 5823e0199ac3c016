//! The worker alone, for tests; the server starts it as `hutong reading-worker`.

use std::process::ExitCode;

fn main() -> ExitCode {
    reader::run_worker()
}
