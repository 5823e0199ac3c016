//! Answers that are given again: an agent may allow that whoever asks exactly the same is answered as before, at once and
//! at the cache price. They are kept in memory, bounded; a server that starts has none.
//!
//! What makes two questions the same is everything that a model is told, among the same people: [`key_of`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use lru::LruCache;
use money::Usage as Used;
use ports::{
    Attempt, AttemptEnding, ChatEvent, ChatModel, ChatRequest, ChatStream, Consumed, PortError, Recall,
    Standing,
};
use sha2::{Digest as _, Sha256};
use stdx::{Clock, Timestamp};
use wire::{FinishReason, Usage};

/// The most that all kept answers take, in bytes.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// A longer answer is not kept.
const MOST_BYTES_OF_ONE: usize = 256 * 1024;

type Key = [u8; 32];

/// Asks a model, unless the same was asked before and may be answered as it was.
#[derive(Debug)]
pub struct Recalling {
    model: Arc<dyn ChatModel>,
    kept: Arc<Mutex<Kept>>,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
struct Kept {
    answers: LruCache<Key, Answer>,
    bytes: usize,
}

#[derive(Clone, Debug)]
struct Answer {
    /// Whose question it was.
    asked_by: Option<String>,
    told: Arc<[ChatEvent]>,
    reason: FinishReason,
    usage: Usage,
    bytes: usize,
    until: Timestamp,
}

impl Recalling {
    /// In front of a model.
    pub fn new(model: Arc<dyn ChatModel>, clock: Arc<dyn Clock>) -> Self {
        let kept = Kept { answers: LruCache::unbounded(), bytes: 0 };
        Self { model, kept: Arc::new(Mutex::new(kept)), clock }
    }

    fn found(&self, key: &Key) -> Option<Answer> {
        let mut kept = lock(&self.kept);
        let answer = kept.answers.get(key)?.clone();
        if answer.until <= self.clock.now() {
            kept.remove(key);
            return None;
        }
        Some(answer)
    }

    /// Listens to an answer, and keeps it when it came to its end.
    fn listened(&self, key: Key, recall: &Recall, request: ChatRequest) -> ChatStream {
        let (kept, clock, keep) = (Arc::clone(&self.kept), Arc::clone(&self.clock), recall.keep);
        let mut heard = Heard { asked_by: request.scope.clone(), ..Heard::default() };
        let stream = self.model.chat(request).inspect(move |event| {
            if let Some(answer) = heard.hear(event, &*clock, keep) {
                lock(&kept).insert(key, answer);
            }
        });
        Box::pin(stream)
    }
}

impl ChatModel for Recalling {
    fn check(&self, request: &ChatRequest) -> Result<(), PortError> {
        self.model.check(request)
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        let Some(recall) = request.recall.clone().filter(|_| request.family.is_none()) else {
            return self.model.chat(request);
        };
        let Some(key) = key_of(&request, &recall) else { return self.model.chat(request) };
        match self.found(&key).filter(|_| !recall.afresh) {
            Some(answer) => answer.told_again(&request.model, self.clock.now()),
            None => self.listened(key, &recall, request),
        }
    }

    fn warm(&self, request: &ChatRequest) -> HashMap<String, u64> {
        self.model.warm(request)
    }

    fn standing(&self, model: &str) -> Standing {
        self.model.standing(model)
    }

    fn forget(&self, scope: &str) {
        lock(&self.kept).forget(scope);
        self.model.forget(scope);
    }
}

impl Kept {
    fn insert(&mut self, key: Key, answer: Answer) {
        self.remove(&key);
        self.bytes = self.bytes.saturating_add(answer.bytes);
        self.answers.put(key, answer);
        while self.bytes > MOST_BYTES
            && let Some((_, oldest)) = self.answers.pop_lru()
        {
            self.bytes = self.bytes.saturating_sub(oldest.bytes);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(answer) = self.answers.pop(key) {
            self.bytes = self.bytes.saturating_sub(answer.bytes);
        }
    }

    /// Drops what somebody asked, also what others may be told again.
    fn forget(&mut self, scope: &str) {
        let is_theirs = |answer: &Answer| answer.asked_by.as_deref() == Some(scope);
        let theirs: Vec<Key> =
            self.answers.iter().filter(|(_, answer)| is_theirs(answer)).map(|(key, _)| *key).collect();
        for key in theirs {
            self.remove(&key);
        }
    }
}

/// What is told of an answer while it is listened to.
#[derive(Debug, Default)]
struct Heard {
    asked_by: Option<String>,
    told: Vec<ChatEvent>,
    bytes: usize,
    is_lost: bool,
}

impl Heard {
    /// The answer, when this is its end and it can be kept.
    fn hear(
        &mut self,
        event: &Result<ChatEvent, PortError>,
        clock: &dyn Clock,
        keep: Duration,
    ) -> Option<Answer> {
        let Ok(event) = event else {
            self.is_lost = true;
            return None;
        };
        match event {
            ChatEvent::Queued { .. }
            | ChatEvent::Loading
            | ChatEvent::Started(_)
            | ChatEvent::Attempted(_) => {}
            ChatEvent::Logprobs(tokens) => self.add(event, tokens.len().saturating_mul(size_of_val(tokens))),
            ChatEvent::Text(text) | ChatEvent::Reasoning(text) | ChatEvent::ToolArguments { text, .. } => {
                self.add(event, text.len());
            }
            ChatEvent::ToolCall { name, .. } => self.add(event, name.len()),
            ChatEvent::Done { reason, usage } => {
                let is_whole = !self.is_lost && *reason != FinishReason::Cancelled;
                return is_whole.then(|| Answer {
                    asked_by: self.asked_by.take(),
                    told: std::mem::take(&mut self.told).into(),
                    reason: *reason,
                    usage: *usage,
                    bytes: self.bytes,
                    until: clock.now().plus(keep),
                });
            }
        }
        None
    }

    /// Pieces of one text become one.
    fn add(&mut self, event: &ChatEvent, bytes: usize) {
        const AROUND: usize = size_of::<ChatEvent>();
        self.bytes = self.bytes.saturating_add(bytes).saturating_add(AROUND);
        if self.is_lost || self.bytes > MOST_BYTES_OF_ONE {
            self.is_lost = true;
            self.told.clear();
            return;
        }
        match (self.told.last_mut(), event) {
            (Some(ChatEvent::Text(text)), ChatEvent::Text(more))
            | (Some(ChatEvent::Reasoning(text)), ChatEvent::Reasoning(more)) => text.push_str(more),
            _ => self.told.push(event.clone()),
        }
    }
}

impl Answer {
    /// The answer as it was, whose prompt nobody read again.
    fn told_again(self, model: &str, now: Timestamp) -> ChatStream {
        let usage = Usage { cached_tokens: self.usage.input_tokens, ..self.usage };
        let provider = model.split_once('/').map_or("", |(provider, _)| provider);
        let attempt = Attempt {
            deployment: model.to_owned(),
            provider: provider.to_owned(),
            model: model.to_owned(),
            began_at: now,
            first_token: Some(Duration::ZERO),
            took: Duration::ZERO,
            ending: AttemptEnding::Recalled,
            consumed: Consumed::Told(Box::new(ports::Spent {
                usage: Used::default(),
                raw: String::new(),
                is_doubtful: false,
                cost: None,
                class: None,
            })),
            request_id: None,
            span: None,
        };
        let started = ChatEvent::Started(Usage { output_tokens: 0, reasoning_tokens: 0, ..usage });
        let done = ChatEvent::Done { reason: self.reason, usage };
        let told = self.told.to_vec();
        let events = [started].into_iter().chain(told).chain([ChatEvent::Attempted(Box::new(attempt)), done]);
        Box::pin(stream::iter(events.map(Ok).collect::<Vec<_>>()))
    }
}

/// What makes a question the same as another: all that the model is told, and among whom.
fn key_of(request: &ChatRequest, recall: &Recall) -> Option<Key> {
    let same =
        ChatRequest { scope: None, weight: 1, family: None, recall: None, span: None, ..request.clone() };
    let told = serde_json::to_vec(&(&recall.among, same)).ok()?;
    Some(Sha256::digest(told).into())
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use ports::{AnswerForm, ChatMessage, Sampling};
    use wire::Role;

    use super::*;

    fn question() -> (ChatRequest, Recall) {
        let request = ChatRequest {
            scope: Some("lin".to_owned()),
            ..ChatRequest::new("m", vec![ChatMessage::text(Role::User, "hi")])
        };
        (request, Recall { among: "home".to_owned(), keep: Duration::from_secs(1), afresh: false })
    }

    #[test]
    fn everything_that_a_model_is_told_and_nothing_else_makes_a_question_another() {
        let (request, recall) = question();
        let key = key_of(&request, &recall).unwrap();
        let others = [
            ChatRequest { model: "n".to_owned(), ..request.clone() },
            ChatRequest { messages: vec![ChatMessage::text(Role::System, "hi")], ..request.clone() },
            ChatRequest {
                sampling: Sampling { seed: Some(1), ..request.sampling.clone() },
                ..request.clone()
            },
            ChatRequest { form: AnswerForm::JsonObject, ..request.clone() },
            ChatRequest { logprobs: Some(0), ..request.clone() },
        ];
        for other in others {
            assert_ne!(key_of(&other, &recall), Some(key), "{other:?}");
        }
        assert_ne!(key_of(&request, &Recall { among: "elsewhere".to_owned(), ..recall.clone() }), Some(key));
        let same = ChatRequest { scope: Some("bob".to_owned()), weight: 9, ..request };
        assert_eq!(key_of(&same, &Recall { afresh: true, ..recall }), Some(key));
    }

    #[test]
    fn the_longest_unused_answers_make_room() {
        let answer = |bytes| Answer {
            asked_by: None,
            told: Arc::new([]),
            reason: FinishReason::Stop,
            usage: Usage::default(),
            bytes,
            until: Timestamp::from_micros(0),
        };
        let mut kept = Kept { answers: LruCache::unbounded(), bytes: 0 };
        for id in 0..=4 {
            kept.insert([id; 32], answer(MOST_BYTES / 4));
            kept.answers.get(&[0; 32]);
        }
        let left: Vec<bool> = (0..=4).map(|id| kept.answers.contains(&[id; 32])).collect();
        assert_eq!((left, kept.bytes), (vec![true, false, true, true, true], MOST_BYTES));
        kept.insert([4; 32], answer(1));
        kept.remove(&[0; 32]);
        assert_eq!(kept.bytes, MOST_BYTES / 2 + 1);
    }
}
