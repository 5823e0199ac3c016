//! `xtask/tidy-allow.toml`: findings that are tolerated for now. The list may only shrink.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::finding::Finding;

/// Where the list lies.
pub(crate) const PATH: &str = "xtask/tidy-allow.toml";

/// The whole list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowList {
    #[serde(default, rename = "allow")]
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: String,
    path: String,
    /// The largest figure, or the number of places, that is tolerated.
    value: usize,
    reason: String,
}

impl AllowList {
    /// Reads the list's text.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).with_context(|| format!("{PATH} cannot be read"))
    }

    /// Takes away the findings that are tolerated, and adds one for every entry that is not needed as it is.
    pub(crate) fn apply(&self, findings: Vec<Finding>) -> Vec<Finding> {
        let mut measured: BTreeMap<(String, String), usize> = BTreeMap::new();
        for finding in findings.iter().filter(|finding| finding.hard) {
            let known = measured.entry((finding.rule.to_owned(), finding.path.clone())).or_default();
            *known = finding.value.map_or(*known + 1, |value| value.max(*known));
        }
        let allowed = |finding: &Finding| {
            self.entries.iter().any(|entry| {
                entry.rule == finding.rule
                    && entry.path == finding.path
                    && measured.get(&entry.key()).is_some_and(|value| *value <= entry.value)
            })
        };
        let mut left: Vec<_> =
            findings.into_iter().filter(|finding| !(finding.hard && allowed(finding))).collect();
        left.extend(
            self.entries.iter().filter_map(|entry| entry.objection(measured.get(&entry.key()).copied())),
        );
        left
    }

    /// One finding for each entry that an older list lacks or has with a smaller value.
    pub(crate) fn growth_since(&self, older: &Self, which: &str) -> Vec<Finding> {
        let grown = self.entries.iter().filter(|entry| {
            let before = older.entries.iter().find(|old| old.key() == entry.key());
            before.is_none_or(|old| old.value < entry.value)
        });
        grown
            .map(|entry| {
                let message = format!(
                    "the entry for {} in {} is new or larger than in {which}: this list may only shrink, mend the cause",
                    entry.rule, entry.path,
                );
                Finding::hard("allow-list", PATH, 0, message)
            })
            .collect()
    }
}

impl Entry {
    fn key(&self) -> (String, String) {
        (self.rule.clone(), self.path.clone())
    }

    fn objection(&self, measured: Option<usize>) -> Option<Finding> {
        let message = match measured {
            _ if self.reason.trim().is_empty() => "has no reason: say why it cannot be mended yet".to_owned(),
            None => "is not needed any more: delete it".to_owned(),
            Some(value) if value < self.value => {
                format!("may shrink from {} to {value}: lower it", self.value)
            }
            Some(_) => return None,
        };
        Some(Finding::hard(
            "allow-list",
            PATH,
            0,
            format!("the entry for {} in {} {message}", self.rule, self.path),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Limit;
    use super::*;

    fn list(entries: &[(&str, &str, usize)]) -> AllowList {
        let text: String = entries
            .iter()
            .map(|(rule, path, value)| {
                format!(
                    "[[allow]]\nrule = \"{rule}\"\npath = \"{path}\"\nvalue = {value}\nreason = \"old\"\n"
                )
            })
            .collect();
        AllowList::parse(&text).unwrap()
    }

    fn long(value: usize) -> Finding {
        Finding::measured(Limit::new("function-lines", 60, 100), "a.rs", 1, value, |_| String::new()).unwrap()
    }

    #[test]
    fn what_is_allowed_is_silent_and_what_is_worse_is_not() {
        let list = list(&[("function-lines", "a.rs", 120)]);
        assert_eq!(list.apply(vec![long(120), long(110)]), []);
        assert_eq!(list.apply(vec![long(121)]), [long(121)]);
    }

    #[test]
    fn warnings_are_never_hidden() {
        let list = list(&[("function-lines", "a.rs", 120)]);
        assert_eq!(list.apply(vec![long(120), long(61)]), [long(61)]);
    }

    #[test]
    fn rules_that_do_not_measure_count_places() {
        let word = Finding::hard("sql", "a.rs", 1, "");
        let list = list(&[("sql", "a.rs", 1)]);
        assert_eq!(list.apply(vec![word.clone()]), []);
        assert_eq!(list.apply(vec![word.clone(), word.clone()]).len(), 2);
    }

    #[test]
    fn entries_that_are_too_large_or_idle_are_objected_to() {
        let list = list(&[("function-lines", "a.rs", 120), ("sql", "b.rs", 1)]);
        let messages: Vec<_> = list.apply(vec![long(110)]).into_iter().map(|f| f.message).collect();
        assert_eq!(
            messages,
            [
                "the entry for function-lines in a.rs may shrink from 120 to 110: lower it",
                "the entry for sql in b.rs is not needed any more: delete it",
            ],
        );
    }

    #[test]
    fn the_list_may_only_shrink() {
        let older = list(&[("a", "x.rs", 3), ("b", "x.rs", 3)]);
        assert_eq!(list(&[("a", "x.rs", 2)]).growth_since(&older, "HEAD"), []);
        assert_eq!(list(&[("a", "x.rs", 4), ("c", "x.rs", 1)]).growth_since(&older, "HEAD").len(), 2);
    }

    #[test]
    fn the_committed_list_reads() {
        AllowList::parse(include_str!("../../tidy-allow.toml")).unwrap();
    }
}
