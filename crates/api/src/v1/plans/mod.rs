//! Plans: what members are offered.

mod list;
mod standing;

use plans::{Allowance, AtEnd, Every, Measure, Plan};
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(super) use standing::{EndedDocument, NextDocument, SubscriptionDocument};

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().merge(list::routes())
}

/// What a member is offered, or has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plan)]
pub(super) struct PlanDocument {
    id: String,
    /// Higher plans offer more.
    rank: u32,
    name: PlanNames,
    price: PlanPrice,
    /// How long it may be tried free of charge; zero: not at all.
    trial_days: u32,
    /// The policy that chooses who answers where neither the question nor its agent names a model, and for whoever asks for
    /// `auto`.
    #[schema(required)]
    policy: Option<String>,
    /// How many answers may be written at once.
    concurrent_runs: u32,
    /// How much its members count against others when a model of this machine is busy.
    weight: u32,
    /// How fast it may be used.
    rates: Vec<AllowanceDocument>,
    /// How much of it may be used; each must have room.
    allowances: Vec<AllowanceDocument>,
    at_end: PlanEnd,
}

/// A name in the languages of the interface.
#[derive(Debug, Serialize, ToSchema)]
struct PlanNames {
    zh: String,
    en: String,
}

/// What a period costs.
#[derive(Debug, Serialize, ToSchema)]
struct PlanPrice {
    /// Micro-units (1e-6) of the currency.
    micros: i64,
    /// Three letters (ISO 4217).
    currency: String,
    every: PlanPeriod,
}

/// How long a period is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum PlanPeriod {
    Month,
    Year,
}

/// What happens when an allowance is used up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "action", rename_all = "snake_case")]
enum PlanEnd {
    /// Nothing more until there is room again.
    Stop,
    /// It goes on with this model, at no further cost.
    CheaperModel { model: String },
    /// It goes on from the wallet.
    Wallet,
}

/// So much in a window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allowance)]
pub(super) struct AllowanceDocument {
    /// `5h` and the like (the last so many hours), `30m`, `day` or `month`.
    window: String,
    measure: AllowanceMeasure,
    /// Micro-units for credits.
    most: u64,
}

/// What is counted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AllowanceMeasure {
    Credits,
    Tokens,
    Requests,
}

/// An allowance and how much of it is used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllowanceUse)]
pub(super) struct UseDocument {
    #[serde(flatten)]
    allowance: AllowanceDocument,
    /// What was used, and what is held for answers that are being written.
    used: u64,
    /// When some of that counts no more; null when nothing does.
    #[schema(required)]
    less_at: Option<Timestamp>,
}

impl UseDocument {
    pub(super) fn new((allowance, fill): &(Allowance, plans::Fill)) -> Self {
        Self { allowance: allowance.into(), used: fill.used, less_at: fill.less_at }
    }
}

impl From<&Plan> for PlanDocument {
    fn from(plan: &Plan) -> Self {
        let every = match plan.every {
            Every::Month => PlanPeriod::Month,
            Every::Year => PlanPeriod::Year,
        };
        let currency = plan.currency.to_string();
        Self {
            id: plan.id.clone(),
            rank: plan.rank,
            name: PlanNames { zh: plan.name.zh.clone(), en: plan.name.en.clone() },
            price: PlanPrice { micros: plan.price.micros(), currency, every },
            trial_days: plan.trial_days,
            policy: plan.policy.clone(),
            concurrent_runs: plan.concurrent_runs,
            weight: plan.weight,
            rates: plan.rates.iter().map(AllowanceDocument::from).collect(),
            allowances: plan.allowances.iter().map(AllowanceDocument::from).collect(),
            at_end: match &plan.at_end {
                AtEnd::Stop => PlanEnd::Stop,
                AtEnd::CheaperModel(model) => PlanEnd::CheaperModel { model: model.clone() },
                AtEnd::Wallet => PlanEnd::Wallet,
            },
        }
    }
}

impl From<&Allowance> for AllowanceDocument {
    fn from(allowance: &Allowance) -> Self {
        Self { window: allowance.window.to_string(), measure: allowance.measure.into(), most: allowance.most }
    }
}

impl From<Measure> for AllowanceMeasure {
    fn from(measure: Measure) -> Self {
        match measure {
            Measure::Credits => Self::Credits,
            Measure::Tokens => Self::Tokens,
            Measure::Requests => Self::Requests,
        }
    }
}
