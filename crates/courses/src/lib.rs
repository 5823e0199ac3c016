//! Asks one model after another until something can be shown.
//!
//! A [`Course`] is a question to some models, in an order that somebody chose (the crate `router`, say). As long as nobody was
//! shown anything a failure leads to the next of them; from then on there is no way back, since another model would say
//! something else. Which failures lead on is one function, `another_may_answer`. Who pays for which attempt
//! says [`shares`].

mod answerer;
mod draft;
mod followed;
mod form;
mod most;
mod shares;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::stream::{self, StreamExt};
use ports::{Attempt, ChatEvent, ChatModel, ChatRequest, ChatStream, PortError, PortErrorKind};
use wire::{ErrorCode, RouteDraft, RouteTried, Usage};

pub use answerer::Answerer;
pub use draft::{Drafting, Judge, Written};
pub use followed::{Followed, News};
pub use most::most_input;
pub use shares::{Shares, normalise, shares};

use draft::{Judged, Writing};

/// Whom to ask, in this order, until one answers.
#[derive(Clone, Debug)]
pub struct Course {
    /// Whose answer is looked at before it is shown.
    draft: Option<Drafting>,
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
    /// So much was written that nobody is shown. It is not told piece by piece, but whoever stops it has it to pay.
    Unseen {
        /// What wrote a draft that is complete, if it was a provider.
        attempt: Option<Box<Attempt>>,
        /// All that was written so far and that no attempt tells of.
        usage: Usage,
    },
    /// A cheap model's answer was looked at. When it passed it is told next, all of it; else a better model is asked.
    Checked {
        /// What was found.
        draft: RouteDraft,
        /// Which of the attempts that were told on this course wrote what is shown; none where a model of this machine did, or
        /// nothing is shown.
        shown: Option<usize>,
        /// Whose answer follows.
        model: String,
    },
}

/// The events of a course. It ends with `Done` or an error. Dropping it stops whoever is asked.
pub type CourseStream = Pin<Box<dyn Stream<Item = Result<Heard, PortError>> + Send>>;

impl Course {
    /// Of one: a model that was named, or the only one that can be asked.
    pub fn of(first: ChatRequest) -> Self {
        Self { draft: None, first, others: VecDeque::new() }
    }

    /// With others behind it.
    pub fn or(mut self, other: ChatRequest) -> Self {
        self.others.push_back(other);
        self
    }

    /// With a cheap model before it, whose answer has to pass.
    pub fn after(self, draft: Option<Drafting>) -> Self {
        Self { draft, ..self }
    }

    /// Whoever is asked first.
    pub fn first(&self) -> &ChatRequest {
        self.draft.as_ref().map_or(&self.first, Drafting::request)
    }

    /// The same, with something changed in every request.
    pub fn each(mut self, change: impl Fn(&mut ChatRequest)) -> Self {
        change(&mut self.first);
        self.others.iter_mut().for_each(&change);
        self.draft.iter_mut().for_each(|draft| change(draft.request_mut()));
        self
    }

    /// Nobody but the first. Several answers to one prompt are one bill, so one model writes them all.
    pub fn alone(mut self) -> Self {
        self.others.clear();
        self.draft = None;
        self
    }

    /// Begins to ask.
    pub fn follow(self, chat: &Arc<dyn ChatModel>) -> CourseStream {
        let Self { draft, first, mut others } = self;
        let asked = draft.as_ref().map_or(&first, Drafting::request).model.clone();
        let drafts = draft.map(|draft| draft.begin(chat));
        let stream = if drafts.is_none() {
            whole(chat.chat(first))
        } else {
            others.push_front(first);
            Box::pin(stream::empty())
        };
        let walk = Walk {
            chat: Arc::clone(chat),
            drafts,
            passed: VecDeque::new(),
            others,
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
            Ok(Heard::Turned { .. } | Heard::Unseen { .. } | Heard::Checked { .. }) => None,
            Err(error) => Some(Err(error)),
        }
    }))
}

struct Walk {
    chat: Arc<dyn ChatModel>,
    /// What is written unseen.
    drafts: Option<Writing>,
    /// A draft that passed, as far as it was not told.
    passed: VecDeque<Heard>,
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
        if let Some(drafts) = &mut self.drafts {
            // Somebody waits: that something goes on is told all the while.
            if let Some(heard) = drafts.next().await {
                return Some(Ok(heard));
            }
            if let Some(heard) = self.judge() {
                return Some(heard);
            }
        }
        if let Some(heard) = self.passed.pop_front() {
            self.is_over = matches!(heard, Heard::Told(ChatEvent::Done { .. }));
            return Some(Ok(heard));
        }
        match self.stream.next().await {
            Some(Ok(event)) => {
                self.is_shown |= is_shown(&event);
                self.is_over = matches!(event, ChatEvent::Done { .. });
                Some(Ok(Heard::Told(event)))
            }
            Some(Err(error)) if !self.is_shown => Some(self.turn(error)),
            Some(Err(error)) => {
                self.is_over = true;
                Some(Err(error))
            }
            None => None,
        }
    }

    /// Looks at what was written unseen. Nothing comes back when it passed: then it is told.
    fn judge(&mut self) -> Option<Result<Heard, PortError>> {
        match self.drafts.take()?.judge() {
            Judged::Passed(told) => {
                self.passed = told;
                None
            }
            Judged::Doubted(draft) => {
                tracing::info!(model = draft.model, found = ?draft.found, "a cheap answer does not pass, and a better model is asked");
                let model = self.ask_next()?;
                Some(Ok(Heard::Checked { draft, shown: None, model }))
            }
            Judged::Failed(error) => Some(self.turn(error)),
        }
    }

    /// Asks the next one, if that is of use.
    fn turn(&mut self, error: PortError) -> Result<Heard, PortError> {
        let asked = self.asked.clone();
        let next = if another_may_answer(&error) { self.ask_next() } else { None };
        let Some(model) = next else {
            self.is_over = true;
            return Err(error);
        };
        tracing::info!(model = asked, next = model, code = %error.code, "a model has no answer, and the next one is asked");
        Ok(Heard::Turned { tried: RouteTried { model: asked, code: error.code }, model })
    }

    fn ask_next(&mut self) -> Option<String> {
        let request = self.others.pop_front()?;
        self.asked.clone_from(&request.model);
        self.stream = whole(self.chat.chat(request));
        Some(self.asked.clone())
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
pub(crate) fn whole(stream: ChatStream) -> ChatStream {
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
    use wire::{FinishReason, RouteFinding};

    use super::*;

    /// Passes what is a number, of so many answers.
    #[derive(Debug)]
    struct Numbers(u32);

    impl Judge for Numbers {
        fn answers(&self) -> u32 {
            self.0
        }

        fn judge(&self, written: &[Written<'_>]) -> (Option<usize>, RouteFinding) {
            match written.iter().position(|it| it.text.parse::<u32>().is_ok()) {
                Some(at) => (Some(at), RouteFinding::Fits),
                None => (None, RouteFinding::NoNumber),
            }
        }
    }

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
                "thirteen" => vec![Ok(ChatEvent::Loading), Ok(ChatEvent::Text("13".to_owned())), done()],
                _ => vec![text(), done()],
            };
            Box::pin(stream::iter(items))
        }

        fn forget(&self, _scope: &str) {}
    }

    fn request(model: &str) -> ChatRequest {
        ChatRequest::new(model, Vec::new())
    }

    async fn heard(models: &[&str]) -> Vec<String> {
        heard_after(None, models).await
    }

    async fn heard_after(draft: Option<(&str, u32)>, models: &[&str]) -> Vec<String> {
        let draft =
            draft.map(|(model, answers)| Drafting::new(request(model), Arc::new(Numbers(answers)), 9, "f"));
        let mut course = Course::of(request(models[0])).after(draft);
        for model in &models[1..] {
            course = course.or(request(model));
        }
        let chat: Arc<dyn ChatModel> = Arc::new(Named);
        let word = |item: Result<Heard, PortError>| match item {
            Ok(Heard::Told(ChatEvent::Text(text))) => text,
            Ok(Heard::Told(ChatEvent::Done { .. })) => "done".to_owned(),
            Ok(Heard::Told(_)) => "…".to_owned(),
            Ok(Heard::Unseen { usage, .. }) => format!("({})", usage.output_tokens),
            Ok(Heard::Turned { tried, model }) => format!("{} → {model}", tried.model),
            Ok(Heard::Checked { draft, model, .. }) => format!("{} {:?} {model}", draft.passed, draft.found),
            Err(error) => error.code.to_string(),
        };
        let heard: Vec<String> = course.follow(&chat).map(word).collect().await;
        heard.into_iter().filter(|word| !word.starts_with('(')).collect()
    }

    #[tokio::test]
    async fn what_is_written_unseen_is_told_for_the_books_as_it_is_written() {
        let chat: Arc<dyn ChatModel> = Arc::new(Named);
        let draft = Drafting::new(request("good"), Arc::new(Numbers(1)), 9, "f");
        let mut course = Course::of(request("better")).after(Some(draft)).follow(&chat);
        let (mut followed, mut attempts) = (Followed::of("good"), Vec::new());
        let mut outputs = Vec::new();
        while followed.draft.is_none() {
            let news = followed.hear(course.next().await.unwrap().unwrap(), &mut attempts);
            outputs.push((followed.unseen.output_tokens, news.is_some()));
        }
        // A piece is at least a token; in the end the model says itself how many there were.
        assert_eq!(outputs, [(1, false), (0, false), (0, true)]);
        assert_eq!((followed.model.as_str(), followed.first()), ("better", "good"));
        assert_eq!(followed.unseen_by(), "good");
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

    #[tokio::test]
    async fn a_draft_is_shown_when_it_passes_and_else_nobody_sees_it() {
        let shown = heard_after(Some(("thirteen", 1)), &["good"]).await;
        assert_eq!(shown, ["…", "true Fits thirteen", "13", "done"]);
        let doubted = heard_after(Some(("good", 1)), &["down", "better"]).await;
        assert_eq!(doubted, ["false NoNumber down", "…", "down → better", "yes", "done"]);
        let several = heard_after(Some(("thirteen", 3)), &["good"]).await;
        assert_eq!(several, ["…", "true Fits thirteen", "13", "done"]);
    }

    #[tokio::test]
    async fn a_draft_that_fails_leads_on_unless_a_filter_declined() {
        assert_eq!(heard_after(Some(("down", 1)), &["good"]).await, ["…", "down → good", "yes", "done"]);
        assert_eq!(heard_after(Some(("filter", 1)), &["good"]).await, ["upstream_refused"]);
    }
}
