use money::{Amount, MoneyError};
use stdx::Timestamp;

use crate::calendar::{Period, day, month};
use crate::window::{Room, Window};

/// What a budget bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One API key.
    Key,
    /// One member.
    Member,
    /// A group of members.
    Group,
    /// The whole workspace.
    Workspace,
}

/// When a budget begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    /// At midnight where the workspace is.
    Day,
    /// On the first of the month where the workspace is.
    Month,
    /// Never.
    Once,
}

impl Term {
    /// What was spent by runs that began after this instant counts.
    pub fn counts_since(self, now: Timestamp, offset_minutes: i32) -> Timestamp {
        match self {
            Self::Day => Window::Day.counts_since(now, offset_minutes),
            Self::Month => Window::Month.counts_since(now, offset_minutes),
            Self::Once => Timestamp::from_micros(i64::MIN),
        }
    }

    /// The term that goes on now; there is none when it goes on for ever.
    pub fn period(self, now: Timestamp, offset_minutes: i32) -> Option<Period> {
        match self {
            Self::Day => Some(day(now, offset_minutes)),
            Self::Month => Some(month(now, offset_minutes)),
            Self::Once => None,
        }
    }
}

/// The most that may be spent, by whom and in which time; above every plan and wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// What it bounds.
    pub scope: Scope,
    /// Which one, for people: the key's name, the group's.
    pub name: String,
    /// The most, in the workspace's currency.
    pub most: Amount,
    /// When it begins anew.
    pub term: Term,
    /// What was spent in this term and what is held.
    pub spent: Amount,
}

impl Budget {
    /// Whether `more` fits.
    ///
    /// # Errors
    /// When the sum does not fit an amount.
    pub fn room(&self, more: Amount, now: Timestamp, offset_minutes: i32) -> Result<Room, MoneyError> {
        let sum = self.spent.checked_add(more).ok_or(MoneyError::Overflow)?;
        Ok(match self.term.period(now, offset_minutes) {
            _ if sum <= self.most => Room::Now,
            Some(period) if more <= self.most => Room::From(period.end),
            Some(_) | None => Room::Never,
        })
    }
}
