//! What can be typed.

use clap::{Parser, Subcommand};

use crate::commands::{
    adapters, agents, ask, completions, db, doctor, keys, members, models, openapi, prices, providers,
    requests, router, up, vouchers,
};
use crate::paths::DataDir;

/// An AI super-app on your own machine: agents in windows, answered by open-weight models.
#[derive(Debug, Parser)]
#[command(name = "hutong", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done · 1 failed · 2 wrong use · 3 not there (model, agent, owner) · 4 busy or in use"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    data: DataDir,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server and print its address
    Up(up::Args),
    /// Ask an agent; the answer streams to the terminal
    Ask(ask::Args),
    /// List, pull, load, pin, remove and inspect local models
    Models(models::Args),
    /// Register, list and remove adapters (LoRA) on top of local models
    Adapters(adapters::Args),
    /// List, show, check and evaluate agents
    Agents(agents::Args),
    /// List, invite and change members
    Members(members::Args),
    /// Create, list, rotate and revoke API keys
    Keys(keys::Args),
    /// Show, check and compare what models cost
    Prices(prices::Args),
    /// List providers of models, set their keys, and try them
    Providers(providers::Args),
    /// List and show what was asked of models
    Requests(requests::Args),
    /// Evaluate how models are chosen
    Router(router::Args),
    /// Make, list and take back vouchers
    Vouchers(vouchers::Args),
    /// Back up, restore and move the database
    Db(db::Args),
    /// Check this installation and say what to do
    Doctor(doctor::Args),
    /// Print the OpenAPI document of the server
    Openapi,
    /// Print completions for a shell
    Completions(completions::Args),
}

impl Cli {
    /// Runs the command that was typed.
    pub(crate) fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Openapi => openapi::run(),
            Command::Completions(args) => completions::run(&args),
            Command::Up(args) => block_on(up::run(args, self.data)),
            Command::Ask(args) => block_on(ask::run(args, self.data)),
            Command::Models(args) => block_on(models::run(args, self.data)),
            Command::Adapters(args) => adapters::run(args, self.data),
            Command::Agents(args) => block_on(agents::run(args, self.data)),
            Command::Members(args) => block_on(members::run(args, self.data)),
            Command::Keys(args) => block_on(keys::run(args, self.data)),
            Command::Prices(args) => block_on(prices::run(args, self.data)),
            Command::Providers(args) => block_on(providers::run(args, self.data)),
            Command::Requests(args) => block_on(requests::run(args, self.data)),
            Command::Router(args) => router::run(args, self.data),
            Command::Vouchers(args) => block_on(vouchers::run(args, self.data)),
            Command::Db(args) => block_on(db::run(args, self.data)),
            Command::Doctor(args) => block_on(doctor::run(args, self.data)),
        }
    }
}

fn block_on(future: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_reads_as_committed() {
        let mut command = Cli::command();
        let mut text = command.render_long_help().to_string();
        for sub in command.get_subcommands_mut() {
            let help = sub.render_long_help();
            text.push_str(&format!("\n──── {}\n{help}", sub.get_name()));
        }
        // The version and wrapping at the end of lines are not what this is about.
        let text: Vec<_> = text.lines().map(str::trim_end).collect();
        insta::assert_snapshot!(text.join("\n"));
    }
}
