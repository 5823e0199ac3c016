//! `hutong db backup|restore|copy`: everything in the database, into a file, back, and to another engine.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use store::transfer::{Digest, back_up, copy, restore};
use store::{Place, StoreError, TransferError};

use super::say;
use crate::failure::Busy;
use crate::paths::DataDir;
use crate::running;
use crate::wiring::House;

/// Back up, restore and move the database
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write everything into a new file; the server may run meanwhile
    Backup {
        /// Where to; nothing may be there yet
        file: PathBuf,
    },
    /// Bring what a backup holds to an empty database, on whatever engine
    Restore {
        /// What `db backup` wrote
        file: PathBuf,
        /// A file, or postgres://user:password@host:port/database [default: the database of this installation]
        #[arg(long, value_name = "PLACE")]
        to: Option<String>,
    },
    /// Copy everything to an empty database, on whatever engine
    Copy {
        /// A file, or postgres://user:password@host:port/database [default: the database of this installation]
        #[arg(long, value_name = "PLACE")]
        from: Option<String>,
        /// A file, or postgres://user:password@host:port/database
        #[arg(long, value_name = "PLACE")]
        to: String,
    },
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    match args.command {
        Command::Backup { file } => {
            let from = house.place()?;
            let digest = back_up(house.database_at(from), &file).await?;
            report(&digest, &file.display())?;
            let key = house.paths.seal_key();
            say(format_args!(
                "Keep {} apart from it and as safely: without it the second factors in the backup open nothing.",
                key.display()
            ))
        }
        Command::Restore { file, to } => {
            let place = place_or_own(&house, to.as_deref())?;
            let shown = place.to_string();
            let restored = restore(&file, house.database_at(place)).await;
            report(&restored.map_err(in_use).with_context(|| in_words("restore", &file))?, &shown)
        }
        Command::Copy { from, to } => {
            let from = place_or_own(&house, from.as_deref())?;
            let to = Place::parse(&to);
            let shown = to.to_string();
            let digest = copy(house.database_at(from), house.database_at(to)).await.map_err(in_use)?;
            report(&digest, &shown)?;
            say(
                "Both sides were counted and hashed and are the same. To use it, name it in hutong.toml: [database] url = …",
            )
        }
    }
}

/// A place that was named; else that of this installation, which no server may be writing to: what it wrote after would be
/// missing.
fn place_or_own(house: &House, named: Option<&str>) -> anyhow::Result<Place> {
    if let Some(named) = named {
        return Ok(Place::parse(named));
    }
    if let Some(server) = running::find(&house.paths) {
        let address = server.address;
        return Err(
            Busy(format!("a server runs on this database at http://{address}. Stop it first.")).into()
        );
    }
    house.place()
}

/// A server on one of the two databases, wherever its data folder is.
fn in_use(error: TransferError) -> anyhow::Error {
    match error {
        TransferError::Store(taken @ StoreError::SeatTaken { .. }) => {
            Busy(format!("{taken}. Stop it first.")).into()
        }
        other => other.into(),
    }
}

fn in_words(what: &str, file: &Path) -> String {
    format!("{} was not used to {what}; nothing was changed", file.display())
}

fn report(digest: &Digest, to: &dyn std::fmt::Display) -> anyhow::Result<()> {
    say(format_args!("{} rows of {} tables are in {to}", digest.rows(), digest.tables.len()))?;
    match digest.ledger() {
        Some(ledger) => say(format_args!("ledger: {} entries, SHA-256 {}", ledger.rows, ledger.sha256)),
        None => Ok(()),
    }
}
