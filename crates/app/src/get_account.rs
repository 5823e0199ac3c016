//! What a member holds, has used and can still use.

use money::{Amount, Money};
use plans::{Allowance, Fill, Next, Period, Plan};
use stdx::{MemberId, Timestamp};
use store::charges;
use store::subscriptions::{Because, Held, HeldKind};

use crate::billing::Holding;
use crate::{Actor, App, AppError};

/// A member's plan, how full its windows are, and their wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The plan.
    pub plan: Plan,
    /// How full each allowance is.
    pub allowances: Vec<(Allowance, Fill)>,
    /// How full each rate is.
    pub rates: Vec<(Allowance, Fill)>,
    /// How many answers are being written.
    pub running: u32,
    /// What is in the wallet, in the plan's currency.
    pub wallet: Amount,
    /// What is held beside the plan of the role.
    pub standing: PlanStanding,
    /// The plans that can be tried.
    pub can_try: Vec<String>,
}

/// What a member holds beside the plan of their role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanStanding {
    /// What goes on.
    pub subscription: Option<SubscriptionView>,
    /// What is over, while nothing goes on.
    pub ended: Option<EndedPlan>,
}

/// A subscription that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionView {
    /// The plan's id.
    pub plan: String,
    /// How it came about.
    pub kind: HeldKind,
    /// The period that it is in; one that was given for good has no end.
    pub period: Period,
    /// True when it has no end.
    pub is_endless: bool,
    /// What happens at the end.
    pub next: Next,
    /// What the next period will cost as things are.
    pub renewal: Money,
}

/// A subscription that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedPlan {
    /// The plan's id.
    pub plan: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub because: Because,
}

/// A member's plan as those see it who run the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPlan {
    /// The plan that counts.
    pub plan: Plan,
    /// What is held beside the plan of the role.
    pub standing: PlanStanding,
    /// What is in the wallet.
    pub wallet: Money,
}

impl App {
    /// What the actor's member holds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn account(&self, actor: &Actor) -> Result<Account, AppError> {
        let holding = self.holding(actor).await?;
        let (now, offset) = (self.clock.now(), self.tariff.offset_minutes);
        let plan = holding.plan.clone();
        let (uses, running) = charges::uses(&self.db, actor.scope(), plan.counts_since(now, offset)).await?;
        let fill = |list: &[Allowance]| {
            let of = |allowance: &Allowance| allowance.window.fill(&uses, allowance.measure, now, offset);
            list.iter().map(|allowance| (*allowance, of(allowance))).collect()
        };
        let (allowances, rates) = (fill(&plan.allowances), fill(&plan.rates));
        let can_try = self.can_try(actor, &holding).await?;
        let standing = self.standing_of(&holding);
        Ok(Account { plan, allowances, rates, running, wallet: holding.wallet, standing, can_try })
    }

    /// What another member holds.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn member_plan(&self, actor: &Actor, id: MemberId) -> Result<MemberPlan, AppError> {
        let member = self.administered(actor, id).await?;
        let holding = self.holding_of(member.scope(), member.role).await?;
        let wallet = holding.wallet.of(self.tariff.currency);
        Ok(MemberPlan { plan: holding.plan.clone(), standing: self.standing_of(&holding), wallet })
    }

    /// The plans that a member can choose from, the least first.
    pub fn plans_on_offer(&self) -> impl Iterator<Item = &Plan> {
        self.tariff.plans.iter().filter(|plan| plan.roles.is_empty())
    }

    fn standing_of(&self, holding: &Holding<'_>) -> PlanStanding {
        let Some(Held { kind, subscription, ended, .. }) = &holding.held else {
            return PlanStanding::default();
        };
        let plan = subscription.plan.clone();
        if let Some(ended) = ended {
            let ended = EndedPlan { plan, at: ended.at, because: ended.because };
            return PlanStanding { subscription: None, ended: Some(ended) };
        }
        let view = SubscriptionView {
            plan,
            kind: *kind,
            period: subscription.period,
            is_endless: subscription.period.end == Timestamp::MAX,
            next: subscription.next.clone(),
            renewal: subscription.renewal(&self.tariff.plans).of(self.tariff.currency),
        };
        PlanStanding { subscription: Some(view), ended: None }
    }
}
