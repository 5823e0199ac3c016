//! The `hutong` binary: reads configuration, plugs the crates together, and offers them as subcommands.
//!
//! To add a subcommand: a file in `commands/` with its arguments and a `run` function, and a variant in `cli.rs`.

mod cli;
mod commands;
mod config;
mod demo;
mod failure;
mod here;
mod paths;
mod remote;
mod running;
mod sealing;
mod vendors;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // A worker is this same program; it must not start the machinery of a server, and its arguments are its own.
    let mut args = std::env::args_os().skip(1);
    match args.next() {
        Some(first) if first == commands::ENGINE_WORKER => return engine::run_worker(args),
        Some(first) if first == commands::READING_WORKER => return reader::run_worker(),
        _ => {}
    }
    let cli = cli::Cli::parse();
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
