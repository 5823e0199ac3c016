//! `hutong models ps|load|unload|pin|unpin`: models in memory. They live in a server; where none runs only pins can be
//! changed, for the next start.

use std::time::Duration;

use api::UseCases;
use indicatif::{HumanBytes, HumanDuration};
use serde::Deserialize;
use wire::{ErrorCode, ModelKind};

use super::say;
use crate::failure::{Missing, Refused};
use crate::running::{self, Running};
use crate::wiring::{House, Tokens};

/// How often a model on its way is looked at.
const LOOK: Duration = Duration::from_millis(300);

#[derive(Debug, Deserialize)]
struct List {
    items: Vec<Model>,
    free_bytes: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Model {
    id: String,
    kind: ModelKind,
    pinned: bool,
    residency: Residency,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Residency {
    Absent,
    Loading,
    Ready { memory_bytes: u64, requests: u32, idle_seconds_left: Option<u64>, isolation: Isolation },
    Unloading,
    Failed { code: ErrorCode, detail: String },
}

#[derive(Debug, Deserialize)]
struct Isolation {
    landlock: Option<u32>,
    seccomp: bool,
}

/// Lists what is in memory and what is pinned.
pub(super) async fn ps(house: &House) -> anyhow::Result<()> {
    let Some(server) = running::find(&house.paths) else {
        return say("No server runs, so no model is in memory.");
    };
    let list: List = serde_json::from_value(server.get("/models").await?)?;
    let shown: Vec<&Model> = list.items.iter().filter(|model| model.is_shown()).collect();
    let width = shown.iter().map(|model| model.id.len()).max().unwrap_or(0);
    for model in &shown {
        say(format_args!("{:width$}  {:9}  {}", model.id, model.kind.as_str(), model.line()))?;
    }
    if shown.is_empty() {
        say("No model is in memory.")?;
    }
    match list.free_bytes {
        Some(free) => say(format_args!("{} of memory free", HumanBytes(free))),
        None => Ok(()),
    }
}

/// Brings a model into memory and waits until it is there.
pub(super) async fn load(house: &House, id: &str) -> anyhow::Result<()> {
    let server = server(house)?;
    server.post(&format!("/models/{id}/load")).await?;
    settle(&server, id).await
}

/// Takes a model out of memory and waits until it is gone.
pub(super) async fn unload(house: &House, id: &str) -> anyhow::Result<()> {
    let server = server(house)?;
    server.post(&format!("/models/{id}/unload")).await?;
    settle(&server, id).await
}

/// Keeps a model in memory, now and after every start.
pub(super) async fn pin(house: &House, id: &str) -> anyhow::Result<()> {
    if let Some(server) = running::find(&house.paths) {
        server.post(&format!("/models/{id}/pin")).await?;
        return settle(&server, id).await;
    }
    let UseCases { accounts, app } = house.use_cases(&house.engine()?, Tokens::default()).await?;
    app.remember_pin(&accounts.owner().await?, id).await?;
    say(format_args!("{id} is pinned; the next start loads it."))
}

/// Takes a pin back.
pub(super) async fn unpin(house: &House, id: &str) -> anyhow::Result<()> {
    if let Some(server) = running::find(&house.paths) {
        server.post(&format!("/models/{id}/unpin")).await?;
    } else {
        let UseCases { accounts, app } = house.use_cases(&house.engine()?, Tokens::default()).await?;
        app.unpin_model(&accounts.owner().await?, id).await?;
    }
    say(format_args!("{id} is not pinned any more."))
}

fn server(house: &House) -> anyhow::Result<Running> {
    let none =
        "no server runs on this data folder: models are in the memory of a server. `hutong up` starts one.";
    running::find(&house.paths).ok_or_else(|| Missing(none.to_owned()).into())
}

/// Waits until a model is on its way no more, and says how it stands with it.
async fn settle(server: &Running, id: &str) -> anyhow::Result<()> {
    loop {
        let list: List = serde_json::from_value(server.get("/models").await?)?;
        let model = list.items.into_iter().find(|model| model.id == id);
        let model = model.ok_or_else(|| Missing(format!("there is no model `{id}` any more")))?;
        match model.residency {
            Residency::Loading | Residency::Unloading => tokio::time::sleep(LOOK).await,
            Residency::Failed { code, detail } => return Err(Refused { code, detail }.into()),
            Residency::Absent | Residency::Ready { .. } => {
                return say(format_args!("{id}  {}", model.line()));
            }
        }
    }
}

impl Model {
    /// True for what is in memory, on its way, or ought to be there.
    fn is_shown(&self) -> bool {
        self.pinned || !matches!(self.residency, Residency::Absent)
    }

    /// How it stands with it, in one line.
    fn line(&self) -> String {
        match &self.residency {
            Residency::Absent => {
                if self.pinned { "pinned, not in memory" } else { "not in memory" }.to_owned()
            }
            Residency::Loading => "loading".to_owned(),
            Residency::Unloading => "unloading".to_owned(),
            Residency::Failed { detail, .. } => format!("failed: {detail}"),
            Residency::Ready { memory_bytes, requests, idle_seconds_left, isolation } => {
                let next = match idle_seconds_left {
                    _ if *requests > 0 => format!("answering {requests}"),
                    Some(left) => format!("idle, {} left", HumanDuration(Duration::from_secs(*left))),
                    None => "pinned".to_owned(),
                };
                format!("{:>10}  {next}  {}", HumanBytes(*memory_bytes).to_string(), isolation.line())
            }
        }
    }
}

impl Isolation {
    fn line(&self) -> String {
        let Self { landlock, seccomp } = *self;
        format!("isolated by {}", engine::Isolation { landlock, seccomp })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn line(residency: serde_json::Value) -> String {
        let model = json!({"id": "tiny", "kind": "chat", "pinned": false, "residency": residency, "name": "more than is read"});
        serde_json::from_value::<Model>(model).unwrap().line()
    }

    #[test]
    fn a_line_says_what_is_held_and_what_happens_next() {
        let ready = |requests: u32, left: Option<u64>| {
            line(json!({
                "type": "ready", "memory_bytes": 818_937_856, "requests": requests, "idle_seconds_left": left,
                "isolation": {"landlock": 7, "seccomp": true}, "threads": 2, "context_tokens": 8192
            }))
        };
        let walls = "isolated by Landlock 7 and seccomp";
        assert_eq!(ready(0, Some(1500)), format!("781.00 MiB  idle, 25 minutes left  {walls}"));
        assert_eq!(ready(2, None), format!("781.00 MiB  answering 2  {walls}"));
        assert_eq!(ready(0, None), format!("781.00 MiB  pinned  {walls}"));
        assert_eq!(line(json!({"type": "loading"})), "loading");
        assert_eq!(line(json!({"type": "absent"})), "not in memory");
        let failed = json!({"type": "failed", "code": "out_of_memory", "detail": "Too large."});
        assert_eq!(line(failed), "failed: Too large.");
    }
}
