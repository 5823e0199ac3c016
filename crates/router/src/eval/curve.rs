//! From always the weak one to always the strong one.

use money::{Amount, MoneyError, Rate, Sum};
use serde::Serialize;
use stdx::Rng;

use super::rows::Row;
use super::scores::Scored;
use super::{RouterKind, count};

/// Quality and cost by the number of strong calls. Rows of one score are sent together: between two points nothing is known
/// but what a coin would do, which is the straight line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curve {
    points: Vec<Point>,
    rows: u32,
    strong_right: u32,
    weak_right: u32,
}

/// So many strong calls, and what comes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// How many rows went to the strong one.
    pub strong_calls: u32,
    /// How many rows were answered rightly by whoever answered.
    pub right: u32,
    /// What all rows cost; absent where a row has no costs.
    pub cost: Option<Sum>,
    /// The score of the last row that went to the strong one.
    pub score: Option<i64>,
}

/// RouteLLM's figures, in thousandths. None of them is there when the strong one is no better than the weak one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Metrics {
    /// The average part of the gap that is recovered, over all shares of strong calls: the area between the curve and the
    /// weak one's quality, by the area between both models.
    pub apgr: Option<i64>,
    /// The least share of strong calls that recovers half of the gap.
    pub cpt_50: Option<u32>,
    /// Four fifths of it.
    pub cpt_80: Option<u32>,
    /// 95 % of it.
    pub cpt_95: Option<u32>,
}

/// A point that could be worked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reached {
    /// Strong calls in thousandths.
    pub strong_share: u32,
    /// Quality in thousandths.
    pub quality: u32,
    /// What all rows cost.
    pub cost: Option<Amount>,
}

/// What a threshold of a cascade's check would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// How many have to agree, or the least mean of logarithms in thousandths.
    pub threshold: i64,
    /// How often an answer does not pass, in thousandths: the `escalations` of a policy.
    pub escalations: u32,
    /// Quality in thousandths.
    pub quality: u32,
}

impl Curve {
    /// The curve of a router.
    ///
    /// # Errors
    /// When the costs do not fit.
    pub(crate) fn of(rows: &[Row], scored: &Scored) -> Result<Self, MoneyError> {
        let mut order: Vec<usize> = (0..rows.len().min(scored.rows.len())).collect();
        order.sort_by_key(|at| std::cmp::Reverse(scored.rows.get(*at).map(|row| row.score)));
        let first = Point {
            strong_calls: 0,
            right: count(scored.rows.iter().filter(|row| row.weak_right).count()),
            cost: weak_costs(rows, scored)?,
            score: None,
        };
        let mut points = vec![first.clone()];
        let mut at = first;
        for index in order {
            let (Some(row), Some(own)) = (rows.get(index), scored.rows.get(index)) else { continue };
            if at.score.is_some_and(|score| score != own.score) {
                points.push(at.clone());
            }
            at.score = Some(own.score);
            at.strong_calls += 1;
            at.right = at.right - u32::from(own.weak_right) + u32::from(row.strong_correct);
            at.cost = with_strong_call(at.cost, row, scored.kind)?;
        }
        points.push(at);
        Ok(Self {
            points,
            rows: count(rows.len()),
            strong_right: count(rows.iter().filter(|row| row.strong_correct).count()),
            weak_right: count(rows.iter().filter(|row| row.weak_correct).count()),
        })
    }

    /// RouteLLM's figures.
    pub fn metrics(&self) -> Metrics {
        let Some(apgr) = self.apgr() else { return Metrics::default() };
        Metrics {
            apgr: Some(apgr),
            cpt_50: self.calls_for(500),
            cpt_80: self.calls_for(800),
            cpt_95: self.calls_for(950),
        }
    }

    /// Quality in thousandths at so many tenths of strong calls.
    pub fn quality_at(&self, tenths: u32) -> u32 {
        let wanted = i128::from(tenths) * i128::from(self.rows);
        let pair = self.points.windows(2).find_map(|pair| match pair {
            [from, to] if i128::from(to.strong_calls) * 10 >= wanted => Some((from, to)),
            _ => None,
        });
        let Some((from, to)) = pair else { return 0 };
        let (x0, x1) = (i128::from(from.strong_calls) * 10, i128::from(to.strong_calls) * 10);
        let (y0, y1) = (i128::from(from.right), i128::from(to.right));
        let width = (x1 - x0).max(1);
        let scaled = (y0 * width + (y1 - y0) * (wanted - x0)) * 1_000;
        scaled.checked_div(width * i128::from(self.rows)).and_then(|it| u32::try_from(it).ok()).unwrap_or(0)
    }

    /// The first point at which so many thousandths of the gap are recovered.
    ///
    /// # Errors
    /// When its cost does not fit.
    pub fn reached(&self, thousandths: u32) -> Result<Option<Reached>, MoneyError> {
        let Some(target) = self.target(thousandths) else { return Ok(None) };
        let found = self.points.iter().find(|point| i128::from(point.right) * 1_000 >= target);
        let Some(point) = found else { return Ok(None) };
        Ok(Some(Reached {
            strong_share: self.thousandths(point.strong_calls),
            quality: self.thousandths(point.right),
            cost: point.cost.clone().map(Sum::round).transpose()?,
        }))
    }

    /// What thresholds of a cascade's check would do: about one for each fifth of escalations.
    pub(crate) fn settings(&self, scored: &Scored) -> Vec<Setting> {
        if scored.kind != RouterKind::Cascade {
            return Vec::new();
        }
        let at_least = |fifths: u32| {
            let wanted = u64::from(fifths) * u64::from(self.rows);
            self.points.iter().find(move |point| u64::from(point.strong_calls) * 5 >= wanted)
        };
        let mut settings: Vec<Setting> = Vec::new();
        for point in (1..5).filter_map(at_least).filter(|point| point.strong_calls < self.rows) {
            let Some(score) = point.score else { continue };
            let setting = Setting {
                threshold: scored.passes_from.saturating_sub(score),
                escalations: self.thousandths(point.strong_calls),
                quality: self.thousandths(point.right),
            };
            if settings.last() != Some(&setting) {
                settings.push(setting);
            }
        }
        settings
    }

    /// How often a router with the same scores, dealt to the rows by chance, recovers as much; in thousandths, and never
    /// nought: of `shuffles` and the one at hand (Phipson and Smyth 2010).
    pub(crate) fn chance(&self, rows: &[Row], scored: &Scored, rng: &dyn Rng, shuffles: u32) -> Option<u32> {
        let own = self.apgr()?;
        let mut as_good = 1_u32;
        let mut dealt = scored.clone();
        for _ in 0..shuffles {
            shuffle(&mut dealt, rng);
            let other = Self::of(rows, &dealt).ok()?.apgr()?;
            as_good += u32::from(other >= own);
        }
        (as_good * 1_000).checked_div(shuffles + 1)
    }

    fn apgr(&self) -> Option<i64> {
        let (rows, weak) = (i128::from(self.rows), i128::from(self.weak_right));
        let gap = i128::from(self.strong_right) - weak;
        if gap <= 0 {
            return None;
        }
        // Twice the area under the curve, by trapezoids.
        let area: i128 = self
            .points
            .windows(2)
            .filter_map(|pair| match pair {
                [from, to] => {
                    let width = i128::from(to.strong_calls) - i128::from(from.strong_calls);
                    Some(width * (i128::from(from.right) + i128::from(to.right)))
                }
                _ => None,
            })
            .sum();
        let recovered = (area - 2 * rows * weak) * 1_000;
        i64::try_from(recovered.checked_div_euclid(2 * rows * gap)?).ok()
    }

    /// Right answers, times a thousand, at which so many thousandths of the gap are recovered.
    fn target(&self, thousandths: u32) -> Option<i128> {
        let (strong, weak) = (i128::from(self.strong_right), i128::from(self.weak_right));
        (strong > weak).then(|| weak * 1_000 + (strong - weak) * i128::from(thousandths))
    }

    /// The least share of strong calls that reaches the target, on the line between two points where it lies there.
    fn calls_for(&self, thousandths: u32) -> Option<u32> {
        let target = self.target(thousandths)?;
        let right = |point: &Point| i128::from(point.right) * 1_000;
        let calls = |point: &Point| i128::from(point.strong_calls);
        let first = self.points.first().filter(|first| right(first) >= target);
        if first.is_some() {
            return Some(0);
        }
        self.points.windows(2).find_map(|pair| match pair {
            [from, to] if right(from) < target && target <= right(to) => {
                let rise = right(to) - right(from);
                let way = (calls(to) - calls(from)) * (target - right(from));
                let scaled = (calls(from) * rise + way) * 1_000;
                scaled.checked_div(rise * i128::from(self.rows)).and_then(|share| u32::try_from(share).ok())
            }
            _ => None,
        })
    }

    fn thousandths(&self, part: u32) -> u32 {
        let thousandths = (u64::from(part) * 1_000).checked_div(u64::from(self.rows));
        thousandths.and_then(|it| u32::try_from(it).ok()).unwrap_or(0)
    }
}

fn weak_costs(rows: &[Row], scored: &Scored) -> Result<Option<Sum>, MoneyError> {
    let answers = u64::from(scored.weak_answers);
    rows.iter().try_fold(Some(Sum::default()), |sum, row| match (sum, row.weak_cost, row.strong_cost) {
        (Some(sum), Some(cost), Some(_)) => sum.and(cost, answers).map(Some),
        _ => Ok(None),
    })
}

/// A cascade has paid for the weak answer by then; who decides before has not.
fn with_strong_call(cost: Option<Sum>, row: &Row, kind: RouterKind) -> Result<Option<Sum>, MoneyError> {
    let (Some(sum), Some(strong), Some(weak)) = (cost, row.strong_cost, row.weak_cost) else {
        return Ok(None);
    };
    let saved = if kind == RouterKind::Cascade { Rate::ZERO } else { weak };
    let picos = strong.picos().checked_sub(saved.picos()).ok_or(MoneyError::Overflow)?;
    sum.and(Rate::from_picos(picos), 1).map(Some)
}

/// Deals the scores anew (Fisher and Yates, in Durstenfeld's way).
fn shuffle(scored: &mut Scored, rng: &dyn Rng) {
    for last in (1..scored.rows.len()).rev() {
        let mut bytes = [0_u8; 8];
        rng.fill(&mut bytes);
        let bound = u128::try_from(last).unwrap_or(u128::MAX) + 1;
        let drawn = (u128::from(u64::from_le_bytes(bytes)) * bound) >> 64;
        let other = usize::try_from(drawn).unwrap_or(last);
        let scores =
            (scored.rows.get(last).map(|row| row.score), scored.rows.get(other).map(|row| row.score));
        if let (Some(one), Some(two)) = scores {
            if let Some(row) = scored.rows.get_mut(last) {
                row.score = two;
            }
            if let Some(row) = scored.rows.get_mut(other) {
                row.score = one;
            }
        }
    }
}
