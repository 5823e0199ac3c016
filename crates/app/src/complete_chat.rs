//! Continues a conversation that the caller holds: nothing is stored. The faces of other products use it.

use agent::Agent;
use futures_core::Stream;
use futures_util::stream::{self, StreamExt};
use ports::{ChatEvent, ChatMessage, ChatRequest, ChatStream, PortError, PortErrorKind, Sampling};
use wire::{ErrorCode, Role};

use crate::{Actor, App, AppError};

/// Models whose name begins so are agents.
const AGENT_PREFIX: &str = "agent/";

/// A conversation to continue. What is absent comes from the agent, or from the defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompleteChat {
    /// A model's id, or `agent/<id>`.
    pub model: String,
    /// Oldest first.
    pub messages: Vec<ChatMessage>,
    /// See [`Sampling`].
    pub temperature: Option<f32>,
    /// See [`Sampling`].
    pub top_p: Option<f32>,
    /// See [`Sampling`].
    pub seed: Option<u32>,
    /// See [`Sampling`].
    pub max_tokens: Option<u32>,
    /// See [`Sampling`].
    pub stop: Vec<String>,
}

impl App {
    /// Calls the model for an actor, or for the person at the machine's own terminal. The stream ends with its usage
    /// or with an error; dropping it stops the model.
    ///
    /// # Errors
    /// `not_found` for the model or agent, `model_not_installed`, `invalid_request` without messages or for
    /// sampling that cannot be, `overloaded`.
    pub async fn complete_chat(
        &self,
        actor: Option<&Actor>,
        wish: CompleteChat,
    ) -> Result<ChatStream, AppError> {
        if wish.messages.is_empty() {
            return Err(AppError::invalid("messages: at least one"));
        }
        check_sampling(&wish)?;
        let scope = actor.map(|actor| actor.member_id.to_string());
        let request = match wish.model.strip_prefix(AGENT_PREFIX) {
            Some(id) => {
                let agent = self.agent(id)?;
                let model = self.model_for(agent, None).await?;
                agent_request(agent, self.options.default_locale, model, wish)
            }
            None => {
                let spec = self.spec(&wish.model)?;
                self.must_be_installed(spec).await?;
                plain_request(wish, Sampling::default())
            }
        };
        let request = ChatRequest { scope, ..request };
        let slot = self.live.slot().ok_or_else(|| {
            AppError::new(ErrorCode::Overloaded, "Too many answers are being written at once.")
        })?;
        let stream = whole(self.chat.chat(request)).map(move |item| {
            let _held = &slot;
            item
        });
        Ok(Box::pin(stream))
    }
}

fn check_sampling(wish: &CompleteChat) -> Result<(), AppError> {
    if wish.temperature.is_some_and(|temperature| !(0.0..=2.0).contains(&temperature)) {
        return Err(AppError::invalid("temperature: a number from 0 to 2"));
    }
    if wish.top_p.is_some_and(|top_p| !(0.0..=1.0).contains(&top_p)) {
        return Err(AppError::invalid("top_p: a number from 0 to 1"));
    }
    if wish.max_tokens == Some(0) {
        return Err(AppError::invalid("max_tokens: at least 1"));
    }
    Ok(())
}

/// The same stream, which now always ends with `Done` or an error.
fn whole(stream: ChatStream) -> impl Stream<Item = Result<ChatEvent, PortError>> + Send {
    let no_word = stream::once(async {
        let detail = "The model ended its answer without a word about why.";
        Err(PortError::new(PortErrorKind::Down, ErrorCode::EngineFailed, detail))
    });
    stream.chain(no_word).scan(false, |is_over, event| {
        let next = (!*is_over).then_some(event);
        *is_over = matches!(next, None | Some(Ok(ChatEvent::Done { .. }) | Err(_)));
        std::future::ready(next)
    })
}

/// The agent's instructions go first, in the language of the last question; the caller's own system messages follow.
fn agent_request(
    agent: &Agent,
    default: agent::Locale,
    model: String,
    mut wish: CompleteChat,
) -> ChatRequest {
    let last = wish.messages.iter().rev().find(|message| message.role == Role::User);
    let locale = last.and_then(|message| agent::language(&message.content)).unwrap_or(default);
    let content = agent.prompt.get(locale).to_owned();
    wish.messages.insert(0, ChatMessage { role: Role::System, content });
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

fn plain_request(wish: CompleteChat, default: Sampling) -> ChatRequest {
    ChatRequest {
        model: wish.model,
        messages: wish.messages,
        sampling: Sampling {
            temperature: wish.temperature.unwrap_or(default.temperature),
            top_p: wish.top_p.unwrap_or(default.top_p),
            seed: wish.seed,
            max_tokens: wish.max_tokens.or(default.max_tokens),
            stop: wish.stop,
        },
        scope: None,
        fixed_messages: 0,
    }
}
