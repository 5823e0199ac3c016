use money::{Rate, Unit};
use stdx::Timestamp;

use super::week::Week;
use super::{Facts, PriceRate, ServiceClass, Terms};

/// The rate of one unit, for some models, under conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// Where it stands: `price[3]`.
    pub(super) name: String,
    /// The file it stands in, below `data/`.
    pub(super) file: String,
    pub(super) pattern: Pattern,
    pub(super) unit: Unit,
    pub(super) rate: Rate,
    pub(super) class: ServiceClass,
    /// In force from this instant.
    pub(super) from: Timestamp,
    /// Until before this one.
    pub(super) until: Option<Timestamp>,
    /// More input tokens than this.
    pub(super) input_above: Option<u64>,
    /// No more input tokens than this.
    pub(super) input_up_to: Option<u64>,
    pub(super) week: Week,
    /// The same in words: `during peak`.
    pub(super) hours: Option<String>,
    /// Where it is known from.
    pub(super) source_url: Option<String>,
    /// When it was compared with that.
    pub(super) checked_on: String,
}

/// Which models a rule is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pattern {
    /// All whose name begins so.
    Beginning(String),
    /// The one of this name.
    Name(String),
}

impl Pattern {
    /// `name` or `beginning*`; `None` when a star stands elsewhere or nothing is before it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let beginning = text.strip_suffix('*');
        let plain = beginning.unwrap_or(text);
        let is_plain =
            !plain.is_empty() && !plain.contains('*') && plain.chars().all(|c| c.is_ascii_graphic());
        let pattern = if beginning.is_some() { Self::Beginning } else { Self::Name };
        is_plain.then(|| pattern(plain.to_owned()))
    }

    /// Matches every model.
    pub(super) fn all() -> Self {
        Self::Beginning(String::new())
    }

    /// How specifically it matches a model; `None` when it does not. Every pattern that matches has another rank.
    pub(crate) fn rank(&self, model: &str) -> Option<usize> {
        match self {
            Self::Name(name) => (name == model).then_some(usize::MAX),
            Self::Beginning(beginning) => model.starts_with(beginning.as_str()).then_some(beginning.len()),
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Beginning(beginning) => write!(f, "{beginning}*"),
        }
    }
}

impl Rule {
    /// Whether its conditions hold, but for the schedule.
    pub(super) fn is_in_force(&self, instant: Timestamp, facts: Facts) -> bool {
        let above = self.input_above.is_none_or(|above| facts.input_tokens > above);
        let up_to = self.input_up_to.is_none_or(|up_to| facts.input_tokens <= up_to);
        self.is_dated(instant) && above && up_to && self.class == facts.class
    }

    /// Whether an instant is within its dates.
    pub(super) fn is_dated(&self, instant: Timestamp) -> bool {
        self.from <= instant && self.until.is_none_or(|until| instant < until)
    }

    /// Where it stands: `prices/vendor.toml: price[3]`.
    pub(super) fn place(&self) -> String {
        format!("{}: {}", self.file, self.name)
    }

    /// Its conditions, but for the dates.
    pub(super) fn terms(&self) -> Terms {
        Terms {
            class: self.class,
            input_above: self.input_above,
            input_up_to: self.input_up_to,
            hours: self.hours.clone(),
        }
    }

    /// Whether there is a request that both would price.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let before = |end: Option<Timestamp>, begin| end.is_some_and(|end| end <= begin);
        let apart = before(self.until, other.from) || before(other.until, self.from);
        let below =
            |up_to: Option<u64>, above: Option<u64>| matches!((up_to, above), (Some(u), Some(a)) if u <= a);
        let tiers_apart =
            below(self.input_up_to, other.input_above) || below(other.input_up_to, self.input_above);
        self.pattern == other.pattern
            && self.unit == other.unit
            && self.class == other.class
            && !apart
            && !tiers_apart
            && self.week.overlaps(&other.week)
    }

    pub(super) fn price_rate(&self) -> PriceRate {
        PriceRate { rate: self.rate, rule: self.place() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_full_name_comes_before_the_longest_beginning() {
        let rank = |pattern: &str| Pattern::parse(pattern).unwrap().rank("toy-2-mini");
        assert!(rank("toy-2-mini") > rank("toy-2-*") && rank("toy-2-*") > rank("toy-*"));
        assert_eq!(rank("toy-3*"), None);
    }

    #[test]
    fn a_star_stands_at_the_end_only_and_never_alone() {
        for bad in ["", "*", "a*b", "*a", "a b", "a**"] {
            assert_eq!(Pattern::parse(bad), None, "{bad:?}");
        }
    }
}
