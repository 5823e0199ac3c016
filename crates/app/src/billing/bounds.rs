//! The budgets above a run: its key's, its member's, those of their groups, and the workspace's.

use money::Amount;
use plans::{Budget, Scope, Spent, Term, Thresholds, before};
use stdx::{KeyId, Timestamp};
use store::charges::{self, Counted, Tail};
use store::{BudgetOf, BudgetTerm, KeyBudget, NamedBudget};

use super::look::Tails;
use crate::{Actor, App, AppError};

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

/// A budget as it stands.
#[derive(Clone, Debug)]
pub(super) struct Bounded {
    pub(super) bound: Bound,
    pub(super) budget: Budget,
    /// What of it was spent for good, where that is remembered.
    pub(super) past: Option<Spent>,
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

    /// Who is in a group changes, and with it what was spent.
    pub(super) fn is_of_group(&self) -> bool {
        matches!(self.counted, Counted::Group(..))
    }

    /// Runs that began after this instant count.
    pub(crate) fn counts_since(&self, now: Timestamp, offset_minutes: i32) -> Timestamp {
        term(self.term).counts_since(now, offset_minutes)
    }
}

/// All budgets that an actor's run must find room in: its key's, and those that are `kept`.
pub(super) fn bounds_of(actor: &Actor, kept: Vec<NamedBudget>) -> Vec<Bound> {
    let key = actor.key_id().zip(actor.budget.as_ref()).map(|(id, named)| Bound::of_key(actor, id, named));
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

    /// The same, and what of it is over for good; of a group nothing is remembered. Nobody who is inserted from now on began at
    /// `closed` or before. What of it was read before need not be read again.
    pub(super) async fn spent_since(
        &self,
        bounds: Vec<Bound>,
        now: Timestamp,
        closed: Timestamp,
        mut read: Tails,
    ) -> Result<Vec<Bounded>, AppError> {
        let (groups, others): (Vec<Bound>, Vec<Bound>) = bounds.into_iter().partition(Bound::is_of_group);
        let offset_minutes = self.tariff.offset_minutes;
        let mut found = Vec::with_capacity(groups.len() + others.len());
        for bound in others {
            let since = bound.counts_since(now, offset_minutes);
            let known = read.remove(&bound.counted).filter(|(past, _)| past.since == since);
            let (past, tail) = match known {
                Some(known) => known,
                None => self.read_bound(&bound, since, closed).await?,
            };
            let closed = tail.open_since.map_or(closed, |open| before(open).min(closed));
            let known = past.with(&tail.spent, closed);
            self.noted.tallies.remember(bound.counted, known);
            found.push(Bounded { budget: bound.with(past.total(&tail.spent)), bound, past: Some(known) });
        }
        let spent = self.spent_of(&groups, now).await?;
        let groups = groups.into_iter().zip(spent);
        found.extend(groups.map(|(bound, budget)| Bounded { bound, budget, past: None }));
        Ok(found)
    }

    /// What was spent of one in the term that began then: for good, and since.
    async fn read_bound(
        &self,
        bound: &Bound,
        since: Timestamp,
        closed: Timestamp,
    ) -> Result<(Spent, Tail), AppError> {
        let past = self.spent_before(bound, since, closed).await?;
        let tails = charges::tails(&self.db, &[(bound.counted, past.edge)]).await?;
        Ok((past, tails.into_iter().next().unwrap_or_default()))
    }

    /// What was spent in a term for good.
    async fn spent_before(
        &self,
        bound: &Bound,
        since: Timestamp,
        closed: Timestamp,
    ) -> Result<Spent, AppError> {
        if let Some(known) = self.noted.tallies.spent(bound.counted, since) {
            return Ok(known);
        }
        let open = charges::open_since(&self.db, bound.counted, since).await?;
        let edge = open.map_or(closed, |open| before(open).min(closed));
        if edge <= since {
            return Ok(Spent { since, edge: since, credits: 0 });
        }
        let credits = charges::spent_until(&self.db, bound.counted, since, edge).await?;
        Ok(Spent { since, edge, credits })
    }
}

pub(crate) fn term(term: BudgetTerm) -> Term {
    match term {
        BudgetTerm::Day => Term::Day,
        BudgetTerm::Month => Term::Month,
        BudgetTerm::Once => Term::Once,
    }
}
