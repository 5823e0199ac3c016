//! The subcommands, a file each.

pub(crate) mod adapters;
pub(crate) mod agents;
pub(crate) mod ask;
pub(crate) mod completions;
pub(crate) mod db;
pub(crate) mod doctor;
pub(crate) mod keys;
pub(crate) mod members;
pub(crate) mod models;
pub(crate) mod openapi;
pub(crate) mod prices;
pub(crate) mod providers;
pub(crate) mod requests;
mod residents;
pub(crate) mod router;
pub(crate) mod up;
pub(crate) mod vouchers;

/// The hidden subcommand by which the server starts a worker with a model.
pub(crate) const ENGINE_WORKER: &str = "engine-worker";

/// The hidden subcommand that reads a document.
pub(crate) const READING_WORKER: &str = "reading-worker";

/// A line for people or pipes. A closed pipe ends the program quietly, as it does for every well-behaved filter.
pub(crate) fn say(line: impl std::fmt::Display) -> anyhow::Result<()> {
    write_out(format_args!("{line}\n"))
}

/// Text without a line end.
pub(crate) fn write_out(text: impl std::fmt::Display) -> anyhow::Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    match out.write_all(text.to_string().as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        result => Ok(result?),
    }
}
