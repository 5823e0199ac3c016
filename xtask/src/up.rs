//! `x up`: from a clean checkout to a running server.

use std::os::unix::process::CommandExt as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::command::{command, run};
use crate::{models, rust, web};

/// Builds the page and the server, pulls the default model, and becomes `hutong up` with the given arguments.
pub(crate) fn run_all(root: &Path, arguments: &[String]) -> Result<()> {
    web::build(root)?;
    let hutong = rust::build_release(root)?.display().to_string();
    let id = models::default_model(root)?;
    let mut pull = command(root, &hutong, &["models", "pull", &id]);
    pull.args(data_arguments(arguments));
    if let Err(error) = run(&mut pull) {
        eprintln!("The model {id} could not be pulled ({error:#}).");
        eprintln!("Hutong starts without it; pull it from the first page or with: hutong models pull {id}");
    }
    let mut up = command(root, &hutong, &["up"]);
    up.args(arguments);
    Err(up.exec()).context("the server cannot be started")
}

/// `--data DIR` or `--data=DIR`, if it is among the arguments: the model goes where the server will look.
fn data_arguments(arguments: &[String]) -> Vec<&String> {
    let Some(at) = arguments.iter().position(|a| a == "--data" || a.starts_with("--data=")) else {
        return Vec::new();
    };
    let count = if arguments.get(at).is_some_and(|argument| argument == "--data") { 2 } else { 1 };
    arguments.iter().skip(at).take(count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_goes_where_the_server_looks() {
        let data = |arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            data_arguments(&arguments).into_iter().cloned().collect::<Vec<_>>()
        };
        assert!(data(&["--no-open"]).is_empty());
        assert_eq!(data(&["--no-open", "--data", "/d", "--addr", "x"]), ["--data", "/d"]);
        assert_eq!(data(&["--data=/d", "--no-open"]), ["--data=/d"]);
    }
}
