//! Asks one model after another until something can be shown.
//!
//! A [`Course`] is a question to some models, in an order that somebody chose (the crate `router`, say). As long as nobody was
//! shown anything a failure leads to the next of them; from then on there is no way back, since another model would say
//! something else. Which failures lead on is one function, `another_may_answer`.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::stream::{self, StreamExt};
use ports::{ChatEvent, ChatModel, ChatRequest, ChatStream, PortError, PortErrorKind};
use wire::{ErrorCode, RouteTried};

/// Whom to ask, in this order, until one answers.
#[derive(Clone, Debug)]
pub struct Course {
    first: ChatRequest,
    others: VecDeque<ChatRequest>,
}

/// What is heard on a course.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// Something of a model.
    Told(ChatEvent),
    /// Nothing was shown, and another one is asked.
    Turned {
        /// Who was asked in vain, and why it was.
        tried: RouteTried,
        /// Who is asked now.
        model: String,
    },
}

/// The events of a course. It ends with `Done` or an error. Dropping it stops whoever is asked.
pub type CourseStream = Pin<Box<dyn Stream<Item = Result<Heard, PortError>> + Send>>;

impl Course {
    /// Of one: a model that was named, or the only one that can be asked.
    pub fn of(first: ChatRequest) -> Self {
        Self { first, others: VecDeque::new() }
    }

    /// With others behind it.
    pub fn or(mut self, other: ChatRequest) -> Self {
        self.others.push_back(other);
        self
    }

    /// Whoever is asked first.
    pub fn first(&self) -> &ChatRequest {
        &self.first
    }

    /// The same, with something changed in every request.
    pub fn each(mut self, change: impl Fn(&mut ChatRequest)) -> Self {
        change(&mut self.first);
        self.others.iter_mut().for_each(change);
        self
    }

    /// Nobody but the first. Several answers to one prompt are one bill, so one model writes them all.
    pub fn alone(mut self) -> Self {
        self.others.clear();
        self
    }

    /// Begins to ask.
    pub fn follow(self, chat: &Arc<dyn ChatModel>) -> CourseStream {
        let asked = self.first.model.clone();
        let stream = whole(chat.chat(self.first));
        let walk = Walk {
            chat: Arc::clone(chat),
            others: self.others,
            asked,
            stream,
            is_shown: false,
            is_over: false,
        };
        Box::pin(stream::unfold(walk, |mut walk| async move {
            let next = walk.next().await?;
            Some((next, walk))
        }))
    }
}

/// What models say of a course, for those who do not care which of them does.
pub fn told(course: CourseStream) -> ChatStream {
    Box::pin(course.filter_map(|heard| async move {
        match heard {
            Ok(Heard::Told(event)) => Some(Ok(event)),
            Ok(Heard::Turned { .. }) => None,
            Err(error) => Some(Err(error)),
        }
    }))
}

struct Walk {
    chat: Arc<dyn ChatModel>,
    others: VecDeque<ChatRequest>,
    asked: String,
    stream: ChatStream,
    /// From here on there is no way back: another model would say something else.
    is_shown: bool,
    is_over: bool,
}

impl Walk {
    async fn next(&mut self) -> Option<Result<Heard, PortError>> {
        if self.is_over {
            return None;
        }
        match self.stream.next().await {
            Some(Ok(event)) => {
                self.is_shown |= is_shown(&event);
                self.is_over = matches!(event, ChatEvent::Done { .. });
                Some(Ok(Heard::Told(event)))
            }
            Some(Err(error)) if !self.is_shown && another_may_answer(&error) && !self.others.is_empty() => {
                self.turn(&error)
            }
            Some(Err(error)) => {
                self.is_over = true;
                Some(Err(error))
            }
            None => None,
        }
    }

    fn turn(&mut self, error: &PortError) -> Option<Result<Heard, PortError>> {
        let request = self.others.pop_front()?;
        let model = request.model.clone();
        tracing::info!(model = self.asked, next = model, code = %error.code, "a model has no answer, and the next one is asked");
        let tried = RouteTried { model: std::mem::replace(&mut self.asked, model.clone()), code: error.code };
        self.stream = whole(self.chat.chat(request));
        Some(Ok(Heard::Turned { tried, model }))
    }
}

fn is_shown(event: &ChatEvent) -> bool {
    match event {
        ChatEvent::Text(_)
        | ChatEvent::Reasoning(_)
        | ChatEvent::Logprobs(_)
        | ChatEvent::ToolCall { .. }
        | ChatEvent::ToolArguments { .. } => true,
        ChatEvent::Queued { .. }
        | ChatEvent::Loading
        | ChatEvent::Started(_)
        | ChatEvent::Attempted(_)
        | ChatEvent::Done { .. } => false,
    }
}

/// Whether it is worth asking somebody else: not when the question itself is wrong, and not to get round a filter.
fn another_may_answer(error: &PortError) -> bool {
    match error.kind {
        PortErrorKind::Retry | PortErrorKind::Quota | PortErrorKind::Down => true,
        PortErrorKind::Refused | PortErrorKind::Bad => matches!(
            error.code,
            ErrorCode::UpstreamKey
                | ErrorCode::NotFound
                | ErrorCode::ContextExceeded
                | ErrorCode::ModelNotInstalled
                | ErrorCode::ModelCorrupt
                | ErrorCode::OutOfMemory
        ),
    }
}

/// The same stream, which now always ends with `Done` or an error.
fn whole(stream: ChatStream) -> ChatStream {
    let no_word = stream::once(async {
        let detail = "The model ended its answer without a word about why.";
        Err(PortError::new(PortErrorKind::Down, ErrorCode::EngineFailed, detail))
    });
    let whole = stream.chain(no_word).scan(false, |is_over, event| {
        let next = (!*is_over).then_some(event);
        *is_over = matches!(next, None | Some(Ok(ChatEvent::Done { .. }) | Err(_)));
        std::future::ready(next)
    });
    Box::pin(whole)
}

#[cfg(test)]
mod tests {
    use wire::FinishReason;

    use super::*;

    /// Does what a model's name says.
    #[derive(Debug)]
    struct Named;

    impl ChatModel for Named {
        fn chat(&self, request: ChatRequest) -> ChatStream {
            let error = |kind, code| Err(PortError::new(kind, code, "no"));
            let down = || error(PortErrorKind::Down, ErrorCode::UpstreamDown);
            let done = || Ok(ChatEvent::Done { reason: FinishReason::Stop, usage: wire::Usage::default() });
            let text = || Ok(ChatEvent::Text("yes".to_owned()));
            let items = match request.model.as_str() {
                "down" => vec![Ok(ChatEvent::Loading), down()],
                "filter" => vec![error(PortErrorKind::Refused, ErrorCode::UpstreamRefused)],
                "cut" => vec![text(), down()],
                "mute" => Vec::new(),
                _ => vec![text(), done()],
            };
            Box::pin(stream::iter(items))
        }

        fn forget(&self, _scope: &str) {}
    }

    async fn heard(models: &[&str]) -> Vec<String> {
        let request = |model: &str| ChatRequest::new(model, Vec::new());
        let mut course = Course::of(request(models[0]));
        for model in &models[1..] {
            course = course.or(request(model));
        }
        let chat: Arc<dyn ChatModel> = Arc::new(Named);
        let word = |item: Result<Heard, PortError>| match item {
            Ok(Heard::Told(ChatEvent::Text(text))) => text,
            Ok(Heard::Told(ChatEvent::Done { .. })) => "done".to_owned(),
            Ok(Heard::Told(_)) => "…".to_owned(),
            Ok(Heard::Turned { tried, model }) => format!("{} → {model}", tried.model),
            Err(error) => error.code.to_string(),
        };
        course.follow(&chat).map(word).collect().await
    }

    #[tokio::test]
    async fn the_next_is_asked_until_one_answers() {
        assert_eq!(
            heard(&["down", "mute", "good"]).await,
            ["…", "down → mute", "mute → good", "yes", "done"]
        );
        assert_eq!(heard(&["good", "down"]).await, ["yes", "done"]);
        assert_eq!(heard(&["down", "down"]).await, ["…", "down → down", "…", "upstream_down"]);
    }

    #[tokio::test]
    async fn nobody_is_asked_after_something_was_shown_or_to_get_round_a_filter() {
        assert_eq!(heard(&["cut", "good"]).await, ["yes", "upstream_down"]);
        assert_eq!(heard(&["filter", "good"]).await, ["upstream_refused"]);
    }
}
