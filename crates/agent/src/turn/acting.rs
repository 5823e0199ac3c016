//! The calls of one step: which are made, in which order, and what came of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use stdx::Timestamp;
use wire::{Refuser, ToolClass, ToolState, ToolUse};

use crate::history::result;
use crate::permission::{Known, ToolPolicy, ToolRule, Verdict, judge};
use crate::{Line, LineCall};

/// Calls of one step; whoever makes more has lost its way.
const MOST_CALLS: usize = 16;
/// Bytes of the arguments of a call.
const MOST_ARGUMENTS: usize = 64 * 1024;
/// How long a member may take to say yes.
const TIME_TO_ALLOW: Duration = Duration::from_secs(24 * 3_600);

/// What a turn may do beside talking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kit {
    /// What the ids of its calls begin with: the run's.
    pub prefix: String,
    /// What can be called.
    pub tools: Vec<ToolRule>,
    /// Under which conditions.
    pub policy: ToolPolicy,
    /// What is known of the conversation.
    pub known: Known,
    /// When the turn was accepted.
    pub began_at: Timestamp,
    /// Calls that are to be made before a model is asked.
    pub open: Vec<ToolUse>,
}

/// A call as the model writes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    name: String,
    arguments: String,
}

impl Draft {
    pub(super) fn of(name: String) -> Self {
        Self { name, arguments: String::new() }
    }

    /// Takes more of the arguments. What is too long is refused anyhow.
    pub(super) fn push(&mut self, text: &str) {
        if self.arguments.len() <= MOST_ARGUMENTS {
            self.arguments.push_str(text);
        }
    }
}

/// The calls of the present step.
#[derive(Clone, Debug, Default)]
pub(super) struct Acting {
    calls: Vec<ToolUse>,
    /// So many of them were begun, or need not be.
    begun: usize,
    /// So many are being made.
    underway: usize,
    /// What came of earlier calls of this turn that only looked.
    seen: BTreeMap<(String, String), ToolState>,
    /// True when the model only asks what it has asked before.
    pub(super) is_lost: bool,
}

impl Kit {
    /// Of a turn that only talks.
    pub(super) fn none() -> Self {
        Self {
            prefix: String::new(),
            tools: Vec::new(),
            policy: ToolPolicy::default(),
            known: Known::default(),
            began_at: Timestamp::from_micros(0),
            open: Vec::new(),
        }
    }

    fn rule(&self, name: &str) -> Option<&ToolRule> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// A call as it stands after it was judged.
    fn judged(&self, (step, index): (u32, usize), at: Duration, draft: Draft) -> ToolUse {
        let Draft { name, arguments } = draft;
        let rule = self.rule(&name);
        let state = match (rule, object(&arguments)) {
            _ if index >= MOST_CALLS => failed(format!("Too many calls at once; make at most {MOST_CALLS}.")),
            (None, _) => {
                let names: Vec<&str> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
                failed(format!("There is no tool `{name}`. There are: {}.", names.join(", ")))
            }
            (Some(_), Err(detail)) => failed(detail),
            (Some(rule), Ok(arguments)) => match judge(&self.policy, &self.known, rule, &arguments) {
                Verdict::Allow => ToolState::Waiting,
                Verdict::Ask(because) => {
                    ToolState::Asking { because, until: self.began_at.plus(at).plus(TIME_TO_ALLOW) }
                }
                Verdict::Deny => ToolState::Refused { by: Refuser::Policy },
            },
        };
        ToolUse {
            call_id: format!("{}-{step}-{index}", self.prefix),
            title: rule.map_or_else(|| name.clone(), |rule| rule.title.clone()),
            class: rule.map_or(ToolClass::Read, |rule| rule.class),
            is_outside: rule.is_some_and(|rule| rule.is_outside),
            tool: name,
            arguments,
            state,
        }
    }

    /// Learns from what came of a call.
    fn learn(&mut self, call: &ToolUse) {
        if let ToolState::Answered { links, .. } = &call.state {
            self.known.links.extend(links.iter().cloned());
        }
        self.known.is_tainted |= call.is_outside && call.state.is_settled();
    }
}

impl Acting {
    /// Takes what the model called in a step.
    pub(super) fn take(&mut self, kit: &Kit, step: u32, at: Duration, drafts: Vec<Draft>) {
        let judged = (0..).zip(drafts).map(|(index, draft)| kit.judged((step, index), at, draft));
        self.calls = judged.collect();
        (self.begun, self.underway) = (0, 0);
        let mut repeated = 0;
        for call in &mut self.calls {
            // Small models go in circles: what was seen is not looked at again.
            let key = (call.tool.clone(), call.arguments.clone());
            if let (ToolState::Waiting, Some(seen)) = (&call.state, self.seen.get(&key)) {
                call.state = seen.clone();
                repeated += 1;
            }
        }
        self.is_lost = repeated == self.calls.len();
    }

    /// Takes calls that a member allowed, or that were cut off and may be made again.
    pub(super) fn take_open(&mut self, open: Vec<ToolUse>) {
        self.calls = open;
        (self.begun, self.underway) = (0, 0);
        for call in &mut self.calls {
            call.state = ToolState::Waiting;
        }
    }

    /// All of them as they stand.
    pub(super) fn calls(&self) -> &[ToolUse] {
        &self.calls
    }

    /// The calls to be made next: those that only look side by side, each of the others alone and in its turn.
    pub(super) fn launch(&mut self) -> Vec<ToolUse> {
        let mut next = Vec::new();
        while self.underway == next.len() {
            let Some(call) = self.calls.get_mut(self.begun) else { break };
            let must_be_made = call.state == ToolState::Waiting;
            let is_alone = must_be_made && call.class != ToolClass::Read;
            if is_alone && !next.is_empty() {
                break;
            }
            self.begun += 1;
            if must_be_made {
                call.state = ToolState::Underway;
                next.push(call.clone());
                self.underway += 1;
            }
            if is_alone {
                break;
            }
        }
        next
    }

    /// Takes what came of a call. False for a call that is not being made.
    pub(super) fn returned(&mut self, kit: &mut Kit, call_id: &str, state: ToolState) -> bool {
        let mut calls = self.calls.iter_mut().take(self.begun);
        let Some(call) = calls.find(|call| call.call_id == call_id) else { return false };
        if call.state != ToolState::Underway || !state.is_settled() {
            return false;
        }
        call.state = state;
        self.underway = self.underway.saturating_sub(1);
        kit.learn(call);
        if call.class == ToolClass::Read {
            let key = (call.tool.clone(), call.arguments.clone());
            self.seen.insert(key, call.state.clone());
        }
        true
    }

    /// Gives up what is not over. Answers with how the calls stand then: of one that changes something nobody knows whether it
    /// did. What is only put off stays as it is, unless nobody knows.
    pub(super) fn give_up(&mut self, is_put_off: bool) -> Vec<(String, ToolState)> {
        let mut given_up = Vec::new();
        for call in &mut self.calls {
            let is_unknown = call.state == ToolState::Underway && call.class != ToolClass::Read;
            call.state = match call.state {
                ToolState::Underway if is_unknown => ToolState::Unknown,
                ToolState::Underway | ToolState::Waiting if !is_put_off => {
                    failed("It was stopped before it was over.".to_owned())
                }
                _ => continue,
            };
            given_up.push((call.call_id.clone(), call.state.clone()));
        }
        self.underway = 0;
        given_up
    }

    pub(super) fn is_underway(&self) -> bool {
        self.underway > 0
    }

    /// True when a member has to be asked before it goes on.
    pub(super) fn asks(&self) -> bool {
        self.calls.iter().any(|call| matches!(call.state, ToolState::Asking { .. }))
    }

    /// What the model made, as lines.
    pub(super) fn called(&self) -> Vec<LineCall> {
        self.calls.iter().map(crate::history::line_call).collect()
    }

    /// What came of it, as lines.
    pub(super) fn results(&self) -> Vec<Line> {
        self.calls.iter().filter_map(result).collect()
    }
}

fn failed(detail: String) -> ToolState {
    ToolState::Failed { detail, millis: 0 }
}

fn object(arguments: &str) -> Result<Map<String, Value>, String> {
    if arguments.len() > MOST_ARGUMENTS {
        return Err(format!("The arguments are longer than {MOST_ARGUMENTS} bytes; make them shorter."));
    }
    // Some models write nothing for a tool without arguments.
    if arguments.trim().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_str(arguments)
        .map_err(|error| format!("The arguments are not an object of JSON: {error}."))
}
