//! A bounded queue between async callers and threads. Putting in never waits.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Why an item was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PushError {
    /// There is no room.
    Full,
    /// Nobody will take it out.
    Closed,
}

/// What came out of the queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Drained<T> {
    /// At least one item, in the order they came.
    Items(Vec<T>),
    /// Nothing came in time.
    TimedOut,
    /// The queue is closed and empty.
    Closed,
}

/// First in, first out, with a limit.
#[derive(Debug)]
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    limit: usize,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    closed: bool,
    /// Threads that wait for an item: waking nobody would cost a system call at every push.
    sleepers: usize,
}

impl<T> Queue<T> {
    pub(super) fn new(limit: NonZeroUsize) -> Self {
        let state = State { items: VecDeque::new(), closed: false, sleepers: 0 };
        Self { state: Mutex::new(state), filled: Condvar::new(), limit: limit.get() }
    }

    /// Puts an item at the end.
    pub(super) fn push(&self, item: T) -> Result<(), PushError> {
        let mut state = super::lock(&self.state);
        if state.closed {
            return Err(PushError::Closed);
        }
        if state.items.len() >= self.limit {
            return Err(PushError::Full);
        }
        state.items.push_back(item);
        let wake = state.sleepers > 0;
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Waits for an item; `None` when the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<T> {
        let mut state = super::lock(&self.state);
        loop {
            if let Some(item) = state.items.pop_front() {
                return Some(item);
            }
            if state.closed {
                return None;
            }
            state = self.sleep(state, None).0;
        }
    }

    /// Waits for items, at most for `patience` when given, and takes up to `most` of them.
    pub(super) fn drain(&self, most: usize, patience: Option<Duration>) -> Drained<T> {
        let mut state = super::lock(&self.state);
        loop {
            if !state.items.is_empty() {
                let count = state.items.len().min(most);
                return Drained::Items(state.items.drain(..count).collect());
            }
            if state.closed {
                return Drained::Closed;
            }
            let timed_out;
            (state, timed_out) = self.sleep(state, patience);
            if timed_out && state.items.is_empty() && !state.closed {
                return Drained::TimedOut;
            }
        }
    }

    /// Lets go of the queue until something changes; true when that took longer than `patience`.
    fn sleep<'a>(
        &'a self,
        mut state: MutexGuard<'a, State<T>>,
        patience: Option<Duration>,
    ) -> (MutexGuard<'a, State<T>>, bool) {
        state.sleepers += 1;
        let (mut state, timed_out) = match patience {
            None => (self.filled.wait(state).unwrap_or_else(PoisonError::into_inner), false),
            Some(patience) => {
                let waited = self.filled.wait_timeout(state, patience);
                let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
                (state, timeout.timed_out())
            }
        };
        state.sleepers -= 1;
        (state, timed_out)
    }

    /// Takes nothing in any more; what is there can still be taken out.
    pub(super) fn close(&self) {
        super::lock(&self.state).closed = true;
        self.filled.notify_all();
    }

    /// Closes, and drops what is there, so that nobody waits for an answer that will not come.
    pub(super) fn abandon(&self) {
        let mut state = super::lock(&self.state);
        state.closed = true;
        let items = std::mem::take(&mut state.items);
        drop(state);
        self.filled.notify_all();
        drop(items);
    }

    pub(super) fn len(&self) -> usize {
        super::lock(&self.state).items.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(limit: usize) -> Queue<u8> {
        Queue::new(NonZeroUsize::new(limit).unwrap())
    }

    #[test]
    fn refuses_at_once_when_full() {
        let queue = queue(2);
        assert_eq!(queue.push(1), Ok(()));
        assert_eq!(queue.push(2), Ok(()));
        assert_eq!(queue.push(3), Err(PushError::Full));
        assert_eq!(queue.pop(), Some(1));
        assert_eq!(queue.push(3), Ok(()));
    }

    #[test]
    fn what_was_taken_in_comes_out_after_closing() {
        let queue = queue(4);
        for item in 1..=3 {
            queue.push(item).unwrap();
        }
        queue.close();
        assert_eq!(queue.push(4), Err(PushError::Closed));
        assert_eq!(queue.drain(2, None), Drained::Items(vec![1, 2]));
        assert_eq!(queue.pop(), Some(3));
        assert_eq!(queue.drain(2, None), Drained::Closed);
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn gives_up_when_nothing_comes() {
        assert_eq!(queue(1).drain(1, Some(Duration::from_millis(1))), Drained::TimedOut);
    }

    #[test]
    fn abandoning_drops_what_waits() {
        let queue = queue(2);
        queue.push(1).unwrap();
        queue.abandon();
        assert_eq!(queue.pop(), None);
    }
}
