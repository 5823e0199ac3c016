//! The child process: one model, one thread that computes, several requests at a time.
//!
//! Threads: `input` reads frames, `prepare` turns conversations into tokens, the main thread computes
//! ([`scheduler`]), `heartbeat` gives signs of life. Anything in C++ may abort the process; the supervisor copes.

mod adapters;
mod admission;
mod answer;
mod constraint;
mod encoder;
mod heartbeat;
mod input;
mod job;
mod kv_budget;
mod laboratory;
mod landmarks;
mod log;
mod logprobs;
mod model;
mod output;
mod pieces;
mod prepare;
mod sampler;
mod scheduler;
mod shape;
mod shelf;
mod tools;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;

use machine::{Machine, granted_threads};
use stdx::{Clock, SystemClock};

use crate::args::WorkerArgs;
use crate::bench;
use crate::protocol::FromWorker;
use heartbeat::Progress;
use output::Output;
pub(crate) use sandbox::offered as offered_isolation;

/// Runs a worker until its server closes the pipe or tells it to end. `args` are the words after the program's name
/// and subcommand. With `--bench-bare` first it is the bare loop that workers are measured against ([`crate::bench`]);
/// with `--about` it says what its kernels are made for, and ends.
pub fn run_worker(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args = args.into_iter().peekable();
    if args.next_if(|first| first == "--bench-bare").is_some() {
        return bench::main(args);
    }
    if args.next_if(|first| first == "--about").is_some() {
        // Asking sets up the kernels' tables: on a processor that lacks something, it ends here and not with a model.
        println!("{}: {}", crate::LLAMA, llama_cpp_4::print_system_info());
        return ExitCode::SUCCESS;
    }
    sandbox::close_inherited();
    let mut args = match WorkerArgs::parse(args) {
        Ok(args) => args,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let output = match Output::claim() {
        Ok(output) => output,
        Err(error) => {
            eprintln!("The standard output cannot be taken over: {error}");
            return ExitCode::from(2);
        }
    };
    give_way(args.settings.nice);
    // Asked before the walls go up: files that tell it may be behind them.
    if args.settings.threads == 0 {
        args.settings = args.settings.with_threads(granted_threads(&Machine::default()));
    }
    let writable = args.cache.as_ref().map(|cache| cache.folder.as_path());
    let isolation = sandbox::restrict(&args.model, args.adapters.as_deref(), writable);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let progress = Arc::new(Progress::default());
    heartbeat::start(output.clone(), Arc::clone(&progress));
    let (frames, inbox) = mpsc::channel();
    input::start(output.clone(), frames);
    output.send(&FromWorker::Loading);
    match model::serve(&args, isolation, inbox, &output, &progress, &clock) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", failure.detail);
            output.send(&FromWorker::LoadFailed(failure));
            ExitCode::from(3)
        }
    }
}

/// Lets the server go first: on the processors by `nice`, and when the kernel must kill for memory. Refusals are
/// harmless.
fn give_way(nice: u32) {
    if let Err(error) = rustix::process::nice(i32::try_from(nice).unwrap_or(19)) {
        eprintln!("The niceness cannot be changed: {error}");
    }
    if let Err(error) = std::fs::write("/proc/self/oom_score_adj", "900") {
        eprintln!("The kernel's order of killing cannot be changed: {error}");
    }
}
