//! Redeems a code: credit into the wallet, or a plan for so many days.

use payments::{VoucherCode, voucher_command};
use plans::{Subscription, SubscriptionError, VoucherError, Worth};
use store::ledger::Sheet;
use store::subscriptions::HeldKind;
use store::vouchers::{self, VoucherRow};
use store::{Batch, Durability, StoreError, TokenHash, Write};
use wire::ErrorCode;

use crate::billing::{MOST_LOOKS, busy, is_overtaken};
use crate::buy_plan::unavailable;
use crate::{Actor, App, AppError};

impl App {
    /// Redeems a code, once for each member; answers what it gave.
    ///
    /// # Errors
    /// `voucher_unknown`, and `rate_limited` after too many of these; `voucher_expired`, `voucher_used_up`, `voucher_yours`;
    /// `plan_unavailable` when as much is held already, and then the voucher stays good.
    pub async fn redeem_voucher(&self, actor: &Actor, text: &str) -> Result<Worth, AppError> {
        let (subject, at) = (format!("voucher {}", actor.member_id), self.clock.monotonic());
        if !self.doors.attempts.begin(&subject, at) {
            return Err(AppError::new(
                ErrorCode::RateLimited,
                "Too many codes that are none; wait five minutes.",
            ));
        }
        let code = VoucherCode::read(text).map_err(|error| {
            AppError::new(ErrorCode::VoucherUnknown, format!("There is no such voucher: {error}."))
        })?;
        for _ in 0..MOST_LOOKS {
            let hash = TokenHash::from_bytes(code.digest());
            let found = vouchers::by_code(&self.db, actor.scope(), hash).await?;
            let unknown = || AppError::new(ErrorCode::VoucherUnknown, "There is no voucher with this code.");
            let (row, before) = found.ok_or_else(unknown)?;
            self.doors.attempts.succeeded(&subject, at);
            let worth = row.voucher.redeem(before, self.clock.now()).map_err(refused)?.clone();
            if let Some(removed_at) = row.removed_at {
                let detail = format!("The voucher was taken back at {removed_at}.");
                return Err(AppError::new(ErrorCode::VoucherExpired, detail));
            }
            let mut batch = Batch::new(Durability::Full);
            batch.extend(vouchers::redeem(row.id, actor.scope(), self.clock.now()));
            batch.extend(self.gain(actor, &code, &row).await?);
            match self.db.write(batch).await {
                Err(StoreError::Expectation { name: vouchers::TAKE }) => {}
                Err(StoreError::Conflict { name: vouchers::REDEEM }) => {}
                Err(error) if is_overtaken(&error) => {}
                other => return other.map(|_| worth).map_err(AppError::from),
            }
        }
        Err(busy())
    }

    /// The writes that give what a voucher is worth.
    async fn gain(
        &self,
        actor: &Actor,
        code: &VoucherCode,
        row: &VoucherRow,
    ) -> Result<Vec<Write>, AppError> {
        let now = self.clock.now();
        match &row.voucher.worth {
            Worth::Credit(money) => {
                let command = voucher_command(code, actor.member_id, *money, now);
                let commands = std::slice::from_ref(&command);
                let mut sheet = Sheet::read(&self.db, actor.workspace_id, commands).await?;
                sheet.perform(&command).map_err(AppError::internal)
            }
            Worth::Plan { plan, days } => {
                let holding = self.holding(actor).await?;
                let plans = &self.tariff.plans;
                let of_role = self.plan_of_role(actor.role)?;
                if plans.get(plan).is_some_and(|plan| plan.rank <= of_role.rank) {
                    return Err(unavailable(format!("You have `{}`, which is as much.", of_role.id)));
                }
                let held = holding.live().map(|held| &held.subscription);
                let bought = match Subscription::give_days(held, plans, plan, *days, now) {
                    Ok(bought) => bought,
                    Err(SubscriptionError::UnknownPlan { plan }) => {
                        return Err(unavailable(format!("The plan `{plan}` is not offered any more.")));
                    }
                    Err(SubscriptionError::NotHigher { from, to }) => {
                        let detail = format!(
                            "You hold `{from}`, which is no less than `{to}`. The voucher stays good."
                        );
                        return Err(unavailable(detail));
                    }
                    Err(other) => return Err(AppError::internal(other)),
                };
                let seen = holding.held.as_ref();
                Ok(self.begin_period(actor.scope(), seen, HeldKind::Given, &bought).await?)
            }
        }
    }
}

fn refused(error: VoucherError) -> AppError {
    let code = match error {
        VoucherError::TooEarly { .. } | VoucherError::Expired { .. } => ErrorCode::VoucherExpired,
        VoucherError::AlreadyYours { .. } => ErrorCode::VoucherYours,
        VoucherError::UsedUp => ErrorCode::VoucherUsedUp,
    };
    AppError::new(code, error.to_string())
}
