//! The worker alone, for tests; the product starts it as `hutong engine-worker`.

use std::process::ExitCode;

fn main() -> ExitCode {
    engine::run_worker(std::env::args_os().skip(1))
}
