//! What runs cost, and what helps when they may not begin.

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use utoipa::ToSchema;

/// What a run costs its member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cost {
    /// Micro-units (1e-6) of the currency.
    pub micros: i64,
    /// Three letters (ISO 4217).
    pub currency: String,
    /// What pays.
    pub paid_by: PaidBy,
    /// True when the model did not say what was used and it was counted here.
    pub is_estimated: bool,
    /// True when the model has no price: nothing was charged, which is another thing than free.
    pub is_unpriced: bool,
}

impl Cost {
    /// Both together; who paid last stands for both.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        Self {
            micros: self.micros.saturating_add(later.micros),
            is_estimated: self.is_estimated || later.is_estimated,
            is_unpriced: self.is_unpriced || later.is_unpriced,
            ..later
        }
    }
}

/// What pays for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaidBy {
    /// What the plan includes.
    Allowance,
    /// The wallet.
    Wallet,
    /// Nobody: a cheaper model that the plan includes beyond its allowance.
    Included,
}

/// What helps against a refusal; each alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Remedy {
    /// Ask again from this instant on.
    WaitUntil {
        /// The instant.
        at: Timestamp,
    },
    /// Change to a higher plan.
    Upgrade {
        /// Its id.
        plan: String,
    },
    /// Pay in at least so much.
    TopUp {
        /// Micro-units (1e-6) of the currency.
        micros: i64,
        /// Three letters (ISO 4217).
        currency: String,
    },
    /// Wait for an answer of one's own to end, or stop it.
    FinishARun,
    /// Ask for less: it is more than fits even an empty window.
    AskForLess,
    /// Ask whoever owns the budget to raise it.
    RaiseBudget,
}
