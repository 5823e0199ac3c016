//! `hutong providers list|test|add|remove`: whose models are asked, and with which keys. What is changed counts at once where
//! a server runs; where none does it is kept for the next one.

mod desk;

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use stdx::Secret;

use self::desk::{Desk, Row, Wish};
use super::say;
use crate::failure::Missing;
use crate::paths::{DataDir, key_variable};
use crate::wiring::House;

/// List providers of models, set their keys, and try them
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the providers that are asked here, and what the others need
    List,
    /// Ask each provider for a word, and say how fast it answers and what that cost
    Test {
        /// Only this one, as `hutong providers list` calls it
        provider: Option<String>,
        /// A model in the provider's words [default: the cheapest that is offered]
        #[arg(long, requires = "provider")]
        model: Option<String>,
    },
    /// Keep a key, sealed, and ask the provider with it; it is read from standard input
    Add(Add),
    /// Forget what was set for a provider, its key with it
    Remove {
        /// As `hutong providers list` calls it
        provider: String,
    },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// As `hutong providers list` calls it
    provider: String,
    /// A file with nothing but the key in it
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The environment's variable that has the key now
    #[arg(long, value_name = "NAME", conflicts_with = "key_file")]
    key_env: Option<String>,
    /// Without a key, for servers of your own and for keys that the environment has at every start
    #[arg(long, conflicts_with_all = ["key_file", "key_env"])]
    no_key: bool,
    /// Another address than the vendor's
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// What stands for a word in braces of the vendor's address, as WORD=TEXT; repeat it for more
    #[arg(long = "blank", value_name = "WORD=TEXT", value_parser = blank)]
    blanks: Vec<(String, String)>,
    /// A model that is offered; repeat it for more [default: those that have a price]
    #[arg(long = "model", value_name = "NAME")]
    models: Vec<String>,
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    let desk = Desk::of(&house).await?;
    match args.command {
        Command::List => list(&desk).await,
        Command::Test { provider, model } => test(&desk, provider, model).await,
        Command::Add(add) => set(&desk, add).await,
        Command::Remove { provider } => {
            desk.remove(&provider).await?;
            say(format_args!("What was set for {provider} is forgotten."))
        }
    }
}

async fn list(desk: &Desk) -> anyhow::Result<()> {
    let all = desk.all().await?;
    let (asked, others): (Vec<&Row>, Vec<&Row>) = all.iter().partition(|row| row.state == "asked");
    for row in &asked {
        say(format_args!("{:<22} {:<20} {}, {}", row.id, row.name, row.host(), row.key()))?;
        for trouble in row.trouble() {
            say(format_args!("{:<22} {trouble}", ""))?;
        }
    }
    if asked.is_empty() {
        say(
            "No provider is asked here yet. One whose key is in the environment is; `hutong providers add` keeps one.",
        )?;
    }
    say("")?;
    for row in others {
        let is_usual = row.id == row.vendor && !asked.iter().any(|asked| asked.vendor == row.vendor);
        if is_usual || row.state != "absent" {
            say(format_args!("{:<22} {:<20} {}", row.id, row.name, row.needs()))?;
        }
    }
    Ok(())
}

async fn test(desk: &Desk, only: Option<String>, model: Option<String>) -> anyhow::Result<()> {
    let ids = match only {
        Some(only) => vec![only],
        None => desk.all().await?.into_iter().filter(|row| row.state == "asked").map(|row| row.id).collect(),
    };
    if ids.is_empty() {
        let detail = "No provider is asked here; `hutong providers list` says what each needs.";
        return Err(Missing(detail.to_owned()).into());
    }
    let mut failed = 0_usize;
    for id in ids {
        let found = desk.test(&id, model.clone()).await?;
        failed = failed.saturating_add(usize::from(found.error.is_some()));
        say(format_args!("{id:<22} {}", found.line()))?;
    }
    anyhow::ensure!(failed == 0, "{failed} of them cannot be asked as they are");
    Ok(())
}

async fn set(desk: &Desk, add: Add) -> anyhow::Result<()> {
    // Whoever typed a wrong name is told so before they enter a key.
    let known = desk.all().await?.into_iter().find(|row| row.id == add.provider);
    let is_free = add.no_key || known.as_ref().is_none_or(|row| !row.needs_key);
    let wish = Wish {
        key: key(&add, is_free)?,
        base_url: add.base_url,
        blanks: add.blanks.into_iter().collect::<BTreeMap<_, _>>(),
        models: Some(add.models).filter(|models| !models.is_empty()),
        enabled: true,
    };
    let row = desk.set(&add.provider, wish).await?;
    say(format_args!("{} is asked at {}, {}.", row.name, row.host(), row.key()))?;
    say(format_args!("`hutong providers test {}` asks it for a word.", add.provider))
}

/// The key, from where it was said to be. It is never an argument: those are seen by everybody on the machine.
fn key(add: &Add, is_free: bool) -> anyhow::Result<Option<Secret<String>>> {
    if let Some(path) = &add.key_file {
        let text = std::fs::read_to_string(path);
        let text = text.with_context(|| format!("{} cannot be read", path.display()))?;
        return Ok(Some(Secret::new(text)));
    }
    if let Some(name) = &add.key_env {
        let value = key_variable(name).with_context(|| format!("{name} is not set"))?;
        return Ok(Some(Secret::new(value)));
    }
    if is_free {
        return Ok(None);
    }
    let mut stdin = std::io::stdin();
    if stdin.is_terminal() {
        let typed = rpassword::prompt_password(format!("Key of {} (it is not shown): ", add.provider));
        return Ok(Some(Secret::new(typed.context("no key was read")?)));
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).context("no key was read")?;
    Ok(Some(Secret::new(text)))
}

fn blank(text: &str) -> Result<(String, String), String> {
    let (word, value) = text.split_once('=').ok_or("write it as WORD=TEXT")?;
    Ok((word.trim().to_owned(), value.trim().to_owned()))
}
