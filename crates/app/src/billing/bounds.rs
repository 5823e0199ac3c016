//! The budgets above a run: its key's, its member's, those of their groups, and the workspace's.

use money::Amount;
use plans::{Budget, Scope, Term, Thresholds};
use stdx::{KeyId, Timestamp};
use store::charges::{self, Counted};
use store::{BudgetOf, BudgetTerm, KeyBudget, NamedBudget};

use crate::{Actor, App, AppError, Carrier};

/// A budget, and whose runs count against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) most: Amount,
    pub(crate) term: BudgetTerm,
    pub(crate) counted: Counted,
    pub(crate) alert_at: Option<Thresholds>,
}

impl Bound {
    fn of_key(actor: &Actor, id: KeyId, (name, budget): &(String, KeyBudget)) -> Self {
        Self::key(Counted::Key(actor.workspace_id, id), name.clone(), *budget)
    }

    pub(crate) fn key(counted: Counted, name: String, budget: KeyBudget) -> Self {
        let most = Amount::from_micros(i64::try_from(budget.micros).unwrap_or(i64::MAX));
        Self { scope: Scope::Key, name, most, term: budget.term, counted, alert_at: None }
    }

    pub(crate) fn kept(workspace_id: stdx::WorkspaceId, named: NamedBudget) -> Self {
        let NamedBudget { budget, name } = named;
        let scope = match budget.of {
            BudgetOf::Member(_) => Scope::Member,
            BudgetOf::Group(_) => Scope::Group,
            BudgetOf::Workspace => Scope::Workspace,
        };
        let counted = budget.of.counted(workspace_id);
        Self { scope, name, most: budget.most, term: budget.term, counted, alert_at: budget.alert_at }
    }

    /// With what was spent and is held.
    pub(crate) fn with(&self, spent: Amount) -> Budget {
        Budget { scope: self.scope, name: self.name.clone(), most: self.most, term: term(self.term), spent }
    }

    /// Runs that began after this instant count.
    pub(crate) fn counts_since(&self, now: Timestamp, offset_minutes: i32) -> Timestamp {
        term(self.term).counts_since(now, offset_minutes)
    }
}

/// All budgets that an actor's run must find room in: its key's, and those that are `kept`.
pub(super) fn bounds_of(actor: &Actor, kept: Vec<NamedBudget>) -> Vec<Bound> {
    let key = match (actor.carrier, &actor.budget) {
        (Carrier::Key(id), Some(named)) => Some(Bound::of_key(actor, id, named)),
        _ => None,
    };
    let kept = kept.into_iter().map(|named| Bound::kept(actor.workspace_id, named));
    key.into_iter().chain(kept).collect()
}

impl App {
    /// What was spent of each of these in its term, and what is held.
    pub(crate) async fn spent_of(&self, bounds: &[Bound], now: Timestamp) -> Result<Vec<Budget>, AppError> {
        let offset_minutes = self.tariff.offset_minutes;
        let wanted: Vec<(Counted, Timestamp)> =
            bounds.iter().map(|bound| (bound.counted, bound.counts_since(now, offset_minutes))).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let spent = charges::spent(&self.db, &wanted).await?;
        Ok(bounds.iter().zip(spent).map(|(bound, spent)| bound.with(spent)).collect())
    }
}

pub(crate) fn term(term: BudgetTerm) -> Term {
    match term {
        BudgetTerm::Day => Term::Day,
        BudgetTerm::Month => Term::Month,
        BudgetTerm::Once => Term::Once,
    }
}
