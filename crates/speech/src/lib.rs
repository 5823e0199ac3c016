//! What a model's tokens say: words, reasoning and calls of tools.
//!
//! From the bytes of tokens to the pieces of an answer: whole characters, reasoning apart, ended by stop strings
//! ([`AnswerText`]); JSON and calls, told as they are written ([`StructuredText`]). Nothing here knows a model, and
//! how a text was cut into tokens changes nothing of what is told.
//!
//! | to change | look at |
//! |---|---|
//! | how characters are put together | `utf8.rs` |
//! | where an answer ends before its end | `stop.rs` |
//! | what is reasoning, and how long it may be | `reasoning.rs`, `budget.rs` |
//! | what is told of JSON and calls, and when | `structured.rs` |
//! | how calls between marks are read | `marked.rs` |
//! | when an answer goes round in circles | `repetition.rs` |
//! | how an answer is guessed ahead | `drafter.rs` |

mod budget;
mod drafter;
pub mod marked;
mod reasoning;
mod repetition;
mod stop;
mod structured;
mod utf8;

pub use budget::Budget;
pub use drafter::{Drafter, LONGEST_GUESS};
use reasoning::Piece;
pub use reasoning::{ReasoningSplitter, ReasoningTags};
pub use repetition::Repetition;
use stop::StopMatcher;
pub use structured::{Calls, End, Ended, Form, Parsed, ParsedCall, Read, Reader, StructuredText};
use utf8::Utf8Assembler;

/// Turns the bytes of one answer into deltas.
#[derive(Debug)]
pub struct AnswerText {
    utf8: Utf8Assembler,
    reasoning: ReasoningSplitter,
    stop: StopMatcher,
}

/// What became certain by one more token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delta {
    /// More of the reasoning.
    pub reasoning: String,
    /// More of the answer.
    pub text: String,
    /// More of its calls.
    pub calls: Vec<CallDelta>,
    /// A stop string was met; nothing will follow.
    pub stopped: bool,
}

/// What became certain of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallDelta {
    /// A tool is called.
    Begins {
        /// Counts the calls of one answer from 0.
        index: u32,
        /// The tool.
        name: String,
    },
    /// More of a call's arguments.
    Arguments {
        /// The call.
        index: u32,
        /// To be appended.
        text: String,
    },
}

impl AnswerText {
    /// An answer that ends where one of the stop strings begins.
    pub fn new(reasoning: ReasoningSplitter, stop: Vec<String>) -> Self {
        Self { utf8: Utf8Assembler::default(), reasoning, stop: StopMatcher::new(stop) }
    }

    /// True while the model reasons.
    pub fn is_reasoning(&self) -> bool {
        self.reasoning.is_inside()
    }

    /// True when no character is half written.
    pub fn is_whole(&self) -> bool {
        self.utf8.is_whole()
    }

    /// Adds the bytes of one token.
    pub fn push(&mut self, bytes: &[u8]) -> Delta {
        let text = self.utf8.push(bytes);
        let pieces = self.reasoning.push(&text);
        self.gather(pieces)
    }

    /// Gives out what was held back. A character that was cut off in the middle is left out.
    pub fn finish(&mut self) -> Delta {
        let pieces = self.reasoning.finish();
        let mut delta = self.gather(pieces);
        if !delta.stopped {
            delta.text.push_str(&self.stop.finish());
        }
        delta
    }

    fn gather(&mut self, pieces: Vec<Piece>) -> Delta {
        let mut delta = Delta::default();
        for piece in pieces {
            match piece {
                Piece::Reasoning(text) => delta.reasoning.push_str(&text),
                Piece::Answer(text) if !delta.stopped => {
                    let (emitted, stopped) = self.stop.push(&text);
                    delta.text.push_str(&emitted);
                    delta.stopped = stopped;
                }
                Piece::Answer(_) => {}
            }
        }
        delta
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn run(tags: Option<ReasoningTags>, stop: &[&str], chunks: &[&[u8]]) -> (String, String, bool) {
        let stop = stop.iter().map(|s| (*s).to_owned()).collect();
        let mut answer = AnswerText::new(ReasoningSplitter::new(tags), stop);
        let (mut reasoning, mut text, mut stopped) = (String::new(), String::new(), false);
        for chunk in chunks {
            let delta = answer.push(chunk);
            reasoning += &delta.reasoning;
            text += &delta.text;
            if delta.stopped {
                stopped = true;
                break;
            }
        }
        if !stopped {
            let delta = answer.finish();
            reasoning += &delta.reasoning;
            text += &delta.text;
            stopped = delta.stopped;
        }
        (reasoning, text, stopped)
    }

    #[test]
    fn a_stop_string_counts_only_in_the_answer() {
        let tags = Some(ReasoningTags::default());
        let (reasoning, text, stopped) = run(tags, &["END"], &[b"<think>END?</think>", b"yes E", b"ND no"]);
        assert_eq!((reasoning.as_str(), text.as_str(), stopped), ("END?", "yes ", true));
    }

    #[test]
    fn what_was_held_back_comes_at_the_end() {
        let (_, text, stopped) = run(None, &["</answer>"], &[b"a </ans"]);
        assert_eq!((text.as_str(), stopped), ("a </ans", false));
    }

    proptest! {
        #[test]
        fn the_cut_into_tokens_changes_nothing(
            text in "[a-c你🎉<>/think ]{0,40}",
            cuts in proptest::collection::vec(0_usize..120, 0..20),
            stop in proptest::collection::vec("[a-c你]{1,3}", 0..3),
        ) {
            let stop: Vec<&str> = stop.iter().map(String::as_str).collect();
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|n| n.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            let whole = run(Some(ReasoningTags::default()), &stop, &[bytes]);
            prop_assert_eq!(run(Some(ReasoningTags::default()), &stop, &chunks), whole);
        }

        #[test]
        fn the_answer_ends_before_the_stop_string_that_completes_first(
            text in "[ab]{0,30}",
            stop in "[ab]{1,4}",
        ) {
            let chunks: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            let (_, out, stopped) = run(None, &[&stop], &chunks);
            match text.find(&stop) {
                Some(at) => prop_assert_eq!((out.as_str(), stopped), (&text[..at], true)),
                None => prop_assert_eq!((out, stopped), (text, false)),
            }
        }
    }
}
