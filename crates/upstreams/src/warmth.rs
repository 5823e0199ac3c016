//! What vendors probably still hold of a conversation: whoever goes on where they just read it pays less for what they have.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ports::{ChatMessage, ChatRequest};

/// How long a prompt is taken to be held: the shortest time that vendors tell of.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// Shorter prompts are not hoped for: the most that a vendor tells of as the least that it keeps.
const LEAST: u64 = 1_024;
/// Of how many prompts is remembered who has them.
const MOST: usize = 16_384;

/// Who has read which prompts lately. Only what is expected hangs on it, never what is held or charged.
#[derive(Debug, Default)]
pub(crate) struct Warmth(Mutex<HashMap<u64, Vec<Held>>>);

/// A prompt at a model.
#[derive(Debug)]
struct Held {
    model: String,
    tokens: u64,
    until: Duration,
}

impl Warmth {
    /// A model has read a prompt, of which [`name`] is known, of so many tokens.
    pub(crate) fn read(&self, now: Duration, prompt: u64, model: &str, tokens: u64) {
        if tokens < LEAST {
            return;
        }
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.retain(|_, held| held.iter().any(|held| held.until > now));
            if all.len() >= MOST {
                all.clear();
            }
        }
        let held = all.entry(prompt).or_default();
        held.retain(|held| held.until > now && held.model != model);
        held.push(Held { model: model.to_owned(), tokens, until: now.saturating_add(LIFE) });
    }

    /// How many tokens of a conversation's beginning each model has, of those that have any.
    pub(crate) fn of(&self, now: Duration, request: &ChatRequest) -> HashMap<String, u64> {
        let mut warm = HashMap::new();
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() {
            return warm;
        }
        let held = beginnings(request).filter_map(|beginning| all.get(&beginning)).flatten();
        for held in held.filter(|held| held.until > now) {
            // A longer beginning comes later, and has the shorter one in it.
            warm.insert(held.model.clone(), held.tokens);
        }
        warm
    }
}

/// The name of a whole prompt: whose it is, the tools, and all that is said.
pub(crate) fn name(request: &ChatRequest) -> u64 {
    beginnings(request).last().unwrap_or_default()
}

/// The names of a prompt's beginnings, one for each message, the shortest first. Nobody shares one with another member.
fn beginnings(request: &ChatRequest) -> impl Iterator<Item = u64> + '_ {
    let mut hasher = DefaultHasher::new();
    request.scope.hash(&mut hasher);
    for tool in &request.tools.offered {
        (&tool.name, &tool.description, &tool.parameters).hash(&mut hasher);
    }
    request.messages.iter().map(move |message| {
        hash(message, &mut hasher);
        hasher.finish()
    })
}

fn hash(message: &ChatMessage, to: &mut DefaultHasher) {
    match message {
        ChatMessage::Text { role, content } => (0_u8, std::mem::discriminant(role), content).hash(to),
        ChatMessage::Calls { content, calls } => {
            (1_u8, content, calls.len()).hash(to);
            calls.iter().for_each(|call| (&call.id, &call.name, &call.arguments).hash(to));
        }
        ChatMessage::Result { call_id, content } => (2_u8, call_id, content).hash(to),
    }
}

#[cfg(test)]
mod tests {
    use wire::Role;

    use super::*;

    fn talk(scope: &str, said: &[&str]) -> ChatRequest {
        let messages = said.iter().map(|text| ChatMessage::text(Role::User, *text)).collect();
        ChatRequest { scope: Some(scope.to_owned()), ..ChatRequest::new("any", messages) }
    }

    const fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes)
    }

    #[test]
    fn who_read_the_beginning_has_it_for_a_while() {
        let warmth = Warmth::default();
        let (first, second) = (talk("lin", &["a", "b"]), talk("lin", &["a", "b", "c", "d"]));
        warmth.read(minutes(0), name(&first), "toy/m", 2_000);
        let has = |minute, request| warmth.of(minutes(minute), request).get("toy/m").copied();
        assert_eq!(has(4, &second), Some(2_000));
        assert_eq!(has(5, &second), None);
        warmth.read(minutes(4), name(&second), "toy/m", 3_000);
        warmth.read(minutes(4), name(&second), "toy/n", 3_100);
        assert_eq!(has(4, &second), Some(3_000), "the longest beginning counts");
        assert_eq!(has(8, &talk("lin", &["a", "b", "c", "d", "e"])), Some(3_000));
        assert_eq!(warmth.of(minutes(4), &second).len(), 2);
    }

    #[test]
    fn neither_another_member_nor_other_words_nor_less_than_vendors_keep_are_warm() {
        let warmth = Warmth::default();
        let first = talk("lin", &["a", "b"]);
        warmth.read(minutes(0), name(&first), "toy/m", LEAST);
        assert_eq!(warmth.of(minutes(1), &first).len(), 1);
        for other in [talk("mei", &["a", "b"]), talk("lin", &["a", "c", "b"]), talk("lin", &["a"])] {
            assert!(warmth.of(minutes(1), &other).is_empty(), "{other:?}");
        }
        warmth.read(minutes(0), name(&talk("lin", &["x"])), "toy/m", LEAST - 1);
        assert!(warmth.of(minutes(1), &talk("lin", &["x"])).is_empty());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let warmth = Warmth::default();
        for prompt in 0..=u64::try_from(MOST).unwrap() {
            warmth.read(minutes(0), prompt, "toy/m", LEAST);
        }
        assert!(warmth.0.lock().unwrap().len() <= MOST);
    }
}
