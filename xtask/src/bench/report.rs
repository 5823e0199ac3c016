//! Figures, their statistics, and how they are shown and kept.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::host;

/// One measured thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Figure {
    pub(crate) figure: String,
    pub(crate) unit: &'static str,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) runs: usize,
    /// What we promise.
    pub(crate) bar: Option<Bar>,
}

/// The promised value of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

impl Figure {
    /// Median, minimum and maximum of some measurements; an error when there are none.
    pub(crate) fn of(figure: &str, unit: &'static str, mut values: Vec<f64>) -> Result<Self> {
        values.sort_by(f64::total_cmp);
        let (min, max) = values.first().zip(values.last()).context("nothing was measured")?;
        let upper = values.get(values.len() / 2).unwrap_or(max);
        let lower = values.get((values.len() - 1) / 2).unwrap_or(min);
        Ok(Self {
            figure: figure.to_owned(),
            unit,
            median: f64::midpoint(*lower, *upper),
            min: *min,
            max: *max,
            runs: values.len(),
            bar: None,
        })
    }

    /// With a promise.
    pub(crate) fn at_most(self, bar: f64) -> Self {
        Self { bar: Some(Bar::AtMost(bar)), ..self }
    }

    /// With a promise.
    pub(crate) fn at_least(self, bar: f64) -> Self {
        Self { bar: Some(Bar::AtLeast(bar)), ..self }
    }

    fn verdict(&self) -> String {
        let (sign, bar, kept) = match self.bar {
            None => return String::new(),
            Some(Bar::AtMost(bar)) => ('≤', bar, self.median <= bar),
            Some(Bar::AtLeast(bar)) => ('≥', bar, self.median >= bar),
        };
        format!("{sign} {bar}, {}", if kept { "kept" } else { "MISSED" })
    }
}

/// What a figure was measured on.
#[derive(Serialize)]
struct Machine {
    cpu: String,
    cores: usize,
    memory_gib: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    bench: &'a str,
    at: String,
    machine: &'a Machine,
    #[serde(flatten)]
    figure: &'a Figure,
}

/// Prints the figures and writes them to `bench/results/<time>-<bench>.jsonl`.
pub(crate) fn publish(root: &Path, bench: &str, figures: &[Figure]) -> Result<()> {
    let (machine, at) = (machine(), host::timestamp().to_string());
    let mut lines = String::new();
    for figure in figures {
        let line = Line { bench, at: at.clone(), machine: &machine, figure };
        lines.push_str(&serde_json::to_string(&line)?);
        lines.push('\n');
    }
    let folder = root.join("bench/results");
    std::fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{}-{bench}.jsonl", at.replace(':', "")));
    std::fs::write(&file, &lines)?;
    print!("{lines}");
    println!("\n{}kept in {}", table(figures), file.strip_prefix(root).unwrap_or(&file).display());
    Ok(())
}

fn table(figures: &[Figure]) -> String {
    let name = |figure: &Figure| format!("{}, {}", figure.figure, figure.unit);
    let width = figures.iter().map(|figure| name(figure).chars().count()).max().unwrap_or(0).max(36);
    let mut text =
        format!("{:<width$} {:>10} {:>10} {:>10} {:>5}  promise\n", "figure", "median", "min", "max", "runs");
    for figure in figures {
        let Figure { median, min, max, runs, .. } = figure;
        let name = name(figure);
        let row =
            format!("{name:<width$} {median:>10.2} {min:>10.2} {max:>10.2} {runs:>5}  {}", figure.verdict());
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

fn machine() -> Machine {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':'))
            .map(|(_, value)| value.trim().to_owned())
            .unwrap_or_default()
    };
    let kib: u64 =
        field(&read("/proc/meminfo"), "MemTotal").trim_end_matches(" kB").parse().unwrap_or_default();
    Machine {
        cpu: field(&read("/proc/cpuinfo"), "model name"),
        cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        memory_gib: kib.div_ceil(1024 * 1024),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_a_median_with_its_range() {
        let odd = Figure::of("a", "ms", vec![3.0, 1.0, 2.0]).unwrap();
        assert_eq!((odd.median, odd.min, odd.max, odd.runs), (2.0, 1.0, 3.0, 3));
        let even = Figure::of("a", "ms", vec![4.0, 1.0, 2.0, 3.0]).unwrap();
        assert_eq!(even.median, 2.5);
        assert!(Figure::of("a", "ms", Vec::new()).is_err());
    }

    #[test]
    fn a_promise_is_kept_or_missed() {
        let figure = |value| Figure::of("a", "ms", vec![value]).unwrap().at_most(300.0);
        assert_eq!(figure(300.0).verdict(), "≤ 300, kept");
        assert_eq!(figure(300.1).verdict(), "≤ 300, MISSED");
        let rate = |value| Figure::of("a", "1/s", vec![value]).unwrap().at_least(0.9);
        assert_eq!(rate(0.9).verdict(), "≥ 0.9, kept");
        assert_eq!(rate(0.89).verdict(), "≥ 0.9, MISSED");
    }

    #[test]
    fn figures_are_kept_as_lines() {
        let root = tempfile::tempdir().unwrap();
        publish(root.path(), "start", &[Figure::of("a", "ms", vec![1.0]).unwrap().at_most(2.0)]).unwrap();
        let file = std::fs::read_dir(root.path().join("bench/results")).unwrap().next().unwrap().unwrap();
        assert!(file.file_name().to_string_lossy().ends_with("Z-start.jsonl"));
        let line: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file.path()).unwrap()).unwrap();
        assert_eq!(line["bench"], "start");
        assert_eq!(line["median"], 1.0);
        assert_eq!(line["bar"]["at_most"], 2.0);
        assert!(line["machine"]["cores"].as_u64().unwrap() > 0);
    }
}
