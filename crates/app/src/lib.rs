//! Use cases, one file each: what a member can do, whatever face the wish came by.
//!
//! Every use case is a method of [`App`] that takes an [`Actor`], checks what it may, composes the writes of a
//! transaction from the repositories of `store` and answers with documents of `wire` or plain structs. HTTP is not
//! known here. Who there is, and the ways in, are the crate `accounts`.
//!
//! To add a use case: a file named after it with `impl App { pub async fn … }`, its input struct beside it, and a
//! line below. A use case that keeps something runs as one [`store::Batch`].
//!
//! Runs: `start_run.rs` stores the question and hands over to `drive_run.rs`, which performs the effects of the turn
//! machine; the crate `live` holds what readers see; `recover_runs.rs` ends what a crash left behind.

mod app;
mod assign_plan;
mod background;
mod billing;
mod buy_plan;
mod cancel_run;
mod complete_chat;
mod count_tokens;
mod create_thread;
mod delete_thread;
mod drive_run;
mod embed_texts;
mod follow_run;
mod get_account;
mod list_adapters;
mod list_agents;
mod list_models;
mod list_providers;
mod load_model;
mod load_pinned;
mod manage_budgets;
mod manage_orders;
mod manage_vouchers;
mod metered;
mod move_wallet;
mod my_orders;
mod note_requests;
mod orders;
mod pin_model;
mod place_order;
mod pull_model;
mod read_alerts;
mod read_requests;
mod read_savings;
mod read_spend;
mod read_statement;
mod read_threads;
mod read_wallet;
mod read_watched;
mod receive_callback;
mod reconcile;
mod recover_runs;
mod redeem_voucher;
mod remote_models;
mod remove_adapter;
mod rerank_documents;
mod responses;
mod routing;
mod serve;
mod set_provider;
mod start_run;
mod test_provider;
mod tools;
mod turn_plans;
mod unload_model;
mod update_thread;
mod ways_to_pay;
mod whose;

pub use actors::{Actor, AppError, Carrier, Role, Via};
pub use app::{App, AppOptions, AppParts};
pub use background::{BackgroundResponse, StopReason};
pub use billing::{Books, check_books};
pub use buy_plan::{BuyPlan, PlanQuote, Terms};
pub use complete_chat::CompleteChat;
pub use courses::Answerer;
pub use create_thread::{CreateThread, CreatedThread};
pub use embed_texts::EmbedTexts;
pub use get_account::{Account, EndedPlan, MemberPlan, PlanStanding, SubscriptionView};
pub use ledger::{SavedSum, WouldSum};
pub use list_models::{ModelInfo, ModelState, Models, PullProgress};
pub use live::{Line, Tape};
pub use manage_budgets::{BudgetInfo, BudgetName, SetBudget};
pub use manage_orders::{RefundWish, WhichOrders};
pub use manage_vouchers::{AddVoucher, VoucherInfo};
pub use metered::Shown;
pub use models::RegisteredAdapter;
pub use move_wallet::MoveWallet;
pub use my_orders::OrderPage;
pub use orders::{CreditStray, OrderInfo, OrderState};
pub use place_order::{PlaceOrder, Wish};
pub use ports::{CacheUse, ReadyModel, Residency, SamplingWish, TierUse};
pub use providers::{
    KeyFrom, Others, Place, ProviderDesk, ProviderFacts, ProviderInfo, ProviderState, ProviderTest,
    RemoteModels, RemoteSite, SetProvider, WrittenProvider,
};
pub use read_requests::{Failed, Glanced, KeptRequest, RequestWish};
pub use read_savings::{SavedRow, Savings};
pub use read_spend::{Compared, Spend, SpendBy, SpendRow, SpendSum, SpendWish};
pub use read_statement::MonthStatement;
pub use read_threads::{MessagePage, ThreadPage};
pub use read_wallet::WalletPage;
pub use read_watched::{WatchedPolicy, WouldSave};
pub use receive_callback::{CallbackDoor, CallbackRefusal};
pub use reconcile::{Booked, ProviderBill};
pub use remote_models::RemoteModel;
pub use rerank_documents::{RerankDocuments, Reranked};
pub use responses::{KeepResponse, KeptResponse, ResponseStage};
pub use router::{Routing, RoutingFileError};
pub use tariff::Tariff;

pub use acts::Verdict;
pub use start_run::{RunInput, StartRun};
pub use store::payment_messages::{Heard, Outcome};
pub use store::subscriptions::{Because, HeldKind};
pub use store::wallet::{Movement, PaidRun};
pub use store::{Alert, AlertScope, BudgetOf, BudgetTerm, Face, Group, KeyBudget, KeyScope, Thread};
pub use traffic::{Keeping, Level};
pub use update_thread::UpdateThread;
pub use ways_to_pay::WaysToPay;
