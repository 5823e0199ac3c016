//! Guesses how an answer goes on: as it went on the last time that the same words stood in the conversation. Who sums up,
//! rewrites or fills in a form says again much of what was read, and several tokens that are only checked cost hardly
//! more time than one that is computed.

/// So many tokens must be the same for a guess.
const ALIKE: usize = 3;
/// The longest guess. Checking a token costs about a quarter of computing one alone.
pub const LONGEST_GUESS: usize = 8;
/// How many steps nothing is guessed after wrong guesses: twice as many with each in a row, up to so many.
const MOST_REST: u32 = 64;

/// Makes guesses for one answer, the longer the better they are.
#[derive(Clone, Debug)]
pub struct Drafter {
    length: usize,
    /// Guesses in a row of which nothing was right.
    wrong: u32,
    /// Steps without a guess.
    rest: u32,
}

impl Default for Drafter {
    fn default() -> Self {
        Self { length: 2, wrong: 0, rest: 0 }
    }
}

impl Drafter {
    /// What may follow `said` and then `next`: at most `limit` tokens, and often none.
    pub fn guess<T: Copy + PartialEq>(&mut self, said: &[T], next: T, limit: usize) -> Vec<T> {
        if self.rest > 0 {
            self.rest -= 1;
            return Vec::new();
        }
        let (Some(before), length) = (said.len().checked_sub(ALIKE - 1), self.length.min(limit)) else {
            return Vec::new();
        };
        let (earlier, last) = said.split_at(before);
        let is_alike = |from: &usize| {
            let words = earlier.get(*from..*from + ALIKE);
            words.and_then(<[_]>::split_last).is_some_and(|(end, start)| *end == next && start == last)
        };
        // The latest passage is the likeliest.
        let found = (0..earlier.len().saturating_sub(ALIKE - 1)).rev().find(is_alike);
        let rest = found.and_then(|from| said.get(from + ALIKE..)).unwrap_or_default();
        rest.iter().copied().take(length).collect()
    }

    /// Learns how much of a guess was right.
    pub fn learn(&mut self, guessed: usize, right: usize) {
        match right {
            0 => {
                self.wrong = self.wrong.saturating_add(1);
                self.rest = 1_u32.checked_shl(self.wrong).unwrap_or(MOST_REST).min(MOST_REST);
                self.length = 2;
            }
            _ if right == guessed => {
                self.wrong = 0;
                self.length = (self.length + 2).min(LONGEST_GUESS);
            }
            _ => {
                self.wrong = 0;
                self.length = right + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is guessed behind a text.
    fn behind(drafter: &mut Drafter, text: &str, limit: usize) -> String {
        let (next, said) = text.as_bytes().split_last().unwrap();
        drafter.guess(said, *next, limit).into_iter().map(char::from).collect()
    }

    #[test]
    fn an_answer_goes_on_as_the_last_time() {
        let guess = |text| behind(&mut Drafter::default(), text, 8);
        assert_eq!(guess("the river is long. the riv"), "er");
        assert_eq!(guess("abcX abcY abc"), "Y ", "the last of several");
        assert_eq!(guess("abcabc"), "ab");
        assert_eq!(guess("xabcab"), "");
        assert_eq!(guess("no such words"), "");
        assert_eq!(["a", "ab", "abc"].map(guess), ["", "", ""]);
    }

    #[test]
    fn a_guess_is_no_longer_than_the_answer_may_be() {
        assert_eq!(behind(&mut Drafter::default(), "river. riv", 1), "e");
        assert_eq!(behind(&mut Drafter::default(), "river. riv", 0), "");
    }

    #[test]
    fn good_guesses_become_longer_up_to_a_bound() {
        let mut drafter = Drafter::default();
        for _ in 0..10 {
            drafter.learn(2, 2);
        }
        assert_eq!(behind(&mut drafter, "abcdefghijklmnop abc", 99).len(), LONGEST_GUESS);
        drafter.learn(8, 3);
        assert_eq!(behind(&mut drafter, "abcdefghijklmnop abc", 99), "defg");
    }

    #[test]
    fn wrong_guesses_become_rare() {
        let mut drafter = Drafter::default();
        let mut guesses = 0;
        for _ in 0..1_000 {
            let guess = behind(&mut drafter, "abcdef abc", 8);
            if !guess.is_empty() {
                guesses += 1;
                drafter.learn(guess.len(), 0);
            }
        }
        assert!((10..30).contains(&guesses), "{guesses}");
        drafter.learn(2, 1);
        drafter.rest = 0;
        drafter.learn(2, 0);
        assert_eq!(drafter.rest, 2, "one that was right makes good for those before");
    }
}
