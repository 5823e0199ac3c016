//! The worker alone: for tests, and made for more demanding processors than the rest of a release, which carries it. A
//! developer's build starts it as `hutong engine-worker`.

use std::process::ExitCode;

fn main() -> ExitCode {
    engine::run_worker(std::env::args_os().skip(1))
}
