//! Pays into a member's wallet in cash, or out of it.

use ledger::{Account, LedgerError};
use money::{Amount, Money};
use payments::cash_command;
use stdx::{CommandId, MemberId};
use store::admin_acts::{ActCarrier, AdminAct, Done};
use store::ledger::Sheet;
use store::wallet::{self, Note};
use store::{Batch, Durability, Write};
use wire::ErrorCode;

use crate::billing::{MOST_LOOKS, busy, is_overtaken};
use crate::manage_vouchers::note;
use crate::{Actor, App, AppError, Carrier};

/// The most that is moved at once: a thousand million units.
pub(crate) const MOST_MICROS: i64 = 1_000_000_000_000_000;

/// Cash that changes hands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveWallet {
    /// Made by the client, once for each intention: repeating it changes nothing.
    pub id: CommandId,
    /// What comes in; below zero what goes out.
    pub money: Money,
    /// What for; the member sees it.
    pub note: String,
}

impl App {
    /// Pays into a member's wallet, or out of it, never below what must stay in it. Answers what is in it afterwards.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`; `invalid_request` naming the field; `wallet_empty` when there is less
    /// than is to go out; `conflict` when the id was used for something else.
    pub async fn move_wallet(
        &self,
        actor: &Actor,
        member: MemberId,
        wish: &MoveWallet,
    ) -> Result<Money, AppError> {
        self.administered(actor, member).await?;
        let money = wish.money;
        if money.currency != self.tariff.currency {
            return Err(AppError::invalid(format!("amount.currency: {}", self.tariff.currency)));
        }
        if !(-MOST_MICROS..=MOST_MICROS).contains(&money.amount.micros()) {
            return Err(AppError::invalid(format!("amount.micros: from -{MOST_MICROS} to {MOST_MICROS}")));
        }
        let text = note(&wish.note)?;
        for _ in 0..MOST_LOOKS {
            let command = cash_command(actor.workspace_id, wish.id, member, money, self.clock.now());
            let command = command.ok_or_else(|| AppError::invalid("amount.micros: not nothing"))?;
            let mut sheet = Sheet::read(&self.db, actor.workspace_id, std::slice::from_ref(&command)).await?;
            let writes = sheet.perform(&command).map_err(refused)?;
            let balance = sheet.balance_of(Account::Wallet(member), money.currency).of(money.currency);
            if writes.is_empty() {
                return Ok(balance);
            }
            let mut batch = Batch::new(Durability::Full);
            batch.extend(writes);
            let said = Note { plan: None, text: Some(text.as_str()).filter(|text| !text.is_empty()) };
            batch.push(wallet::note(actor.workspace_id, command.id, &said));
            let (micros, currency) = (money.amount.micros(), money.currency);
            let done = Done::MoveWallet { command: command.id, micros, currency };
            batch.push(self.act_of(actor, &member.to_string(), done));
            match self.db.write(batch).await {
                Err(error) if is_overtaken(&error) => {}
                other => return other.map(|_| balance).map_err(AppError::from),
            }
        }
        Err(busy())
    }

    /// The write that says who did it.
    pub(crate) fn act_of(&self, actor: &Actor, subject: &str, done: Done) -> Write {
        let carrier = match actor.carrier {
            Carrier::Session(_) => ActCarrier::Session,
            Carrier::Key(_) => ActCarrier::Key,
            Carrier::Local => ActCarrier::Local,
        };
        store::admin_acts::insert(&AdminAct {
            id: self.ids.make(),
            workspace_id: actor.workspace_id,
            at: self.clock.now(),
            actor: actor.member_id,
            carrier,
            subject: subject.to_owned(),
            done,
        })
    }
}

fn refused(error: LedgerError) -> AppError {
    match error {
        LedgerError::BelowFloor { balance, currency, floor, .. } => {
            let most = balance.checked_sub(floor).unwrap_or(Amount::ZERO);
            let detail = format!("The wallet has {balance} {currency}; at most {most} can go out.");
            AppError::new(ErrorCode::WalletEmpty, detail)
        }
        LedgerError::Conflict { .. } => {
            AppError::new(ErrorCode::Conflict, "The id was used for another movement.")
        }
        other => AppError::internal(other),
    }
}
