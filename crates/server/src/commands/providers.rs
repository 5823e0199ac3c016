//! `hutong providers list|test`: whose models can be asked here, and whether their keys are taken.

use std::collections::BTreeSet;

use clap::Subcommand;
use reqwest::Url;

use super::say;
use crate::failure::Missing;
use crate::paths::DataDir;
use crate::wiring::House;

/// List providers of models, and try their keys
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the providers that are asked here, and what the others need
    List,
    /// Ask each provider for its models, which costs nothing and shows whether it takes the key
    Test {
        /// Only this one, as `hutong providers list` calls it
        provider: Option<String>,
    },
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    match args.command {
        Command::List => list(&house),
        Command::Test { provider } => test(&house, provider.as_deref()).await,
    }
}

fn list(house: &House) -> anyhow::Result<()> {
    let (providers, vendors) = (catalog::providers(&house.data)?, house.vendors()?);
    for (site, from) in &vendors.sites {
        let host = Url::parse(&site.endpoint.base_url).ok();
        let host = host.as_ref().and_then(Url::host_str).unwrap_or("nowhere").to_owned();
        say(format_args!("{:<22} {:<20} {host}, {from}", site.id, site.name))?;
    }
    if vendors.sites.is_empty() {
        say("No provider is asked here yet. One whose key is in the environment is; see the others below.")?;
    }
    let asked: BTreeSet<&str> = vendors.sites.iter().map(|(site, _)| site.provider.as_str()).collect();
    say("")?;
    for provider in providers.iter().filter(|provider| !asked.contains(provider.id.as_str())) {
        let Some(endpoint) = provider.endpoints.first() else { continue };
        let needs = match endpoint.key_env.first() {
            Some(name) => format!("needs {name}"),
            None => format!("needs [providers.{}] in hutong.toml", provider.id),
        };
        let blanks: Vec<&str> = endpoint.blanks().collect();
        let blanks =
            if blanks.is_empty() { String::new() } else { format!(", and blanks for {}", blanks.join(", ")) };
        say(format_args!("{:<22} {:<20} {needs}{blanks}", provider.id, provider.name))?;
    }
    Ok(())
}

async fn test(house: &House, only: Option<&str>) -> anyhow::Result<()> {
    let vendors = house.vendors()?;
    let upstreams = vendors.upstreams(&house.clock, &house.rng);
    let wanted = |id: &str| only.is_none_or(|only| only == id);
    let ids: Vec<String> = upstreams.sites().map(|site| site.id.clone()).filter(|id| wanted(id)).collect();
    if ids.is_empty() {
        let name = only.unwrap_or("provider");
        return Err(Missing(format!(
            "No provider `{name}` is asked here; `hutong providers list` says what it needs."
        ))
        .into());
    }
    let mut failed = 0_usize;
    for id in ids {
        match upstreams.models_at(&id).await {
            Ok(models) => say(format_args!("{id:<22} takes the key, and has {} models", models.len()))?,
            Err(error) => {
                failed = failed.saturating_add(1);
                say(format_args!("{id:<22} {}", error.detail))?;
            }
        }
    }
    anyhow::ensure!(failed == 0, "{failed} of them cannot be asked as they are");
    Ok(())
}
