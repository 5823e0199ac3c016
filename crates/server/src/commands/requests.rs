//! `hutong requests`: what was asked of models, read from the data folder itself, also while the server runs. (A server keeps the
//! last seconds to itself.)

use api::UseCases;
use app::{Failed, KeptRequest, RequestWish};
use clap::Subcommand;
use ports::tokens;
use stdx::RunId;
use traffic::{Came, Record, RecordedAttempt};
use wire::{ErrorCode, RunState};

use super::say;
use crate::paths::DataDir;
use crate::wiring::{House, Tokens};

/// List and show what was asked of models
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List requests, the latest first
    List(Wish),
    /// Show one with each attempt at a provider
    Show {
        /// As `requests list` and the header `x-request-id` show it
        id: RunId,
    },
}

#[derive(Debug, clap::Args)]
struct Wish {
    /// Only those that went wrong
    #[arg(long)]
    failed: bool,
    /// Only those that this model answered, or would have
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Only those that came this way, such as chat/completions or runs
    #[arg(long, value_name = "FACE")]
    face: Option<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    let UseCases { accounts, app } = house.use_cases(&house.engine()?, Tokens::default()).await?;
    let owner = accounts.owner().await?;
    match args.command {
        Command::List(Wish { failed, model, face, limit }) => {
            let failed = if failed { Failed::Somehow } else { Failed::Whatever };
            let wish = RequestWish { model, face, failed, ..RequestWish::default() };
            let page = app.requests(&owner, wish, None, Some(limit)).await?;
            if page.items.is_empty() {
                return say("Nothing of this kind was asked.");
            }
            page.items.iter().try_for_each(|kept| say(line(kept)))
        }
        Command::Show { id } => shown(&app.request(&owner, id).await?).iter().try_for_each(say),
    }
}

/// One request in one line.
fn line(kept: &KeptRequest) -> String {
    let Record { id, at, model, took_ms, came, .. } = &kept.record;
    let who = kept.key_name.as_deref().or(kept.member_name.as_deref()).unwrap_or("somebody who is gone");
    format!("{id}  {at}  {:9}  {took_ms:>6} ms  {model}  {who}{}", word(*came), used(kept))
}

/// One request with its attempts.
fn shown(kept: &KeptRequest) -> Vec<String> {
    let record = &kept.record;
    let mut lines = vec![line(kept)];
    if record.asked != record.model {
        let by = record.policy.as_deref().map(|policy| format!(", chosen by {policy}")).unwrap_or_default();
        lines.push(format!("  asked for {}{by}", record.asked));
    }
    lines.push(format!("  by {}", record.face));
    if let Some(first) = record.first_token_ms {
        lines.push(format!("  first words after {first} ms"));
    }
    lines.extend(record.attempts.iter().map(attempt));
    if let Some(texts) = &record.texts {
        lines.push(format!("  asked:    {}", texts.asked));
        lines.push(format!("  answered: {}", texts.answered));
    }
    lines
}

fn attempt(attempt: &RecordedAttempt) -> String {
    let RecordedAttempt { deployment, after_ms, took_ms, error, is_left, .. } = attempt;
    let came = match error {
        Some(code) => code.as_str(),
        None if *is_left => "left",
        None => "answered",
    };
    format!("  +{after_ms} ms  {deployment}  {came} after {took_ms} ms")
}

/// What came of it: the code of an error, where there is one.
fn word(came: Came) -> &'static str {
    let state = match came.state {
        RunState::Queued => "queued",
        RunState::Running => "running",
        RunState::Succeeded => "answered",
        RunState::Cancelled => "cancelled",
        RunState::Failed => "failed",
        RunState::Interrupted => "interrupted",
    };
    came.error.map_or(state, ErrorCode::as_str)
}

fn used(kept: &KeptRequest) -> String {
    let Some((cost, usage)) = &kept.settled else { return String::new() };
    let usage = tokens(usage);
    format!("  {} → {} tokens  {cost}", usage.input_tokens, usage.output_tokens)
}

#[cfg(test)]
mod tests {
    use money::{Amount, Unit, Usage};
    use stdx::Timestamp;

    use super::*;

    fn kept() -> KeptRequest {
        const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
        let record = Record {
            id: ID.parse().unwrap(),
            workspace_id: ID.parse().unwrap(),
            member_id: ID.parse().unwrap(),
            key_id: None,
            at: Timestamp::from_micros(0),
            face: "chat/completions".to_owned(),
            agent_id: None,
            asked: "auto".to_owned(),
            model: "lane/good".to_owned(),
            vendor: Some("lane".to_owned()),
            policy: Some("auto".to_owned()),
            came: Came { state: RunState::Succeeded, finish: None, error: None },
            first_token_ms: Some(40),
            took_ms: 90,
            usage: None,
            attempts: vec![RecordedAttempt {
                deployment: "lane/good".to_owned(),
                vendor: "lane".to_owned(),
                after_ms: 3,
                first_token_ms: Some(37),
                took_ms: 87,
                error: Some(ErrorCode::UpstreamBusy),
                is_left: false,
                tokens: None,
                request_id: None,
                span: None,
            }],
            trace_id: None,
            parent: None,
            texts: None,
        };
        let usage = Usage::of([(Unit::Input, 12), (Unit::Output, 5)]).unwrap();
        let cost = Amount::from_micros(1_500).of("CNY".parse().unwrap());
        KeptRequest {
            record,
            member_name: Some("Mei".to_owned()),
            key_name: None,
            settled: Some((cost, usage)),
        }
    }

    #[test]
    fn a_request_reads_from_left_to_right() {
        insta::assert_snapshot!(shown(&kept()).join("\n"));
    }

    #[test]
    fn what_went_wrong_is_named_by_its_code() {
        let came = Came::failed(ErrorCode::UpstreamDown);
        assert_eq!((word(came), word(Came::left())), ("upstream_down", "cancelled"));
    }
}
