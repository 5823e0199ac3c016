//! Answers that are written in tasks of their own.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use stdx::ResponseId;
use tokio::sync::watch;

use crate::{Stop, Tape};

/// Bytes of answers that are over and whose events can be told again; those of the last one always can.
const MOST_PAST: usize = 32 * 1024 * 1024;

/// The answers that this process is writing in the background, and what was told of the last ones.
#[derive(Debug, Default)]
pub struct Background(Mutex<Writing>);

#[derive(Debug, Default)]
struct Writing {
    bells: HashMap<ResponseId, Bell>,
    /// Those that are over, the oldest first.
    past: VecDeque<(ResponseId, Arc<Tape>)>,
    is_closing: bool,
}

#[derive(Debug)]
struct Bell {
    stop: watch::Sender<Option<Stop>>,
    tape: Arc<Tape>,
}

/// What whoever writes an answer gets.
#[derive(Debug)]
pub struct Entered {
    /// Says when to stop.
    pub heard: watch::Receiver<Option<Stop>>,
    /// For what is told of it, if that is to be told more than once.
    pub tape: Arc<Tape>,
}

impl Background {
    /// Begins to write one.
    pub fn enter(&self, id: ResponseId) -> Entered {
        let mut writing = self.lock();
        let (stop, heard) = watch::channel(writing.is_closing.then_some(Stop::Interrupt));
        let tape = Arc::new(Tape::default());
        writing.bells.insert(id, Bell { stop, tape: Arc::clone(&tape) });
        Entered { heard, tape }
    }

    /// One is over, and its end is kept. What was told of it stays, until newer ones need the room.
    pub fn leave(&self, id: ResponseId) {
        let mut writing = self.lock();
        let Some(Bell { tape, .. }) = writing.bells.remove(&id) else { return };
        tape.end();
        if tape.bytes() == 0 {
            return;
        }
        writing.past.push_back((id, tape));
        let mut bytes: usize = writing.past.iter().map(|(_, tape)| tape.bytes()).sum();
        while bytes > MOST_PAST && writing.past.len() > 1 {
            let Some((_, oldest)) = writing.past.pop_front() else { return };
            bytes = bytes.saturating_sub(oldest.bytes());
        }
    }

    /// What was told of one, and is told; nothing when nobody knows any more.
    pub fn tape(&self, id: ResponseId) -> Option<Arc<Tape>> {
        let writing = self.lock();
        let past = || writing.past.iter().find(|(past, _)| *past == id).map(|(_, tape)| Arc::clone(tape));
        writing.bells.get(&id).map(|bell| Arc::clone(&bell.tape)).or_else(past)
    }

    /// Nothing of one is to be told again.
    pub fn forget(&self, id: ResponseId) {
        self.lock().past.retain(|(past, _)| *past != id);
    }

    /// True while one is being written.
    pub fn is_alive(&self, id: ResponseId) -> bool {
        self.lock().bells.contains_key(&id)
    }

    /// Stops one, if it is being written, and waits until its end is kept.
    pub async fn stop(&self, id: ResponseId) {
        let Some(bell) = self.lock().bells.get(&id).map(|bell| bell.stop.clone()) else { return };
        ring(&bell, Stop::Cancel);
        bell.closed().await;
    }

    /// Stops all of them; those that begin later stop at once.
    pub fn close(&self) {
        let mut writing = self.lock();
        writing.is_closing = true;
        for bell in writing.bells.values() {
            ring(&bell.stop, Stop::Interrupt);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first reason counts.
fn ring(bell: &watch::Sender<Option<Stop>>, reason: Stop) {
    bell.send_if_modified(|stop| stop.is_none() && stop.replace(reason).is_none());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Line;

    fn id(number: usize) -> ResponseId {
        format!("01a20a82-4c6a-7f84-8128-{number:012x}").parse().unwrap()
    }

    fn told(background: &Background, number: usize, bytes: usize) {
        let entered = background.enter(id(number));
        entered.tape.tell(vec![Line { name: None, data: "x".repeat(bytes) }]);
        background.leave(id(number));
    }

    fn known(background: &Background) -> Vec<usize> {
        (1..=9).filter(|number| background.tape(id(*number)).is_some()).collect()
    }

    #[test]
    fn what_was_told_last_can_be_told_again() {
        let background = Background::default();
        for number in 1..=3 {
            told(&background, number, MOST_PAST / 2);
        }
        assert_eq!(known(&background), [2, 3]);
        told(&background, 4, MOST_PAST + 1);
        assert_eq!(known(&background), [4]);
        background.leave(id(4));
        background.enter(id(5));
        assert_eq!(known(&background), [4, 5]);
        background.leave(id(5));
        background.forget(id(4));
        assert!(known(&background).is_empty());
    }
}
