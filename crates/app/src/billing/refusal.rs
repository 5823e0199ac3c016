//! Refusals that say what helps.

use ledger::LedgerError;
use money::Currency;
use plans::{Reason, Refusal, Room, Scope};
use stdx::Timestamp;
use wire::{ErrorCode, Remedy};

use crate::AppError;

/// The one clear error of a refusal.
pub(super) fn error(refusal: &Refusal, currency: Currency) -> AppError {
    let (code, detail) = match &refusal.reason {
        Reason::Agent(id) => (ErrorCode::PlanRequired, format!("The plan does not have the agent `{id}`.")),
        Reason::Model(id) => (ErrorCode::PlanRequired, format!("The plan does not have the model `{id}`.")),
        Reason::Tool(id) => (ErrorCode::PlanRequired, format!("The plan does not have the tool `{id}`.")),
        Reason::App(id) => (ErrorCode::PlanRequired, format!("The plan does not have the app `{id}`.")),
        Reason::Unpriced(id) => (
            ErrorCode::PlanRequired,
            format!("The model `{id}` has no price, and the plan does not allow such models."),
        ),
        Reason::Budget { scope, name, room } => {
            (ErrorCode::BudgetExceeded, over_budget(&budget(*scope, name), *room))
        }
        Reason::Concurrency => (
            ErrorCode::TooManyRuns,
            "As many answers are being written as the plan allows at once.".to_owned(),
        ),
        Reason::Rate => {
            (ErrorCode::QuotaExceeded, "More was asked in a short time than the plan allows.".to_owned())
        }
        Reason::Allowance => {
            (ErrorCode::QuotaExceeded, "What the plan includes is used up for now.".to_owned())
        }
        Reason::Wallet => (
            ErrorCode::WalletEmpty,
            "What the plan includes is used up, and the wallet has too little to go on.".to_owned(),
        ),
    };
    let remedies = refusal.remedies.iter().map(|remedy| of_plans(remedy, currency)).collect();
    AppError { remedies, ..AppError::new(code, detail) }
}

/// A price in a currency that nothing is known of.
pub(super) fn no_rate(model: &str, from: Currency, to: Currency, at: Timestamp) -> String {
    format!(
        "The model `{model}` is unpriced: no rate {from}/{to} at {at}. The plan does not allow such models."
    )
}

/// A wallet that was emptied between the look and the hold.
pub(super) fn of_ledger(error: LedgerError) -> AppError {
    match &error {
        LedgerError::BelowFloor { missing, currency, .. } => AppError {
            remedies: vec![Remedy::TopUp { micros: missing.micros(), currency: currency.to_string() }],
            ..AppError::new(ErrorCode::WalletEmpty, "The wallet has too little to go on.")
        },
        LedgerError::HoldExists { .. } | LedgerError::RunHeld { .. } => {
            AppError::new(ErrorCode::Conflict, "The run's id was used before.")
        }
        _ => AppError::internal(error),
    }
}

fn of_plans(remedy: &plans::Remedy, currency: Currency) -> Remedy {
    match remedy {
        plans::Remedy::WaitUntil(at) => Remedy::WaitUntil { at: *at },
        plans::Remedy::Upgrade(plan) => Remedy::Upgrade { plan: plan.clone() },
        plans::Remedy::TopUp(amount) => {
            Remedy::TopUp { micros: amount.micros(), currency: currency.to_string() }
        }
        plans::Remedy::FinishARun => Remedy::FinishARun,
        plans::Remedy::AskForLess => Remedy::AskForLess,
        plans::Remedy::RaiseBudget => Remedy::RaiseBudget,
    }
}

fn over_budget(whose: &str, room: Room) -> String {
    match room {
        Room::From(instant) => format!("The budget of {whose} is used up until {instant}."),
        Room::Now | Room::Never => format!("The budget of {whose} has no room for this, nor will it have."),
    }
}

fn budget(scope: Scope, name: &str) -> String {
    match scope {
        Scope::Key => format!("the key `{name}`"),
        Scope::Member => "this member".to_owned(),
        Scope::Group => format!("the group `{name}`"),
        Scope::Workspace => "the workspace".to_owned(),
    }
}
