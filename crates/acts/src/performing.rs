//! Calls that are being made.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ports::{PortError, ToolAnswer, ToolRequest, Toolbox};
use stdx::{Clock, MemberId, ThreadId, WorkspaceId};
use tokio::task::{Id, JoinSet};
use wire::{ToolClass, ToolFile, ToolState, ToolUse};

/// How long a call may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of a tool's answer that a model is told; some 6,000 tokens.
pub const MOST_ANSWER: usize = 16 * 1024;
/// Bytes of the files of an answer: they travel and are stored with it.
const MOST_FILES: usize = 32 * 1024;
/// Addresses of an answer.
const MOST_LINKS: usize = 64;

/// For whom calls are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The member.
    pub member_id: MemberId,
    /// The conversation; nothing where none is kept.
    pub thread_id: Option<ThreadId>,
    /// The agent that calls: its id.
    pub agent_id: String,
    /// What they read: a BCP 47 tag.
    pub locale: String,
}

/// Calls under way, each in a task of its own: one that fails, hangs or panics costs nobody else. Dropping it gives them up.
#[derive(Debug)]
pub struct Performing {
    clock: Arc<dyn Clock>,
    tasks: JoinSet<ToolState>,
    calls: HashMap<Id, (String, ToolClass)>,
}

impl Performing {
    /// None yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, tasks: JoinSet::new(), calls: HashMap::new() }
    }

    /// Begins a call.
    pub fn begin(&mut self, toolbox: &Arc<dyn Toolbox>, whose: &Whose, call: &ToolUse) {
        let request = ToolRequest {
            key: call.call_id.clone(),
            name: call.tool.clone(),
            arguments: call.arguments.clone(),
            workspace_id: whose.workspace_id,
            member_id: whose.member_id,
            thread_id: whose.thread_id,
            agent_id: whose.agent_id.clone(),
            locale: whose.locale.clone(),
        };
        let (toolbox, clock, class) = (Arc::clone(toolbox), Arc::clone(&self.clock), call.class);
        let task = self.tasks.spawn(async move {
            let began = clock.monotonic();
            // Called in here, so that a tool that panics before its first wait does so in its own task.
            let made = tokio::time::timeout(PATIENCE, async move { toolbox.call(request).await }).await;
            state(made.ok(), class, clock.monotonic().saturating_sub(began))
        });
        self.calls.insert(task.id(), (call.call_id.clone(), class));
    }

    /// The next call that is over, and what came of it; waits for ever while none is under way.
    pub async fn next(&mut self) -> (String, ToolState) {
        loop {
            let Some(ended) = self.tasks.join_next_with_id().await else {
                return std::future::pending().await;
            };
            let (id, state) = match ended {
                Ok((id, state)) => (id, Some(state)),
                Err(error) => (error.id(), None),
            };
            let Some((call_id, class)) = self.calls.remove(&id) else { continue };
            let broken = || failed("The tool broke down.".to_owned(), class, Duration::ZERO);
            return (call_id, state.unwrap_or_else(broken));
        }
    }

    /// Gives all of them up.
    pub fn stop(&mut self) {
        self.tasks = JoinSet::new();
        self.calls.clear();
    }
}

fn state(made: Option<Result<ToolAnswer, PortError>>, class: ToolClass, took: Duration) -> ToolState {
    match made {
        None => {
            failed(format!("The tool did not answer within {} seconds.", PATIENCE.as_secs()), class, took)
        }
        // A tool that says no has not done it.
        Some(Err(error)) => ToolState::Failed { detail: cut(error.detail), millis: millis(took) },
        Some(Ok(ToolAnswer { text, mut links, files })) => {
            links.truncate(MOST_LINKS);
            let (files, left_out) = kept(files);
            ToolState::Answered { text: cut(text) + &left_out, links, files, millis: millis(took) }
        }
    }
}

/// The files that there is room for, and what a model is told of the others.
fn kept(files: Vec<ports::ToolFile>) -> (Vec<ToolFile>, String) {
    let (mut kept, mut left_out, mut room) = (Vec::new(), String::new(), MOST_FILES);
    for ports::ToolFile { name, media_type, bytes } in files {
        let size = bytes.len();
        match room.checked_sub(size) {
            Some(rest) => {
                room = rest;
                kept.push(ToolFile { name, media_type, base64: BASE64_STANDARD.encode(bytes) });
            }
            None => left_out.push_str(&format!("\n[{name} was not kept: {size} bytes are too many.]")),
        }
    }
    (kept, left_out)
}

/// A call that did not come to its own end: of one that changes something nobody knows whether it did.
fn failed(detail: String, class: ToolClass, took: Duration) -> ToolState {
    match class {
        ToolClass::Read => ToolState::Failed { detail, millis: millis(took) },
        ToolClass::Write | ToolClass::Spend => ToolState::Unknown,
    }
}

/// What fits, without what no text has.
fn cut(text: String) -> String {
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let mut text = if text.contains(is_odd) { text.replace(is_odd, " ") } else { text };
    if text.len() > MOST_ANSWER {
        let whole = text.len();
        text.truncate(text.floor_char_boundary(MOST_ANSWER));
        text.push_str(&format!("\n[Cut: {MOST_ANSWER} of {whole} bytes.]"));
    }
    text
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use ports::{ToolFacts, ToolFuture};
    use stdx::{EntityId, MockClock, Timestamp};

    use super::*;

    #[derive(Debug)]
    struct Hanging;

    impl Toolbox for Hanging {
        fn tools(&self) -> Vec<ToolFacts> {
            Vec::new()
        }

        fn call(&self, request: ToolRequest) -> ToolFuture {
            assert_ne!(request.name, "broken");
            Box::pin(pending())
        }
    }

    fn call(tool: &str, class: ToolClass) -> ToolUse {
        ToolUse {
            call_id: format!("{tool}-{class:?}"),
            tool: tool.to_owned(),
            title: tool.to_owned(),
            class,
            is_outside: false,
            arguments: "{}".to_owned(),
            state: ToolState::Underway,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_or_breaks_is_given_up_and_a_write_stays_in_doubt() {
        let id: WorkspaceId = "01930000-0000-7000-8000-000000000001".parse().unwrap();
        let member_id = MemberId::from_uuid(id.uuid()).unwrap();
        let (agent_id, locale) = ("ask".to_owned(), "en".to_owned());
        let whose = Whose { workspace_id: id, member_id, thread_id: None, agent_id, locale };
        let clock = Arc::new(MockClock::at(Timestamp::from_micros(0)));
        let toolbox: Arc<dyn Toolbox> = Arc::new(Hanging);
        let mut performing = Performing::new(clock);
        for class in [ToolClass::Read, ToolClass::Write] {
            performing.begin(&toolbox, &whose, &call("hanging", class));
            performing.begin(&toolbox, &whose, &call("broken", class));
        }
        let mut came = Vec::new();
        for _ in 0..4 {
            came.push(performing.next().await);
        }
        came.sort_by(|one, other| one.0.cmp(&other.0));
        let failed = |detail: &str| ToolState::Failed { detail: detail.to_owned(), millis: 0 };
        assert_eq!(
            came,
            [
                ("broken-Read".to_owned(), failed("The tool broke down.")),
                ("broken-Write".to_owned(), ToolState::Unknown),
                ("hanging-Read".to_owned(), failed("The tool did not answer within 60 seconds.")),
                ("hanging-Write".to_owned(), ToolState::Unknown),
            ]
        );
    }

    #[test]
    fn an_answer_is_cut_where_a_character_ends() {
        let text = cut("长".repeat(20_000));
        assert!(text.ends_with("\n[Cut: 16384 of 60000 bytes.]") && text.starts_with("长长"));
        assert_eq!(cut("a\tb\r\n\u{7}".to_owned()), "a\tb \n ");
    }
}
