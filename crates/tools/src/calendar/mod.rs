//! `calendar_file`: events become a file that every calendar reads (RFC 5545).

mod ics;
mod rule;
mod zones;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Zoned};
use ports::{PortError, ToolAnswer, ToolFile};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use stdx::Timestamp;

use crate::builtins::{Builtin, Call};
use crate::{wrong, zone};
use ics::{Lines, escaped};
use rule::Repeat;

/// Events of one file.
const MOST_EVENTS: usize = 200;
/// Characters of a title, a place or a link.
const MOST_CHARACTERS: usize = 500;
/// Characters of notes.
const MOST_NOTES: usize = 5_000;
/// How long an event takes whose end is not told.
const USUAL_MINUTES: i64 = 60;

#[derive(Debug)]
pub(crate) struct CalendarFile;

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    name: String,
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    title: String,
    start: String,
    end: Option<String>,
    minutes: Option<i64>,
    zone: Option<String>,
    #[serde(default)]
    place: String,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    link: String,
    remind_minutes: Option<u32>,
    repeat: Option<Repeat>,
}

/// When an event is, in the form in which its file tells it.
#[derive(Clone, Debug, PartialEq)]
enum When {
    /// Whole days; the second is the first that is not part of it.
    Days(Date, Date),
    /// Wherever whoever reads it is.
    Floating(DateTime, DateTime),
    /// In a zone.
    Zoned(Zoned, Zoned),
}

impl Builtin for CalendarFile {
    fn answer(&self, call: &Call<'_>) -> Result<ToolAnswer, PortError> {
        let asked: Asked = call.described.arguments(&call.request.arguments)?;
        let count = asked.events.len();
        if count == 0 || count > MOST_EVENTS {
            return Err(wrong(format!("`events` has {count} entries; a file has 1 to {MOST_EVENTS}.")));
        }
        let mut lines = Lines::default();
        let mut told = Vec::new();
        lines.put("BEGIN", "VCALENDAR");
        lines.put("VERSION", "2.0");
        lines.put("PRODID", "-//Hutong//calendar_file//EN");
        lines.put("CALSCALE", "GREGORIAN");
        let mut read = Vec::with_capacity(count);
        for (index, event) in asked.events.iter().enumerate() {
            let when =
                event.when().map_err(|error| wrong(format!("Event {}: {}", index + 1, error.detail)))?;
            read.push((event, when));
        }
        zones::put(&mut lines, read.iter().map(|(event, when)| (when, event.repeat.as_ref())));
        for (index, (event, when)) in read.iter().enumerate() {
            let uid = uid(&call.request.key, index);
            event
                .put(&mut lines, when, &uid, call.now)
                .map_err(|error| wrong(format!("Event {}: {}", index + 1, error.detail)))?;
            told.push(format!("- {}: {}", event.title.trim(), when.told()));
        }
        lines.put("END", "VCALENDAR");
        let name = format!("{}.ics", file_name(&asked.name));
        let text = format!("The member gets the file {name} with these events:\n{}", told.join("\n"));
        let file = ToolFile { name, media_type: "text/calendar".to_owned(), bytes: lines.into_bytes() };
        Ok(ToolAnswer { files: vec![file], ..ToolAnswer::text(text) })
    }
}

impl Event {
    fn when(&self) -> Result<When, PortError> {
        let (start, end) = (self.start.trim(), self.end.as_deref().map(str::trim));
        if let Some(first) = as_date(start) {
            if self.minutes.is_some() {
                return Err(wrong(
                    "a whole day has no `minutes`; write the time in `start`: 2026-12-01T09:00.",
                ));
            }
            let last = end.map_or(Some(first), as_date);
            let last = last.ok_or_else(|| wrong("`start` is a date, so `end` must be one: 2026-12-02."))?;
            let after = last.checked_add(Span::new().days(1)).map_err(|_| out_of_range())?;
            return if last < first { Err(ends_early()) } else { Ok(When::Days(first, after)) };
        }
        if self.end.is_some() && self.minutes.is_some() {
            return Err(wrong("give `end` or `minutes`, not both."));
        }
        let begin = time(start)?;
        let finish = match (end, self.minutes) {
            (Some(end), _) => time(end)?,
            (None, minutes) => {
                let minutes = minutes.unwrap_or(USUAL_MINUTES);
                begin.checked_add(Span::new().minutes(minutes)).map_err(|_| out_of_range())?
            }
        };
        let when = match &self.zone {
            None => When::Floating(begin, finish),
            Some(name) => {
                let zone = zone::zone(name)?;
                let from = placed(begin, &zone)?;
                let until = match self.end {
                    Some(_) => placed(finish, &zone)?,
                    None => {
                        let minutes = self.minutes.unwrap_or(USUAL_MINUTES);
                        from.checked_add(Span::new().minutes(minutes)).map_err(|_| out_of_range())?
                    }
                };
                When::Zoned(from, until)
            }
        };
        if when.ends_early() { Err(ends_early()) } else { Ok(when) }
    }

    fn put(&self, lines: &mut Lines, when: &When, uid: &str, now: Timestamp) -> Result<(), PortError> {
        for text in [&self.title, &self.place, &self.link] {
            if text.chars().count() > MOST_CHARACTERS {
                return Err(wrong(format!(
                    "titles, places and links have at most {MOST_CHARACTERS} characters."
                )));
            }
        }
        if self.title.trim().is_empty() {
            return Err(wrong("`title` is empty."));
        }
        if self.notes.chars().count() > MOST_NOTES {
            return Err(wrong(format!("`notes` have at most {MOST_NOTES} characters.")));
        }
        lines.put("BEGIN", "VEVENT");
        lines.put("UID", uid);
        lines.put("DTSTAMP", &ics::utc(now.into()));
        let (start, end) = when.dates();
        lines.put_dated("DTSTART", &start);
        lines.put_dated("DTEND", &end);
        lines.put("SUMMARY", &escaped(self.title.trim()));
        for (name, text) in [("LOCATION", &self.place), ("DESCRIPTION", &self.notes)] {
            if !text.trim().is_empty() {
                lines.put(name, &escaped(text.trim()));
            }
        }
        if !self.link.trim().is_empty() {
            lines.put("URL", address(self.link.trim())?);
        }
        if let Some(repeat) = &self.repeat {
            lines.put("RRULE", &repeat.rule(when)?);
        }
        if let Some(minutes) = self.remind_minutes {
            lines.put("BEGIN", "VALARM");
            lines.put("ACTION", "DISPLAY");
            lines.put("DESCRIPTION", &escaped(self.title.trim()));
            lines.put("TRIGGER", &format!("-PT{minutes}M"));
            lines.put("END", "VALARM");
        }
        lines.put("END", "VEVENT");
        Ok(())
    }
}

impl When {
    fn ends_early(&self) -> bool {
        match self {
            Self::Days(first, after) => after <= first,
            Self::Floating(begin, finish) => finish < begin,
            Self::Zoned(begin, finish) => finish.timestamp() < begin.timestamp(),
        }
    }

    /// The parameters and values of DTSTART and DTEND.
    fn dates(&self) -> (String, String) {
        match self {
            Self::Days(first, after) => {
                let day = |date: &Date| format!(";VALUE=DATE:{}", ics::date(*date));
                (day(first), day(after))
            }
            Self::Floating(begin, finish) => {
                (format!(":{}", ics::local(*begin)), format!(":{}", ics::local(*finish)))
            }
            Self::Zoned(begin, finish) => {
                let at = |zoned: &Zoned| match zones::id(zoned.time_zone()) {
                    Some(id) => format!(";TZID={id}:{}", ics::local(zoned.datetime())),
                    None => format!(":{}", ics::utc(zoned.timestamp())),
                };
                (at(begin), at(finish))
            }
        }
    }

    fn told(&self) -> String {
        match self {
            Self::Days(first, after) => {
                let last = after.checked_sub(Span::new().days(1)).unwrap_or(*after);
                let end = if last == *first { String::new() } else { format!(" to {last}") };
                format!("{}{end}, all day", first.strftime("%a %Y-%m-%d"))
            }
            Self::Floating(begin, finish) => format!(
                "{} to {}, no zone: local time of whoever opens it",
                begin.strftime("%a %Y-%m-%d %H:%M"),
                short(*begin, *finish)
            ),
            Self::Zoned(begin, finish) => format!(
                "{} to {} {}",
                begin.strftime("%a %Y-%m-%d %H:%M"),
                short(begin.datetime(), finish.datetime()),
                zone::name(begin.time_zone())
            ),
        }
    }
}

fn short(begin: DateTime, finish: DateTime) -> String {
    let form = if begin.date() == finish.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    finish.strftime(form).to_string()
}

fn as_date(text: &str) -> Option<Date> {
    if text.len() == "2026-12-31".len() { text.parse().ok() } else { None }
}

fn time(text: &str) -> Result<DateTime, PortError> {
    let has_offset =
        text.ends_with(['Z', 'z']) || text.get(10..).is_some_and(|rest| rest.contains(['+', '-']));
    match text.parse::<DateTime>() {
        Ok(time) if !has_offset => Ok(time),
        _ => {
            let shown: String = text.chars().take(40).collect();
            Err(wrong(format!(
                "`{shown}` is no time. Write 2026-12-01T09:00 with `zone` beside it, or 2026-12-01 for whole days."
            )))
        }
    }
}

fn placed(time: DateTime, zone: &TimeZone) -> Result<Zoned, PortError> {
    let ambiguous = zone.to_ambiguous_zoned(time);
    let is_gap = matches!(ambiguous.offset(), jiff::tz::AmbiguousOffset::Gap { .. });
    if is_gap {
        return Err(wrong(format!(
            "{time} does not exist in {}: the clocks are put forward.",
            zone::name(zone)
        )));
    }
    // Of an hour that comes twice, the first is meant.
    ambiguous.earlier().map_err(|_| out_of_range())
}

fn out_of_range() -> PortError {
    wrong("the date is outside of the calendar.")
}

fn ends_early() -> PortError {
    wrong("it ends before it begins.")
}

fn address(link: &str) -> Result<&str, PortError> {
    let is_plain = !link.chars().any(|c| c.is_whitespace() || c.is_control());
    let is_web = link.starts_with("https://") || link.starts_with("http://");
    if is_plain && is_web { Ok(link) } else { Err(wrong("`link` is an address that begins with https://.")) }
}

/// The same for the same call.
fn uid(key: &str, index: usize) -> String {
    let hash = Sha256::digest(format!("{key}\n{index}"));
    let hash = hex::encode(hash);
    format!("{}@hutong", hash.get(..32).unwrap_or(&hash))
}

fn file_name(wanted: &str) -> String {
    let wanted = wanted.trim().trim_end_matches(".ics");
    let kept = wanted.chars().map(|c| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' });
    let kept: String = kept.take(60).collect();
    let kept = kept.trim_matches('-');
    if kept.is_empty() { "calendar".to_owned() } else { kept.to_owned() }
}
