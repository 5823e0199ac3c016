//! Gives a member a plan without payment, or takes theirs away.

use money::Amount;
use plans::{Bought, Subscription};
use stdx::{MemberId, Timestamp};
use store::admin_acts::Done;
use store::subscriptions::{Because, HeldKind};
use store::{Batch, Durability, Member, Write};

use crate::billing::{Holding, MOST_LOOKS, busy, end, is_overtaken};
use crate::buy_plan::unavailable;
use crate::get_account::MemberPlan;
use crate::{Actor, App, AppError};

impl App {
    /// Gives a member a plan until an instant, or for good; the plan that everybody has takes away what they hold. What is
    /// unused of a plan that they paid for goes back to their wallet.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`; `invalid_request` for an instant that has passed; `plan_unavailable`
    /// for a plan that there is not, or that is not above the one of the member's role.
    pub async fn assign_plan(
        &self,
        actor: &Actor,
        id: MemberId,
        plan: &str,
        until: Option<Timestamp>,
    ) -> Result<MemberPlan, AppError> {
        let member = self.administered(actor, id).await?;
        if until.is_some_and(|until| until <= self.clock.now()) {
            return Err(AppError::invalid("until: an instant to come"));
        }
        for _ in 0..MOST_LOOKS {
            let holding = self.holding_of(member.scope(), member.role).await?;
            let mut batch = Batch::new(Durability::Full);
            batch.extend(self.assignment(&member, &holding, plan, until).await?);
            if !batch.is_empty() {
                let done = Done::AssignPlan { plan: plan.to_owned(), until };
                batch.push(self.act_of(actor, &id.to_string(), done));
            }
            match self.db.write(batch).await {
                Err(error) if is_overtaken(&error) => {}
                other => {
                    other?;
                    return self.member_plan(actor, id).await;
                }
            }
        }
        Err(busy())
    }

    async fn assignment(
        &self,
        member: &Member,
        holding: &Holding<'_>,
        plan: &str,
        until: Option<Timestamp>,
    ) -> Result<Vec<Write>, AppError> {
        let now = self.clock.now();
        let wished = self.tariff.plans.get(plan);
        let wished = wished.ok_or_else(|| unavailable(format!("There is no plan `{plan}`.")))?;
        let unused = holding.live().map(|held| held.subscription.unused(now)).transpose();
        let credit = unused.map_err(AppError::internal)?.unwrap_or_default();
        if wished.rank == 0 {
            let Some(held) = holding.live() else { return Ok(Vec::new()) };
            let mut writes = vec![end(held, Because::Over, now)];
            writes.extend(self.give_back_unused(held, credit).await?);
            return Ok(writes);
        }
        let of_role = self.plan_of_role(member.role)?;
        if wished.rank <= of_role.rank {
            let had = &of_role.id;
            return Err(unavailable(format!("The member has `{had}` by their role, which is no less.")));
        }
        let subscription = Subscription::give(wished, now, until.unwrap_or(Timestamp::MAX));
        let bought = Bought { subscription, charge: Amount::ZERO, credit };
        let seen = holding.held.as_ref();
        Ok(self.begin_period(member.scope(), seen, HeldKind::Given, &bought).await?)
    }
}
