//! What a run answers: the question, with the branch of the thread that leads to it.

use std::collections::{BTreeMap, BTreeSet};

use acts::{Closed, Opened, Verdict};
use stdx::MessageId;
use store::{Scope, Thread, Write, messages, tool_leaves};
use wire::{ErrorCode, Message, Part, Role, ToolUse};

use super::{RunInput, StartRun};
use crate::{Actor, App, AppError};

/// The longest question, in bytes. (The longest contexts of small models hold less.)
const MOST_TEXT_BYTES: usize = 256 * 1024;
/// The longest branch that is read for a prompt, in messages.
const MOST_BRANCH: u32 = 400;
const TITLE_CHARS: usize = 60;

/// What is asked, with the branch from the root down to what the reply follows.
pub(super) struct Question {
    pub(super) branch: Vec<Message>,
    /// A member's message.
    pub(super) asked: Message,
    /// What the reply follows.
    pub(super) parent_id: MessageId,
    pub(super) is_new: bool,
    /// What is gone on with, as it was and as it is now.
    pub(super) opened: Option<(Message, Opened)>,
}

impl Question {
    pub(super) fn id(&self) -> MessageId {
        self.asked.id
    }

    pub(super) fn title(&self) -> String {
        title_from(&self.asked.text())
    }

    /// The calls that are to be made before a model is asked.
    pub(super) fn open(&self) -> Vec<ToolUse> {
        self.opened.as_ref().map(|(_, opened)| opened.open.clone()).unwrap_or_default()
    }

    /// The tools that are allowed for the whole thread from now on.
    pub(super) fn allowed(&self) -> impl Iterator<Item = &String> {
        self.opened.iter().flat_map(|(_, opened)| &opened.allowed)
    }

    /// What is stored of it.
    pub(super) fn writes(&self, scope: Scope, thread: &Thread, at: stdx::Timestamp) -> Vec<Write> {
        let mut writes = if self.is_new { messages::insert(scope, &self.asked) } else { Vec::new() };
        if let Some((answer, opened)) = &self.opened {
            writes.push(messages::replace_parts(scope, answer.id, &answer.parts, &opened.parts));
            let allowed: BTreeSet<&String> = self.allowed().collect();
            writes.extend(allowed.into_iter().map(|tool| tool_leaves::give(scope, thread.id, tool, at)));
        }
        writes
    }
}

impl App {
    /// The question with the branch above it.
    pub(super) async fn question(
        &self,
        actor: &Actor,
        thread: &Thread,
        wish: &StartRun,
    ) -> Result<Question, AppError> {
        match &wish.input {
            RunInput::Ask { message_id, parent_id, text } => {
                check_text(text)?;
                let mut branch = match parent_id {
                    Some(parent_id) => self.branch(actor, thread, *parent_id).await?,
                    None => Vec::new(),
                };
                let message = Message {
                    id: *message_id,
                    thread_id: thread.id,
                    parent_id: *parent_id,
                    role: Role::User,
                    parts: vec![Part::Text { text: text.clone() }],
                    run_id: None,
                    created_at: self.clock.now(),
                };
                branch.push(message.clone());
                let (asked, parent_id) = (message, *message_id);
                Ok(Question { branch, asked, parent_id, is_new: true, opened: None })
            }
            RunInput::Regenerate { message_id } => {
                let branch = self.branch(actor, thread, *message_id).await?;
                match branch.last().filter(|message| message.role == Role::User).cloned() {
                    Some(asked) => {
                        let parent_id = asked.id;
                        Ok(Question { branch, asked, parent_id, is_new: false, opened: None })
                    }
                    None => Err(AppError::invalid("input.message_id: a message of a member")),
                }
            }
            RunInput::Continue { message_id, decisions } => {
                self.gone_on(actor, thread, *message_id, decisions).await
            }
        }
    }

    /// An answer that waits for its member, or was cut off, with what is decided about its calls.
    async fn gone_on(
        &self,
        actor: &Actor,
        thread: &Thread,
        id: MessageId,
        decisions: &BTreeMap<String, Verdict>,
    ) -> Result<Question, AppError> {
        let mut branch = self.branch(actor, thread, id).await?;
        let asked = branch.iter().rfind(|message| message.role == Role::User).cloned();
        let tip = branch.last_mut().filter(|message| message.role == Role::Assistant);
        let (Some(asked), Some(tip)) = (asked, tip) else {
            return Err(AppError::invalid("input.message_id: an answer"));
        };
        let opened = acts::open(&tip.parts, decisions, &self.tools(), self.clock.now()).map_err(closed)?;
        let before = tip.clone();
        tip.parts.clone_from(&opened.parts);
        Ok(Question { branch, asked, parent_id: id, is_new: false, opened: Some((before, opened)) })
    }

    /// From the root of the thread down to a message of it.
    async fn branch(&self, actor: &Actor, thread: &Thread, tip: MessageId) -> Result<Vec<Message>, AppError> {
        let branch = messages::path(&self.db, actor.scope(), thread.id, tip, MOST_BRANCH).await?;
        match branch.last() {
            None => Err(AppError::not_found("message in this thread")),
            Some(tip) if tip.role == Role::Assistant && self.is_being_written(tip) => Err(AppError::new(
                ErrorCode::Conflict,
                "The answer above is still being written; stop it first.",
            )),
            Some(_) => Ok(branch),
        }
    }

    fn is_being_written(&self, message: &Message) -> bool {
        message.run_id.is_some_and(|id| self.live.get(id).is_some())
    }
}

fn closed(closed: Closed) -> AppError {
    match closed {
        Closed::NothingOpen => AppError::new(
            ErrorCode::ApprovalOver,
            "Nothing of this answer waits: it was decided, or is complete.",
        ),
        Closed::Undecided(id) => {
            AppError::invalid(format!("input.decisions: call `{id}` waits for a word, too"))
        }
        Closed::Unknown(id) => AppError::invalid(format!("input.decisions: no call `{id}` waits for a word")),
        Closed::Expired(_) => {
            let detail = "It is too late to allow this call; refuse it, or ask anew.";
            AppError::new(ErrorCode::ApprovalOver, detail)
        }
    }
}

fn check_text(text: &str) -> Result<(), AppError> {
    if text.trim().is_empty() {
        return Err(AppError::invalid("input.text: a question"));
    }
    if text.len() > MOST_TEXT_BYTES {
        let detail = format!("The message has {} bytes; {MOST_TEXT_BYTES} are possible.", text.len());
        return Err(AppError::new(ErrorCode::TooLarge, detail));
    }
    Ok(())
}

/// The first line with words in it, cut to fit a tab.
fn title_from(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let mut title: String = line.chars().filter(|c| !c.is_control()).take(TITLE_CHARS).collect();
    if line.chars().count() > TITLE_CHARS {
        title.push('…');
    }
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_the_first_line_with_words() {
        assert_eq!(title_from("\n  改一下这句 \nI goed"), "改一下这句");
        let long = "x".repeat(80);
        assert_eq!(title_from(&long).chars().count(), TITLE_CHARS + 1);
    }

    #[test]
    fn empty_and_endless_questions_are_refused() {
        assert_eq!(check_text(" \n").unwrap_err().code, ErrorCode::InvalidRequest);
        assert_eq!(check_text(&"x".repeat(MOST_TEXT_BYTES + 1)).unwrap_err().code, ErrorCode::TooLarge);
    }
}
