//! Asks an agent: stores the question and sets a run going.

use std::sync::Arc;
use std::time::Duration;

use agent::{Agent, Effect, Locale, Turn, TurnEvent, assemble};
use ports::{ChatMessage, ChatRequest, Sampling};
use stdx::{MessageId, RunId, ThreadId};
use store::{Batch, Durability, StoreError, Thread, messages, routes, runs, threads};
use tokio::sync::OwnedSemaphorePermit;
use traffic::Came;
use wire::{ErrorCode, Message, Part, Role, Run, RunState};

use crate::billing::{self, MOST_LOOKS};
use crate::complete_chat::{adapters, recall};
use crate::drive_run::{Accepted, Drive};
use crate::request_log::{Asking, RUNS};
use crate::routing::{Asked, Ready};
use crate::{Actor, App, AppError};
use live::LiveRun;

/// The longest question, in bytes. (The longest contexts of small models hold less.)
const MOST_TEXT_BYTES: usize = 256 * 1024;
/// The longest branch that is read for a prompt, in messages.
const MOST_BRANCH: u32 = 400;
const TITLE_CHARS: usize = 60;
/// How long between two looks whether a run in doubt was stored, and how many may find nothing: what was under way to the
/// database when the connection was lost is there a moment later, or never.
const DOUBT: Duration = Duration::from_secs(1);
const LOOKS_IN_DOUBT: u32 = 5;

/// A run to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartRun {
    /// Made by the client; repeating it answers with the run there is.
    pub id: RunId,
    /// Where it answers.
    pub thread_id: ThreadId,
    /// The message it writes, made by the client.
    pub reply_id: MessageId,
    /// What it answers.
    pub input: RunInput,
    /// Another model than the agent's own, or a policy.
    pub model: Option<String>,
    /// The language to answer in; the member's own when absent.
    pub locale: Option<String>,
}

/// What a run answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunInput {
    /// A new message. Editing is asking again below the parent of the edited message.
    Ask {
        /// Made by the client.
        message_id: MessageId,
        /// What it follows.
        parent_id: Option<MessageId>,
        /// Markdown.
        text: String,
    },
    /// Another reply to a message of the thread.
    Regenerate {
        /// A member's message.
        message_id: MessageId,
    },
}

impl App {
    /// Stores the question, the run and what it may cost in one batch, and sets the run going. Leaving does not stop
    /// it; [`App::cancel_run`] does.
    ///
    /// # Errors
    /// `not_found` for the thread, the parent or the model; `conflict` for a used id; `model_not_installed`,
    /// `no_route`, `too_large`, `overloaded`, `disk_full` before anything is stored.
    pub async fn start_run(self: &Arc<Self>, actor: &Actor, wish: StartRun) -> Result<Run, AppError> {
        if let Some(run) = self.replayed(actor, &wish).await? {
            return Ok(run);
        }
        let mut last = None;
        // Whoever was overtaken looks again; each time somebody else got what there was.
        for _ in 0..MOST_LOOKS {
            match self.try_start(actor, &wish).await? {
                Started::Run(run) => return Ok(*run),
                Started::Overtaken(error) => last = Some(error),
            }
        }
        let detail = "Too many requests of this member begin at once.";
        Err(AppError { cause: last.map(Into::into), ..AppError::new(ErrorCode::Overloaded, detail) })
    }

    async fn try_start(self: &Arc<Self>, actor: &Actor, wish: &StartRun) -> Result<Started, AppError> {
        let thread = self.thread(actor, wish.thread_id).await?;
        let agent = self.agent(Some(actor), &thread.agent_id)?;
        if let Some(model) = &wish.model {
            // A guest was invited to agents, which choose for themselves.
            actor.must_call_model(model)?;
        }
        let model = self.model_for(agent, wish.model.as_deref()).await?;
        let slot = self.live.slot().ok_or_else(|| {
            AppError::new(ErrorCode::Overloaded, "Too many answers are being written at once.")
        })?;
        let question = self.question(actor, &thread, wish).await?;
        let locale = self.locale_of(actor, wish.locale.as_deref()).await?;
        let room = self.options.context_tokens.saturating_sub(agent.model.max_tokens);
        let lines = assemble(agent, locale, &question.branch, room);
        let mut request = request(agent, &model, lines, actor);
        // Whoever asks for another answer wants another one.
        let afresh = matches!(wish.input, RunInput::Regenerate { .. });
        request.recall = recall(agent, actor, afresh);
        let asked = Asked { run_id: wish.id, agent: Some(agent), request: &request, choices: 1 };
        let ready = match self.admit_chat(actor, asked).await {
            // The same request came before, and this one saw no run of it yet.
            Err(error) if error.code == ErrorCode::Conflict => {
                return self.replayed(actor, wish).await?.ok_or(error).map(Started::run);
            }
            ready => ready.inspect_err(|error| {
                let (scope, agent, model) = (actor.scope(), Some(agent.id.as_str()), request.model.as_str());
                let asking = Asking { scope, key_id: None, face: RUNS, agent, model };
                self.noted.requests.begin(wish.id, &asking).over(Came::failed(error.code), &[]);
            })?,
        };
        let trail = ready.trail();
        let Ready { admitted, course, route } = ready;
        let model = course.first().model.clone();

        let accepted_at = self.clock.monotonic();
        let run = Run {
            id: wish.id,
            thread_id: thread.id,
            message_id: question.id(),
            reply_id: wish.reply_id,
            agent_id: agent.id.clone(),
            model: model.clone(),
            state: RunState::Queued,
            finish_reason: None,
            usage: None,
            timings: None,
            error: None,
            cost: None,
            route: route.map(Box::new),
            created_at: self.clock.now(),
            finished_at: None,
        };
        let mut turn = Turn::new(model);
        let effects = turn.step(Duration::ZERO, TurnEvent::Begin);
        let mut batch = first_batch(actor, &thread, &question, &run);
        if effects.contains(&Effect::Hold) {
            batch.extend(admitted.writes);
        }
        let scope = actor.scope();
        batch.extend(run.route.iter().map(|route| routes::insert(scope, run.id, run.created_at, route)));
        let charge = Some(admitted.charge);
        let accepted = Accepted { scope, run: run.clone(), charge, course, trail, turn, at: accepted_at };
        // In a task of its own: a caller who goes away meanwhile must not leave a run that nobody drives.
        let accepting = self.tasks.spawn(Arc::clone(self).accept(batch, accepted, slot));
        match accepting.await.map_err(AppError::internal)? {
            Ok(()) => Ok(Started::run(run)),
            Err(error) if billing::is_outdated(&error) => Ok(Started::Overtaken(error)),
            Err(StoreError::Conflict { .. }) => {
                let used = || AppError::new(ErrorCode::Conflict, "An id was used for something else.");
                self.replayed(actor, wish).await?.ok_or_else(used).map(Started::run)
            }
            Err(other) => Err(AppError::gone("thread")(other)),
        }
    }

    /// Stores the first batch of a run and sets the run going.
    async fn accept(
        self: Arc<Self>,
        batch: Batch,
        accepted: Accepted,
        slot: OwnedSemaphorePermit,
    ) -> Result<(), StoreError> {
        let kept = self.db.write(batch).await;
        if let Err(StoreError::Unknown(_)) = &kept {
            self.tasks.spawn(Arc::clone(&self).accept_if_kept(accepted, slot));
        } else if kept.is_ok() {
            self.set_going(accepted, slot);
        }
        kept.map(|_| ())
    }

    /// A run of which nobody knows whether it was stored: when it was, whoever asks for it again waits for its answer.
    async fn accept_if_kept(self: Arc<Self>, accepted: Accepted, slot: OwnedSemaphorePermit) {
        let mut looks = 0;
        while looks < LOOKS_IN_DOUBT && !self.tasks.is_closed() {
            match runs::get(&self.db, accepted.scope, accepted.run.id).await {
                // Whoever asked again may have stored it anew, and sets it going.
                Ok(Some(run)) if run == accepted.run => return self.set_going(accepted, slot),
                Ok(Some(_)) => return,
                Ok(None) => looks += 1,
                Err(error) => tracing::debug!(run = %accepted.run.id, %error, "a run is still in doubt"),
            }
            tokio::time::sleep(DOUBT).await;
        }
    }

    /// Lets a stored run begin, unless it has.
    fn set_going(self: &Arc<Self>, accepted: Accepted, slot: OwnedSemaphorePermit) {
        let Some(live) = self.live.enter(LiveRun::new(accepted.run.id, accepted.run.thread_id)) else {
            return;
        };
        let drive = Drive::new(Arc::clone(self), live, accepted);
        self.tasks.spawn(async move {
            drive.run_to_end().await;
            drop(slot);
        });
    }

    /// The run there is, when the call is a repetition.
    async fn replayed(&self, actor: &Actor, wish: &StartRun) -> Result<Option<Run>, AppError> {
        let Some(run) = runs::get(&self.db, actor.scope(), wish.id).await? else { return Ok(None) };
        let asked = match &wish.input {
            RunInput::Ask { message_id, .. } | RunInput::Regenerate { message_id } => *message_id,
        };
        if (run.thread_id, run.reply_id, run.message_id) != (wish.thread_id, wish.reply_id, asked) {
            return Err(AppError::new(ErrorCode::Conflict, "The run's id was used for something else."));
        }
        Ok(Some(run))
    }

    /// The question with the branch above it.
    async fn question(&self, actor: &Actor, thread: &Thread, wish: &StartRun) -> Result<Question, AppError> {
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
                Ok(Question { branch, asked: message, is_new: true })
            }
            RunInput::Regenerate { message_id } => {
                let branch = self.branch(actor, thread, *message_id).await?;
                match branch.last().filter(|message| message.role == Role::User).cloned() {
                    Some(asked) => Ok(Question { branch, asked, is_new: false }),
                    None => Err(AppError::invalid("input.message_id: a message of a member")),
                }
            }
        }
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

    async fn locale_of(&self, actor: &Actor, wished: Option<&str>) -> Result<Locale, AppError> {
        match wished {
            Some(tag) => Ok(Locale::from_tag(tag)),
            None => Ok(Locale::from_tag(&self.me(actor).await?.member.locale)),
        }
    }
}

/// What became of one try to start.
enum Started {
    /// It is under way, or was before.
    Run(Box<Run>),
    /// What it was admitted to was taken by somebody else meanwhile.
    Overtaken(StoreError),
}

impl Started {
    fn run(run: Run) -> Self {
        Self::Run(Box::new(run))
    }
}

/// Everything but the money that is true from the moment the member is told "accepted".
fn first_batch(actor: &Actor, thread: &Thread, question: &Question, run: &Run) -> Batch {
    let scope = actor.scope();
    let mut batch = Batch::new(Durability::Full);
    if question.is_new {
        batch.extend(messages::insert(scope, &question.asked));
    }
    let reply = Message {
        id: run.reply_id,
        thread_id: run.thread_id,
        parent_id: Some(run.message_id),
        role: Role::Assistant,
        parts: Vec::new(),
        run_id: Some(run.id),
        created_at: run.created_at,
    };
    batch.extend(messages::insert(scope, &reply));
    batch.push(runs::insert(scope, run));
    batch.push(threads::set_title_if_none(scope, thread.id, &title_from(&question.asked.text())));
    batch.push(threads::set_leaf(scope, thread.id, run.reply_id));
    batch.push(threads::touch(scope, thread.id, run.created_at));
    batch
}

/// No fewer tokens than a request's messages can be: a token is at least a byte, and a template adds a few to each
/// message. More than the context holds is refused anyway.
pub(crate) fn most_input(request: &ChatRequest, context_tokens: u32) -> u64 {
    const AROUND_A_MESSAGE: u64 = 64;
    let bytes = request.messages.iter().map(|message| {
        u64::try_from(message.content().len()).unwrap_or(u64::MAX).saturating_add(AROUND_A_MESSAGE)
    });
    bytes.fold(0_u64, u64::saturating_add).min(context_tokens.into())
}

/// What is asked, with the branch from the root down to it.
struct Question {
    branch: Vec<Message>,
    asked: Message,
    is_new: bool,
}

impl Question {
    fn id(&self) -> MessageId {
        self.asked.id
    }
}

fn request(agent: &Agent, model: &str, lines: Vec<agent::Line>, actor: &Actor) -> ChatRequest {
    let messages = lines.into_iter().map(|line| ChatMessage::text(line.role, line.text));
    ChatRequest {
        adapters: adapters(agent, model),
        sampling: Sampling {
            temperature: agent.model.temperature,
            top_p: agent.model.top_p,
            max_tokens: Some(agent.model.max_tokens),
            ..Sampling::default()
        },
        scope: Some(actor.member_id.to_string()),
        // The agent's instructions.
        fixed_messages: 1,
        ..ChatRequest::new(model, messages.collect())
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
