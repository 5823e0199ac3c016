//! How much computing time everybody has had, divided by what they weigh.

use std::collections::BTreeMap;
use std::time::Duration;

/// The most that anybody can owe to the others: what they have had more than the one who has had least.
const DEBT: Duration = Duration::from_secs(2);

/// The accounts of those who want something now.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    spent: BTreeMap<String, Duration>,
}

impl Accounts {
    /// What somebody has had.
    pub(super) fn of(&self, member: &str) -> Duration {
        self.spent.get(member).copied().unwrap_or_default()
    }

    /// Opens an account at the level of whoever has had least.
    pub(super) fn enter(&mut self, member: &str) {
        let level = self.spent.values().min().copied().unwrap_or_default();
        self.spent.insert(member.to_owned(), level);
    }

    /// Closes the accounts of all others.
    pub(super) fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.spent.retain(|member, _| wanted(member));
    }

    /// Notes what was spent; never more than a bounded debt to the one of the others who has had least.
    pub(super) fn charge(&mut self, member: &str, cost: Duration, least: Option<Duration>) {
        let most = least.map_or(Duration::MAX, |least| least.saturating_add(DEBT));
        let before = self.of(member);
        let after = before.saturating_add(cost).min(most.max(before));
        self.spent.insert(member.to_owned(), after);
    }
}
