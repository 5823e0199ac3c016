//! Asks an agent: stores the question and sets a run going.

mod question;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use acts::{Verdict, messages, offered};
use agent::{Agent, Effect, Kit, Locale, Turn, TurnEvent, assemble};
use ports::{ChatMessage, ChatRequest, Sampling};
use stdx::{MessageId, RunId, ThreadId};
use store::{Batch, Durability, StoreError, Thread, routes, runs, threads, tool_leaves};
use tokio::sync::OwnedSemaphorePermit;
use wire::{ErrorCode, Message, Role, Run, RunState, ToolUse};

use crate::billing::{self, MOST_LOOKS};
use crate::complete_chat::{adapters, recall};
use crate::drive_run::{Accepted, Drive};
use crate::note_requests::asking;
use crate::routing::{Asked, Ready};
use crate::{Actor, App, AppError};
use live::LiveRun;
use question::Question;

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
    /// What follows an answer that waits for its member's word, or that was cut off among its calls.
    Continue {
        /// The answer.
        message_id: MessageId,
        /// What is decided, by the ids of the calls that wait.
        decisions: BTreeMap<String, Verdict>,
    },
}

impl App {
    /// Stores the question, the run and what it may cost in one batch, and sets the run going. Leaving does not stop
    /// it; [`App::cancel_run`] does.
    ///
    /// # Errors
    /// `not_found` for the thread, the parent or the model; `conflict` for a used id;
    /// `approval_over`; `model_not_installed`,
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
        let model = self.model_for(Some(actor), agent, wish.model.as_deref()).await?;
        let slot = self.live.slot().ok_or_else(|| {
            AppError::new(ErrorCode::Overloaded, "Too many answers are being written at once.")
        })?;
        let question = self.question(actor, &thread, wish).await?;
        let locale = self.locale_of(actor, wish.locale.as_deref()).await?;
        let room = self.options.context_tokens.saturating_sub(agent.model.max_tokens);
        let lines = assemble(agent, locale, &question.branch, room);
        let tools = self.tools();
        let mut request = request(agent, &model, lines, actor);
        request.tools = offered(agent, &tools);
        // Whoever asks for another answer wants another one.
        let afresh = matches!(wish.input, RunInput::Regenerate { .. });
        request.recall = recall(agent, actor, afresh);
        let open = question.open();
        let expected = with_room(&request, &open);
        let asked =
            Asked { run_id: wish.id, agent: Some(agent), request: &expected, choices: 1, turn_of: None };
        let ready = match self.admit_chat(actor, asked).await {
            // The same request came before, and this one saw no run of it yet.
            Err(error) if error.code == ErrorCode::Conflict => {
                return self.replayed(actor, wish).await?.ok_or(error).map(Started::run);
            }
            ready => ready.inspect_err(|error| {
                let asking = asking(actor.scope(), &agent.id, &request.model);
                self.noted.requests.log.begin(wish.id, &asking).refused(error.code);
            })?,
        };
        let trail = ready.trail();
        let Ready { admitted, course, route, .. } = ready;
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
        let mut allowed = tool_leaves::of_thread(&self.db, actor.scope(), thread.id).await?;
        allowed.extend(question.allowed().cloned());
        let known = acts::known(&question.branch, allowed);
        let kit = Kit { open, ..acts::kit(agent, &tools, locale, known, (run.id, run.created_at)) };
        let mut turn = Turn::new(model).with(kit);
        let effects = turn.step(Duration::ZERO, TurnEvent::Begin);
        let mut batch = first_batch(actor, &thread, &question, &run);
        if effects.contains(&Effect::Hold) {
            batch.extend(admitted.writes);
        }
        let scope = actor.scope();
        batch.extend(run.route.iter().map(|route| routes::insert(scope, run.id, run.created_at, route)));
        let charge = Some(admitted.charge);
        let accepted = Accepted {
            actor: actor.clone(),
            run: run.clone(),
            asks: request,
            locale,
            charge,
            course,
            trail,
            turn,
            at: accepted_at,
        };
        // In a task of its own: a caller who goes away meanwhile must not leave a run that nobody drives.
        let accept = Arc::clone(self).accept(batch, accepted, slot);
        let accepting = self.tasks.spawn(admitted.ticket.until(accept, billing::is_unknown));
        match accepting.await.map_err(AppError::internal)? {
            Ok(()) => Ok(Started::run(run)),
            Err(error) if billing::is_outdated(&error) => Ok(Started::Overtaken(error)),
            Err(StoreError::Expectation { name: store::messages::UNCHANGED }) => {
                Err(AppError::new(ErrorCode::ApprovalOver, "This answer was decided about a moment ago."))
            }
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
            match runs::get(&self.db, accepted.actor.scope(), accepted.run.id).await {
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
            // The answer that it follows is the reply's parent, and the question is further up.
            RunInput::Continue { .. } => run.message_id,
        };
        if (run.thread_id, run.reply_id, run.message_id) != (wish.thread_id, wish.reply_id, asked) {
            return Err(AppError::new(ErrorCode::Conflict, "The run's id was used for something else."));
        }
        Ok(Some(run))
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
    batch.extend(question.writes(scope, thread, run.created_at));
    let reply = Message {
        id: run.reply_id,
        thread_id: run.thread_id,
        parent_id: Some(question.parent_id),
        role: Role::Assistant,
        parts: Vec::new(),
        run_id: Some(run.id),
        created_at: run.created_at,
    };
    batch.extend(store::messages::insert(scope, &reply));
    batch.push(runs::insert(scope, run));
    batch.push(threads::set_title_if_none(scope, thread.id, &question.title()));
    batch.push(threads::set_leaf(scope, thread.id, run.reply_id));
    batch.push(threads::touch(scope, thread.id, run.created_at));
    batch
}

fn request(agent: &Agent, model: &str, lines: Vec<agent::Line>, actor: &Actor) -> ChatRequest {
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
        ..ChatRequest::new(model, messages(lines))
    }
}

/// The same, as long as it can become by what the open calls answer: so much is held.
fn with_room(request: &ChatRequest, open: &[ToolUse]) -> ChatRequest {
    let mut expected = request.clone();
    expected.messages.extend(open.iter().map(|call| ChatMessage::Result {
        call_id: call.call_id.clone(),
        content: " ".repeat(acts::MOST_ANSWER),
    }));
    expected
}
