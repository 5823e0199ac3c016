//! What runs cost: prices, plans and the ledger, put together.
//!
//! Before any model is called a run is admitted (`admit.rs`): its plan must allow it, every window, budget and wallet
//! must have room for the most it can cost, and that is held in the same batch that stores the run. When it is over it
//! is settled (`settle.rs`, and `ending.rs` for who pays for which attempt) in the batch that stores its end. What a start finds open was left by a crash and is settled
//! by what was stored (`sweep.rs`). Which plan a member has, and what begins and ends with it, is `holding.rs`. Budgets above
//! the plan (`bounds.rs`) are sums of charges, too, and those who come near a limit are told (`alerts.rs`). Calls that keep
//! no thread have a tab of their own (`tab.rs`).

mod admit;
mod alerts;
mod bounds;
mod ending;
mod hold;
mod holding;
mod quote;
mod refusal;
mod running;
mod settle;
mod sweep;
mod tab;

use std::collections::BTreeMap;

use catalog::Prices;
use money::{Currency, ExchangeRates};
use plans::{Plans, Thresholds};

pub(crate) use admit::{Admitted, Seen, Wanted, is_outdated};
pub(crate) use alerts::Spenders;
pub(crate) use bounds::{Bound, term};
pub(crate) use hold::HOLD_SECONDS;
pub(crate) use holding::{Holding, MOST_LOOKS, Unpayable, busy, end, is_overtaken, keep, next_version};
pub(crate) use quote::is_local;
pub(crate) use running::RunningCost;
pub(crate) use settle::{Ended, HoldSeen};
pub use sweep::{Books, check_books};
pub(crate) use tab::{Called, Tab, store_bill};

/// What things cost here and who may have how much of them.
#[derive(Clone, Debug)]
pub struct Tariff {
    /// The plans.
    pub plans: Plans,
    /// The prices of models.
    pub prices: Prices,
    /// When people are told how much they used, where neither a plan nor a budget says otherwise.
    pub alert_at: Thresholds,
    /// What other currencies are worth.
    pub exchange: ExchangeRates,
    /// Whose prices count for models of a provider, by the first half of their ids.
    pub price_lists: BTreeMap<String, String>,
    /// The currency that members pay in.
    pub currency: Currency,
    /// How far clocks are ahead of UTC here: when days and months begin.
    pub offset_minutes: i32,
}
