//! What is done with documents once they are read, all of it pure: cut into chunks ([`cut`]), turned into words to
//! search by ([`Words`]), and put into order when they were found ([`rank`]); and what an answer claims is held
//! against them ([`check()`]).
//!
//! | step | file |
//! |---|---|
//! | sentences of Chinese and English text | `sentences.rs` |
//! | chunks that keep headings, sentences and rows whole | `cut.rs`, `units.rs` |
//! | words of a text and of a question, the same for every engine of full text | `words.rs`, `stem.rs` |
//! | the order of what was found | `rank.rs` |
//! | what an answer claims, and whether that stands in a source | `claims.rs`, `check.rs` |

mod check;
mod claims;
mod cut;
mod rank;
mod sentences;
mod stem;
mod units;
mod words;

pub use check::{Checked, Evidence, Passage, Verdict, check};
pub use claims::{Claim, claims};
pub use cut::{Chunk, CutRule, cut};
pub use rank::{Candidate, Collection, rank};
pub use sentences::sentences;
pub use units::estimate_tokens;
pub use words::{Query, Term, Words};
