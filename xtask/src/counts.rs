//! How many tests passed and failed, read from what each runner prints.

use std::fmt;
use std::ops::Add;

use anyhow::{Context as _, Result};

/// Passed and failed tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
}

impl Counts {
    /// `Summary [ 0.2s] 53 tests run: 50 passed (2 slow), 2 failed, 1 timed out, 4 skipped`
    pub(crate) fn of_nextest(text: &str) -> Option<Self> {
        let summary = text.lines().rev().find(|line| line.trim_start().starts_with("Summary ["))?;
        let (_, figures) = summary.split_once(" run: ")?;
        let mut counts = Self::default();
        for figure in figures.split(", ") {
            let (number, word) = figure.trim().split_once(' ')?;
            let number: usize = number.parse().ok()?;
            if word.starts_with("passed") {
                counts.passed += number;
            } else if ["failed", "exec failed", "timed out"].iter().any(|bad| word.starts_with(bad)) {
                counts.failed += number;
            }
        }
        Some(counts)
    }

    /// The sum of `test result: ok. 3 passed; 0 failed; …` over all binaries.
    pub(crate) fn of_cargo_test(text: &str) -> Option<Self> {
        let results: Vec<_> =
            text.lines().filter_map(|line| line.trim().strip_prefix("test result: ")).collect();
        let number = |line: &str, word: &str| -> Option<usize> {
            let part = line.split(['.', ';']).find(|part| part.trim().ends_with(word))?;
            part.trim().split(' ').next()?.parse().ok()
        };
        let one =
            |line: &&str| Some(Self { passed: number(line, "passed")?, failed: number(line, "failed")? });
        let counts: Option<Vec<_>> = results.iter().map(one).collect();
        counts
            .filter(|counts| !counts.is_empty())
            .map(|counts| counts.into_iter().fold(Self::default(), Self::add))
    }

    /// The JSON report of vitest.
    pub(crate) fn of_vitest(json: &str) -> Result<Self> {
        let report: serde_json::Value = serde_json::from_str(json)?;
        let number = |name: &str| {
            let number = report.get(name).and_then(serde_json::Value::as_u64);
            number
                .and_then(|number| usize::try_from(number).ok())
                .with_context(|| format!("the report has no {name}"))
        };
        let mut counts = Self { passed: number("numPassedTests")?, failed: number("numFailedTests")? };
        // A file that cannot be loaded fails without a test of its own.
        let success = report.get("success").and_then(serde_json::Value::as_bool);
        if success == Some(false) && counts.failed == 0 {
            counts.failed = 1;
        }
        Ok(counts)
    }

    /// The last line that reads `N passed, N failed`.
    pub(crate) fn of_closing_line(text: &str) -> Option<Self> {
        text.lines().rev().find_map(|line| {
            let (passed, failed) = line.trim().split_once(" passed, ")?;
            let (failed, _) = failed.split_once(" failed")?;
            Some(Self { passed: passed.parse().ok()?, failed: failed.parse().ok()? })
        })
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: usize, failed: usize) -> Counts {
        Counts { passed, failed }
    }

    #[test]
    fn nextest_says_how_it_went_in_one_line() {
        let all = "     Summary [   0.296s] 53 tests run: 53 passed, 0 skipped\n";
        assert_eq!(Counts::of_nextest(all), Some(counts(53, 0)));
        let some = "noise\n Summary [ 9.1s] 18/53 tests run: 13 passed (2 slow, 1 leaky), 2 failed, 1 exec failed, 2 timed out, 4 skipped\n   FAIL x\n";
        assert_eq!(Counts::of_nextest(some), Some(counts(13, 5)));
        let one = " Summary [ 0.1s] 1 test run: 1 passed, 0 skipped\n";
        assert_eq!(Counts::of_nextest(one), Some(counts(1, 0)));
        assert_eq!(Counts::of_nextest("error: could not compile"), None);
    }

    #[test]
    fn cargo_test_says_it_once_a_binary() {
        let text = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\ntest result: FAILED. 2 passed; 4 failed; 0 ignored\n";
        assert_eq!(Counts::of_cargo_test(text), Some(counts(5, 4)));
        assert_eq!(Counts::of_cargo_test("nothing ran"), None);
    }

    #[test]
    fn vitest_writes_a_report() {
        let report = r#"{"numPassedTests": 12, "numFailedTests": 1, "success": false}"#;
        assert_eq!(Counts::of_vitest(report).unwrap(), counts(12, 1));
        let unloadable = r#"{"numPassedTests": 12, "numFailedTests": 0, "success": false}"#;
        assert_eq!(Counts::of_vitest(unloadable).unwrap(), counts(12, 1));
        assert!(Counts::of_vitest("{}").is_err());
    }

    #[test]
    fn other_suites_end_with_a_line_of_their_own() {
        assert_eq!(
            Counts::of_closing_line("1 passed, 0 failed\nlater\n7 passed, 2 failed\n\n"),
            Some(counts(7, 2))
        );
        assert_eq!(Counts::of_closing_line("7 passed, 0 failed, 1 skipped\n"), Some(counts(7, 0)));
        assert_eq!(Counts::of_closing_line("all is well"), None);
    }
}
