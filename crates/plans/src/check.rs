//! Whether a request may go, and what to do when it may not.

use money::{Amount, MoneyError};
use serde::{Deserialize, Serialize};
use stdx::Timestamp;

use crate::budget::{Budget, Scope};
use crate::plan::{Allowance, AtEnd, Plan, Plans};
use crate::window::{Measure, Meter, Room, Use};

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The agent, if one answers.
    pub agent: Option<&'a str>,
    /// The model.
    pub model: &'a str,
    /// The tools that it may call.
    pub tools: &'a [&'a str],
    /// The app that it comes from, if from one.
    pub app: Option<&'a str>,
    /// The most it can cost; `None` when the model has no price.
    pub ceiling: Option<Amount>,
    /// The most tokens it can take, in and out.
    pub tokens: u64,
}

/// How the member stands.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// The plan they hold.
    pub plan: &'a Plan,
    /// What they used in the longest window of the plan, and what is held for runs that go on.
    pub uses: &'a [Use],
    /// How many of their runs go on.
    pub running: u32,
    /// What is in their wallet.
    pub wallet: Amount,
    /// The budgets above: key, member, group, workspace.
    pub budgets: &'a [Budget],
    /// The instant.
    pub now: Timestamp,
    /// How far clocks are ahead of UTC where the workspace is.
    pub offset_minutes: i32,
}

/// Whether a request may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Go(Grant),
    /// It may not.
    No(Refusal),
}

/// A request that may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The model to use: the one that was asked for, or the cheaper one that the plan falls to.
    pub model: String,
    /// What pays.
    pub pay: Pay,
    /// How much it counts against others on a busy local model.
    pub weight: u32,
}

/// What pays for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pay {
    /// The plan's allowance.
    Allowance,
    /// The wallet.
    Wallet,
    /// Nobody: it is the cheaper model that the plan includes beyond its allowance.
    Included,
}

/// A request that may not go, why, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why not.
    pub reason: Reason,
    /// What the member can do; each of them alone helps against this reason.
    pub remedies: Vec<Remedy>,
}

/// Why a request may not go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The plan does not have this agent.
    Agent(String),
    /// The plan does not have this model.
    Model(String),
    /// The plan does not have this tool.
    Tool(String),
    /// The plan does not have this app.
    App(String),
    /// The model has no price, and the plan does not allow such models.
    Unpriced(String),
    /// A budget is used up.
    Budget {
        /// What it bounds.
        scope: Scope,
        /// Which one.
        name: String,
        /// When it has room.
        room: Room,
    },
    /// Too many runs go on.
    Concurrency,
    /// Too many requests in a short time.
    Rate,
    /// An allowance is used up, and the plan stops there.
    Allowance,
    /// An allowance is used up, and the wallet is too empty to go on.
    Wallet,
}

/// What helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Ask again from this instant on.
    WaitUntil(Timestamp),
    /// Change to this plan.
    Upgrade(String),
    /// Pay in at least this much.
    TopUp(Amount),
    /// Wait for one of one's own runs to end, or end it.
    FinishARun,
    /// Ask for less: it is more than fits even an empty window.
    AskForLess,
    /// Ask whoever owns the budget to raise it.
    RaiseBudget,
}

/// Holds a request against the plan and the budgets above it.
///
/// # Errors
/// When a sum of budgets does not fit an amount.
pub fn check(plans: &Plans, standing: &Standing<'_>, ask: &Ask<'_>) -> Result<Verdict, MoneyError> {
    let plan = standing.plan;
    if let Some(reason) = missing(plan, ask) {
        let higher = plans.above(plan.rank, |plan| missing(plan, ask).is_none());
        return Ok(no(reason, higher.map(upgrade)));
    }
    if let Some(refusal) = over_budget(standing, ask)? {
        return Ok(Verdict::No(refusal));
    }
    if standing.running >= plan.concurrent_runs {
        let higher = plans.above(plan.rank, |plan| standing.running < plan.concurrent_runs);
        return Ok(no(Reason::Concurrency, [Remedy::FinishARun].into_iter().chain(higher.map(upgrade))));
    }
    let rates = room(&plan.rates, standing, ask);
    if rates != Room::Now {
        let higher = plans.above(plan.rank, |plan| room(&plan.rates, standing, ask) == Room::Now);
        return Ok(no(Reason::Rate, remedies(rates, higher)));
    }
    let allowances = room(&plan.allowances, standing, ask);
    if allowances == Room::Now {
        return Ok(go(plan, ask.model, Pay::Allowance));
    }
    match &plan.at_end {
        AtEnd::CheaperModel(model) => Ok(go(plan, model, Pay::Included)),
        AtEnd::Stop => Ok(no(Reason::Allowance, beyond(plans, standing, ask, allowances))),
        AtEnd::Wallet => {
            let ceiling = ask.ceiling.unwrap_or_default();
            if standing.wallet >= ceiling {
                return Ok(go(plan, ask.model, Pay::Wallet));
            }
            let missing = ceiling.checked_sub(standing.wallet).ok_or(MoneyError::Overflow)?;
            let others = beyond(plans, standing, ask, allowances);
            Ok(no(Reason::Wallet, [Remedy::TopUp(missing)].into_iter().chain(others)))
        }
    }
}

/// The most that a request of so many tokens may cost now; absent where nothing bounds it. It may be more than there is
/// room for beyond this; whatever costs more is refused by [`check`], or answered by the plan's cheaper model.
pub fn left(standing: &Standing<'_>, tokens: u64) -> Option<Amount> {
    let plan = standing.plan;
    let budgets = standing.budgets.iter().map(|budget| rest(budget.most.micros(), budget.spent.micros()));
    let rates = credits_left(&plan.rates, standing);
    let nothing = Ask { agent: None, model: "", tools: &[], app: None, ceiling: None, tokens };
    let included = match room(&plan.allowances, standing, &nothing) {
        Room::Now => credits_left(&plan.allowances, standing),
        Room::From(_) | Room::Never => Some(Amount::ZERO),
    };
    let paid = match &plan.at_end {
        AtEnd::Wallet => included.map(|included| included.max(standing.wallet)),
        AtEnd::Stop | AtEnd::CheaperModel(_) => included,
    };
    budgets.chain(rates).chain(paid).min()
}

/// What is left of the allowance of credits that has least.
fn credits_left(allowances: &[Allowance], standing: &Standing<'_>) -> Option<Amount> {
    let Standing { uses, now, offset_minutes, .. } = *standing;
    let of_credits = allowances.iter().filter(|allowance| allowance.measure == Measure::Credits);
    let left = of_credits.map(|allowance| {
        let used = allowance.window.fill(uses, Measure::Credits, now, offset_minutes).used;
        Amount::from_micros(i64::try_from(allowance.most.saturating_sub(used)).unwrap_or(i64::MAX))
    });
    left.min()
}

fn rest(most: i64, spent: i64) -> Amount {
    Amount::from_micros(most.saturating_sub(spent).max(0))
}

fn go(plan: &Plan, model: &str, pay: Pay) -> Verdict {
    Verdict::Go(Grant { model: model.to_owned(), pay, weight: plan.weight })
}

fn no(reason: Reason, remedies: impl IntoIterator<Item = Remedy>) -> Verdict {
    Verdict::No(Refusal { reason, remedies: remedies.into_iter().collect() })
}

/// What helps when an allowance is used up.
fn beyond(plans: &Plans, standing: &Standing<'_>, ask: &Ask<'_>, allowances: Room) -> Vec<Remedy> {
    let higher = plans.above(standing.plan.rank, |plan| room(&plan.allowances, standing, ask) == Room::Now);
    remedies(allowances, higher)
}

/// What of the request the plan does not have.
fn missing(plan: &Plan, ask: &Ask<'_>) -> Option<Reason> {
    let access = &plan.access;
    let owned = |name: &str| name.to_owned();
    if let Some(agent) = ask.agent.filter(|agent| !access.agents.allow(agent)) {
        return Some(Reason::Agent(owned(agent)));
    }
    if !access.models.allow(ask.model) {
        return Some(Reason::Model(owned(ask.model)));
    }
    if let Some(tool) = ask.tools.iter().find(|tool| !access.tools.allow(tool)) {
        return Some(Reason::Tool(owned(tool)));
    }
    if let Some(app) = ask.app.filter(|app| !access.apps.allow(app)) {
        return Some(Reason::App(owned(app)));
    }
    let is_unpriced = ask.ceiling.is_none() && !access.unpriced_models;
    is_unpriced.then(|| Reason::Unpriced(owned(ask.model)))
}

/// All budgets must have room; the refusal names the narrowest one that has none and the time when all have.
fn over_budget(standing: &Standing<'_>, ask: &Ask<'_>) -> Result<Option<Refusal>, MoneyError> {
    let more = ask.ceiling.unwrap_or_default();
    let mut narrowest: Option<(&Budget, Room)> = None;
    let mut latest = Room::Now;
    for budget in standing.budgets {
        let room = budget.room(more, standing.now, standing.offset_minutes)?;
        if room != Room::Now && narrowest.is_none_or(|(first, _)| budget.scope < first.scope) {
            narrowest = Some((budget, room));
        }
        latest = latest.max(room);
    }
    Ok(narrowest.map(|(budget, room)| {
        let wait = match latest {
            Room::From(instant) => Some(Remedy::WaitUntil(instant)),
            Room::Now | Room::Never => None,
        };
        let remedies = wait.into_iter().chain([Remedy::RaiseBudget]).collect();
        let reason = Reason::Budget { scope: budget.scope, name: budget.name.clone(), room };
        Refusal { reason, remedies }
    }))
}

/// When all of these allowances have room.
fn room(allowances: &[Allowance], standing: &Standing<'_>, ask: &Ask<'_>) -> Room {
    let Standing { uses, now, offset_minutes, .. } = *standing;
    let meter = Meter { uses, now, offset_minutes };
    let credits = u64::try_from(ask.ceiling.unwrap_or_default().micros()).unwrap_or(0);
    let rooms = allowances.iter().map(|Allowance { window, measure, most, .. }| {
        let more = match measure {
            Measure::Credits => credits,
            Measure::Tokens => ask.tokens,
            Measure::Requests => 1,
        };
        window.room(&meter, *measure, *most, more)
    });
    rooms.max().unwrap_or(Room::Now)
}

fn remedies(room: Room, higher: Option<&Plan>) -> Vec<Remedy> {
    let wait = match room {
        Room::From(instant) => Some(Remedy::WaitUntil(instant)),
        Room::Never => Some(Remedy::AskForLess),
        Room::Now => None,
    };
    wait.into_iter().chain(higher.map(upgrade)).collect()
}

fn upgrade(plan: &Plan) -> Remedy {
    Remedy::Upgrade(plan.id.clone())
}
