//! What a turn may use, and what it is to do first.

use std::collections::{BTreeMap, BTreeSet};

use agent::{Agent, Kit, Known, Locale, ToolRule};
use ports::{ToolFacts, ToolSource, Tools};
use stdx::{RunId, Timestamp};
use wire::{Message, Part, Refuser, Role, ToolClass, ToolState, ToolUse};

/// The tools of an agent that there are.
fn of<'a>(agent: &Agent, tools: &'a [ToolFacts]) -> Vec<&'a ToolFacts> {
    let named = |name: &String| tools.iter().find(|facts| facts.tool.name == *name);
    agent.tools.offer.iter().filter_map(named).collect()
}

/// What a model is offered: in the order of the agent's package, so that prompts begin the same.
pub fn offered(agent: &Agent, tools: &[ToolFacts]) -> Tools {
    Tools {
        offered: of(agent, tools).into_iter().map(|facts| facts.tool.clone()).collect(),
        ..Tools::default()
    }
}

/// What a turn may use that begins now.
pub fn kit(
    agent: &Agent,
    tools: &[ToolFacts],
    locale: Locale,
    known: Known,
    (run, at): (RunId, Timestamp),
) -> Kit {
    let rule = |facts: &ToolFacts| ToolRule {
        name: facts.tool.name.clone(),
        title: facts.title.get(locale).to_owned(),
        class: facts.class,
        is_outside: facts.source == ToolSource::Outside,
        tells_outside: facts.tells_outside,
        is_keyed: facts.is_keyed,
    };
    Kit {
        prefix: run.to_string(),
        tools: of(agent, tools).into_iter().map(rule).collect(),
        policy: agent.tools.clone(),
        known,
        began_at: at,
        open: Vec::new(),
    }
}

/// What is known of a conversation, from its root on.
pub fn known(branch: &[Message], allowed: BTreeSet<String>) -> Known {
    let mut known = Known { allowed, ..Known::default() };
    for message in branch {
        if message.role == Role::User {
            known.said.push(message.text());
        }
        for part in &message.parts {
            let Part::Tool { call } = part else { continue };
            known.is_tainted |= call.is_outside && call.state.is_settled();
            if let ToolState::Answered { links, .. } = &call.state {
                known.links.extend(links.iter().cloned());
            }
        }
    }
    known
}

/// What a member says of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is made.
    Allow,
    /// It is made, and so are others of this tool in this thread that change something.
    AllowForThread,
    /// It is not made.
    Refuse,
}

/// An answer that is gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its parts, with every call decided.
    pub parts: Vec<Part>,
    /// The calls that are to be made before the model is asked.
    pub open: Vec<ToolUse>,
    /// The tools that were allowed for the whole thread.
    pub allowed: Vec<String>,
}

/// Why an answer cannot be gone on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It waits for nobody and was not cut off.
    NothingOpen,
    /// This call waits for a word.
    Undecided(String),
    /// It is too late to allow this call.
    Expired(String),
    /// There is no such call that waits.
    Unknown(String),
}

/// Decides about the calls of an answer that waits, or that was cut off: those that only look, those that were put off and those
/// that happen once however often they are made are made (again); of others that were begun nobody knows, and they are not.
///
/// # Errors
/// [`Closed`]; nothing is decided then.
pub fn open(
    parts: &[Part],
    verdicts: &BTreeMap<String, Verdict>,
    tools: &[ToolFacts],
    now: Timestamp,
) -> Result<Opened, Closed> {
    let mut opened = Opened { parts: parts.to_vec(), open: Vec::new(), allowed: Vec::new() };
    let (mut asked, mut past) = (BTreeSet::new(), BTreeSet::new());
    let mut is_open = false;
    for part in &mut opened.parts {
        let Part::Tool { call } = part else { continue };
        past.insert(call.call_id.clone());
        let is_keyed = tools.iter().any(|facts| facts.tool.name == call.tool && facts.is_keyed);
        let state = match call.state {
            ToolState::Asking { until, .. } => {
                asked.insert(call.call_id.clone());
                match verdicts.get(&call.call_id) {
                    None => return Err(Closed::Undecided(call.call_id.clone())),
                    Some(Verdict::Refuse) => ToolState::Refused { by: Refuser::Member },
                    Some(_) if now >= until => return Err(Closed::Expired(call.call_id.clone())),
                    Some(Verdict::Allow) => ToolState::Allowed,
                    Some(Verdict::AllowForThread) => {
                        opened.allowed.push(call.tool.clone());
                        ToolState::Allowed
                    }
                }
            }
            ToolState::Waiting => ToolState::Allowed,
            ToolState::Underway if call.class == ToolClass::Read || is_keyed => ToolState::Allowed,
            ToolState::Underway => ToolState::Unknown,
            _ => continue,
        };
        is_open = true;
        call.state = state;
        if call.state == ToolState::Allowed {
            opened.open.push(ToolUse::clone(call));
        }
    }
    match verdicts.keys().find(|id| !asked.contains(*id)) {
        Some(stray) if !past.contains(stray) => Err(Closed::Unknown(stray.clone())),
        None if is_open => Ok(opened),
        Some(_) | None => Err(Closed::NothingOpen),
    }
}
