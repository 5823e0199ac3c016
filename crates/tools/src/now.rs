//! `now`: the time, and how dates lie to each other.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Disambiguation, TimeZone};
use jiff::{Span, Unit, Zoned};
use ports::{PortError, ToolAnswer};
use serde::Deserialize;

use crate::builtins::{Builtin, Call};
use crate::{wrong, zone};

#[derive(Debug)]
pub(crate) struct Now;

#[derive(Deserialize)]
struct Asked {
    zone: Option<String>,
    at: Option<String>,
    add: Option<String>,
    until: Option<String>,
}

impl Builtin for Now {
    fn answer(&self, call: &Call<'_>) -> Result<ToolAnswer, PortError> {
        let asked: Asked = call.described.arguments(&call.request.arguments)?;
        let home = asked.zone.as_deref().map_or(Ok(TimeZone::UTC), zone::zone)?;
        let now = jiff::Timestamp::from(call.now).to_zoned(home.clone());
        let is_now = asked.at.is_none();
        let start = match &asked.at {
            None => now,
            Some(text) => instant(text, &home)?,
        };
        let mut lines = vec![described(if is_now { "Now" } else { "Then" }, &start)];
        if asked.zone.is_none() && is_now {
            lines.push("No zone was asked for, so this is UTC. Give `zone` for local time.".to_owned());
        }
        let start = match &asked.add {
            None => start,
            Some(text) => {
                let moved = moved(&start, text)?;
                lines.push(described(&format!("After {}", text.trim()), &moved));
                moved
            }
        };
        if let Some(text) = &asked.until {
            lines.extend(between(&start, &instant(text, &home)?)?);
        }
        Ok(ToolAnswer::text(lines.join("\n")))
    }
}

fn described(what: &str, at: &Zoned) -> String {
    let week = at.date().iso_week_date();
    format!(
        "{what}: {} {}, {}, {} ({}). UTC: {}. Week {} of {}; day {} of {}.",
        weekday(at.date()),
        at.date(),
        at.strftime("%H:%M:%S"),
        zone::name(at.time_zone()),
        at.strftime("%:z"),
        at.timestamp().strftime("%Y-%m-%d %H:%M:%S"),
        week.week(),
        week.year(),
        at.day_of_year(),
        at.days_in_year(),
    )
}

fn weekday(date: Date) -> String {
    date.strftime("%A").to_string()
}

/// A date, a date with a time, or an instant with its offset.
fn instant(text: &str, home: &TimeZone) -> Result<Zoned, PortError> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Ok(instant.to_zoned(home.clone()));
    }
    let local = text.parse::<DateTime>().map_err(|_| {
        let shown: String = text.chars().take(60).collect();
        wrong(format!(
            "`{shown}` is no date. Write 2026-12-31, 2026-12-31T18:30 or 2026-12-31T18:30:00+08:00."
        ))
    })?;
    let ambiguous = home.to_ambiguous_zoned(local);
    ambiguous.disambiguate(Disambiguation::Compatible).map_err(|_| out_of_range())
}

fn moved(start: &Zoned, text: &str) -> Result<Zoned, PortError> {
    let span: Span = text.trim().parse().map_err(|_| {
        let shown: String = text.chars().take(60).collect();
        wrong(format!(
            "`{shown}` is no span of time. Write for example `3 days`, `-2 weeks`, `1 month 10 days` or `PT90M`."
        ))
    })?;
    start.checked_add(span).map_err(|_| out_of_range())
}

fn out_of_range() -> PortError {
    wrong("That is outside of the years -9999 to 9999.")
}

/// How far it is, in the ways that people ask for.
fn between(from: &Zoned, until: &Zoned) -> Result<Vec<String>, PortError> {
    let (first, last) = (from.date(), until.date());
    let days = first.until((Unit::Day, last)).map_err(|_| out_of_range())?.get_days();
    let months = first.until((Unit::Year, last)).map_err(|_| out_of_range())?;
    let mut lines = vec![format!(
        "From {} {first} until {} {last}: {} ({}).",
        weekday(first),
        weekday(last),
        counted(days.into(), "day"),
        calendar(&months),
    )];
    if first != last {
        lines.push(format!(
            "Mondays to Fridays among them, the earlier day not counted, the later one counted, holidays not known: {}.",
            working_days(first, last)
        ));
    }
    let seconds = until.timestamp().as_second() - from.timestamp().as_second();
    if seconds % 86_400 != 0 || days.unsigned_abs() <= 2 {
        let (sign, rest) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
        lines.push(format!(
            "Exactly: {sign}{} h {} min {} s ({seconds} seconds).",
            rest / 3600,
            rest % 3600 / 60,
            rest % 60
        ));
    }
    Ok(lines)
}

fn counted(count: i64, unit: &str) -> String {
    let plural = if count.unsigned_abs() == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

fn calendar(span: &Span) -> String {
    let parts = [
        (i64::from(span.get_years()), "year"),
        (i64::from(span.get_months()), "month"),
        (i64::from(span.get_days()), "day"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count != 0).map(|(count, unit)| counted(*count, unit)).collect();
    if parts.is_empty() { "the same day".to_owned() } else { parts.join(" ") }
}

/// Days from Monday to Friday after the earlier date, up to and with the later one; below zero when `to` is earlier.
fn working_days(from: Date, to: Date) -> i64 {
    let (early, late, sign) = if from <= to { (from, to, 1) } else { (to, from, -1) };
    let days = early.until((Unit::Day, late)).map_or(0, |span| i64::from(span.get_days()));
    let start = i64::from(early.weekday().to_monday_zero_offset());
    let rest = (1..=days % 7).filter(|step| (start + step) % 7 < 5).count();
    sign * (days / 7 * 5 + i64::try_from(rest).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_days_agree_with_counting() {
        let start: Date = "2026-11-16".parse().unwrap();
        for first in 0..14 {
            let from = start.checked_add(Span::new().days(first)).unwrap();
            let mut counted = 0;
            for step in 1..40 {
                let day = from.checked_add(Span::new().days(step)).unwrap();
                counted += i64::from(day.weekday().to_monday_zero_offset() < 5);
                assert_eq!(working_days(from, day), counted, "{from} {day}");
                assert_eq!(working_days(day, from), -counted, "{from} {day}");
            }
        }
    }
}
