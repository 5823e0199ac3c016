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

mod accept_invitation;
mod actor;
mod app;
mod assign_plan;
mod attempts;
mod billing;
mod buy_plan;
mod cancel_run;
mod change_password;
mod complete_chat;
mod create_key;
mod create_service_account;
mod create_thread;
mod delete_thread;
mod doors;
mod drive_run;
mod embed_texts;
mod error;
mod follow_run;
mod get_account;
mod get_me;
mod invite;
mod key_scope;
mod layout;
mod list_adapters;
mod list_agents;
mod list_keys;
mod list_members;
mod list_models;
mod live_runs;
mod load_model;
mod load_pinned;
mod manage_groups;
mod manage_vouchers;
mod metered;
mod move_wallet;
mod my_sessions;
mod password;
mod pin_model;
mod pull_model;
mod rank;
mod rates;
mod read_spend;
mod read_statement;
mod read_threads;
mod read_wallet;
mod recover;
mod recover_runs;
mod redeem_voucher;
mod remove_adapter;
mod rerank_documents;
mod revoke_key;
mod run_log;
mod seal;
mod second_factor;
mod set_up;
mod sign_in;
mod sign_out;
mod sign_up;
mod start_run;
mod token;
mod totp;
mod turn_plans;
mod unload_model;
mod update_key;
mod update_me;
mod update_member;
mod update_thread;

pub use accept_invitation::{AcceptInvitation, InvitationView};
pub use actor::{Actor, Carrier, Role};
pub use app::{App, AppOptions, AppParts};
pub use billing::{Books, Tariff, check_books};
pub use buy_plan::{BuyPlan, PlanQuote, Terms};
pub use complete_chat::{CompleteChat, SamplingWish};
pub use create_key::{CreatedKey, KeyWish};
pub use create_service_account::CreateServiceAccount;
pub use create_thread::{CreateThread, CreatedThread};
pub use embed_texts::EmbedTexts;
pub use error::AppError;
pub use get_account::{Account, EndedPlan, MemberPlan, PlanStanding, SubscriptionView};
pub use get_me::{Me, Member, MemberKind, Workspace};
pub use invite::{CreatedInvitation, Invitation, Invite};
pub use list_keys::KeyInfo;
pub use list_members::MemberInfo;
pub use list_models::{ModelInfo, ModelState, Models, PullProgress};
pub use manage_groups::GroupInfo;
pub use manage_vouchers::{AddVoucher, VoucherInfo};
pub use models::RegisteredAdapter;
pub use move_wallet::MoveWallet;
pub use my_sessions::Session;
pub use password::{LONGEST_PASSWORD, SHORTEST_PASSWORD};
pub use ports::{CacheUse, ReadyModel, Residency, TierUse};
pub use read_spend::{Compared, Spend, SpendBy, SpendRow, SpendSum, SpendWish};
pub use read_statement::MonthStatement;
pub use read_threads::{MessagePage, ThreadPage};
pub use read_wallet::WalletPage;
pub use recover::{CreatedRecoveryLink, RecoveryView};
pub use rerank_documents::{RerankDocuments, Reranked};
pub use seal::SealKey;
pub use second_factor::{BegunSecondFactor, SecondFactorState};
pub use set_up::SetUp;
pub use sign_in::{SignIn, SignedIn};
pub use sign_up::{AskToJoin, JoinRequest, SignUp};
pub use start_run::{RunInput, StartRun};
pub use store::subscriptions::{Because, HeldKind};
pub use store::wallet::{Movement, PaidRun};
pub use store::{BudgetTerm, Face, Group, KeyBudget, KeyScope, Thread};
pub use token::{TokenHash, fresh_token};
pub use update_me::UpdateMe;
pub use update_member::UpdateMember;
pub use update_thread::UpdateThread;
