//! Notices an answer that goes round in circles: small models do, and would until their last token.

/// The longest passage that is looked for, in tokens.
const LONGEST: usize = 64;
/// A passage has come so often in a row,
const TIMES: usize = 8;
/// and fills so many tokens, before it counts as a circle: a row of a table or a list of zeros does not.
const LEAST: usize = 256;
/// Tokens between two looks.
const EVERY: usize = 16;

/// The last tokens of an answer.
#[derive(Debug, Default)]
pub struct Repetition {
    tail: Vec<i32>,
    seen: usize,
}

impl Repetition {
    /// Takes the next token; true when the answer goes round in circles.
    pub fn push(&mut self, token: i32) -> bool {
        self.tail.push(token);
        self.seen += 1;
        if !self.seen.is_multiple_of(EVERY) {
            return false;
        }
        let surplus = self.tail.len().saturating_sub(LONGEST * (TIMES + 1));
        self.tail.drain(..surplus);
        (1..=LONGEST).any(|period| self.is_periodic(period))
    }

    fn is_periodic(&self, period: usize) -> bool {
        let length = LEAST.max(TIMES * period);
        let Some(begin) = self.tail.len().checked_sub(length) else { return false };
        let end = self.tail.get(begin..).unwrap_or_default();
        end.iter().zip(end.iter().skip(period)).all(|(earlier, later)| earlier == later)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many tokens it is noticed.
    fn noticed(tokens: impl IntoIterator<Item = i32>) -> Option<usize> {
        let mut repetition = Repetition::default();
        tokens.into_iter().take(5_000).position(|token| repetition.push(token))
    }

    #[test]
    fn a_circle_is_noticed_whatever_its_length() {
        for period in [1, 2, 7, 31, 64] {
            let circle = (0..100).chain((0..period).cycle());
            let after = noticed(circle).unwrap();
            assert!(after < 100 + LEAST.max(TIMES * 64) + EVERY, "{period}: {after}");
        }
    }

    #[test]
    fn what_changes_is_no_circle() {
        assert_eq!(noticed(0..), None);
        let list = (0..).flat_map(|number| [1, 2, 3, number]);
        assert_eq!(noticed(list), None);
        let some_times = (0..50).flat_map(|word| vec![word; 100]);
        assert_eq!(noticed(some_times), None);
    }
}
