//! The zones of a file, with every change of their clocks that matters.

use std::collections::BTreeMap;

use jiff::tz::{Dst, TimeZone};
use jiff::{Span, Timestamp};

use super::When;
use super::ics::{self, Lines};
use super::rule::Repeat;

/// How far ahead the clocks of an event that comes again without an end are told.
const YEARS_AHEAD: i64 = 10;
/// Changes that are told of one zone.
const MOST_CHANGES: usize = 40;

/// The name under which a file speaks of a zone; UTC and fixed offsets have none and are written as UTC.
pub(super) fn id(zone: &TimeZone) -> Option<&str> {
    zone.iana_name().filter(|name| !matches!(*name, "UTC" | "Etc/UTC"))
}

/// Writes each zone once, over the time in which its events are.
pub(super) fn put<'a>(lines: &mut Lines, events: impl Iterator<Item = (&'a When, Option<&'a Repeat>)>) {
    let mut spans: BTreeMap<String, (TimeZone, Timestamp, Timestamp)> = BTreeMap::new();
    for (when, repeat) in events {
        let When::Zoned(begin, finish) = when else { continue };
        let Some(id) = id(begin.time_zone()) else { continue };
        let last = match repeat {
            None => finish.clone(),
            Some(_) => finish.checked_add(Span::new().years(YEARS_AHEAD)).unwrap_or_else(|_| finish.clone()),
        };
        let span = spans
            .entry(id.to_owned())
            .or_insert_with(|| (begin.time_zone().clone(), begin.timestamp(), last.timestamp()));
        span.1 = span.1.min(begin.timestamp());
        span.2 = span.2.max(last.timestamp());
    }
    for (id, (zone, from, until)) in spans {
        lines.put("BEGIN", "VTIMEZONE");
        lines.put("TZID", &id);
        put_changes(lines, &zone, from, until);
        lines.put("END", "VTIMEZONE");
    }
}

fn put_changes(lines: &mut Lines, zone: &TimeZone, from: Timestamp, until: Timestamp) {
    let before = zone.preceding(from).next();
    let after = zone.following(from).take_while(|change| change.timestamp() <= until);
    let mut is_any = false;
    for change in before.into_iter().chain(after).take(MOST_CHANGES) {
        let instant = change.timestamp();
        let earlier = instant.checked_sub(Span::new().seconds(1)).unwrap_or(instant);
        let old = zone.to_offset(earlier);
        is_any = true;
        put_change(
            lines,
            &ics::local(old.to_datetime(instant)),
            old,
            change.offset(),
            change.dst(),
            change.abbreviation(),
        );
    }
    if !is_any {
        let info = zone.to_offset_info(from);
        put_change(lines, "19700101T000000", info.offset(), info.offset(), info.dst(), info.abbreviation());
    }
}

fn put_change(
    lines: &mut Lines,
    start: &str,
    old: jiff::tz::Offset,
    new: jiff::tz::Offset,
    dst: Dst,
    name: &str,
) {
    let kind = if dst == Dst::Yes { "DAYLIGHT" } else { "STANDARD" };
    lines.put("BEGIN", kind);
    lines.put("DTSTART", start);
    lines.put("TZOFFSETFROM", &offset(old));
    lines.put("TZOFFSETTO", &offset(new));
    lines.put("TZNAME", name);
    lines.put("END", kind);
}

/// `+0800`; with seconds where a zone had them.
fn offset(offset: jiff::tz::Offset) -> String {
    let seconds = offset.seconds();
    let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs());
    let rest = if size % 60 == 0 { String::new() } else { format!("{:02}", size % 60) };
    format!("{sign}{:02}{:02}{rest}", size / 3600, size % 3600 / 60)
}
