//! What a member holds beside the plan of their role.

use serde::{Deserialize, Serialize};
use stdx::Timestamp;
use utoipa::ToSchema;

use crate::v1::money::MoneyDocument;

/// A plan that is held for one period after another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Subscription)]
pub(crate) struct SubscriptionDocument {
    /// The plan's id.
    plan: String,
    /// True while it is tried free of charge.
    is_trial: bool,
    /// True when the member paid for the period; what an admin or a voucher gave was not paid.
    is_paid: bool,
    period_begin: Timestamp,
    /// Null when it was given for good.
    #[schema(required)]
    period_end: Option<Timestamp>,
    next: NextDocument,
    /// What the next period will cost as things are; nothing when it ends.
    renewal: MoneyDocument,
}

/// What happens at the end of a period.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanNext)]
#[serde(deny_unknown_fields)]
pub(crate) struct NextDocument {
    then: NextWord,
    /// The plan to change to; only for `change`.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
}

/// What happens at the end of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PlanNextWord)]
#[serde(rename_all = "snake_case")]
enum NextWord {
    /// Another period of the same plan.
    Renew,
    /// A period of another plan.
    Change,
    /// The plan that everybody has.
    End,
}

/// A plan that was held and is over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EndedPlan)]
pub(crate) struct EndedDocument {
    /// The plan's id.
    plan: String,
    at: Timestamp,
    because: EndedBecause,
}

/// Why a plan is over.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EndedBecause {
    /// The wallet had too little for the next period.
    Unpaid,
    /// The member wanted it so.
    Cancelled,
    /// The plan is not offered any more.
    PlanGone,
    /// What was given for a time is over, or was taken back.
    Over,
}

impl NextDocument {
    /// What was sent.
    pub(crate) fn read(self) -> Result<plans::Next, app::AppError> {
        match (self.then, self.plan) {
            (NextWord::Renew, None) => Ok(plans::Next::Renew),
            (NextWord::End, None) => Ok(plans::Next::End),
            (NextWord::Change, Some(plan)) => Ok(plans::Next::Change(plan)),
            (NextWord::Change, None) => Err(app::AppError::invalid("plan: the plan to change to")),
            (NextWord::Renew | NextWord::End, Some(_)) => {
                Err(app::AppError::invalid("plan: only for `change`"))
            }
        }
    }
}

impl From<plans::Next> for NextDocument {
    fn from(next: plans::Next) -> Self {
        match next {
            plans::Next::Renew => Self { then: NextWord::Renew, plan: None },
            plans::Next::Change(plan) => Self { then: NextWord::Change, plan: Some(plan) },
            plans::Next::End => Self { then: NextWord::End, plan: None },
        }
    }
}

impl From<app::SubscriptionView> for SubscriptionDocument {
    fn from(view: app::SubscriptionView) -> Self {
        Self {
            plan: view.plan,
            is_trial: view.kind == app::HeldKind::Trial,
            is_paid: view.kind == app::HeldKind::Paid,
            period_begin: view.period.begin,
            period_end: Some(view.period.end).filter(|_| !view.is_endless),
            next: view.next.into(),
            renewal: view.renewal.into(),
        }
    }
}

impl From<app::EndedPlan> for EndedDocument {
    fn from(ended: app::EndedPlan) -> Self {
        let because = match ended.because {
            app::Because::Unpaid => EndedBecause::Unpaid,
            app::Because::Cancelled => EndedBecause::Cancelled,
            app::Because::PlanGone => EndedBecause::PlanGone,
            app::Because::Over => EndedBecause::Over,
        };
        Self { plan: ended.plan, at: ended.at, because }
    }
}
