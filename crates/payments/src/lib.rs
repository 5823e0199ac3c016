//! What members buy and what is credited for it, without a gateway or a database.
//!
//! An [`Order`] says what is to be paid: product, amount and currency are ours and never taken from outside. Whatever a
//! gateway says about it, in a callback or when it is asked, becomes a [`Fact`](money::payment::Fact). Facts come twice, late and out of order;
//! an order only gathers them ([`Evidence`]), and what it is worth is a function of all that was gathered. That is why
//! any order of arrival and any repetition end alike. What it cannot tell is whether a plan that is paid can begin: that is told
//! to it ([`PlanNow`]), and what came of it stays with the order ([`Delivery`]). [`Order::learn`] adds one fact and says what changes because of it:
//! commands to the ledger, plans that begin or end, and [`Flag`]s for a person to look at.
//!
//! The id of a command is derived from the gateway and its payment, so that the ledger too knows a repetition when it
//! sees one.
//!
//! To add something that can be bought: a variant of [`Product`], and what it does to the ledger in `change.rs`.

mod change;
mod derive;
mod evidence;
mod flag;
mod keep;
mod order;
mod plan;
mod refund;
mod voucher;

pub use change::{Change, Effect, Mismatch, Now, PlanNow, Verdict};
pub use derive::command_id;
pub use evidence::{Evidence, Payment, Refund};
pub use flag::Flag;
pub use keep::KeepError;
pub use order::{Delivery, NotBegun, Order, Product, Status};
pub use plan::{PlanPayment, cash_command, plan_commands};
pub use refund::RefundError;
pub use voucher::{CodeError, VoucherCode, voucher_command};
