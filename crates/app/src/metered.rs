//! Streams whose end is a bill.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use courses::{CourseStream, Heard, News};
use futures_util::stream::{self, StreamExt};
use ports::{Attempt, ChatEvent, ChatStream, PortError};
use telemetry::Call;
use traffic::Came;
use wire::{FinishReason, RunState, Usage};

use crate::billing::{Called, Tab};
use crate::routing::Trail;

/// When whoever asked sees something of an answer: of one that fails they pay what they saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Piece by piece.
    #[default]
    AsItComes,
    /// When it is over.
    Whole,
}

/// The tab of answers to one prompt. When the last of them is over it is settled, before the client is told the end: who
/// asks again at once finds the books in order.
#[derive(Clone, Debug)]
pub(crate) struct SharedTab(Arc<Mutex<Counts>>);

#[derive(Debug)]
struct Counts {
    tab: Option<Tab>,
    /// Answers that are not over.
    open: u32,
    shown: Shown,
    /// The prompt is one, however many answers it has; all of them report it.
    prompt: Usage,
    output_tokens: u64,
    reasoning_tokens: u64,
    /// What came of asking providers.
    attempts: Vec<Attempt>,
    /// Who was asked.
    trail: Trail,
    /// The worst that became of an answer.
    came: Came,
    /// To be noted when all are over.
    call: Call,
}

impl Counts {
    fn hear(&mut self, heard: Heard) -> Option<News> {
        self.trail.followed.hear(heard, &mut self.attempts)
    }
}

/// What one answer has used so far. Dropping it before its end is leaving.
struct Seat {
    shared: SharedTab,
    /// What the model said of the prompt.
    prompt: Usage,
    pieces: u64,
    thoughts: u64,
    is_over: bool,
    /// What was said, where that is kept.
    said: Option<String>,
}

impl SharedTab {
    /// For so many answers.
    pub(crate) fn new(tab: Tab, trail: Trail, (open, shown): (u32, Shown), call: Call) -> Self {
        let counts = Counts {
            tab: Some(tab),
            open,
            shown,
            prompt: Usage::default(),
            output_tokens: 0,
            reasoning_tokens: 0,
            attempts: Vec::new(),
            trail,
            came: answered(None),
            call,
        };
        Self(Arc::new(Mutex::new(counts)))
    }

    /// The same stream, which is counted. What is for the books goes no further.
    pub(crate) fn metered(&self, stream: CourseStream) -> ChatStream {
        let seat = Seat {
            shared: self.clone(),
            prompt: Usage::default(),
            pieces: 0,
            thoughts: 0,
            is_over: false,
            said: self.lock().call.keeps_texts().then(String::new),
        };
        Box::pin(stream::unfold((stream, seat), |(mut stream, mut seat)| async move {
            loop {
                let heard = stream.next().await?.map(|heard| seat.shared.lock().hear(heard));
                let event = match heard {
                    Ok(Some(News::Told(event))) => Ok(event),
                    Ok(Some(News::Turned(_))) => {
                        seat.prompt = Usage::default();
                        continue;
                    }
                    Ok(None) => continue,
                    Err(error) => Err(error),
                };
                if let Some((mut tab, called)) = seat.note(&event) {
                    tab.settle(called).await;
                }
                return Some((event, (stream, seat)));
            }
        }))
    }

    /// Counts the end of an answer; the last one gets the tab.
    fn close(&self, came: Came, usage: Usage, said: Option<&str>) -> Option<(Tab, Called)> {
        let mut counts = self.lock();
        counts.open = counts.open.saturating_sub(1);
        if usage.input_tokens >= counts.prompt.input_tokens {
            counts.prompt = usage;
        }
        counts.output_tokens = counts.output_tokens.saturating_add(usage.output_tokens);
        counts.reasoning_tokens = counts.reasoning_tokens.saturating_add(usage.reasoning_tokens);
        if counts.came.state == RunState::Succeeded {
            counts.came = came;
        }
        if let Some(said) = said {
            counts.call.answer(said);
        }
        if counts.open > 0 {
            return None;
        }
        let nothing_was_shown = counts.shown == Shown::Whole && counts.came.state == RunState::Failed;
        let usage = Usage {
            output_tokens: counts.output_tokens,
            reasoning_tokens: counts.reasoning_tokens,
            ..counts.prompt
        };
        let usage = if nothing_was_shown { Usage::default() } else { usage };
        let (came, attempts) = (counts.came, std::mem::take(&mut counts.attempts));
        counts.call.over(came, &attempts, Some(usage));
        let state = came.state;
        let trail = Some(std::mem::take(&mut counts.trail));
        counts.tab.take().map(|tab| (tab, Called { state, usage, attempts, trail }))
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn answered(finish: Option<FinishReason>) -> Came {
    Came { state: RunState::Succeeded, finish, error: None }
}

impl Seat {
    fn note(&mut self, event: &Result<ChatEvent, PortError>) -> Option<(Tab, Called)> {
        match event {
            Ok(ChatEvent::Text(text)) => {
                self.piece();
                if let Some(said) = &mut self.said {
                    said.push_str(text);
                }
                None
            }
            Ok(ChatEvent::ToolCall { .. } | ChatEvent::ToolArguments { .. }) => {
                self.piece();
                None
            }
            Ok(ChatEvent::Reasoning(_)) => {
                self.piece();
                self.thoughts = self.thoughts.saturating_add(1);
                None
            }
            Ok(ChatEvent::Done { reason, usage }) => self.end(answered(Some(*reason)), *usage),
            Ok(ChatEvent::Started(prompt)) => {
                self.prompt = *prompt;
                None
            }
            Ok(
                ChatEvent::Queued { .. }
                | ChatEvent::Loading
                | ChatEvent::Logprobs(_)
                | ChatEvent::Attempted(_),
            ) => None,
            Err(error) => self.end(Came::failed(error.code), self.shown()),
        }
    }

    fn piece(&mut self) {
        if self.pieces == 0 {
            self.shared.lock().call.first_token();
        }
        self.pieces = self.pieces.saturating_add(1);
    }

    fn end(&mut self, came: Came, usage: Usage) -> Option<(Tab, Called)> {
        if std::mem::replace(&mut self.is_over, true) {
            return None;
        }
        self.shared.close(came, usage, self.said.as_deref())
    }

    /// A piece is at least one token.
    fn shown(&self) -> Usage {
        Usage { output_tokens: self.pieces, reasoning_tokens: self.thoughts, ..Usage::default() }
    }

    /// Who leaves an answer has had the prompt read, once there is an answer.
    fn so_far(&self) -> Usage {
        let Usage { input_tokens, cached_tokens, .. } =
            if self.pieces > 0 { self.prompt } else { Usage::default() };
        Usage { input_tokens, cached_tokens, ..self.shown() }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some((mut tab, called)) = self.end(Came::left(), self.so_far()) {
            tab.settle_later(called);
        }
    }
}
