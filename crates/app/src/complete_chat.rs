//! Continues a conversation that the caller holds: nothing is stored. The faces of other products use it.

use std::sync::Arc;
use std::time::Duration;

use agent::Agent;
use courses::{Answerer, told};
use futures_util::stream::StreamExt;
use ports::{
    AdapterUse, AnswerForm, ChatMessage, ChatRequest, ChatStream, Family, Reasoning, Recall, Sampling,
    SamplingWish, Tools,
};
use telemetry::Call;
use wire::Role;

use crate::metered::{SharedTab, Shown};
use crate::note_requests::checked;
use crate::routing::Asked;
use crate::{Actor, App, AppError, Face};

/// Models whose name begins so are agents.
const AGENT_PREFIX: &str = "agent/";

/// A conversation to continue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompleteChat {
    /// A model's id, a policy's, or `agent/<id>`.
    pub model: String,
    /// On top of the model; for an agent instead of its own.
    pub adapters: Vec<AdapterUse>,
    /// Oldest first.
    pub messages: Vec<ChatMessage>,
    /// How to choose tokens.
    pub sampling: SamplingWish,
    /// What form the answer must have.
    pub form: AnswerForm,
    /// What the model may call.
    pub tools: Tools,
    /// How long the model may think before it answers.
    pub reasoning: Reasoning,
    /// How probable the tokens of the answer were, with so many alternatives for each; absent: it is not told.
    pub logprobs: Option<u8>,
    /// When something of it is seen.
    pub shown: Shown,
}

impl App {
    /// Calls the model for an actor, or for the person at the machine's own terminal. The stream ends with its usage
    /// or with an error; dropping it stops the model.
    ///
    /// # Errors
    /// `not_found` for the model or agent, `model_not_installed`, `invalid_request` without messages or for
    /// sampling that cannot be, `overloaded`, `no_route`, and what a plan refuses.
    pub async fn complete_chat(
        self: &Arc<Self>,
        actor: Option<&Actor>,
        wish: CompleteChat,
    ) -> Result<ChatStream, AppError> {
        let (mut choices, _) = self.complete_choices(actor, wish, 1).await?;
        choices.pop().ok_or_else(|| AppError::invalid("n: at least one"))
    }

    /// Calls the model for several answers to choose from. The prompt is computed once; a seed gives each of them
    /// another one, by counting on. All of them report the prompt's tokens, and it is one prompt all the same. One model gives
    /// them all: who that is, is told beside them.
    ///
    /// # Errors
    /// Those of [`App::complete_chat`].
    pub async fn complete_choices(
        self: &Arc<Self>,
        actor: Option<&Actor>,
        wish: CompleteChat,
        choices: u32,
    ) -> Result<(Vec<ChatStream>, Answerer), AppError> {
        let agent = wish.model.strip_prefix(AGENT_PREFIX).map(str::to_owned);
        let mut call = self.begin_call(actor, agent.as_deref(), &wish.model);
        call.ask(|| serde_json::to_string(&wish.messages).unwrap_or_default());
        let begun = self.begin_choices(actor, agent.as_deref(), wish, choices, &mut call).await;
        checked(call, begun)
    }

    async fn begin_choices(
        self: &Arc<Self>,
        actor: Option<&Actor>,
        agent: Option<&str>,
        wish: CompleteChat,
        choices: u32,
        call: &mut Call,
    ) -> Result<(Vec<ChatStream>, Answerer), AppError> {
        let (asked, shown) = (wish.model.clone(), wish.shown);
        let request = self.chat_request(actor, wish).await?;
        if self.policy(&request.model).is_none() {
            self.chat.check(&request)?;
        }
        let slots = (0..choices).map(|_| self.slot()).collect::<Result<Vec<_>, _>>()?;
        let (id, span) = (call.id(), call.span());
        let (course, policy, shared) = match actor {
            Some(actor) => {
                let agent = agent.map(|id| self.agent(Some(actor), id)).transpose()?;
                let asked = Asked { run_id: id, agent, request: &request, choices, turn_of: None };
                let (tab, course, trail) = self.open_chat(actor, asked).await?;
                call.answered_by(&trail.followed.model);
                let policy = trail.policy.clone();
                (course, policy, Some(SharedTab::new(tab, trail, (choices, shown), call.take())))
            }
            None => (self.course_unasked(&request).await?, None, None),
        };
        let agent = agent.is_some().then_some(asked.as_str());
        let answerer = Answerer::of(&course, policy.as_deref().unwrap_or(&asked), agent);
        let begin = |(index, slot)| {
            let course = course.clone().each(|request| {
                request.sampling.seed = request.sampling.seed.map(|seed| seed.wrapping_add(index));
                request.span = span;
                request.family = (choices > 1).then(|| Family { id: id.to_string(), index });
            });
            let by = answerer.clone();
            let stream = course.follow(&self.chat).map(move |item| {
                let _held = &slot;
                by.hear(&item);
                item
            });
            match &shared {
                Some(shared) => shared.metered(Box::pin(stream)),
                None => told(Box::pin(stream)),
            }
        };
        Ok(((0..).zip(slots).map(begin).collect(), answerer))
    }

    /// What the model is asked, once it is clear that the caller may.
    pub(crate) async fn chat_request(
        &self,
        actor: Option<&Actor>,
        wish: CompleteChat,
    ) -> Result<ChatRequest, AppError> {
        if wish.messages.is_empty() {
            return Err(AppError::invalid("messages: at least one"));
        }
        actor.map_or(Ok(()), |actor| actor.must_use_face(Face::Chat))?;
        let scope = actor.map(|actor| actor.member_id.to_string());
        let request = match wish.model.strip_prefix(AGENT_PREFIX) {
            Some(id) => {
                let agent = self.agent(actor, id)?;
                let model = self.model_for(actor, agent, None).await?;
                let recall = actor.and_then(|actor| recall(agent, actor, false));
                ChatRequest { recall, ..agent_request(agent, self.options.default_locale, model, wish) }
            }
            None => {
                actor.map_or(Ok(()), |actor| actor.must_call_model(&wish.model))?;
                self.must_answer(actor, &wish.model).await?;
                plain_request(wish, Sampling::default())
            }
        };
        let problem = request.sampling.problem().map(str::to_owned).or_else(|| request.tools.problem());
        if let Some(problem) = problem {
            return Err(AppError::invalid(problem));
        }
        Ok(ChatRequest { scope, ..request })
    }
}

/// The agent's instructions go first, in the language of the first question: they stay the same for a whole conversation, so
/// that caches of prompts hit. The caller's own system messages follow.
fn agent_request(
    agent: &Agent,
    default: agent::Locale,
    model: String,
    mut wish: CompleteChat,
) -> ChatRequest {
    let first = wish.messages.iter().find(|message| message.is_from_user());
    let locale = first.and_then(|message| agent::language(message.content())).unwrap_or(default);
    let content = agent.prompt.get(locale).to_owned();
    wish.messages.insert(0, ChatMessage::text(Role::System, content));
    if wish.adapters.is_empty() {
        wish.adapters = adapters(agent, &model);
    }
    wish.model = model;
    let policy = &agent.model;
    let sampling = Sampling {
        temperature: policy.temperature,
        top_p: policy.top_p,
        max_tokens: Some(policy.max_tokens),
        ..Sampling::default()
    };
    ChatRequest { fixed_messages: 1, ..plain_request(wish, sampling) }
}

/// Whether an agent's answer may be one that was given before, and to whom.
pub(crate) fn recall(agent: &Agent, actor: &Actor, afresh: bool) -> Option<Recall> {
    let policy = agent.recall?;
    let among = if policy.shared { actor.workspace_id.to_string() } else { actor.member_id.to_string() };
    Some(Recall { among, keep: Duration::from_secs(3_600) * policy.hours, afresh })
}

/// What an agent has on top of a model: an adapter is for one model, and of no use for another that answers instead.
pub(crate) fn adapters(agent: &Agent, model: &str) -> Vec<AdapterUse> {
    let policy = &agent.model;
    let own = if policy.id == model { policy.adapters.as_slice() } else { &[] };
    own.iter().map(|adapter| AdapterUse { id: adapter.id.clone(), scale: adapter.scale }).collect()
}

fn plain_request(wish: CompleteChat, default: Sampling) -> ChatRequest {
    let CompleteChat { model, adapters, messages, sampling, form, tools, reasoning, logprobs, .. } = wish;
    let sampling = sampling.over(default);
    ChatRequest { adapters, sampling, form, tools, reasoning, logprobs, ..ChatRequest::new(model, messages) }
}
