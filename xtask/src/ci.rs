//! `x ci`: everything that must hold before a change lands.

use std::path::Path;
use std::process::ExitCode;

use crate::command::{command, run};
use crate::generate::{self, Mode};
use crate::steps::Steps;
use crate::{deny, fuzz, test, tidy, web};

/// Format, lints, tidy, dependencies, generated files, a little fuzzing, tests. One failure does not hide the next.
pub(crate) fn run_all(root: &Path) -> ExitCode {
    let mut steps = Steps::default();
    steps.step("format", || run(&mut command(root, "cargo", &["fmt", "--all", "--check"])));
    steps.step("tidy", || tidy::run(root));
    steps.step("dependencies", || deny::check(root));
    // The page goes into the binary: built before anything is compiled, nothing has to be compiled twice.
    steps.step("web packages and build", || web::build(root));
    steps.step("lints", || {
        let arguments =
            ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
        run(&mut command(root, "cargo", &arguments))
    });
    steps.step("generated files", || generate::run_all(root, Mode::Check));
    steps.step("fuzzers", || fuzz::run_shortly(root));
    test::add(root, &mut steps);
    test::close(&steps)
}
