//! What an agent is, what it tells a model, and how one turn of it goes.
//!
//! Pure and synchronous: the text of a package comes in, effects go out. `app` reads the files and performs the
//! effects; nothing here waits, asks the time or knows a database.
//!
//! - [`Agent`]: the definition, parsed and validated from a package's files.
//! - [`assemble`]: the conversation as a model sees it, stable prefix first so that prompt caches hit.
//! - [`Turn`]: the turn machine, `step(event) → effects`.
//! - [`judge`]: whether a call of a tool may be made.
//! - [`Eval`]: cases with objective checks that come with a package.
//!
//! To add a field to packages: `definition.rs`, then `docs/adding/agent.md`.

mod definition;
mod eval;
mod history;
mod permission;
mod prompt;
mod turn;

pub use definition::{
    AdapterPolicy, Agent, AgentError, BilingualList, Category, ModelPolicy, PackageText, RecallPolicy,
};
pub use eval::{Case, Check, Eval, EvalError, Performance, language};
pub use permission::{Known, Likeness, Rule, Then, ToolPolicy, ToolRule, Verdict, judge};
pub use prompt::{Line, LineCall, assemble, estimate_tokens};
pub use turn::{Effect, Kit, Outcome, Turn, TurnEvent, interrupted};
pub use wire::{Bilingual, Locale};
