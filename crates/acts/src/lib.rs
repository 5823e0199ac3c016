//! What agents do beside talking: what of the tools that there are a turn may use ([`kit`]), and calls that
//! are being made ([`Performing`]), each within a time and with an answer of a size that a model can read.
//!
//! Whether a call may be made is not decided here but in `agent::judge`; where tools come from is behind `ports::Toolbox`.

mod kit;
mod lines;
mod performing;
mod rehearse;
mod turning;

pub use kit::{Closed, Opened, Verdict, kit, known, offered, open};
pub use lines::{closing, messages};
pub use performing::{MOST_ANSWER, Performing, Whose};
pub use rehearse::{Rehearsal, Stage};
pub use turning::{is_piece, turn_event};
