//! How good routers are, held against answers whose correctness is known.
//!
//! Rows say for each prompt whether a strong and a weak model answer it rightly ([`read_rows`]). A router gives each row a
//! score: how much it is in need of the strong model. Sending the neediest first to the strong one draws a curve from
//! always the weak one to always the strong one; [`Metrics`] are what RouteLLM (Ong et al. 2024, arXiv 2406.18665) reports of
//! it: how much of the gap between both models is recovered on average over all shares of strong calls (APGR; a coin has one
//! half), and the share of strong calls at which a part of the gap is recovered (CPT). All of it is exact in integers; shares
//! are told in thousandths.
//!
//! To add a router: a function in `scores.rs`, and its line in [`evaluate`].

mod curve;
mod published;
mod rows;
mod scores;

use money::{Amount, MoneyError};
use serde::Serialize;
use stdx::Rng;

use crate::signs::Signs;

pub use curve::{Curve, Metrics, Point, Reached, Setting};
pub use published::{Published, published};
pub use rows::{DraftRow, Named, Row, RowFile, RowsError, Table, read_rows};
use scores::Scored;

/// Everything that was found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many rows there are.
    pub rows: u32,
    /// What was called strong.
    pub strong: String,
    /// What was called weak.
    pub weak: String,
    /// How many rows each outcome has.
    pub outcomes: Outcomes,
    /// What answering everything costs with either; absent where the rows have no costs.
    pub costs: Option<Costs>,
    /// The routers, the best first; what is only there to compare with comes among them.
    pub routers: Vec<Judged>,
}

/// How many rows each outcome has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    /// Right answers of the strong one.
    pub strong_right: u32,
    /// Right answers of the weak one.
    pub weak_right: u32,
    /// Rows that only the strong one answers rightly.
    pub only_strong: u32,
    /// Rows that only the weak one answers rightly.
    pub only_weak: u32,
    /// Rows that neither does.
    pub neither: u32,
}

/// What answering everything costs, in the currency of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Costs {
    /// With the strong one.
    pub strong: Amount,
    /// With the weak one.
    pub weak: Amount,
}

/// A router and what it is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: RouterKind,
    /// RouteLLM's figures.
    pub metrics: Metrics,
    /// Whether to use it.
    pub verdict: Verdict,
    /// How often a coin of the same shares does as well, in thousandths; absent for what is only compared with.
    pub chance: Option<u32>,
    /// Quality in thousandths at no, one tenth … all strong calls.
    pub deciles: Vec<u32>,
    /// The first point at which 95 % of the gap are recovered.
    pub at_95: Option<Reached>,
    /// Of a cascade: what thresholds of its check would do.
    pub settings: Vec<Setting>,
}

/// What a router is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RouterKind {
    /// Decides before anybody is asked.
    Before,
    /// Asks the weak one, looks at its answer, and may ask the strong one as well.
    Cascade,
    /// There to compare with.
    Baseline,
}

/// Whether a router is worth using, as far as these rows show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is better than a coin, and that is hardly chance.
    On,
    /// A coin could do as well.
    NotShown,
    /// It is worse than always asking the weak one, which costs less: not to be used.
    Off,
    /// It is there to compare with.
    Compared,
}

/// How many shuffles chance is measured by.
const SHUFFLES: u32 = 200;
/// What is believed to be no chance: one in twenty.
const UNLIKELY: u32 = 50;

/// Holds our routers and the baselines against rows.
///
/// # Errors
/// When the costs of the rows do not fit.
pub fn evaluate(table: &Table, signs: &Signs, rng: &dyn Rng) -> Result<Report, MoneyError> {
    let rows = &table.rows;
    let features: Vec<_> = rows.iter().map(|row| scores::features(row, signs)).collect();
    let routers = [
        Some(scores::oracle(rows)),
        Some(scores::coin(rows)),
        Some(scores::length(rows)),
        Some(scores::signs(rows, &features)),
        Some(scores::kinds(rows, &features)),
        scores::topics(rows),
        scores::confidence(rows),
        scores::agreement(rows),
    ];
    let mut judged = Vec::new();
    for scored in routers.into_iter().flatten() {
        judged.push(judge(rows, scored, rng)?);
    }
    judged.sort_by_key(|router| std::cmp::Reverse(router.metrics.apgr));
    let Named { strong, weak } = table.named.clone();
    Ok(Report {
        rows: count(rows.len()),
        strong,
        weak,
        outcomes: outcomes(rows),
        costs: costs(rows)?,
        routers: judged,
    })
}

fn judge(rows: &[Row], scored: Scored, rng: &dyn Rng) -> Result<Judged, MoneyError> {
    let curve = Curve::of(rows, &scored)?;
    let metrics = curve.metrics();
    let is_compared = scored.kind == RouterKind::Baseline;
    let chance = if is_compared { None } else { curve.chance(rows, &scored, rng, SHUFFLES) };
    let verdict = match (is_compared, metrics.apgr, chance) {
        (true, _, _) => Verdict::Compared,
        // Without a gap there is nothing to pay for.
        (false, None, _) => Verdict::Off,
        (false, Some(apgr), _) if apgr < 0 => Verdict::Off,
        (false, Some(_), Some(chance)) if chance <= UNLIKELY => Verdict::On,
        (false, Some(_), _) => Verdict::NotShown,
    };
    Ok(Judged {
        name: scored.name,
        kind: scored.kind,
        metrics,
        verdict,
        chance,
        deciles: (0..=10).map(|tenths| curve.quality_at(tenths)).collect(),
        at_95: curve.reached(950)?,
        settings: curve.settings(&scored),
    })
}

fn outcomes(rows: &[Row]) -> Outcomes {
    let how_many = |wanted: fn(&Row) -> bool| count(rows.iter().filter(|row| wanted(row)).count());
    Outcomes {
        strong_right: how_many(|row| row.strong_correct),
        weak_right: how_many(|row| row.weak_correct),
        only_strong: how_many(|row| row.strong_correct && !row.weak_correct),
        only_weak: how_many(|row| row.weak_correct && !row.strong_correct),
        neither: how_many(|row| !row.weak_correct && !row.strong_correct),
    }
}

fn costs(rows: &[Row]) -> Result<Option<Costs>, MoneyError> {
    let all = |cost: fn(&Row) -> Option<money::Rate>| -> Option<Vec<money::Rate>> {
        rows.iter().map(cost).collect()
    };
    let Some((strong, weak)) = all(|row| row.strong_cost).zip(all(|row| row.weak_cost)) else {
        return Ok(None);
    };
    let sum = |costs: Vec<money::Rate>| money::Rate::cost(costs.into_iter().map(|cost| (cost, 1)));
    Ok(Some(Costs { strong: sum(strong)?, weak: sum(weak)? }))
}

/// Files with more rows than that are refused when they are read.
fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
