//! Codes that are worth something, for those who run the workspace.

mod create;
mod delete;
mod list;

use app::AppError;
use plans::Worth;
use serde::{Deserialize, Serialize};
use stdx::{MemberId, Timestamp, VoucherId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::money::MoneyDocument;
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().merge(list::routes()).merge(create::routes()).merge(delete::routes())
}

/// A voucher as those see it who run the workspace.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Voucher)]
pub(crate) struct VoucherDocument {
    id: VoucherId,
    /// What members type; null when the key that it was sealed with is lost.
    #[schema(required)]
    code: Option<String>,
    worth: WorthDocument,
    /// By how many members it can be redeemed.
    most_members: u32,
    /// By how many it was.
    redeemed: u32,
    valid_from: Timestamp,
    /// Null: it does not expire.
    #[schema(required)]
    expires_at: Option<Timestamp>,
    note: String,
    made_by: MemberId,
    created_at: Timestamp,
    /// When it was taken back.
    #[schema(required)]
    removed_at: Option<Timestamp>,
}

/// What a voucher is worth.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = VoucherWorth)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum WorthDocument {
    /// Credit for the wallet.
    Credit { amount: MoneyDocument },
    /// A plan for so many days.
    Plan { plan: String, days: u32 },
}

impl WorthDocument {
    /// What was sent.
    fn read(self) -> Result<Worth, AppError> {
        Ok(match self {
            Self::Credit { amount } => Worth::Credit(amount.read("worth.amount")?),
            Self::Plan { plan, days } => Worth::Plan { plan, days },
        })
    }
}

impl From<Worth> for WorthDocument {
    fn from(worth: Worth) -> Self {
        match worth {
            Worth::Credit(money) => Self::Credit { amount: money.into() },
            Worth::Plan { plan, days } => Self::Plan { plan, days },
        }
    }
}

impl From<app::VoucherInfo> for VoucherDocument {
    fn from(info: app::VoucherInfo) -> Self {
        let app::VoucherInfo { row, code } = info;
        Self {
            id: row.id,
            code,
            worth: row.voucher.worth.into(),
            most_members: row.voucher.limit.members(),
            redeemed: row.redeemed,
            valid_from: row.voucher.valid_from,
            expires_at: row.voucher.expires_at,
            note: row.note,
            made_by: row.made_by,
            created_at: row.created_at,
            removed_at: row.removed_at,
        }
    }
}
