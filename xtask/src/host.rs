//! The machine this runs on: folders, environment and time. The one file of xtask that reads globals.
#![expect(
    clippy::disallowed_methods,
    reason = "a development tool runs on a real machine, there is nothing to inject"
)]

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

/// The root of the checkout. Cargo says where xtask is when it runs it, so a moved checkout is found as well.
pub(crate) fn root() -> PathBuf {
    let manifest = variable("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").to_owned());
    let xtask = PathBuf::from(manifest);
    xtask.parent().map_or_else(|| xtask.clone(), Path::to_path_buf)
}

/// Where fetched tools and models are kept: `HUTONG_CACHE`, which `x` sets, or `~/.cache/hutong`.
pub(crate) fn cache() -> PathBuf {
    let home = || PathBuf::from(variable("HOME").unwrap_or_else(|| "/root".to_owned())).join(".cache/hutong");
    variable("HUTONG_CACHE").map_or_else(home, PathBuf::from)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    variable("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The program that runs.
pub(crate) fn program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// True in CI.
pub(crate) fn is_ci() -> bool {
    variable("CI").as_deref() == Some("true")
}

/// An environment variable that is set to something.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The program of this name on the path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = variable("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// For measuring how long something takes.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The date and time as the system tells it.
pub(crate) fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// Processor time a process has used, in seconds; nothing when there is none of this number.
pub(crate) fn processor_seconds(process: u32) -> Option<f64> {
    const TICKS: f64 = 100.0; // per second, on every Linux
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // Behind the name, which may hold anything: user and system time are the twelfth and thirteenth field.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(f64::from(ticks()? + ticks()?) / TICKS)
}

/// The date and time in UTC, to the second.
pub(crate) fn timestamp() -> jiff::Timestamp {
    jiff::Timestamp::now().round(jiff::Unit::Second).unwrap_or_else(|_| jiff::Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("xtask/layers.toml").is_file());
    }

    #[test]
    fn programs_are_found_by_name() {
        assert!(find_program("sh").is_some());
        assert_eq!(find_program("no-program-has-this-name"), None);
    }
}
