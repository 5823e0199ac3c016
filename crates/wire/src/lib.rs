//! The streamed protocol: what a thread is made of and what a run tells while it works.
//!
//! Every type here is a document that leaves the process: tagged, versioned by addition only, and registered in the
//! OpenAPI file. The shapes of other products (OpenAI, Anthropic) live in `api` and `providers`, never here.
//!
//! To add an event: a variant in `event.rs`, a line in `fold.rs` that says what it does to the message, and an arm
//! in every exhaustive match the compiler and the TypeScript checker then name.

mod chart;
mod cost;
mod event;
mod fold;
mod locale;
mod message;
mod model;
mod problem;
mod route;
mod run;
mod tool;

pub use chart::{CHART_MEDIA_TYPE, Chart, ChartCloud, ChartSeries, Drawn};
pub use cost::{Cost, PaidBy, Remedy};
pub use event::{Event, Frame};
pub use fold::Fold;
pub use locale::{Bilingual, Locale};
pub use message::{Message, Part, Role};
pub use model::{ModelKind, UnknownKind};
pub use problem::ErrorCode;
pub use route::{
    Route, RouteCause, RouteChoice, RouteConcern, RouteDraft, RouteEnding, RouteExclusion, RouteFinding,
    RouteReason, RouteSaving, RouteTried, TaskKind,
};
pub use run::{FinishReason, Run, RunError, RunState, Timings, Usage};
pub use tool::{AskReason, Refuser, ToolClass, ToolFile, ToolState, ToolUse};
