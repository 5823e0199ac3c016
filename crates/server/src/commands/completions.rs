//! `hutong completions SHELL`

use clap::CommandFactory;
use clap_complete::Shell;

use super::write_out;
use crate::cli::Cli;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// For example: hutong completions bash > ~/.local/share/bash-completion/completions/hutong
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "hutong", &mut script);
    write_out(String::from_utf8_lossy(&script))
}
