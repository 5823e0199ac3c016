//! Budgets: what members, groups and the workspace may spend at most, above every plan and wallet.

use money::{Amount, Currency};
use plans::Thresholds;
use stdx::{GroupId, MemberId, Timestamp, WorkspaceId};
use store::{Batch, Budget, BudgetOf, BudgetTerm, Durability, budgets};

use crate::billing::{Bound, term};
use crate::{Actor, App, AppError};

/// A budget and how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetInfo {
    /// Whose it is.
    pub of: BudgetOf,
    /// Where.
    pub workspace_id: WorkspaceId,
    /// What people call it: the name of the member, the group or the workspace.
    pub name: String,
    /// The most.
    pub most: Amount,
    /// Of the workspace.
    pub currency: Currency,
    /// When it begins anew.
    pub term: BudgetTerm,
    /// When people are told.
    pub alert_at: Thresholds,
    /// What was spent in this term, and what is held.
    pub spent: Amount,
    /// When it begins anew the next time.
    pub until: Option<Timestamp>,
    /// When it was said.
    pub changed_at: Timestamp,
}

/// What a budget is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetBudget {
    /// Micro-units of the workspace's currency.
    pub micros: u64,
    /// When it begins anew.
    pub term: BudgetTerm,
    /// When people are told, in percent; absent: at the usual thresholds.
    pub alert_at: Option<Vec<u32>>,
}

/// Whose budget is meant, in the words of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetName {
    /// A member's.
    Member(MemberId),
    /// A group's.
    Group(GroupId),
    /// The workspace's, which has but one.
    Workspace(WorkspaceId),
}

impl App {
    /// All budgets of the workspace, but for those of keys: of members, then of groups, then its own.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn budgets(&self, actor: &Actor) -> Result<Vec<BudgetInfo>, AppError> {
        actor.must_administer()?;
        let (now, offset_minutes) = (self.clock.now(), self.tariff.offset_minutes);
        let all = budgets::list(&self.db, actor.workspace_id).await?;
        let bounds: Vec<Bound> =
            all.iter().map(|named| Bound::kept(actor.workspace_id, named.clone())).collect();
        let spent = self.spent_of(&bounds, now).await?;
        let info = |(named, spent): (store::NamedBudget, plans::Budget)| BudgetInfo {
            of: named.budget.of,
            workspace_id: actor.workspace_id,
            name: named.name,
            most: named.budget.most,
            currency: self.tariff.currency,
            term: named.budget.term,
            alert_at: named.budget.alert_at.unwrap_or(self.tariff.alert_at),
            spent: spent.spent,
            until: term(named.budget.term).period(now, offset_minutes).map(|period| period.end),
            changed_at: named.budget.changed_at,
        };
        Ok(all.into_iter().zip(spent).map(info).collect())
    }

    /// Says what may be spent, in the place of what was said before. Runs that go on are not stopped by it.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `not_found` for the member or the group; `invalid_request`.
    pub async fn set_budget(
        &self,
        actor: &Actor,
        name: BudgetName,
        wish: SetBudget,
    ) -> Result<BudgetInfo, AppError> {
        let of = of(actor, name)?;
        let most = i64::try_from(wish.micros)
            .map_err(|_| AppError::invalid("micros: at most 9223372036854775807"))?;
        let alert_at = wish.alert_at.map(Thresholds::try_from).transpose();
        let alert_at = alert_at.map_err(|error| AppError::invalid(format!("alert_at: {error}")))?;
        let most = Amount::from_micros(most);
        let budget = Budget { of, most, term: wish.term, alert_at, changed_at: self.clock.now() };
        let batch = Batch::new(Durability::Full).with(budgets::put(actor.workspace_id, &budget));
        self.db.write(batch).await.map_err(AppError::gone(what(of)))?;
        let found = self.budgets(actor).await?.into_iter().find(|info| info.of == of);
        found.ok_or_else(|| AppError::not_found("budget"))
    }

    /// Takes a budget away.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `not_found`.
    pub async fn delete_budget(&self, actor: &Actor, name: BudgetName) -> Result<(), AppError> {
        let of = of(actor, name)?;
        let batch = Batch::new(Durability::Full).with(budgets::delete(actor.workspace_id, of));
        self.db.write(batch).await.map_err(AppError::gone("budget"))?;
        Ok(())
    }
}

fn of(actor: &Actor, name: BudgetName) -> Result<BudgetOf, AppError> {
    actor.must_administer()?;
    match name {
        BudgetName::Member(id) => Ok(BudgetOf::Member(id)),
        BudgetName::Group(id) => Ok(BudgetOf::Group(id)),
        BudgetName::Workspace(id) if id == actor.workspace_id => Ok(BudgetOf::Workspace),
        BudgetName::Workspace(_) => Err(AppError::not_found("workspace")),
    }
}

fn what(of: BudgetOf) -> &'static str {
    match of {
        BudgetOf::Member(_) => "member",
        BudgetOf::Group(_) => "group",
        BudgetOf::Workspace => "workspace",
    }
}
