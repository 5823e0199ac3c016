//! `hutong agents list|show|validate|eval`

use std::sync::Arc;

use acts::{Stage, Whose};
use agent::{Agent, Case, Eval, Line, PackageText, Performance, assemble};
use anyhow::bail;
use clap::Subcommand;
use ports::{ChatRequest, Sampling};
use stdx::{IdMaker, OsRng};
use wire::{Role, ToolState};

use super::say;
use crate::failure::Missing;
use crate::paths::{DataDir, machine_locale};
use crate::wiring::House;

/// List, show, check and evaluate agents
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the agents
    List,
    /// Show an agent and its instructions
    Show {
        /// An agent's id
        id: String,
    },
    /// Check all packages and their evals
    Validate,
    /// Ask the questions of agents' evals and print how the answers do
    Eval {
        /// Agents' ids; all when absent
        ids: Vec<String>,
        /// Another model than the default
        #[arg(long)]
        model: Option<String>,
    },
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    match args.command {
        Command::List => list(&house),
        Command::Show { id } => show(&house, &id),
        Command::Validate => validate(&house),
        Command::Eval { ids, model } => eval(&house, &ids, model).await,
    }
}

fn find<'a>(agents: &'a [Agent], id: &str) -> anyhow::Result<&'a Agent> {
    agents.iter().find(|agent| agent.id == id).ok_or_else(|| {
        let known: Vec<_> = agents.iter().map(|agent| agent.id.as_str()).collect();
        Missing(format!("there is no agent `{id}`. Known are: {}.", known.join(", "))).into()
    })
}

fn list(house: &House) -> anyhow::Result<()> {
    let locale = machine_locale();
    for agent in house.agents()? {
        let (name, description) = (agent.name.get(locale), agent.description.get(locale));
        say(format_args!("{:12} {}  {name} — {description}", agent.id, agent.glyph))?;
    }
    Ok(())
}

fn show(house: &House, id: &str) -> anyhow::Result<()> {
    let agents = house.agents()?;
    let agent = find(&agents, id)?;
    let locale = machine_locale();
    say(format_args!("{} {} (version {})", agent.glyph, agent.name.get(locale), agent.version))?;
    say(agent.description.get(locale))?;
    if let Some(not_yet) = &agent.not_yet {
        say(format_args!("Not yet: {}", not_yet.get(locale)))?;
    }
    let policy = &agent.model;
    say(format_args!(
        "temperature {}  top-p {}  at most {} tokens\n",
        policy.temperature, policy.top_p, policy.max_tokens
    ))?;
    say(agent.prompt.get(locale))
}

fn validate(house: &House) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    let mut cases = 0;
    let packages = catalog::agent_files(&house.data)?;
    for files in &packages {
        let package = PackageText {
            folder: &files.id,
            agent_toml: &files.agent_toml,
            prompt_zh: &files.prompt_zh,
            prompt_en: &files.prompt_en,
        };
        faults.extend(Agent::parse(package).err().map(|error| error.to_string()));
        for (name, yaml) in &files.evals {
            match Eval::parse(yaml) {
                Ok(eval) => cases += eval.cases.len(),
                Err(error) => faults.push(format!("agents/{}/evals/{name}: {error}", files.id)),
            }
        }
    }
    anyhow::ensure!(faults.is_empty(), "{}", faults.join("\n"));
    house.agents()?;
    say(format_args!("{} agents and {cases} eval cases are well formed.", packages.len()))
}

async fn eval(house: &House, ids: &[String], model: Option<String>) -> anyhow::Result<()> {
    let agents = house.agents()?;
    for id in ids {
        find(&agents, id)?;
    }
    let model = model.unwrap_or_else(|| house.catalog.default_id().to_owned());
    let (chat, toolbox) = (Arc::new(house.engine()?), house.toolbox()?);
    let (mut passed, mut total) = (0, 0);
    say(format_args!("{:12} {:28} {model}", "agent", "case"))?;
    for files in catalog::agent_files(&house.data)? {
        if !ids.is_empty() && !ids.contains(&files.id) {
            continue;
        }
        let agent = find(&agents, &files.id)?;
        let stage = Stage {
            chat: chat.clone(),
            toolbox: Arc::clone(&toolbox),
            clock: Arc::clone(&house.clock),
            whose: nobody(house, agent),
        };
        for (_, yaml) in &files.evals {
            for case in Eval::parse(yaml)?.cases {
                let performance = perform(&stage, agent, &case, &model).await?;
                let failures = case.failures(&performance);
                total += 1;
                passed += usize::from(failures.is_empty());
                let verdict = if failures.is_empty() {
                    "ok".to_owned()
                } else {
                    format!("failed {failures:?}: {performance:?}")
                };
                say(format_args!("{:12} {:28} {verdict}", agent.id, case.name))?;
            }
        }
    }
    say(format_args!("{passed} of {total} cases passed"))
}

/// Asks an agent a case, as a member would, but without books.
async fn perform(stage: &Stage, agent: &Agent, case: &Case, model: &str) -> anyhow::Result<Performance> {
    let locale = case.locale();
    let question = Line::Text { role: Role::User, text: case.ask.clone() };
    let lines = assemble(agent, locale, &[], 0).into_iter().chain([question]);
    let facts = stage.toolbox.tools();
    let request = ChatRequest {
        sampling: Sampling {
            temperature: 0.0,
            top_p: 1.0,
            max_tokens: Some(agent.model.max_tokens),
            ..Sampling::default()
        },
        fixed_messages: 1,
        tools: acts::offered(agent, &facts),
        ..ChatRequest::new(model, acts::messages(lines))
    };
    let known = agent::Known { said: vec![case.ask.clone()], ..agent::Known::default() };
    let run = IdMaker::new(Arc::clone(&stage.clock), Arc::new(OsRng)).make();
    let kit = acts::kit(agent, &facts, locale, known, (run, stage.clock.now()));
    let rehearsal = stage.rehearse(request, kit).await;
    if let Some(error) = &rehearsal.outcome.error {
        bail!("{}: {}", case.name, error.detail);
    }
    let is_answered = |call: &wire::ToolUse| matches!(call.state, ToolState::Answered { .. });
    let calls = rehearsal.calls().map(|call| (call.tool.clone(), is_answered(call))).collect();
    Ok(Performance { text: rehearsal.text(), calls })
}

/// Evaluations are nobody's.
fn nobody(house: &House, agent: &Agent) -> Whose {
    let ids = IdMaker::new(Arc::clone(&house.clock), Arc::new(OsRng));
    let (agent_id, locale) = (agent.id.clone(), "en".to_owned());
    Whose { workspace_id: ids.make(), member_id: ids.make(), thread_id: None, agent_id, locale }
}
