//! Vouchers: makes, lists and takes them back.

use money::Money;
use payments::VoucherCode;
use plans::{Voucher, VoucherLimit, Worth};
use stdx::{EntityId, Timestamp, VoucherId};
use store::admin_acts::Done;
use store::vouchers::{self, VoucherRow};
use store::{Batch, Durability, StoreError, TokenHash};
use wire::ErrorCode;

use crate::move_wallet::MOST_MICROS;
use crate::{Actor, App, AppError};

/// The most members of one voucher.
const MOST_MEMBERS: u32 = 100_000;
/// Ten years.
const MOST_DAYS: u32 = 3_660;
/// Characters of a note.
pub(crate) const LONGEST_NOTE: usize = 200;

/// A voucher to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddVoucher {
    /// Made by the client.
    pub id: VoucherId,
    /// What it is worth.
    pub worth: Worth,
    /// By how many members it can be redeemed.
    pub most_members: u32,
    /// From when on; from now on, when absent.
    pub valid_from: Option<Timestamp>,
    /// Until before when; for ever, when absent.
    pub expires_at: Option<Timestamp>,
    /// What it is for.
    pub note: String,
}

/// A voucher as those see it who run the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoucherInfo {
    /// As it is kept.
    pub row: VoucherRow,
    /// Its code; absent when it was sealed with a key that is lost.
    pub code: Option<String>,
}

impl App {
    /// Makes a voucher. The same id again gets the voucher there is.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `invalid_request` naming the field; `conflict` when the id was used for another.
    pub async fn add_voucher(&self, actor: &Actor, wish: AddVoucher) -> Result<VoucherInfo, AppError> {
        actor.must_administer()?;
        let now = self.clock.now();
        let voucher = self.voucher(&wish, now)?;
        let code = VoucherCode::make(self.rng.as_ref());
        let shown = code.expose();
        let row = VoucherRow {
            id: wish.id,
            workspace_id: actor.workspace_id,
            voucher,
            redeemed: 0,
            sealed_code: self.doors.seal.seal(shown.as_bytes(), &wish.id.to_string(), self.rng.as_ref()),
            note: note(&wish.note)?,
            made_by: actor.member_id,
            created_at: now,
            removed_at: None,
        };
        let mut batch = Batch::new(Durability::Full);
        batch.push(vouchers::insert(&row, TokenHash::from_bytes(code.digest())));
        batch.push(self.act_of(actor, &wish.id.uuid().to_string(), Done::AddVoucher));
        match self.db.write(batch).await {
            Ok(_) => Ok(VoucherInfo { row, code: Some(shown) }),
            Err(StoreError::Conflict { name: vouchers::INSERT }) => {
                let there = vouchers::get(&self.db, actor.workspace_id, wish.id).await?;
                let same = there.filter(|there| is_same(there, &row));
                let used = || AppError::new(ErrorCode::Conflict, "The id was used before.");
                same.map(|row| self.info(row)).ok_or_else(used)
            }
            Err(other) => Err(other.into()),
        }
    }

    /// All vouchers, the oldest first, also those that nobody can redeem any more.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn vouchers(&self, actor: &Actor) -> Result<Vec<VoucherInfo>, AppError> {
        actor.must_administer()?;
        let rows = vouchers::list(&self.db, actor.workspace_id).await?;
        Ok(rows.into_iter().map(|row| self.info(row)).collect())
    }

    /// Takes a voucher back. Whoever redeemed it keeps what they got.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn remove_voucher(&self, actor: &Actor, id: VoucherId) -> Result<(), AppError> {
        actor.must_administer()?;
        let mut batch = Batch::new(Durability::Full);
        batch.push(vouchers::remove(actor.workspace_id, id, self.clock.now()));
        batch.push(self.act_of(actor, &id.to_string(), Done::RemoveVoucher));
        self.db.write(batch).await.map_err(AppError::gone("voucher"))?;
        Ok(())
    }

    fn info(&self, row: VoucherRow) -> VoucherInfo {
        let opened = self.doors.seal.open(&row.sealed_code, &row.id.to_string());
        let code = opened.and_then(|code| String::from_utf8(code.expose().clone()).ok());
        VoucherInfo { row, code }
    }

    fn voucher(&self, wish: &AddVoucher, now: Timestamp) -> Result<Voucher, AppError> {
        match &wish.worth {
            Worth::Credit(money) => self.must_be_payable("worth.amount", *money)?,
            Worth::Plan { plan, days } => {
                if !self.tariff.plans.get(plan).is_some_and(plans::Plan::is_for_sale) {
                    return Err(AppError::invalid(format!("worth.plan: there is no plan `{plan}` on offer")));
                }
                if !(1..=MOST_DAYS).contains(days) {
                    return Err(AppError::invalid(format!("worth.days: from 1 to {MOST_DAYS}")));
                }
            }
        }
        let limit = match wish.most_members {
            1 => VoucherLimit::Once,
            most @ 2..=MOST_MEMBERS => VoucherLimit::Members(most),
            _ => return Err(AppError::invalid(format!("most_members: from 1 to {MOST_MEMBERS}"))),
        };
        let valid_from = wish.valid_from.unwrap_or(now);
        if wish.expires_at.is_some_and(|end| end <= now || end <= valid_from) {
            return Err(AppError::invalid("expires_at: in the future, and after valid_from"));
        }
        Ok(Voucher { worth: wish.worth.clone(), limit, valid_from, expires_at: wish.expires_at })
    }

    /// An amount above zero of the workspace's currency.
    fn must_be_payable(&self, field: &str, money: Money) -> Result<(), AppError> {
        if money.currency != self.tariff.currency {
            return Err(AppError::invalid(format!("{field}.currency: {}", self.tariff.currency)));
        }
        if (1..=MOST_MICROS).contains(&money.amount.micros()) {
            return Ok(());
        }
        Err(AppError::invalid(format!("{field}.micros: from 1 to {MOST_MICROS}")))
    }
}

/// A note of one line.
pub(crate) fn note(text: &str) -> Result<String, AppError> {
    let text = text.trim();
    let is_short = text.chars().count() <= LONGEST_NOTE && !text.contains(char::is_control);
    if is_short {
        Ok(text.to_owned())
    } else {
        Err(AppError::invalid(format!("note: one line of at most {LONGEST_NOTE} characters")))
    }
}

fn is_same(there: &VoucherRow, wished: &VoucherRow) -> bool {
    let voucher = Voucher { valid_from: wished.voucher.valid_from, ..there.voucher.clone() };
    (voucher, &there.note) == (wished.voucher.clone(), &wished.note)
}
