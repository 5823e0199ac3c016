//! A running app for tests: real database, real use cases, real router; only the model is an actor with a script.
//!
//! A test at the boundary reads as a short story: who is there, what they do, what they see.
//!
//! ```
//! use serde_json::json;
//! use testkit::{Script, TestApp, texts};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let app = TestApp::start().await;
//! let lin = app.owner().await;
//! app.model.next(Script::says(["Went", ", not goed."]));
//!
//! let thread = lin.open_thread("tutor").await;
//! let run = lin.ask(&thread, "I goed home").await;
//! let events = lin.events(&run).await.rest().await;
//!
//! assert_eq!(texts(&events), ["Went", ", not goed."]);
//! # });
//! ```
//!
//! - [`TestApp`] is one life of a server on a temporary [`Home`]. A second life on the same home is a restart:
//!   `TestApp::build().home(home).start()`. To crash a life, give it a runtime of its own and drop that.
//! - [`ScriptedModel`] plays one [`Script`] for each request and remembers what it was asked. A [`Gate`] in a script
//!   lets the test decide when the next piece comes; waiting for something (`asked`, `aborted`) is an await, never a
//!   sleep.
//! - [`CountingEncoder`] makes vectors and scores of letters.
//! - [`ScriptedHost`] is the memory that models are loaded into: there is room for two.
//! - [`Client`] is a browser or a program: it keeps its cookie, says where it comes from, speaks JSON, and reads
//!   streams event by event. Every answer is an [`Answer`]; `expect(201)` fails with the body when the status differs.
//! - Whatever comes back, documents and events, must be as `docs/openapi.json` says, or the test fails.
//! - People: [`TestApp::owner`] goes the way of the first run; [`TestApp::member`], [`TestApp::guest`] and
//!   [`TestApp::stranger`] (of another workspace) are put into the database, which is quicker than an invitation.
//! - [`redact`] replaces ids and times so that whole documents can be compared in inline snapshots; the same id gets
//!   the same number everywhere in the document.
//!
//! To add a word to the language of the stories: a method on [`Client`] when a person does it, a step of [`Script`]
//! when the model does it, an option of [`TestAppBuilder`] when the machine differs.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod app;
mod authenticator;
mod client;
mod contract;
mod encoder;
mod events;
mod hands;
mod home;
mod host;
mod house;
mod model;
mod people;
mod redact;
mod schema;
mod script;

pub use app::{LOCAL_TOKEN, SETUP_TOKEN, TestApp, TestAppBuilder};
pub use authenticator::authenticator;
pub use client::{Answer, Call, Client, OWN_HOST};
pub use encoder::CountingEncoder;
pub use events::{EventReader, SseEvent, texts};
pub use hands::ScriptedTools;
pub use home::Home;
pub use host::{MEMORY_BYTES, MODEL_BYTES, ScriptedHost};
pub use house::{ABSENT_MODEL, DEFAULT_MODEL, EMBEDDING_MODEL, OTHER_MODEL, RERANK_MODEL};
pub use model::ScriptedModel;
pub use people::PASSWORD;
pub use redact::redact;
pub use schema::Schema;
pub use script::{Gate, Script, usage_of};
