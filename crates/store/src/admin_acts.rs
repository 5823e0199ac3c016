//! What those who run a workspace did to the money and the plans of others: rows that are added and never changed.

use db::{Cursor, Db, Expect, Json, Keyset, Page, Query, Row, StoreError, Word, Write, params};
use serde::{Deserialize, Serialize};
use stdx::{AdminActId, CommandId, MemberId, Timestamp, WorkspaceId};

/// Something that somebody did to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminAct {
    /// Its id.
    pub id: AdminActId,
    /// Where.
    pub workspace_id: WorkspaceId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: MemberId,
    /// What the request was signed with.
    pub carrier: ActCarrier,
    /// The member or voucher that it was done to.
    pub subject: String,
    /// What.
    pub done: Done,
}

/// What a request was signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActCarrier {
    /// A browser's session.
    Session,
    /// An API key.
    Key,
    /// The terminal, or a program of the user who runs the server.
    Local,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Done {
    /// Paid into a member's wallet, or out of it.
    MoveWallet {
        /// The ledger's command.
        command: CommandId,
        /// Micro-units; below zero what was paid out.
        micros: i64,
        /// Its currency.
        currency: money::Currency,
    },
    /// Gave a member a plan, or took theirs away.
    AssignPlan {
        /// The plan.
        plan: String,
        /// Until when; for good, without one.
        until: Option<Timestamp>,
    },
    /// Made a voucher.
    AddVoucher,
    /// Took a voucher back.
    RemoveVoucher,
    /// Credited a payment to a member that was for no order, or beyond one.
    CreditPayment {
        /// The gateway.
        gateway: String,
        /// Its name for the payment.
        payment: String,
        /// The order that has it now.
        order: stdx::OrderId,
    },
    /// Saw to a payment that is for no order, at the gateway.
    SettlePayment {
        /// The gateway.
        gateway: String,
        /// Its name for the payment.
        payment: String,
        /// What was done.
        note: String,
    },
    /// Set how a provider of models is asked.
    SetProvider {
        /// True when a key was given; what was given is nowhere but sealed beside the provider.
        new_key: bool,
        /// Another address than the vendor's.
        base_url: Option<String>,
        /// False: it is not asked.
        is_on: bool,
    },
    /// Forgot what was set for a provider of models, its key with it.
    RemoveProvider,
    /// Asked a provider of models for a word, to see whether it answers.
    TestProvider {
        /// The model, in the provider's words; absent when it came to none.
        model: Option<String>,
        /// What went wrong; absent when it answered.
        error: Option<String>,
    },
    /// Looked at what is flagged about an order and did what was to be done.
    SettleOrder {
        /// The order.
        order: stdx::OrderId,
    },
}

/// Keeps what was done.
pub fn insert(act: &AdminAct) -> Write {
    Write {
        name: "admin_act",
        sql: "INSERT INTO admin_acts (id, workspace_id, at, actor_id, carrier, subject_id, act)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params: params![
            act.id,
            act.workspace_id,
            act.at,
            act.actor,
            Word(act.carrier),
            &act.subject,
            Json(&act.done),
        ],
        expect: Expect::Changed(1),
    }
}

/// What was done in a workspace, the latest first.
///
/// # Errors
/// Those of reading.
pub async fn page(
    db: &Db,
    workspace_id: WorkspaceId,
    before: Option<&Cursor>,
    limit: u32,
) -> Result<Page<AdminAct>, StoreError> {
    let keyset = Keyset::new(before, limit);
    let sql =
        "SELECT a.id, a.workspace_id, a.at, a.actor_id, a.carrier, a.subject_id, a.act FROM admin_acts a
               WHERE a.workspace_id = ?1 AND (a.at, a.id) < (?2, ?3) ORDER BY a.at DESC, a.id DESC LIMIT ?4";
    let Keyset { before, before_id, limit, .. } = &keyset;
    let params = params![workspace_id, before.clone(), before_id.clone(), limit.clone()];
    let rows = db.rows(Query { sql, params }).await?;
    keyset.page(rows, |mut row| read(&mut row), |act| (act.at, act.id))
}

fn read(row: &mut Row) -> Result<AdminAct, StoreError> {
    Ok(AdminAct {
        id: row.take()?,
        workspace_id: row.take()?,
        at: row.take()?,
        actor: row.take()?,
        carrier: row.take::<Word<_>>()?.0,
        subject: row.take()?,
        done: row.take::<Json<_>>()?.0,
    })
}
