//! How much each row is in need of the strong model, as different routers see it.

use std::collections::BTreeMap;

use catalog::TaskClass;

use super::rows::{DraftRow, Row};
use super::{RouterKind, count};
use crate::check::{By, Check, Draft, Proof, Verdict};
use crate::features::{Ask, Features, Language};
use crate::signs::Signs;

/// A router's view of all rows.
#[derive(Clone, Debug)]
pub(crate) struct Scored {
    pub(crate) name: &'static str,
    pub(crate) kind: RouterKind,
    pub(crate) rows: Vec<ScoredRow>,
    /// How many answers of the weak one are paid for in each row.
    pub(crate) weak_answers: u32,
    /// A check passes from this on, less the score of the last row that it does not pass.
    pub(crate) passes_from: i64,
}

/// A router's view of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScoredRow {
    /// The higher, the sooner it goes to the strong one.
    pub(crate) score: i64,
    /// Whether what the weak one would show is right.
    pub(crate) weak_right: bool,
}

pub(crate) fn features(row: &Row, signs: &Signs) -> Features {
    Features::read(&Ask { question: &row.prompt, ..Ask::default() }, signs)
}

/// Knows everything: first what only the strong one can, last what only the weak one can. Nothing is better.
pub(crate) fn oracle(rows: &[Row]) -> Scored {
    let need = |row: &Row| i64::from(row.strong_correct) - i64::from(row.weak_correct);
    before("oracle", RouterKind::Baseline, rows, rows.iter().map(need))
}

/// Knows nothing: all rows are the same, and the curve is what a coin does on average.
pub(crate) fn coin(rows: &[Row]) -> Scored {
    before("random", RouterKind::Baseline, rows, rows.iter().map(|_| 0))
}

/// The longer the question, the harder.
pub(crate) fn length(rows: &[Row]) -> Scored {
    let characters = |row: &Row| i64::from(count(row.prompt.chars().count()));
    before("length", RouterKind::Baseline, rows, rows.iter().map(characters))
}

/// What the feature reader sees without having learned anything: signs of a hard task first, then the kind, then the
/// length by powers of two.
pub(crate) fn signs(rows: &[Row], features: &[Features]) -> Scored {
    let need = |features: &Features| {
        let kind = match features.class {
            TaskClass::Math | TaskClass::Code => 2,
            TaskClass::Tools | TaskClass::Vision | TaskClass::Knowledge => 1,
            TaskClass::General => 0,
        };
        let length = i64::from(features.characters.checked_ilog2().unwrap_or(0));
        i64::from(features.hard_signs) * 2 + kind + length
    };
    before("signs", RouterKind::Before, rows, features.iter().map(need))
}

/// By how much the strong one was better at such questions: of the same language and kind, among four fifths of the rows
/// that the row at hand is not in. It is what a policy of the way `cheapest` does with figures counted so.
pub(crate) fn kinds(rows: &[Row], features: &[Features]) -> Scored {
    let groups: Vec<(Language, TaskClass)> = features.iter().map(|it| (it.language, it.class)).collect();
    before("kinds", RouterKind::Before, rows, learned(rows, &groups))
}

/// The same by the topics that the data set itself tells; nobody who asks says them, so it is there to compare with.
pub(crate) fn topics(rows: &[Row]) -> Option<Scored> {
    let groups: Vec<&str> = rows.iter().map(|row| row.topic.as_str()).collect();
    let has_topics = groups.windows(2).any(|pair| pair.first() != pair.last());
    has_topics.then(|| before("topics", RouterKind::Baseline, rows, learned(rows, &groups)))
}

/// Asks the weak one and doubts what it held improbable.
pub(crate) fn confidence(rows: &[Row]) -> Option<Scored> {
    let scores: Option<Vec<i64>> =
        rows.iter().map(|row| row.weak_mean_logprob.map(|mean| -i64::from(mean))).collect();
    let scored = before("confidence", RouterKind::Cascade, rows, scores?);
    Some(scored)
}

/// Asks the weak one several times and doubts where it contradicts itself. The first answer of the largest group is shown.
pub(crate) fn agreement(rows: &[Row]) -> Option<Scored> {
    let answers = rows.iter().map(|row| row.weak_drafts.len()).min().filter(|answers| *answers >= 2)?;
    let answers = count(answers);
    let rows = rows.iter().map(|row| agreed(&row.weak_drafts, answers)).collect();
    let passes_from = i64::from(answers) + 1;
    Some(Scored { name: "agreement", kind: RouterKind::Cascade, rows, weak_answers: answers, passes_from })
}

/// What is compared is the last number where the answers have numbers, else the first line.
fn agreed(drafts: &[DraftRow], answers: u32) -> ScoredRow {
    let texts: Vec<Draft<'_>> =
        drafts.iter().map(|draft| Draft { text: &draft.text, ..Draft::default() }).collect();
    let verify = |by| match (Check::Agreement { answers, agree: 1, by, longest: u32::MAX }).verify(&texts) {
        Verdict::Passes { draft, proof: Proof::Agreed { agree, .. } } => Some((draft, agree)),
        _ => None,
    };
    let found = verify(By::Number).or_else(|| verify(By::FirstLine));
    let (shown, agree) = found.unwrap_or((0, 0));
    ScoredRow {
        score: i64::from(answers) - i64::from(agree),
        weak_right: drafts.get(shown).is_some_and(|draft| draft.correct),
    }
}

fn before(
    name: &'static str,
    kind: RouterKind,
    rows: &[Row],
    scores: impl IntoIterator<Item = i64>,
) -> Scored {
    let rows = rows.iter().zip(scores);
    let rows = rows.map(|(row, score)| ScoredRow { score, weak_right: row.weak_correct }).collect();
    Scored { name, kind, rows, weak_answers: 1, passes_from: 1 }
}

/// Each row is in one of so many parts, and its score is learned from the others.
const PARTS: usize = 5;
/// A small group is believed to be like all rows, as if it had so many more of them.
const PRIOR_ROWS: i64 = 4;

/// Where the gap of each row's group, learned from the parts that the row is not in, stands among the rows of its own part.
/// Only rows of one part are compared: what was learned for a part is a little lower where its own rows are better, and
/// comparing over parts would count that against the router.
fn learned<G: Ord + Copy>(rows: &[Row], groups: &[G]) -> Vec<i64> {
    let mut seen: Vec<Gains<G>> = (0..PARTS).map(|_| Gains::default()).collect();
    for (at, (row, group)) in rows.iter().zip(groups).enumerate() {
        let gain = i64::from(row.strong_correct) - i64::from(row.weak_correct);
        for (part, gains) in seen.iter_mut().enumerate() {
            if part != at % PARTS {
                gains.add(*group, gain);
            }
        }
    }
    let gap = |(at, group): (usize, &G)| seen.get(at % PARTS).map_or(0, |gains| gains.gap(*group));
    let gaps: Vec<i64> = groups.iter().enumerate().map(gap).collect();
    let mut parts = vec![Vec::new(); PARTS];
    for (at, gap) in gaps.iter().enumerate() {
        if let Some(part) = parts.get_mut(at % PARTS) {
            part.push(*gap);
        }
    }
    parts.iter_mut().for_each(|part| part.sort_unstable());
    gaps.iter()
        .enumerate()
        .map(|(at, gap)| parts.get(at % PARTS).map_or(0, |part| rank(part, *gap)))
        .collect()
}

/// The middle of the places that a value has among sorted ones, in millionths of all places.
fn rank(sorted: &[i64], value: i64) -> i64 {
    let below = sorted.partition_point(|other| *other < value);
    let up_to = sorted.partition_point(|other| *other <= value);
    let doubled = i64::from(count(below)) + i64::from(count(up_to));
    (doubled * 500_000).checked_div(i64::from(count(sorted.len()))).unwrap_or(0)
}

/// What the strong one gained, by group and in all.
struct Gains<G> {
    groups: BTreeMap<G, (i64, i64)>,
    all: (i64, i64),
}

impl<G> Default for Gains<G> {
    fn default() -> Self {
        Self { groups: BTreeMap::new(), all: (0, 0) }
    }
}

impl<G: Ord + Copy> Gains<G> {
    fn add(&mut self, group: G, gain: i64) {
        let own = self.groups.entry(group).or_default();
        *own = (own.0 + gain, own.1 + 1);
        self.all = (self.all.0 + gain, self.all.1 + 1);
    }

    fn gap(&self, group: G) -> i64 {
        let overall = (self.all.0 * 1_000).checked_div(self.all.1).unwrap_or(0);
        let (gain, rows) = self.groups.get(&group).copied().unwrap_or_default();
        (gain * 1_000 + PRIOR_ROWS * overall).checked_div(rows + PRIOR_ROWS).unwrap_or(0)
    }
}
