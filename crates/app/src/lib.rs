//! Use cases, one file each: what a member can do, whatever face the wish came by.
//!
//! Every use case is a method of [`App`] that takes an [`Actor`], checks what it may, composes the writes of a
//! transaction from the repositories of `store` and answers with documents of `wire` or plain structs. HTTP is not
//! known here.
//!
//! To add a use case: a file named after it with `impl App { pub async fn … }`, its input struct beside it, and a
//! line below. A use case that keeps something runs as one [`store::Batch`].
//!
//! Runs: `start_run.rs` stores the question and hands over to `drive_run.rs`, which performs the effects of the turn
//! machine; `run_log.rs` holds what readers see; `recover_runs.rs` ends what a crash left behind.

mod actor;
mod app;
mod attempts;
mod billing;
mod cancel_run;
mod complete_chat;
mod create_key;
mod create_thread;
mod delete_thread;
mod drive_run;
mod embed_texts;
mod error;
mod follow_run;
mod get_account;
mod get_me;
mod layout;
mod list_adapters;
mod list_agents;
mod list_keys;
mod list_models;
mod live_runs;
mod load_model;
mod load_pinned;
mod metered;
mod password;
mod pin_model;
mod pull_model;
mod read_threads;
mod recover_runs;
mod remove_adapter;
mod rerank_documents;
mod revoke_key;
mod run_log;
mod set_up;
mod sign_in;
mod sign_out;
mod start_run;
mod token;
mod unload_model;
mod update_me;
mod update_thread;

pub use actor::{Actor, Carrier, Role};
pub use app::{App, AppOptions, AppParts};
pub use billing::{Books, Tariff, check_books};
pub use complete_chat::{CompleteChat, SamplingWish};
pub use create_key::CreatedKey;
pub use create_thread::{CreateThread, CreatedThread};
pub use embed_texts::EmbedTexts;
pub use error::AppError;
pub use get_account::Account;
pub use get_me::{Me, Member, Workspace};
pub use list_keys::KeyInfo;
pub use list_models::{ModelInfo, ModelState, Models, PullProgress};
pub use models::RegisteredAdapter;
pub use password::{LONGEST_PASSWORD, SHORTEST_PASSWORD};
pub use ports::{CacheUse, ReadyModel, Residency, TierUse};
pub use read_threads::{MessagePage, ThreadPage};
pub use rerank_documents::{RerankDocuments, Reranked};
pub use set_up::SetUp;
pub use sign_in::SignedIn;
pub use start_run::{RunInput, StartRun};
pub use store::Thread;
pub use token::{TokenHash, fresh_token};
pub use update_me::UpdateMe;
pub use update_thread::UpdateThread;
