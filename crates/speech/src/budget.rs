//! Ends reasoning that has gone on for long enough, by writing its closing mark for the model.

use std::collections::VecDeque;

/// How much longer a model may reason.
#[derive(Debug)]
pub struct Budget<T> {
    /// Tokens; nothing when there is no limit.
    left: Option<u32>,
    /// The closing mark.
    close: Vec<T>,
    /// What of it is still to be written.
    forced: VecDeque<T>,
}

impl<T> Budget<T> {
    /// Without a closing mark there is nothing to end.
    pub fn new(tokens: Option<u32>, close: Vec<T>) -> Self {
        Self { left: tokens.filter(|_| !close.is_empty()), close, forced: VecDeque::new() }
    }

    /// The token that must come next; nothing when the model chooses it. Asked once for every token. `is_whole` says
    /// that no character is half written.
    pub fn next(&mut self, is_reasoning: bool, is_whole: bool) -> Option<T> {
        if let Some(token) = self.forced.pop_front() {
            return Some(token);
        }
        let left = self.left.as_mut().filter(|_| is_reasoning)?;
        if *left > 0 || !is_whole {
            *left = left.saturating_sub(1);
            return None;
        }
        self.left = None;
        self.forced = self.close.drain(..).collect();
        self.forced.pop_front()
    }

    /// Gives up: the mark cannot stand here.
    pub fn give_up(&mut self) {
        *self = Self::new(None, Vec::new());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE: [i32; 2] = [7, 8];

    fn budget(tokens: Option<u32>) -> Budget<i32> {
        Budget::new(tokens, CLOSE.to_vec())
    }

    #[test]
    fn the_mark_is_written_when_the_tokens_are_used_up() {
        let mut budget = budget(Some(2));
        let written: Vec<_> = (0..4).map(|_| budget.next(true, true)).collect();
        assert_eq!(written, [None, None, Some(CLOSE[0]), Some(CLOSE[1])]);
        assert_eq!(budget.next(true, true), None, "it is written once");
    }

    #[test]
    fn only_reasoning_is_counted() {
        let mut budget = budget(Some(1));
        assert!((0..9).all(|_| budget.next(false, true).is_none()));
        assert_eq!((budget.next(true, true), budget.next(true, true)), (None, Some(CLOSE[0])));
        assert_eq!(budget.next(false, true), Some(CLOSE[1]), "a mark that has begun is written to its end");
    }

    #[test]
    fn a_character_is_never_cut() {
        let mut budget = budget(Some(0));
        assert_eq!((budget.next(true, false), budget.next(true, true)), (None, Some(CLOSE[0])));
    }

    #[test]
    fn without_a_limit_or_a_mark_nothing_is_written() {
        for mut budget in [budget(None), Budget::new(Some(0), Vec::new())] {
            assert!((0..9).all(|_| budget.next(true, true).is_none()));
        }
        let mut budget = budget(Some(0));
        assert!(budget.next(true, true).is_some());
        budget.give_up();
        assert_eq!(budget.next(true, true), None);
    }
}
