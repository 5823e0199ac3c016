//! `hutong keys create|list|rotate|revoke`: works on the data folder itself, also while the server runs.

use std::time::Duration;

use accounts::{Face, KeyInfo, KeyScope, KeyWish};
use clap::{Subcommand, ValueEnum};
use stdx::{Clock, KeyId};

use super::say;
use crate::paths::DataDir;
use crate::wiring::{House, Tokens};

/// Create, list, rotate and revoke API keys
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key and print it; it is shown this once
    Create(Wish),
    /// List the keys, without the keys themselves
    List,
    /// Give a key another token and print it; the one it has opens for a while longer
    Rotate {
        /// As `keys list` shows it
        id: KeyId,
        /// How long both open; 0 for a key that got out
        #[arg(long, default_value_t = 24)]
        grace_hours: u32,
    },
    /// Take a key out of use at once
    Revoke {
        /// As `keys list` shows it
        id: KeyId,
    },
}

#[derive(Debug, clap::Args)]
struct Wish {
    /// What it is for
    #[arg(long)]
    name: String,
    /// A service account that it is for, instead of the owner
    #[arg(long = "for", value_name = "LOGIN")]
    account: Option<String>,
    /// A kind of request that it may make; repeat it for more [default: all]
    #[arg(long = "face", value_name = "FACE")]
    faces: Vec<FaceWord>,
    /// A model that it may call, where `*` is any text; repeat it for more [default: all]
    #[arg(long = "model", value_name = "PATTERN")]
    models: Vec<String>,
    /// An agent that it may call, where `*` is any text; repeat it for more [default: all]
    #[arg(long = "agent", value_name = "PATTERN")]
    agents: Vec<String>,
    /// A page that it may be used from, such as https://lane.example; repeat it for more [default: programs alone]
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// The most requests in a minute [default: no limit]
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// How many days it opens [default: until it is revoked]
    #[arg(long, value_name = "N")]
    days: Option<u32>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FaceWord {
    Chat,
    Embeddings,
    Rerank,
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    let accounts = house.use_cases(&house.engine()?, Tokens::default()).await?.accounts;
    let owner = accounts.owner().await?;
    match args.command {
        Command::Create(wish) => {
            let account = match &wish.account {
                Some(login) => Some(accounts.member_by_login(&owner, login).await?.id),
                None => None,
            };
            let wish = wish.key(house.clock.as_ref());
            say(accounts.create_key(&owner, accounts.fresh_id_of(), account, wish).await?.token.expose())
        }
        Command::Rotate { id, grace_hours } => {
            let grace = Duration::from_secs(u64::from(grace_hours).saturating_mul(3_600));
            say(accounts.rotate_key(&owner, id, grace).await?.token.expose())
        }
        Command::Revoke { id } => {
            accounts.revoke_key(&owner, id).await?;
            say("Revoked.")
        }
        Command::List => list(&accounts.keys(&owner).await?, house.clock.as_ref()),
    }
}

fn list(keys: &[KeyInfo], clock: &dyn Clock) -> anyhow::Result<()> {
    for key in keys {
        let state = match (key.revoked_at, key.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) if at <= clock.now() => format!("expired {at}"),
            (None, Some(at)) => format!("until {at}"),
            (None, None) => "active".to_owned(),
        };
        let limited = if key.scope == KeyScope::default() { "" } else { "  limited" };
        say(format_args!("{}  {}  {state}{limited}  {}", key.id, key.created_at, key.name))?;
    }
    Ok(())
}

impl Wish {
    fn key(self, clock: &dyn Clock) -> KeyWish {
        let some = |list: Vec<String>| Some(list).filter(|list| !list.is_empty());
        let faces = self.faces.into_iter().map(Face::from).collect();
        let day = |days: u32| Duration::from_secs(u64::from(days).saturating_mul(24 * 3_600));
        KeyWish {
            name: self.name,
            scope: KeyScope {
                faces: Some(faces).filter(|faces: &Vec<Face>| !faces.is_empty()),
                models: some(self.models),
                agents: some(self.agents),
                origins: some(self.origins),
                rate_per_minute: self.rate,
            },
            budget: None,
            expires_at: self.days.map(|days| clock.now().plus(day(days))),
        }
    }
}

impl From<FaceWord> for Face {
    fn from(word: FaceWord) -> Self {
        match word {
            FaceWord::Chat => Self::Chat,
            FaceWord::Embeddings => Self::Embeddings,
            FaceWord::Rerank => Self::Rerank,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use stdx::{MockClock, Timestamp};

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        wish: Wish,
    }

    fn typed(args: &[&str]) -> KeyWish {
        let clock = MockClock::at(Timestamp::from_micros(0));
        Typed::parse_from([&["keys", "--name", "a key"], args].concat()).wish.key(&clock)
    }

    #[test]
    fn what_is_not_said_is_not_limited() {
        assert_eq!(typed(&[]), KeyWish { name: "a key".to_owned(), ..KeyWish::default() });
        let wish =
            typed(&["--model", "tiny-*", "--model", "x", "--face", "chat", "--rate", "60", "--days", "1"]);
        assert_eq!(wish.scope.models, Some(vec!["tiny-*".to_owned(), "x".to_owned()]));
        assert_eq!((wish.scope.faces, wish.scope.agents), (Some(vec![Face::Chat]), None));
        assert_eq!((wish.scope.rate_per_minute, wish.scope.origins), (Some(60), None));
        assert_eq!(wish.expires_at, Some(Timestamp::from_micros(86_400_000_000)));
    }
}
