//! From what a provider reports to one record, also where the report contradicts itself.

use catalog::{Counted, Quirks};
use money::{Placement, Rate, Report, Usage};
use serde_json::Value;

use crate::Spent;

/// Reads counts out of a report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts<'a>(pub(crate) &'a Value);

impl Counts<'_> {
    /// The first of these places that has a number. `/` stands between the names of objects.
    pub(crate) fn first(self, places: &[&str]) -> Option<u64> {
        places.iter().find_map(|place| {
            let found = place.split('/').try_fold(self.0, |value, name| value.get(name))?;
            found.as_u64().or_else(|| whole_float(found))
        })
    }

    pub(crate) fn of(self, places: &[&str]) -> u64 {
        self.first(places).unwrap_or(0)
    }
}

/// Some write 12.0.
fn whole_float(value: &Value) -> Option<u64> {
    let text = value.as_f64().filter(|number| *number >= 0.0 && number.fract() == 0.0)?.to_string();
    text.parse().ok()
}

/// What a report says, with the parts where the quirks say, or where they fit.
pub(crate) fn spent(quirks: &Quirks, report: Report, raw: &Value) -> Option<Spent> {
    let placed = |counted: Counted, usual: Placement| match counted {
        Counted::Usual => usual,
        Counted::Inside => Placement::Inside,
        Counted::Beside => Placement::Beside,
    };
    let cached = placed(quirks.cached, report.cached);
    let reasoned = placed(quirks.reasoned, report.reasoned);
    let (usage, is_doubtful) = settle(Report { cached, reasoned, ..report })?;
    Some(Spent { usage, raw: raw.to_string(), is_doubtful, cost: cost(quirks, raw), class: None })
}

/// The first reading that adds up; behind it those with fewer parts. Nothing when there is nothing to read.
fn settle(report: Report) -> Option<(Usage, bool)> {
    let other = |placement| match placement {
        Placement::Inside => Placement::Beside,
        Placement::Beside => Placement::Inside,
    };
    let (cached, reasoned) = (report.cached, report.reasoned);
    let readings = [
        (cached, reasoned),
        (cached, other(reasoned)),
        (other(cached), reasoned),
        (other(cached), other(reasoned)),
    ];
    let placed = readings.map(|(cached, reasoned)| Report { cached, reasoned, ..report });
    let untotalled = placed.map(|report| Report { total: None, ..report });
    let read = placed.into_iter().chain(untotalled).enumerate();
    let fitting = read.filter_map(|(at, report)| Some((report.normalise().ok()?, at > 0))).next();
    let (usage, is_doubtful) = fitting.or_else(|| {
        let bare = Report { input: report.input, output: report.output, ..Report::default() };
        Some((bare.normalise().ok()?, true))
    })?;
    (!usage.is_empty()).then_some((usage, is_doubtful))
}

/// What a provider says that an answer cost. Digits beyond the pico-unit are left out.
fn cost(quirks: &Quirks, raw: &Value) -> Option<(Rate, money::Currency)> {
    let currency = quirks.cost?;
    let number = raw.get("cost")?.as_number()?.to_string();
    let rate = Rate::of_number(&number).or_else(|_| Rate::of_number(&shortened(&number)));
    Some((rate.ok()?, currency))
}

/// Twelve digits behind the point, of a number without an exponent or with one.
fn shortened(number: &str) -> String {
    let value = number.parse::<f64>().unwrap_or(0.0);
    format!("{value:.12}")
}

#[cfg(test)]
mod tests {
    use money::Unit;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(report: Report) -> Spent {
        spent(&Quirks::default(), report, &json!({})).unwrap()
    }

    #[test]
    fn a_grand_total_tells_where_reasoning_was_counted() {
        let report = Report { input: 10, output: 5, reasoning: 7, total: Some(22), ..Report::default() };
        let said = read(report);
        assert_eq!((said.usage.output_tokens(), said.is_doubtful), (12, true));
        let quirks = Quirks { reasoned: Counted::Beside, ..Quirks::default() };
        assert!(!spent(&quirks, report, &json!({})).unwrap().is_doubtful);
    }

    #[test]
    fn more_cached_than_there_is_was_counted_beside() {
        let said = read(Report { input: 10, cache_read: 90, output: 1, ..Report::default() });
        assert_eq!((said.usage.input_tokens(), said.usage.count(Unit::CacheRead)), (100, 90));
    }

    #[test]
    fn nothing_and_the_impossible_are_not_told() {
        assert_eq!(spent(&Quirks::default(), Report::default(), &json!({})), None);
        let beyond = Report { input: u64::MAX, output: u64::MAX, ..Report::default() };
        assert_eq!(spent(&Quirks::default(), beyond, &json!({})), None);
    }

    #[test]
    fn a_cost_is_exact_where_it_can_be() {
        let quirks = Quirks { cost: "USD".parse().ok(), ..Quirks::default() };
        let of = |raw: Value| cost(&quirks, &raw).map(|(rate, _)| rate.picos());
        assert_eq!(of(json!({"cost": 0.00014})), Some(140_000_000));
        assert_eq!(of(json!({"cost": 1.5e-6})), Some(1_500_000));
        assert_eq!(of(json!({"cost": 0.000_000_000_000_123})), Some(0));
        assert_eq!(of(json!({"cost": -1})), None);
        assert_eq!(cost(&Quirks::default(), &json!({"cost": 1})), None);
    }

    proptest! {
        #[test]
        fn no_token_is_counted_twice_and_none_is_lost(input in 0_u64..2_000, output in 0_u64..2_000, read in 0_u64..2_000, write in 0_u64..2_000, thought in 0_u64..2_000, total in prop::option::of(0_u64..9_000)) {
            let report = Report { input, output, cache_read: read, cache_write_5m: write, reasoning: thought, total, ..Report::default() };
            let Some(said) = spent(&Quirks::default(), report, &json!({})) else {
                prop_assert_eq!(input + output + read + write + thought, 0);
                return Ok(());
            };
            let (least, most) = (input + output, input + output + read + write + thought);
            prop_assert!((least..=most).contains(&said.usage.total_tokens()));
            let tokens = said.tokens();
            prop_assert!(tokens.cached_tokens <= tokens.input_tokens);
            prop_assert!(tokens.reasoning_tokens <= tokens.output_tokens);
            prop_assert_eq!(tokens.input_tokens + tokens.output_tokens, said.usage.total_tokens());
            if total == Some(said.usage.total_tokens()) || (total.is_none() && read + write <= input && thought <= output) {
                prop_assert_eq!(said.usage.count(Unit::CacheRead), read);
                prop_assert_eq!(said.usage.count(Unit::Reasoning), thought);
            }
        }
    }
}
