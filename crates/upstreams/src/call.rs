//! One question on its way: a place, attempts, pauses between them, and the events that whoever asked is told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dialects::{Decoder, End, Event, Failure, Reason, Rejection, Spent};
use futures_util::{FutureExt as _, stream};
use ports::{AttemptEnding, ChatEvent, ChatStream, LastFailure, PortError, PortErrorKind, Spanned};
use stdx::{Rng, Timestamp, TraceParent};
use tokio::task::yield_now;
use tokio::time::error::Elapsed;
use tokio::time::{sleep, timeout};
use wire::{ErrorCode, FinishReason};

use crate::attempting::Attempting;
use crate::breaker::Verdict;
use crate::carrier::{Head, name_of_request};
use crate::gate::Place;
use crate::past::is_trouble;
use crate::patience::{Timer, Watch};
use crate::retry::{Now, RetryPlan, Shown, Stop};
use crate::tally::Tally;
use crate::trouble::Trouble;
use crate::upstreams::{Door, Shared};

/// Bytes of a complaint that are read.
const MOST_COMPLAINT: usize = 64 * 1024;
/// Bytes of one answer that are read.
const MOST_ANSWER: u64 = 256 * 1024 * 1024;

/// Events that wait until more is read.
const MOST_TOGETHER: usize = 64;

/// A question that can be asked.
#[derive(Debug)]
pub(crate) struct Errand {
    pub(crate) door: Arc<Door>,
    /// The model in the vendor's words.
    pub(crate) model: String,
    pub(crate) path: String,
    pub(crate) body: Bytes,
    /// On whose account.
    pub(crate) scope: Option<String>,
    /// No fewer than it will take, in and out.
    pub(crate) tokens: u64,
    /// The model as it was asked for, and the name of the prompt it reads.
    pub(crate) asked: Option<(String, u64)>,
    pub(crate) wants_logprobs: bool,
    /// The span of a trace that it is asked in.
    pub(crate) span: Option<Spanned>,
}

impl Errand {
    /// Keeps in mind what went wrong, where that is a matter of the vendor.
    pub(crate) fn failed(&self, at: Timestamp, error: &PortError) {
        if is_trouble(error.code) {
            let (model, detail) = (self.model.clone(), error.detail.clone());
            self.door.past.failed(LastFailure { at, model, code: error.code, detail });
        }
    }
}

/// A question on its way. Dropping it takes the question back: the connection is closed, or its stream reset.
pub(crate) struct Call {
    shared: Arc<Shared>,
    errand: Errand,
    phase: Phase,
    place: Option<Place>,
    attempt: Option<Attempting>,
    /// Since when it may be asked.
    began: Duration,
    plan: RetryPlan,
    last: Option<Trouble>,
    tally: Tally,
    shown: Shown,
    is_started: bool,
    has_declined: bool,
    ready: VecDeque<Result<ChatEvent, PortError>>,
}

/// What is to be done next.
enum Phase {
    Enter,
    Wait,
    Ask,
    Read(Box<Reading>),
    Pause(Duration),
    Over,
}

struct Reading {
    head: Head,
    decoder: Decoder,
}

impl Call {
    pub(crate) fn new(shared: Arc<Shared>, errand: Errand, tally: Tally) -> Self {
        let began = shared.clock.monotonic();
        let plan = RetryPlan::new(shared.options.retry, began);
        Self {
            shared,
            errand,
            phase: Phase::Enter,
            place: None,
            attempt: None,
            began,
            plan,
            last: None,
            tally,
            shown: Shown::Nothing,
            is_started: false,
            has_declined: false,
            ready: VecDeque::new(),
        }
    }

    pub(crate) fn stream(self) -> ChatStream {
        // Each step moves what goes on: a pointer.
        Box::pin(stream::unfold(Box::new(self), async |mut call| {
            loop {
                if let Some(item) = call.ready.pop_front() {
                    return Some((item, call));
                }
                match std::mem::replace(&mut call.phase, Phase::Over) {
                    Phase::Enter => call.phase = call.enter(),
                    Phase::Wait => call.phase = call.wait().await,
                    Phase::Ask => call.phase = call.ask().await,
                    Phase::Read(reading) => call.phase = call.read(reading).await,
                    Phase::Pause(pause) => {
                        sleep(pause).await;
                        call.phase = Phase::Ask;
                    }
                    Phase::Over => return None,
                }
            }
        }))
    }

    fn now(&self) -> Duration {
        self.shared.clock.monotonic()
    }

    fn enter(&mut self) -> Phase {
        match self.errand.door.gate.enter(self.errand.scope.as_deref()) {
            Ok(place) => {
                if let Some(position) = place.position() {
                    self.ready.push_back(Ok(ChatEvent::Queued { position, wait: None }));
                }
                self.place = Some(place);
                Phase::Wait
            }
            Err(trouble) => self.give_up(&trouble),
        }
    }

    async fn wait(&mut self) -> Phase {
        if let Some(place) = &mut self.place
            && timeout(self.shared.options.longest_wait, place.turn()).await.is_err()
        {
            return self.give_up(&Trouble::Crowded);
        }
        self.began = self.now();
        self.plan = RetryPlan::new(self.shared.options.retry, self.began);
        Phase::Ask
    }

    async fn ask(&mut self) -> Phase {
        let now = self.now();
        let door = Arc::clone(&self.errand.door);
        let leave = match door.gate.admit(now, &self.errand.model, self.errand.tokens) {
            Ok(leave) => leave,
            Err(Trouble::Paced(wait)) if self.may_wait(now, wait) => return Phase::Pause(wait),
            Err(trouble) => {
                // What went wrong before says more than that it is not tried again.
                let trouble = self.last.take().unwrap_or(trouble);
                return self.give_up(&trouble);
            }
        };
        let watch = Watch::new(door.patience, now);
        let (span, parent) = own_span(self.errand.span, self.shared.rng.as_ref());
        let mut attempt = Attempting::begin(&self.shared.clock, leave, watch);
        attempt.span = span;
        self.attempt = Some(attempt);
        let (left, timer) = watch.left(now);
        let post = self.shared.carrier.post(
            &door.site,
            door.patience.connect,
            &self.errand.path,
            self.errand.body.clone(),
            parent,
        );
        match timeout(left, post).await {
            Err(_) => self.failed(Trouble::Late(timer), None),
            Ok(Err(trouble)) => self.failed(trouble, None),
            Ok(Ok(head)) => self.begun(head).await,
        }
    }

    /// Others who are faster may make it wait longer than it was told, but not for ever.
    fn may_wait(&self, now: Duration, wait: Duration) -> bool {
        now.saturating_add(wait) <= self.began.saturating_add(self.shared.options.longest_wait)
    }

    /// The head of a response came.
    async fn begun(&mut self, mut head: Head) -> Phase {
        let now = self.now();
        let Some(attempt) = &mut self.attempt else { return Phase::Over };
        attempt.request_id = head.request_id.take();
        let endpoint = &self.errand.door.site.endpoint;
        if head.is_success() {
            if !head.is_readable {
                return self.failed(Trouble::unreadable(), None);
            }
            let decoder = Decoder::new(endpoint, &self.errand.model);
            return Phase::Read(Box::new(Reading { head, decoder }));
        }
        let (left, timer) = attempt.watch.left(now);
        let Ok(body) = timeout(left, head.rest(MOST_COMPLAINT)).await else {
            return self.failed(Trouble::Late(timer), None);
        };
        let headers: Vec<(&str, &str)> =
            head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let rejection = Rejection { status: head.status, headers: &headers, body: &body };
        let failure = Failure::read(endpoint, rejection);
        self.failed(Trouble::Told(failure), None)
    }

    async fn read(&mut self, mut reading: Box<Reading>) -> Phase {
        let now = self.now();
        let Some(attempt) = &mut self.attempt else { return Phase::Over };
        let (left, timer) = attempt.watch.left(now);
        let mut came = timeout(left, reading.head.chunk()).await;
        loop {
            let is_chunk = matches!(came, Ok(Ok(Some(_))));
            if let Some(next) = self.take(&mut reading, came, timer) {
                if is_chunk && reading.decoder.is_over() {
                    reading.head.spend();
                }
                return next;
            }
            if self.shown == Shown::Nothing || self.ready.len() >= MOST_TOGETHER {
                return Phase::Read(reading);
            }
            // Vendors send each piece as a chunk of its own: those that are here together are told together.
            yield_now().await;
            let Some(more) = reading.head.chunk().now_or_never() else { return Phase::Read(reading) };
            came = Ok(more);
        }
    }

    /// Takes what came of waiting for a chunk. Says what follows when the attempt is over.
    fn take(
        &mut self,
        reading: &mut Reading,
        came: Result<Result<Option<Bytes>, Trouble>, Elapsed>,
        timer: Timer,
    ) -> Option<Phase> {
        let now = self.now();
        let Some(attempt) = &mut self.attempt else { return Some(Phase::Over) };
        match came {
            Ok(Ok(Some(chunk))) => {
                attempt.watch.life(now);
                attempt.bytes = attempt.bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
                if attempt.bytes > MOST_ANSWER {
                    return Some(self.failed(Trouble::too_large(), None));
                }
                let events = reading.decoder.push(&chunk);
                self.hear_all(now, events)
            }
            // Whether that is the end, what came before tells: a vendor that said why it stops may just hang up.
            Ok(Ok(None) | Err(_)) => {
                let events = reading.decoder.finish();
                Some(self.hear_all(now, events).unwrap_or_else(|| self.failed(Trouble::cut(), None)))
            }
            Err(_) => {
                let spent = reading.decoder.finish().into_iter().find_map(spent_of);
                Some(self.failed(Trouble::Late(timer), spent))
            }
        }
    }

    /// Hears events in their order. Says what follows when the attempt is over.
    fn hear_all(&mut self, now: Duration, events: Vec<Event>) -> Option<Phase> {
        events.into_iter().find_map(|event| self.hear(now, event))
    }

    fn hear(&mut self, now: Duration, event: Event) -> Option<Phase> {
        match event {
            Event::Began { id, .. } => {
                if let Some(attempt) = &mut self.attempt {
                    let id = id.as_deref().and_then(name_of_request);
                    attempt.request_id = attempt.request_id.take().or(id);
                }
            }
            Event::Text(text) => {
                self.tally.text(&text);
                self.show(now, ChatEvent::Text(text));
            }
            Event::Refusal(text) => {
                self.has_declined = true;
                self.tally.text(&text);
                self.show(now, ChatEvent::Text(text));
            }
            Event::Reasoning(text) => {
                self.tally.thought(&text);
                self.show(now, ChatEvent::Reasoning(text));
            }
            Event::Logprobs(tokens) if self.errand.wants_logprobs => {
                self.show(now, ChatEvent::Logprobs(tokens));
            }
            Event::ToolCall { index, name, .. } => {
                self.tally.text(&name);
                self.show(now, ChatEvent::ToolCall { index, name });
            }
            Event::ToolArguments { index, text } => {
                self.tally.text(&text);
                self.show(now, ChatEvent::ToolArguments { index, text });
            }
            Event::Keep(_) | Event::Logprobs(_) => {}
            Event::Done(end) => return Some(self.answered(*end)),
            Event::Failed(broken) => {
                let broken = *broken;
                return Some(self.failed(Trouble::Told(broken.failure), broken.spent));
            }
        }
        None
    }

    /// A piece of the answer: from here on there is no way back.
    fn show(&mut self, now: Duration, event: ChatEvent) {
        if let Some(attempt) = &mut self.attempt {
            attempt.watch.piece(now);
        }
        if !std::mem::replace(&mut self.is_started, true) {
            self.ready.push_back(Ok(ChatEvent::Started(self.tally.prompt())));
        }
        self.shown = Shown::Something;
        self.ready.push_back(Ok(event));
    }

    fn answered(&mut self, end: End) -> Phase {
        let End { reason, spent } = end;
        let usage = spent.as_ref().map_or_else(|| self.tally.usage(), Spent::tokens);
        let reason = match reason {
            Reason::Stop => Some(FinishReason::Stop),
            Reason::Length => Some(FinishReason::Length),
            Reason::ToolCalls => Some(FinishReason::ToolCalls),
            // A model that declines in its own words has answered.
            Reason::Filtered => self.has_declined.then_some(FinishReason::Stop),
        };
        let ending = match reason {
            Some(_) => AttemptEnding::Answered,
            None => AttemptEnding::Failed(ErrorCode::UpstreamRefused),
        };
        self.note(Verdict::Works, ending, spent);
        if reason.is_some() {
            self.errand.door.past.answered(self.shared.clock.now());
            if let Some((model, prompt)) = &self.errand.asked {
                self.shared.warmth.read(self.now(), *prompt, model, usage.input_tokens);
            }
        }
        self.ready.push_back(match reason {
            Some(reason) => Ok(ChatEvent::Done { reason, usage }),
            None => {
                let detail = format!("The filter of {} ended the answer.", self.errand.door.site.name);
                Err(PortError::new(PortErrorKind::Refused, ErrorCode::UpstreamRefused, detail))
            }
        });
        self.over()
    }

    fn failed(&mut self, trouble: Trouble, spent: Option<Spent>) -> Phase {
        let error = trouble.error(&self.errand.door.site.name);
        self.note(trouble.verdict(), AttemptEnding::Failed(error.code), spent);
        self.errand.failed(self.shared.clock.now(), &error);
        let now = Now { monotonic: self.now(), wall: self.shared.clock.now() };
        match self.plan.next(now, &trouble, self.shown, self.shared.rng.as_ref()) {
            Ok(pause) => {
                self.last = Some(trouble);
                Phase::Pause(pause)
            }
            Err(stop) => {
                self.ready.push_back(Err(with_wait(error, stop)));
                self.over()
            }
        }
    }

    fn note(&mut self, verdict: Verdict, ending: AttemptEnding, spent: Option<Spent>) {
        if let Some(attempt) = self.attempt.take() {
            let attempt = attempt.over(&self.errand, verdict, ending, spent);
            self.ready.push_back(Ok(ChatEvent::Attempted(Box::new(attempt))));
        }
    }

    fn give_up(&mut self, trouble: &Trouble) -> Phase {
        self.ready.push_back(Err(trouble.error(&self.errand.door.site.name)));
        self.over()
    }

    /// Whoever reads the last events slowly keeps nobody waiting.
    fn over(&mut self) -> Phase {
        self.place = None;
        Phase::Over
    }
}

fn spent_of(event: Event) -> Option<Spent> {
    match event {
        Event::Done(end) => end.spent,
        Event::Failed(broken) => broken.spent,
        _ => None,
    }
}

pub(crate) fn with_wait(mut error: PortError, stop: Stop) -> PortError {
    if let Stop::Asked(wait) = stop {
        error.detail.push_str(&format!(" It wants to be left alone for {} seconds.", wait.as_secs().max(1)));
    }
    error
}

/// The span of an attempt, where it has one of its own, and what its provider is told.
fn own_span(asked_in: Option<Spanned>, rng: &dyn Rng) -> (Option<u64>, Option<TraceParent>) {
    match asked_in {
        None => (None, None),
        Some(Spanned::Passed(parent)) => (None, Some(parent)),
        Some(Spanned::Told(parent)) => {
            let mut bytes = [0; 8];
            rng.fill(&mut bytes);
            let span = u64::from_be_bytes(bytes).max(1);
            (Some(span), Some(TraceParent { span, ..parent }))
        }
    }
}
