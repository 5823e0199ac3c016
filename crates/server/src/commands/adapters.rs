//! `hutong adapters add|list|rm`

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use engine::MOST_SCALE;
use indicatif::HumanBytes;
use models::{AdapterError, NewAdapter};

use super::say;
use crate::failure::Missing;
use crate::paths::DataDir;
use crate::wiring::House;

/// Register, list and remove adapters (LoRA) on top of local models
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Copy an adapter's file, check it against its model and register it; a running server has it at once
    Add {
        /// The adapter, a GGUF file
        file: PathBuf,
        /// Its name: lower-case letters, digits and hyphens
        #[arg(long)]
        id: String,
        /// The id of the model that it is for, which must be installed
        #[arg(long)]
        model: String,
        /// How strongly it counts when a request does not say
        #[arg(long, default_value_t = 1.0, value_parser = scale)]
        scale: f32,
    },
    /// List the registered adapters
    List,
    /// Remove an adapter from this machine
    Rm {
        /// An adapter's id
        id: String,
    },
}

pub(crate) fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    match args.command {
        Command::Add { file, id, model, scale } => {
            let spec = house.catalog.get(&model).with_context(|| format!("there is no model `{model}`"))?;
            let model_file = house.installer.store().path(spec).ok_or_else(|| {
                Missing(format!(
                    "the model `{model}` is not installed. `hutong models pull {model}` fetches it."
                ))
            })?;
            let wanted = NewAdapter { id: &id, model: &model, model_file: &model_file, scale };
            let added = house.adapters.add(&file, wanted)?;
            let size = HumanBytes(added.bytes);
            say(format_args!("{id} is registered for {model}, {size}."))
        }
        Command::List => list(&house),
        Command::Rm { id } => {
            house.adapters.remove(&id).map_err(|error| match error {
                AdapterError::Unknown(_) => Missing(format!("{error}.")).into(),
                error => anyhow::Error::from(error),
            })?;
            say(format_args!("{id} is removed."))
        }
    }
}

fn list(house: &House) -> anyhow::Result<()> {
    let adapters = house.adapters.list();
    if adapters.is_empty() {
        return say("No adapters are registered.");
    }
    let width = adapters.iter().map(|adapter| adapter.id.len()).max().unwrap_or(0);
    for adapter in &adapters {
        let size = HumanBytes(adapter.bytes).to_string();
        say(format_args!("{:width$}  {size:>11}  x{}  for {}", adapter.id, adapter.scale, adapter.model))?;
    }
    Ok(())
}

fn scale(text: &str) -> Result<f32, String> {
    let number = text.parse::<f32>().map_err(|error| error.to_string())?;
    let is_fit = (-MOST_SCALE..=MOST_SCALE).contains(&number);
    is_fit.then_some(number).ok_or_else(|| format!("a number from -{MOST_SCALE} to {MOST_SCALE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_a_number_that_the_engine_takes() {
        assert_eq!(scale("-0.5"), Ok(-0.5));
        assert!(["17", "nan", "inf", "much"].iter().all(|text| scale(text).is_err()));
    }
}
