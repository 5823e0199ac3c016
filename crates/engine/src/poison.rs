//! Remembers which requests were being computed when a worker broke.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ports::{ChatMessage, Sampling};

use crate::protocol::Encode;

/// A request present at so many crashes is refused.
const CRASHES: u32 = 2;
/// A crash is forgotten after so long: the model or the machine may have been at fault.
const MEMORY: Duration = Duration::from_secs(600);
/// Requests remembered at most.
const ENTRIES: usize = 1024;

/// Identifies what is asked, not who asks or when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn of(messages: &[ChatMessage], sampling: &Sampling, schema: Option<&str>) -> Self {
        let mut hasher = DefaultHasher::new();
        for message in messages {
            message.role.hash(&mut hasher);
            message.content.hash(&mut hasher);
        }
        let seedless = Sampling { seed: None, ..sampling.clone() };
        serde_json::to_string(&seedless).unwrap_or_default().hash(&mut hasher);
        schema.hash(&mut hasher);
        Self(hasher.finish())
    }

    pub(crate) fn of_texts(encode: &Encode) -> Self {
        let mut hasher = DefaultHasher::new();
        (&encode.query, &encode.texts, encode.truncate).hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Crashes by request.
#[derive(Debug, Default)]
pub(crate) struct PoisonList {
    crashes: HashMap<Fingerprint, Crash>,
}

#[derive(Clone, Copy, Debug)]
struct Crash {
    count: u32,
    last: Duration,
}

impl PoisonList {
    /// Notes that a worker broke at `now` while it computed this.
    pub(crate) fn blame(&mut self, request: Fingerprint, now: Duration) {
        self.crashes.retain(|_, crash| now.saturating_sub(crash.last) < MEMORY);
        if self.crashes.len() >= ENTRIES
            && let Some(oldest) = self.crashes.iter().min_by_key(|(_, c)| c.last).map(|(key, _)| *key)
        {
            self.crashes.remove(&oldest);
        }
        let crash = self.crashes.entry(request).or_insert(Crash { count: 0, last: now });
        crash.count += 1;
        crash.last = now;
    }

    /// True when it was present at two crashes not long before `now`.
    pub(crate) fn refuses(&self, request: Fingerprint, now: Duration) -> bool {
        self.crashes
            .get(&request)
            .is_some_and(|crash| crash.count >= CRASHES && now.saturating_sub(crash.last) < MEMORY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(text: &str) -> Fingerprint {
        let message = ChatMessage { role: wire::Role::User, content: text.to_owned() };
        Fingerprint::of(&[message], &Sampling::default(), None)
    }

    #[test]
    fn the_second_crash_condemns() {
        let mut list = PoisonList::default();
        let now = Duration::from_secs(5);
        list.blame(fingerprint("a"), now);
        assert!(!list.refuses(fingerprint("a"), now));
        list.blame(fingerprint("a"), now);
        assert!(list.refuses(fingerprint("a"), now));
        assert!(!list.refuses(fingerprint("b"), now));
    }

    #[test]
    fn time_forgives() {
        let mut list = PoisonList::default();
        list.blame(fingerprint("a"), Duration::ZERO);
        list.blame(fingerprint("a"), Duration::ZERO);
        assert!(!list.refuses(fingerprint("a"), MEMORY));
        list.blame(fingerprint("a"), MEMORY);
        assert!(!list.refuses(fingerprint("a"), MEMORY));
    }

    #[test]
    fn the_list_does_not_grow_without_end() {
        let mut list = PoisonList::default();
        for n in 0..2000 {
            list.blame(fingerprint(&n.to_string()), Duration::from_millis(n));
        }
        assert_eq!(list.crashes.len(), ENTRIES);
    }

    #[test]
    fn a_seed_does_not_make_another_request() {
        let message = ChatMessage { role: wire::Role::User, content: "x".to_owned() };
        let seeded = Sampling { seed: Some(9), ..Sampling::default() };
        assert_eq!(fingerprint("x"), Fingerprint::of(&[message], &seeded, None));
    }
}
