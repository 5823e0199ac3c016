//! A cheap model's answer, written unseen and looked at before anybody is shown it.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use futures_core::Stream;
use futures_util::stream::{self, SelectAll, StreamExt};
use ports::{Attempt, AttemptEnding, ChatEvent, ChatModel, ChatRequest, Family, PortError};
use wire::{FinishReason, RouteDraft, RouteFinding, Usage};

use crate::form::formed;
use crate::{Heard, whole};

/// Of several answers that are compared, all but the first are written at least so freely: else they would agree for nothing.
const FREELY: f32 = 0.7;

/// What a cheap model is asked before a better one, and what its answer has to pass.
#[derive(Clone, Debug)]
pub struct Drafting {
    request: ChatRequest,
    answers: u32,
    judge: Arc<dyn Judge>,
    /// Under which several answers share what is computed of their prompt.
    family: String,
    wants_logprobs: bool,
}

/// One answer that was written unseen.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// What it says, if it came to its end.
    pub text: &'a str,
    /// The natural logarithms of its tokens' probabilities; empty where the model does not tell them.
    pub logprobs: &'a [f32],
    /// What was found of its form: [`RouteFinding::Fits`] where it has the one that its question asks for.
    pub form: RouteFinding,
}

/// Says whether an answer may be shown.
pub trait Judge: fmt::Debug + Send + Sync {
    /// How many answers it has to see.
    fn answers(&self) -> u32;

    /// Which of these may be shown, if one may, and what was found.
    fn judge(&self, written: &[Written<'_>]) -> (Option<usize>, RouteFinding);
}

impl Drafting {
    /// As many drafts as the judge needs, which the request's model writes, none of them longer than so many tokens. `family`
    /// is the same for no other question.
    pub fn new(
        mut request: ChatRequest,
        judge: Arc<dyn Judge>,
        longest: u64,
        family: impl Into<String>,
    ) -> Self {
        // What is only a draft is given again to nobody.
        request.recall = None;
        request.sampling.max_tokens = Some(u32::try_from(longest).unwrap_or(u32::MAX));
        Self { request, answers: judge.answers(), judge, family: family.into(), wants_logprobs: true }
    }

    /// The judge is told how probable the answer's tokens are; whoever asked is told so only where they want it.
    pub fn with_logprobs(mut self) -> Self {
        self.wants_logprobs = self.request.logprobs.is_some();
        self.request.logprobs.get_or_insert_default();
        self
    }

    /// How many drafts there are.
    pub fn answers(&self) -> u32 {
        self.answers
    }

    /// No fewer tokens than one of them can be.
    pub fn longest(&self) -> u64 {
        self.request.sampling.max_tokens.unwrap_or(u32::MAX).into()
    }

    /// No fewer tokens than all of them can take, in and out: each has its prompt read.
    pub fn most_tokens(&self, input_tokens: u64) -> u64 {
        input_tokens.saturating_add(self.longest()).saturating_mul(self.answers.into())
    }

    /// What is asked, for one answer.
    pub fn request(&self) -> &ChatRequest {
        &self.request
    }

    pub(crate) fn request_mut(&mut self) -> &mut ChatRequest {
        &mut self.request
    }

    pub(crate) fn begin(self, chat: &Arc<dyn ChatModel>) -> Writing {
        let answers = self.answers;
        let streams = (0..answers).map(|index| {
            let stream = whole(chat.chat(self.one_of(index, answers)));
            let stream: Numbered = Box::pin(stream.map(move |item| (index, item)));
            stream
        });
        let pages = (0..answers).map(|_| Page::default()).collect();
        Writing {
            streams: stream::select_all(streams),
            pages,
            attempts: 0,
            told: Usage::default(),
            drafting: self,
        }
    }

    fn one_of(&self, index: u32, answers: u32) -> ChatRequest {
        let mut request = self.request.clone();
        if answers > 1 {
            request.family = Some(Family { id: self.family.clone(), index });
        }
        if index > 0 {
            let sampling = &mut request.sampling;
            sampling.temperature = sampling.temperature.max(FREELY);
            sampling.seed = sampling.seed.map(|seed| seed.wrapping_add(index));
        }
        request
    }
}

type Numbered = Pin<Box<dyn Stream<Item = (u32, Result<ChatEvent, PortError>)> + Send>>;

/// Drafts that are being written.
pub(crate) struct Writing {
    drafting: Drafting,
    streams: SelectAll<Numbered>,
    pages: Vec<Page>,
    /// How many attempts at providers were told.
    attempts: usize,
    /// What was told of what is unseen.
    told: Usage,
}

/// One draft.
#[derive(Default)]
struct Page {
    /// What whoever asked would be shown.
    events: Vec<ChatEvent>,
    text: String,
    logprobs: Vec<f32>,
    /// The tools it calls, with their arguments.
    calls: Vec<(String, String)>,
    /// What the model said of the prompt.
    prompt: Usage,
    pieces: u64,
    thoughts: u64,
    done: Option<(FinishReason, Usage)>,
    error: Option<PortError>,
    /// Which of the attempts that were told wrote it; absent for a model of this machine.
    attempt: Option<usize>,
    /// It is told together with what was counted, which comes behind it.
    held_back: Option<Box<Attempt>>,
}

/// What came of drafts.
pub(crate) enum Judged {
    /// One of them may be shown: this is all of it.
    Passed(VecDeque<Heard>),
    /// A better model is asked.
    Doubted(RouteDraft),
    /// There is none.
    Failed(PortError),
}

impl Writing {
    /// What may be heard while drafts are written: that something goes on, and what is for the books. Nothing when all are over.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        loop {
            let (index, item) = self.streams.next().await?;
            let attempts = self.attempts;
            let Some(page) = usize::try_from(index).ok().and_then(|index| self.pages.get_mut(index)) else {
                continue;
            };
            match page.hear(item, attempts) {
                Told::Waiting(event) if index == 0 => return Some(Heard::Told(event)),
                Told::Waiting(_) => {}
                Told::InVain(attempt) => {
                    self.attempts += 1;
                    return Some(Heard::Told(ChatEvent::Attempted(attempt)));
                }
                Told::Drafted(attempt) => {
                    self.attempts += 1;
                    self.told = self.unseen(None);
                    return Some(Heard::Unseen { attempt: Some(attempt), usage: self.told });
                }
                Told::Written => {
                    let usage = self.unseen(None);
                    if std::mem::replace(&mut self.told, usage) != usage {
                        return Some(Heard::Unseen { attempt: None, usage });
                    }
                }
            }
        }
    }

    /// What was written that no attempt tells of, but for the one that is shown.
    fn unseen(&self, shown: Option<usize>) -> Usage {
        let unseen = self.pages.iter().enumerate().filter(|(at, _)| Some(*at) != shown);
        unseen.map(|(_, page)| page.untold()).fold(Usage::default(), plus)
    }

    /// Looks at what was written.
    pub(crate) fn judge(self) -> Judged {
        if self.pages.iter().all(|page| page.done.is_none())
            && let Some(error) = self.pages.iter().find_map(|page| page.error.clone())
        {
            return Judged::Failed(error);
        }
        let Drafting { ref request, ref judge, answers, wants_logprobs, .. } = self.drafting;
        let written: Vec<Written<'_>> = self.pages.iter().map(|page| page.as_written(request)).collect();
        let (passes, found) = judge.judge(&written);
        let usage = self.unseen(passes);
        let unseen = (usage != self.told).then_some(Heard::Unseen { attempt: None, usage });
        let model = self.drafting.request.model;
        let draft = RouteDraft { model: model.clone(), answers, passed: true, found, cost_micros: None };
        let Some(page) = passes.and_then(|passes| self.pages.into_iter().nth(passes)) else {
            return Judged::Doubted(RouteDraft { passed: false, ..draft });
        };
        let checked = Heard::Checked { draft, shown: page.attempt, model };
        let is_wanted = |event: &ChatEvent| wants_logprobs || !matches!(event, ChatEvent::Logprobs(_));
        let events = page.events.into_iter().filter(is_wanted);
        let done = page.done.map(|(reason, usage)| ChatEvent::Done { reason, usage });
        Judged::Passed(
            unseen.into_iter().chain([checked]).chain(events.chain(done).map(Heard::Told)).collect(),
        )
    }
}

/// What came of an event of a draft.
enum Told {
    /// Something goes on.
    Waiting(ChatEvent),
    /// A provider was asked in vain.
    InVain(Box<Attempt>),
    /// A draft is complete, and this attempt wrote it.
    Drafted(Box<Attempt>),
    /// More was written, or there will be no more.
    Written,
}

fn plus(one: Usage, other: Usage) -> Usage {
    Usage {
        input_tokens: one.input_tokens.saturating_add(other.input_tokens),
        cached_tokens: one.cached_tokens.saturating_add(other.cached_tokens),
        output_tokens: one.output_tokens.saturating_add(other.output_tokens),
        reasoning_tokens: one.reasoning_tokens.saturating_add(other.reasoning_tokens),
    }
}

impl Page {
    /// Writes down an event; `attempts` were told before on this course.
    fn hear(&mut self, item: Result<ChatEvent, PortError>, attempts: usize) -> Told {
        let event = match item {
            Ok(event) => event,
            Err(error) => {
                self.error = Some(error);
                return Told::Written;
            }
        };
        match &event {
            ChatEvent::Queued { .. } | ChatEvent::Loading => return Told::Waiting(event),
            ChatEvent::Started(prompt) => {
                self.prompt = *prompt;
                return Told::Waiting(event);
            }
            ChatEvent::Attempted(attempt) if attempt.ending == AttemptEnding::Answered => {
                self.held_back = Some(attempt.clone());
                return Told::Written;
            }
            ChatEvent::Attempted(attempt) => return Told::InVain(attempt.clone()),
            ChatEvent::Done { reason, usage } => {
                self.done = Some((*reason, *usage));
                let Some(mut attempt) = self.held_back.take() else { return Told::Written };
                attempt.ending = AttemptEnding::Drafted(*usage);
                self.attempt = Some(attempts);
                return Told::Drafted(attempt);
            }
            ChatEvent::Text(text) => self.text.push_str(text),
            ChatEvent::Logprobs(tokens) => self.logprobs.extend(tokens.iter().map(|token| token.logprob)),
            ChatEvent::ToolCall { name, .. } => self.calls.push((name.clone(), String::new())),
            ChatEvent::ToolArguments { text, .. } => {
                if let Some((_, arguments)) = self.calls.last_mut() {
                    arguments.push_str(text);
                }
            }
            ChatEvent::Reasoning(_) => self.thoughts = self.thoughts.saturating_add(1),
        }
        self.pieces = self.pieces.saturating_add(u64::from(!matches!(event, ChatEvent::Logprobs(_))));
        self.events.push(event);
        Told::Written
    }

    /// What was used for it that no attempt tells of. A piece is at least one token; who leaves an answer has had the prompt
    /// read, once there is an answer; what a provider broke off is nobody's.
    fn untold(&self) -> Usage {
        match (self.done, &self.error) {
            (Some(_), _) if self.attempt.is_some() => Usage::default(),
            (Some((_, usage)), _) => usage,
            (None, None) if self.pieces > 0 => {
                Usage { output_tokens: self.pieces, reasoning_tokens: self.thoughts, ..self.prompt }
            }
            (None, _) => Usage::default(),
        }
    }

    /// An answer that is not there to its end says nothing.
    fn as_written(&self, request: &ChatRequest) -> Written<'_> {
        let nothing = |form| Written { text: "", logprobs: &[], form };
        match self.done {
            Some((FinishReason::Stop | FinishReason::ToolCalls, _)) => Written {
                text: &self.text,
                logprobs: &self.logprobs,
                form: formed(request, &self.text, &self.calls),
            },
            Some((FinishReason::Length, _)) => nothing(RouteFinding::Unfinished),
            Some((FinishReason::Cancelled, _)) | None => nothing(RouteFinding::NoAnswer),
        }
    }
}
