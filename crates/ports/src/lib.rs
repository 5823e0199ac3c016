//! Traits to the outside world. Adapters in L3 implement them; `app` calls them; `server` plugs them together.
//!
//! To add a port: a module with one trait, its request and its events, and errors as [`PortError`].

mod answer;
mod cache;
mod chat;
mod error;
mod sampling;
mod tools;

pub use answer::AnswerForm;
pub use cache::{CacheUse, TierUse};
pub use chat::{ChatEvent, ChatMessage, ChatModel, ChatRequest, ChatStream};
pub use error::{PortError, PortErrorKind};
pub use sampling::{Dry, Penalties, Sampling};
pub use tools::{Tool, ToolCall, ToolChoice, Tools};
