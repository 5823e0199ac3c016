//! What a member holds, has used and can still use.

use money::Amount;
use plans::{Allowance, Fill, Plan};
use store::charges;

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
}

impl App {
    /// What the actor's member holds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn account(&self, actor: &Actor) -> Result<Account, AppError> {
        let plan = self.plan_of(actor)?.clone();
        let (now, offset) = (self.clock.now(), self.tariff.offset_minutes);
        let (uses, running) = charges::uses(&self.db, actor.scope(), plan.counts_since(now, offset)).await?;
        let fill = |list: &[Allowance]| {
            let of = |allowance: &Allowance| allowance.window.fill(&uses, allowance.measure, now, offset);
            list.iter().map(|allowance| (*allowance, of(allowance))).collect()
        };
        let (allowances, rates) = (fill(&plan.allowances), fill(&plan.rates));
        let wallet = self.wallet_of(actor).await?;
        Ok(Account { plan, allowances, rates, running, wallet })
    }

    /// The plans that a member can choose from, the least first.
    pub fn plans_on_offer(&self) -> impl Iterator<Item = &Plan> {
        self.tariff.plans.iter().filter(|plan| plan.roles.is_empty())
    }
}
