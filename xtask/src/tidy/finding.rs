//! One thing that tidy has to say.

use std::fmt;

/// A broken rule: where, which, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) path: String,
    /// From 1; 0 for a finding about the whole file.
    pub(crate) line: usize,
    pub(crate) rule: &'static str,
    /// A hard finding fails; a soft one is a warning.
    pub(crate) hard: bool,
    /// The measured figure, for rules that measure.
    pub(crate) value: Option<usize>,
    /// What is wrong, and what to do.
    pub(crate) message: String,
}

impl Finding {
    /// A finding that fails the run.
    pub(crate) fn hard(rule: &'static str, path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, hard: true, value: None, message: message.into() }
    }

    /// A finding of a rule that measures: nothing up to `limit.soft`, a warning up to `limit.hard`.
    pub(crate) fn measured(
        limit: Limit,
        path: &str,
        line: usize,
        value: usize,
        message: impl FnOnce(usize) -> String,
    ) -> Option<Self> {
        let hard = value > limit.hard;
        let over = if hard { limit.hard } else { limit.soft };
        (value > limit.soft).then(|| Self {
            path: path.to_owned(),
            line,
            rule: limit.rule,
            hard,
            value: Some(value),
            message: message(over),
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, message, .. } = self;
        let warning = if self.hard { "" } else { "warning: " };
        match line {
            0 => write!(f, "{path}: {warning}{rule}: {message}"),
            line => write!(f, "{path}:{line}: {warning}{rule}: {message}"),
        }
    }
}

/// A budget with its two marks; equal marks mean that there is no warning before the failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) rule: &'static str,
    pub(crate) soft: usize,
    pub(crate) hard: usize,
}

impl Limit {
    /// Warns above `soft`, fails above `hard`.
    pub(crate) const fn new(rule: &'static str, soft: usize, hard: usize) -> Self {
        Self { rule, soft, hard }
    }

    /// Fails above `hard`.
    pub(crate) const fn only_hard(rule: &'static str, hard: usize) -> Self {
        Self { rule, soft: hard, hard }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit::new("file-lines", 400, 600);

    fn measure(value: usize) -> Option<String> {
        Finding::measured(LIMIT, "a.rs", 3, value, |limit| format!("{value} of {limit}, split it"))
            .map(|finding| finding.to_string())
    }

    #[test]
    fn a_limit_is_still_fine_itself() {
        assert_eq!(measure(400), None);
        assert_eq!(measure(401).unwrap(), "a.rs:3: warning: file-lines: 401 of 400, split it");
        assert_eq!(measure(600).unwrap(), "a.rs:3: warning: file-lines: 600 of 400, split it");
        assert_eq!(measure(601).unwrap(), "a.rs:3: file-lines: 601 of 600, split it");
    }

    #[test]
    fn a_finding_about_a_whole_file_names_no_line() {
        assert_eq!(Finding::hard("layer", "Cargo.toml", 0, "no").to_string(), "Cargo.toml: layer: no");
    }
}
