//! Budgets of members, groups and workspaces. What was spent of them is not kept here: it is a sum of charges.

use db::{Db, Expect, Json, Query, Row, StoreError, Value, Word, Write, params};
use money::Amount;
use plans::Thresholds;
use stdx::{GroupId, MemberId, Timestamp, WorkspaceId};

use crate::Scope;
use crate::charges::Counted;
use crate::keys::BudgetTerm;

/// Fails when there is no such member, group or budget in the workspace.
pub const FOUND: &str = "budget_found";

/// Whose budget it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BudgetOf {
    /// One member's.
    Member(MemberId),
    /// A group's: all of its members together.
    Group(GroupId),
    /// The whole workspace's.
    Workspace,
}

/// The most that may be spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// By whom.
    pub of: BudgetOf,
    /// Micro-units of the workspace's currency.
    pub most: Amount,
    /// When it begins anew.
    pub term: BudgetTerm,
    /// When people are told; absent: at the usual thresholds.
    pub alert_at: Option<Thresholds>,
    /// When it was said.
    pub changed_at: Timestamp,
}

/// A budget, and what people call whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBudget {
    /// The budget.
    pub budget: Budget,
    /// The name of the member, the group or the workspace.
    pub name: String,
}

macro_rules! upsert {
    ($member:literal, $group:literal, $from:literal) => {
        concat!(
            "INSERT INTO budgets (workspace_id, scope, subject_id, member_id, group_id, most, term, alert_at, changed_at)
             SELECT ?1, ?2, s.id, ",
            $member,
            ", ",
            $group,
            ", ?4, ?5, ?6, ?7 FROM ",
            $from,
            " ON CONFLICT (workspace_id, scope, subject_id) DO UPDATE SET most = excluded.most, term = excluded.term,
                alert_at = excluded.alert_at, changed_at = excluded.changed_at"
        )
    };
}

macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT b.scope, b.member_id, b.group_id, b.most, b.term, b.alert_at, b.changed_at,
                    COALESCE(m.name, g.name, w.name)
             FROM budgets b JOIN workspaces w ON w.id = b.workspace_id
             LEFT JOIN members m ON m.id = b.member_id LEFT JOIN groups g ON g.id = b.group_id
             WHERE b.workspace_id = ?1",
            $where
        )
    };
}

/// Keeps a budget in the place of the one there was.
pub fn put(workspace_id: WorkspaceId, budget: &Budget) -> Write {
    let sql = match budget.of {
        BudgetOf::Member(_) => {
            upsert!("s.id", "NULL", "members s WHERE s.workspace_id = ?1 AND s.id = ?3")
        }
        BudgetOf::Group(_) => upsert!("NULL", "s.id", "groups s WHERE s.workspace_id = ?1 AND s.id = ?3"),
        BudgetOf::Workspace => upsert!("NULL", "NULL", "workspaces s WHERE s.id = ?1 AND s.id = ?3"),
    };
    Write {
        name: FOUND,
        sql,
        params: params![
            workspace_id,
            budget.of.word(),
            budget.of.subject(workspace_id),
            budget.most,
            Word(budget.term),
            budget.alert_at.as_ref().map(Json),
            budget.changed_at,
        ],
        expect: Expect::Changed(1),
    }
}

/// Takes a budget away: what it bounded is bounded by the others alone.
pub fn delete(workspace_id: WorkspaceId, of: BudgetOf) -> Write {
    Write {
        name: FOUND,
        sql: "DELETE FROM budgets WHERE workspace_id = ?1 AND scope = ?2 AND subject_id = ?3",
        params: params![workspace_id, of.word(), of.subject(workspace_id)],
        expect: Expect::Changed(1),
    }
}

/// All budgets of a workspace: of members, then of groups, then its own.
///
/// # Errors
/// Those of reading.
pub async fn list(db: &Db, workspace_id: WorkspaceId) -> Result<Vec<NamedBudget>, StoreError> {
    let query = Query { sql: select!(""), params: params![workspace_id] };
    sorted(db.rows(query).await?)
}

/// The budgets that bound what a member may spend: their own, those of their groups, the workspace's.
///
/// # Errors
/// Those of reading.
pub async fn of_member(db: &Db, scope: Scope) -> Result<Vec<NamedBudget>, StoreError> {
    sorted(db.rows(of_member_query(scope)).await?)
}

/// For [`of_member`], and for those who read more at the same instant.
pub(crate) fn of_member_query(scope: Scope) -> Query {
    let sql = select!(
        " AND ((b.scope = 'workspace' AND b.subject_id = ?1) OR (b.scope = 'member' AND b.subject_id = ?2)
               OR (b.scope = 'group' AND b.subject_id IN (
                 SELECT j.group_id FROM group_members j WHERE j.member_id = ?2 AND j.workspace_id = ?1)))"
    );
    Query { sql, params: params![scope.workspace_id, scope.member_id] }
}

impl BudgetOf {
    /// Whose charges count.
    pub fn counted(self, workspace_id: WorkspaceId) -> Counted {
        match self {
            Self::Member(member_id) => Counted::Member(Scope { workspace_id, member_id }),
            Self::Group(group_id) => Counted::Group(workspace_id, group_id),
            Self::Workspace => Counted::Workspace(workspace_id),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::Group(_) => "group",
            Self::Workspace => "workspace",
        }
    }

    fn subject(self, workspace_id: WorkspaceId) -> Value {
        match self {
            Self::Member(id) => id.into(),
            Self::Group(id) => id.into(),
            Self::Workspace => workspace_id.into(),
        }
    }
}

/// Reads the answer to [`of_member_query`].
pub(crate) fn sorted(mut rows: Vec<Row>) -> Result<Vec<NamedBudget>, StoreError> {
    let mut budgets: Vec<NamedBudget> = rows.iter_mut().map(read).collect::<Result<_, _>>()?;
    budgets.sort_by_key(|named| named.budget.of);
    Ok(budgets)
}

/// Reads [`select`].
fn read(row: &mut Row) -> Result<NamedBudget, StoreError> {
    let scope: String = row.take()?;
    let (member, group): (Option<MemberId>, Option<GroupId>) = (row.take()?, row.take()?);
    let of = match (scope.as_str(), member, group) {
        ("member", Some(id), None) => BudgetOf::Member(id),
        ("group", None, Some(id)) => BudgetOf::Group(id),
        ("workspace", None, None) => BudgetOf::Workspace,
        _ => return Err(StoreError::other(format!("a budget is of a {scope:?}"))),
    };
    let budget = Budget {
        of,
        most: row.take()?,
        term: row.take::<Word<_>>()?.0,
        alert_at: row.take::<Option<Json<_>>>()?.map(|json| json.0),
        changed_at: row.take()?,
    };
    Ok(NamedBudget { budget, name: row.take()? })
}
