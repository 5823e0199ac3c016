//! A row of named steps: each is timed, a failure does not stop the rest, and a table at the end says how it went.

use std::time::Duration;

use anyhow::Result;

use crate::counts::Counts;
use crate::host;

/// What was done so far.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
    counts: Counts,
}

#[derive(Debug)]
struct Step {
    name: String,
    took: Duration,
    error: Option<String>,
    note: String,
}

impl Steps {
    /// Does one step. An error is shown and remembered. True when it went well.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> bool {
        self.measure(name, || work().map(|()| String::new()))
    }

    /// Does one suite of tests and adds what it counted.
    pub(crate) fn suite(&mut self, name: &str, work: impl FnOnce() -> Result<Counts>) -> bool {
        let mut counted = Counts::default();
        let ok = self.measure(name, || {
            counted = work()?;
            anyhow::ensure!(counted.failed == 0, "{} failed", counted.failed);
            Ok(counted.to_string())
        });
        // A suite that could not run at all is one failure, so that the sum never looks better than the run.
        let failed = if ok { 0 } else { counted.failed.max(1) };
        self.counts = self.counts + Counts { failed, ..counted };
        ok
    }

    /// True when every step went well.
    pub(crate) fn all_went_well(&self) -> bool {
        self.done.iter().all(|step| step.error.is_none())
    }

    /// The sum over all suites.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// One line a step.
    pub(crate) fn table(&self) -> String {
        let width = self.done.iter().map(|step| step.name.chars().count()).max().unwrap_or_default();
        let line = |step: &Step| {
            let (mark, note) = match &step.error {
                None => ("ok    ", step.note.as_str()),
                Some(error) => ("FAILED", error.lines().next().unwrap_or_default()),
            };
            let line = format!("{mark} {:<width$} {:>8}  {note}", step.name, shown(step.took));
            line.trim_end().to_owned() + "\n"
        };
        self.done.iter().map(line).collect()
    }

    fn measure(&mut self, name: &str, work: impl FnOnce() -> Result<String>) -> bool {
        eprintln!("\n── {name}");
        let started = host::now();
        let result = work();
        let took = started.elapsed();
        let (error, note) = match result {
            Ok(note) => (None, note),
            Err(error) => {
                eprintln!("{name} failed: {error:#}");
                (Some(format!("{error:#}")), String::new())
            }
        };
        let ok = error.is_none();
        self.done.push(Step { name: name.to_owned(), took, error, note });
        ok
    }
}

/// `0.3 s`, `42.0 s` or `12 min 05 s`.
fn shown(took: Duration) -> String {
    match took.as_secs() {
        0..60 => format!("{:.1} s", took.as_secs_f64()),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_failure_does_not_stop_the_rest() {
        let mut steps = Steps::default();
        assert!(!steps.step("first", || bail!("broken")));
        assert!(steps.suite("second", || Ok(Counts { passed: 3, failed: 0 })));
        assert!(!steps.all_went_well());
        let table = steps.table();
        let lines: Vec<_> = table.lines().collect();
        assert!(
            matches!(lines.as_slice(), [a, b] if a.starts_with("FAILED first ") && a.ends_with("broken") && b.ends_with("3 passed, 0 failed")),
            "{table}"
        );
    }

    #[test]
    fn a_suite_that_cannot_run_counts_as_one_failure() {
        let mut steps = Steps::default();
        steps.suite("a", || bail!("no browser"));
        steps.suite("b", || Ok(Counts { passed: 5, failed: 2 }));
        assert_eq!(steps.counts(), Counts { passed: 5, failed: 3 });
    }

    #[test]
    fn times_read_well() {
        assert_eq!(shown(Duration::from_millis(340)), "0.3 s");
        assert_eq!(shown(Duration::from_secs(725)), "12 min 05 s");
    }
}
