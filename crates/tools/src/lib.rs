//! Tools: what agents do beside talking.
//!
//! Here is what all of them share ([`Described`]: the facts of a tool from `data/tools/`, and the reading of what a
//! model wrote as its arguments), and those that only compute ([`Builtins`]). Tools that need a network or a disk are
//! crates of their own, which use the first part. Nothing here waits, reads a clock that was not handed in, or grows
//! with what a model asks for: every tool has limits, and says which one was met.
//!
//! | to | look at |
//! |---|---|
//! | add a tool that only computes | a file `data/tools/<name>.toml`, a module with one `Builtin`, a line in `builtins.rs` |
//! | forgive models another mistake | `arguments.rs` |
//! | add a unit | `data/units/` |

mod answer;
mod arguments;
mod builtins;
mod calculate;
mod calendar;
mod chart;
mod convert;
mod described;
mod now;
mod number;
mod several;
mod table;
mod zone;

pub use answer::{MOST_TEXT, cut};
pub use builtins::Builtins;
pub use described::{Described, wrong};
pub use several::Several;
