//! What is measured of one gateway in one round.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::load::{self, Form};
use super::running::Gateway;
use super::workload::Workload;

/// What is done behind a client's back is done by then.
const REST: Duration = Duration::from_millis(200);

/// The values of one gateway in one round; processor and memory only where there is a gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Lap {
    pub(super) gateway: String,
    pub(super) whole: Pace,
    pub(super) stream: Pace,
    /// Requests a second, and the seconds of processor time for 1,000 of them then.
    pub(super) capacity: f64,
    pub(super) processor_at_capacity: Option<f64>,
    /// To the first piece (ms).
    pub(super) first_alone: f64,
    pub(super) first_together: f64,
    /// A second.
    pub(super) tokens: f64,
    /// 10^6 bytes.
    pub(super) resident: Option<f64>,
    /// Until the disk confirms a write (ms), where something is kept on one.
    pub(super) confirmed: Option<f64>,
}

/// Answers at a fixed pace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pace {
    /// To the end of an answer (ms).
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// Seconds for 1,000 of them.
    pub(super) processor: Option<f64>,
}

impl Lap {
    /// Measures; adds to `asked` how many requests that took.
    pub(super) fn run(gateway: &Gateway, workload: &Workload, asked: &mut usize) -> Result<Self> {
        let Workload { paced, first, flood, .. } = workload;
        let confirmed = gateway.confirmed()?;
        let whole = pace(gateway, workload, Form::Whole)?;
        let stream = pace(gateway, workload, Form::Stream)?;
        let before = gateway.processor_seconds()?;
        let (answers, seconds) = load::full(gateway, paced, &workload.full)?;
        let capacity = number(answers)? / seconds;
        std::thread::sleep(REST);
        let processor_at_capacity = used(gateway, before, answers)?;
        let first_alone = median(load::alone(gateway, first)?)?;
        let first_together = median(load::together(gateway, first)?)?;
        std::thread::sleep(REST);
        let (streams, seconds) = load::flood(gateway, flood)?;
        let tokens = number(streams * flood.pieces)? / seconds;
        std::thread::sleep(REST);
        *asked += paced.requests + paced.streams + answers;
        *asked += first.alone + first.together * first.bursts + streams;
        Ok(Self {
            gateway: gateway.name.clone(),
            whole,
            stream,
            capacity,
            processor_at_capacity,
            first_alone,
            first_together,
            tokens,
            resident: gateway.resident_megabytes()?,
            confirmed,
        })
    }
}

fn pace(gateway: &Gateway, workload: &Workload, form: Form) -> Result<Pace> {
    let before = gateway.processor_seconds()?;
    let waits = load::paced(gateway, &workload.paced, form)?;
    std::thread::sleep(REST);
    let processor = used(gateway, before, waits.len())?;
    Ok(Pace { p50: quantile(&waits, 50)?, p99: quantile(&waits, 99)?, processor })
}

/// Seconds of processor time since then, for 1,000 of so many.
fn used(gateway: &Gateway, before: Option<f64>, count: usize) -> Result<Option<f64>> {
    let thousands = number(count)? / 1e3;
    Ok(gateway.processor_seconds()?.zip(before).map(|(after, before)| (after - before) / thousands))
}

/// Of sorted values.
fn quantile(sorted: &[f64], percent: usize) -> Result<f64> {
    let last = sorted.len().saturating_sub(1);
    sorted.get((sorted.len() * percent / 100).min(last)).copied().context("nothing was answered")
}

pub(super) fn median(mut values: Vec<f64>) -> Result<f64> {
    values.sort_by(f64::total_cmp);
    quantile(&values, 50)
}

fn number(count: usize) -> Result<f64> {
    Ok(f64::from(u32::try_from(count)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_sorted_values() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!((quantile(&values, 50).unwrap(), quantile(&values, 99).unwrap()), (101.0, 199.0));
        assert_eq!((quantile(&[7.0], 99).unwrap(), median(vec![3.0, 1.0, 2.0]).unwrap()), (7.0, 2.0));
        assert!(median(Vec::new()).is_err());
    }
}
