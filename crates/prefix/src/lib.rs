//! The prefix cache: prompts that were computed before are not computed again.
//!
//! What is kept is cut into *units*. A unit ends where a conversation is likely to be taken up again: at the end of an
//! agent's fixed prompt, of a member's input, of an answer, and every [`INTERVAL`](unit::INTERVAL) tokens of what is longer. It holds
//! the model's state for its own tokens and names the unit before it, so that a prompt is a path in a tree and
//! everybody's conversations with an agent share the agent's own units. A unit is used when all of its tokens match,
//! and only by those it belongs to: an agent's prompt belongs to everybody, all else to one member, so that the time
//! of an answer never tells what somebody else has asked.
//!
//! | tier | where | what |
//! |---|---|---|
//! | resident | the model's own memory | what is being computed, and what could not be saved yet; shared by copy |
//! | memory | [`cache`] | units used lately, up to a limit in bytes |
//! | disk | [`folder`] | the same units, in files that outlive worker and server |
//!
//! Some models have a state that cannot be cut into ranges (recurrent and hybrid ones, sliding windows). Their units
//! hold the state of everything from the first token on, and the longest that matches is the only one used.

mod cache;
mod file;
mod folder;
mod owner;
mod survey;
mod tree;
mod unit;
mod writer;

pub use cache::{CacheOptions, PrefixCache};
pub use folder::make_folder;
pub use owner::Owner;
pub use survey::{CacheSurvey, clear, forget, survey};
pub use unit::{Key, Unit, edges};
