//! The worker alone, for tests and benches; the product starts it as `hutong engine-worker`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.next_if(|first| first == "--bench-bare").is_none() {
        return engine::run_worker(args);
    }
    match engine::bench::run(args) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
