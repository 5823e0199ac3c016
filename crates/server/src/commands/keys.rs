//! `hutong keys create|list|revoke`: works on the data folder itself, also while the server runs.

use clap::Subcommand;
use stdx::KeyId;

use super::say;
use crate::paths::DataDir;
use crate::wiring::{House, Tokens};

/// Create, list and revoke API keys
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key and print it; it is shown this once
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
    },
    /// List the keys, without the keys themselves
    List,
    /// Take a key out of use at once
    Revoke {
        /// As `keys list` shows it
        id: KeyId,
    },
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    let app = house.application(&house.engine()?, Tokens::default()).await?;
    let owner = app.owner().await?;
    match args.command {
        Command::Create { name } => say(app.create_key(&owner, &name).await?.token.expose()),
        Command::Revoke { id } => {
            app.revoke_key(&owner, id).await?;
            say("Revoked.")
        }
        Command::List => {
            for key in app.keys(&owner).await? {
                let state = key.revoked_at.map_or_else(|| "active".to_owned(), |at| format!("revoked {at}"));
                say(format_args!("{}  {}  {}  {}", key.id, key.created_at, state, key.name))?;
            }
            Ok(())
        }
    }
}
