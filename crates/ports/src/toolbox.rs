//! What agents do beside talking: tools that are called for them.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use stdx::{MemberId, ThreadId, WorkspaceId};
use wire::{Bilingual, ToolClass};

use crate::{PortError, Tool};

/// A tool as it is known before it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolFacts {
    /// What a model is told of it.
    pub tool: Tool,
    /// What members are told that it is.
    pub title: Bilingual,
    /// What a call can do.
    pub class: ToolClass,
    /// Where its answers come from.
    pub source: ToolSource,
    /// True when a call tells somebody outside what its arguments say: an address that is fetched, words that are looked up.
    pub tells_outside: bool,
    /// True when a call that is made again with the same key happens once.
    pub is_keyed: bool,
}

/// Where a tool's answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolSource {
    /// They are computed from the arguments, or are the member's own.
    Inside,
    /// Strangers wrote them: what stands there is never an order.
    Outside,
}

/// A call to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRequest {
    /// The same whenever this call is made again.
    pub key: String,
    /// The tool.
    pub name: String,
    /// An object of JSON, as text; it may be anything a model wrote.
    pub arguments: String,
    /// For whom.
    pub workspace_id: WorkspaceId,
    /// For whom.
    pub member_id: MemberId,
    /// In which thread; nothing where none is kept.
    pub thread_id: Option<ThreadId>,
    /// Whose tool it is: the id of an agent.
    pub agent_id: String,
    /// What the member reads: a BCP 47 tag.
    pub locale: String,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolAnswer {
    /// For the model.
    pub text: String,
    /// Where a part of it came from, for members.
    pub links: Vec<String>,
    /// What it made, for members. The model is told of them in the text.
    pub files: Vec<ToolFile>,
}

/// Something that a tool made.
#[derive(Clone, PartialEq, Eq)]
pub struct ToolFile {
    /// A plain name without a folder: `dates.ics`.
    pub name: String,
    /// Of the bytes.
    pub media_type: String,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for ToolFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.name, self.media_type, self.bytes.len())
    }
}

impl ToolAnswer {
    /// A text and nothing else.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), links: Vec::new(), files: Vec::new() }
    }
}

/// A call on its way. Dropping it gives it up; what it did by then stays done.
pub type ToolFuture = Pin<Box<dyn Future<Output = Result<ToolAnswer, PortError>> + Send>>;

/// A place where tools are.
pub trait Toolbox: Send + Sync + fmt::Debug {
    /// Those that can be called now.
    fn tools(&self) -> Vec<ToolFacts>;

    /// Calls one. Errors are for the model, which may try again: what is wrong with the arguments, and how they must be.
    fn call(&self, request: ToolRequest) -> ToolFuture;
}
