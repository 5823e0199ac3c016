//! Licences, bans, sources and advisories of everything we depend on (`deny.toml`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use crate::command::{command, run, succeeds_within};
use crate::host;

const VERSION: &str = "0.20.2";
/// A database that has not answered by then is not reachable.
const FETCH_LIMIT: Duration = Duration::from_secs(60);

/// Licences, bans and sources always; advisories where their database can be fetched.
pub(crate) fn check(root: &Path) -> Result<()> {
    let program = program(root)?.display().to_string();
    let deny = |arguments: &[&str]| {
        let mut command = command(root, &program, &["--workspace", "--locked"]);
        command.args(arguments);
        command
    };
    run(&mut deny(&["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]))?;
    if succeeds_within(&mut deny(&["fetch", "db"]), FETCH_LIMIT) {
        return run(&mut deny(&["check", "--disable-fetch", "advisories"]));
    }
    println!("advisories: NOT checked, their database cannot be fetched from here");
    Ok(())
}

/// The program on the path, or one in the cache, which is built when it is not there yet.
fn program(root: &Path) -> Result<PathBuf> {
    if let Some(found) = host::find_program("cargo-deny") {
        return Ok(found);
    }
    let tools = host::cache().join("tools");
    let program = tools.join("bin/cargo-deny");
    if !program.is_file() {
        let folder = tools.display().to_string();
        let arguments = ["install", "cargo-deny", "--locked", "--version", VERSION, "--root", &folder];
        run(&mut command(root, "cargo", &arguments))?;
    }
    Ok(program)
}
