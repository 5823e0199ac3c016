//! Remembers which requests were being computed when a worker broke.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use ports::Sampling;

use crate::protocol::Generate;

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
    pub(crate) fn of(request: &Generate) -> Self {
        let sampling = Sampling { seed: None, ..request.sampling.clone() };
        let shape = (&request.schema, &request.tools, request.reasoning);
        let asked = (&request.messages, &request.adapter, sampling, shape);
        let mut hasher = DefaultHasher::new();
        serde_json::to_string(&asked).unwrap_or_default().hash(&mut hasher);
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
    use ports::{ChatMessage, ChatRequest};

    use super::*;
    use crate::request;

    fn asked(text: &str) -> Generate {
        let messages = vec![ChatMessage::text(wire::Role::User, text)];
        request::prepare(&ChatRequest::new("model", messages)).unwrap()
    }

    fn fingerprint(text: &str) -> Fingerprint {
        Fingerprint::of(&asked(text))
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
    fn neither_a_seed_nor_who_asks_makes_another_request_but_a_schema_does() {
        let seeded = Sampling { seed: Some(9), ..Sampling::default() };
        let other = Generate { id: 2, sampling: seeded, scope: Some("lin".to_owned()), ..asked("x") };
        assert_eq!(fingerprint("x"), Fingerprint::of(&other));
        let held = Generate { schema: Some("{}".to_owned()), ..asked("x") };
        assert_ne!(fingerprint("x"), Fingerprint::of(&held));
    }
}
