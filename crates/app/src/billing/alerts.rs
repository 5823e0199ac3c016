//! Tells people in time that much of a limit is used.
//!
//! Nothing of this stands in the batches that settle runs: they pass through the one writer, every sum in them is waited
//! for by everybody, and an alert may come a minute late. Whoever's run was settled is remembered, and a sweep compares
//! what they have used with the thresholds by reading alone; it writes only what is new. A crossing is noted once because
//! its row can be there but once, whoever looks and however often. What was remembered dies with the process, so the first
//! sweep looks at everybody who may have been settled and not looked at before.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use plans::{Measure, Period, Thresholds};
use stdx::{KeyId, MemberId, Timestamp, WorkspaceId};
use store::charges::{self, Charge, Counted};
use store::{Alert, AlertScope, Batch, BudgetTerm, Durability, Scope, alerts, budgets, keys, workspaces};

use super::HOLD_SECONDS;
use super::bounds::{Bound, term};
use crate::{App, AppError};

/// Whoever spent something, under a plan and perhaps with a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Spender {
    scope: Scope,
    plan: String,
    key: Option<KeyId>,
}

/// Those whose runs were settled since the last sweep.
#[derive(Debug, Default)]
pub(crate) struct Spenders(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    spenders: HashSet<Spender>,
    /// True when those were read that a process before this one left.
    knows_the_past: bool,
}

/// A limit that people are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Watched {
    member_id: Option<MemberId>,
    scope: AlertScope,
    name: String,
    stretch: String,
    measure: Measure,
    most: u64,
    counted: Counted,
    since: Timestamp,
    period: Option<Period>,
    alert_at: Thresholds,
}

impl Spenders {
    /// Remembers that a run of this charge was settled.
    pub(crate) fn note(&self, charge: &Charge) {
        let spender = Spender { scope: charge.scope, plan: charge.plan.clone(), key: charge.key_id };
        self.seen().spenders.insert(spender);
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Compares what those have used whose runs were settled since the last call with the thresholds of their plans and
    /// of the budgets above them, and notes what was crossed. Answers how many alerts are new.
    ///
    /// # Errors
    /// When the database cannot be read or written; the next call looks again.
    pub async fn note_alerts(&self) -> Result<u64, AppError> {
        let past =
            if self.noted.spenders.seen().knows_the_past { HashSet::new() } else { self.past().await? };
        let spenders: HashSet<Spender> = {
            let mut seen = self.noted.spenders.seen();
            seen.knows_the_past = true;
            past.into_iter().chain(seen.spenders.drain()).collect()
        };
        let noted = self.look_at(&spenders).await;
        if noted.is_err() {
            self.noted.spenders.seen().spenders.extend(spenders);
        }
        noted
    }

    /// Everybody whose run may have been settled shortly before the last stop.
    async fn past(&self) -> Result<HashSet<Spender>, AppError> {
        let hold = i64::from(HOLD_SECONDS) * 1_000_000;
        let since = Timestamp::from_micros(self.clock.now().as_micros().saturating_sub(hold));
        let mut past = HashSet::new();
        for workspace in workspaces::all(&self.db).await? {
            for (member_id, plan, key) in charges::busy_since(&self.db, workspace.id, since).await? {
                past.insert(Spender { scope: Scope { workspace_id: workspace.id, member_id }, plan, key });
            }
        }
        Ok(past)
    }

    async fn look_at(&self, spenders: &HashSet<Spender>) -> Result<u64, AppError> {
        let now = self.clock.now();
        let mut seen: HashSet<(Counted, String, Measure)> = HashSet::new();
        let mut new = 0;
        for spender in spenders {
            let mut watched = self.watched(spender, now).await?;
            watched.retain(|limit| seen.insert((limit.counted, limit.stretch.clone(), limit.measure)));
            let wanted: Vec<(Counted, Measure, Timestamp)> =
                watched.iter().map(|limit| (limit.counted, limit.measure, limit.since)).collect();
            if wanted.is_empty() {
                continue;
            }
            let used = charges::settled_use(&self.db, &wanted).await?;
            for (limit, used) in watched.iter().zip(used) {
                new += self.note_crossed(spender.scope.workspace_id, limit, used, now).await?;
            }
        }
        Ok(new)
    }

    /// Every threshold that is reached and was not noted in this period.
    async fn note_crossed(
        &self,
        workspace_id: WorkspaceId,
        limit: &Watched,
        used: u64,
        at: Timestamp,
    ) -> Result<u64, AppError> {
        let reached: Vec<u32> = limit.alert_at.reached(used, limit.most).collect();
        if reached.is_empty() {
            return Ok(0);
        }
        let alert = |percent| Alert {
            id: self.ids.make(),
            workspace_id,
            member_id: limit.member_id,
            scope: limit.scope,
            subject_id: subject(limit.counted),
            name: limit.name.clone(),
            stretch: limit.stretch.clone(),
            measure: limit.measure,
            percent,
            used,
            most: limit.most,
            period: limit.period,
            at,
        };
        let all: Vec<Alert> = reached.into_iter().map(alert).collect();
        let noted = match all.first() {
            Some(first) => alerts::noted(&self.db, first).await?,
            None => Vec::new(),
        };
        let mut batch = Batch::new(Durability::Full);
        batch.extend(all.iter().filter(|alert| !noted.contains(&alert.percent)).map(alerts::insert));
        Ok(self.db.write(batch).await?.total())
    }

    /// The allowances of a spender's plan, the budget of the key, and the budgets above.
    async fn watched(&self, spender: &Spender, now: Timestamp) -> Result<Vec<Watched>, AppError> {
        let Spender { scope, plan, key } = spender;
        let offset_minutes = self.tariff.offset_minutes;
        let allowances = self.tariff.plans.get(plan).map(|plan| plan.allowances.as_slice());
        let mut watched: Vec<Watched> = allowances
            .unwrap_or_default()
            .iter()
            .map(|allowance| Watched {
                member_id: Some(scope.member_id),
                scope: AlertScope::Plan,
                name: plan.clone(),
                stretch: allowance.window.to_string(),
                measure: allowance.measure,
                most: allowance.most,
                counted: Counted::Member(*scope),
                since: allowance.window.counts_since(now, offset_minutes),
                period: Some(allowance.window.period(now, offset_minutes)),
                alert_at: allowance.alert_at.unwrap_or(self.tariff.alert_at),
            })
            .collect();
        if let Some(id) = key
            && let Some(key) = keys::get(&self.db, scope.workspace_id, *id).await?
            && let Some(budget) = key.budget
        {
            let bound = Bound::key(Counted::Key(scope.workspace_id, *id), key.name, budget);
            watched.push(self.watched_bound(&bound, Some(key.member_id), now));
        }
        for named in budgets::of_member(&self.db, *scope).await? {
            let bound = Bound::kept(scope.workspace_id, named);
            let member = (bound.scope == plans::Scope::Member).then_some(scope.member_id);
            watched.push(self.watched_bound(&bound, member, now));
        }
        Ok(watched)
    }

    fn watched_bound(&self, bound: &Bound, member_id: Option<MemberId>, now: Timestamp) -> Watched {
        let offset_minutes = self.tariff.offset_minutes;
        Watched {
            member_id,
            scope: match bound.scope {
                plans::Scope::Key => AlertScope::Key,
                plans::Scope::Member => AlertScope::Member,
                plans::Scope::Group => AlertScope::Group,
                plans::Scope::Workspace => AlertScope::Workspace,
            },
            name: bound.name.clone(),
            stretch: match bound.term {
                BudgetTerm::Day => "day",
                BudgetTerm::Month => "month",
                BudgetTerm::Once => "once",
            }
            .to_owned(),
            measure: Measure::Credits,
            most: u64::try_from(bound.most.micros()).unwrap_or(0),
            counted: bound.counted,
            since: bound.counts_since(now, offset_minutes),
            period: term(bound.term).period(now, offset_minutes),
            alert_at: bound.alert_at.unwrap_or(self.tariff.alert_at),
        }
    }
}

/// The id of whatever has the limit.
fn subject(counted: Counted) -> String {
    match counted {
        Counted::Member(scope) => scope.member_id.to_string(),
        Counted::Key(_, id) => id.to_string(),
        Counted::Group(_, id) => id.to_string(),
        Counted::Workspace(id) => id.to_string(),
    }
}
