//! Calendar files.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{call, said};

fn file(arguments: Value) -> String {
    let answer = call("calendar_file", arguments).unwrap();
    let file = answer.files.first().unwrap();
    assert_eq!(file.media_type, "text/calendar");
    String::from_utf8(file.bytes.clone()).unwrap()
}

fn problem(event: Value) -> String {
    said("calendar_file", json!({"events": [event]}))
}

#[test]
fn an_event_in_a_zone_brings_the_clocks_of_the_zone() {
    let text = file(json!({
        "name": "团队 会议",
        "events": [{
            "title": "Planning; part 1, \"draft\"", "start": "2026-03-20T09:00", "end": "2026-03-20T10:30",
            "zone": "Europe/Berlin", "place": "Room 5", "notes": "Bring:\n- the list", "link": "https://example.org/a",
            "remind_minutes": 15, "repeat": {"every": "week", "days": ["mo", "we"], "until": "2026-04-30"}
        }]
    }));
    let expected = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Hutong//calendar_file//EN",
        "CALSCALE:GREGORIAN",
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Berlin",
        "BEGIN:STANDARD",
        "DTSTART:20251026T030000",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "TZNAME:CET",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:20260329T020000",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "TZNAME:CEST",
        "END:DAYLIGHT",
    ];
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines.get(..expected.len()), Some(expected.as_slice()));
    let start = lines.iter().position(|line| *line == "BEGIN:VEVENT").unwrap();
    let event = lines.get(start..).unwrap().join("\n");
    let uid = event.lines().nth(1).unwrap().to_owned();
    assert!(uid.starts_with("UID:") && uid.ends_with("@hutong") && uid.len() == 43, "{uid}");
    assert_eq!(
        event.replace(&format!("{uid}\n"), ""),
        "BEGIN:VEVENT\n\
         DTSTAMP:20261124T020530Z\n\
         DTSTART;TZID=Europe/Berlin:20260320T090000\n\
         DTEND;TZID=Europe/Berlin:20260320T103000\n\
         SUMMARY:Planning\\; part 1\\, \"draft\"\n\
         LOCATION:Room 5\n\
         DESCRIPTION:Bring:\\n- the list\n\
         URL:https://example.org/a\n\
         RRULE:FREQ=WEEKLY;UNTIL=20260430T215959Z;BYDAY=MO,WE\n\
         BEGIN:VALARM\n\
         ACTION:DISPLAY\n\
         DESCRIPTION:Planning\\; part 1\\, \"draft\"\n\
         TRIGGER:-PT15M\n\
         END:VALARM\n\
         END:VEVENT\n\
         END:VCALENDAR\n"
    );
}

#[test]
fn days_and_times_without_a_zone_are_written_as_such() {
    let asked = json!({"events": [
        {"title": "Trip", "start": "2026-12-30", "end": "2027-01-02"},
        {"title": "Tea", "start": "2026-12-01T16:00"},
        {"title": "Call", "start": "2026-12-01T16:00", "minutes": 30, "zone": "UTC+8"}
    ]});
    let text = file(asked.clone());
    let dates: Vec<&str> =
        text.split("\r\n").filter(|line| line.starts_with("DTSTART") || line.starts_with("DTEND")).collect();
    assert_eq!(
        dates,
        [
            "DTSTART;VALUE=DATE:20261230",
            "DTEND;VALUE=DATE:20270103",
            "DTSTART:20261201T160000",
            "DTEND:20261201T170000",
            "DTSTART:20261201T080000Z",
            "DTEND:20261201T083000Z",
        ]
    );
    assert!(!text.contains("VTIMEZONE"));
    assert_eq!(
        said("calendar_file", asked),
        "The member gets the file calendar.ics with these events:\n\
         - Trip: Wed 2026-12-30 to 2027-01-02, all day\n\
         - Tea: Tue 2026-12-01 16:00 to 17:00, no zone: local time of whoever opens it\n\
         - Call: Tue 2026-12-01 16:00 to 16:30 UTC+08"
    );
}

#[test]
fn a_zone_without_changes_is_told_with_its_one_offset() {
    let text =
        file(json!({"events": [{"title": "a", "start": "2026-12-01T09:00", "zone": "Asia/Shanghai"}]}));
    let zone = "BEGIN:VTIMEZONE\r\nTZID:Asia/Shanghai\r\nBEGIN:STANDARD\r\nDTSTART:19910915T020000\r\n\
                TZOFFSETFROM:+0900\r\nTZOFFSETTO:+0800\r\nTZNAME:CST\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
    assert!(text.contains(zone), "{text}");
}

#[test]
fn the_same_call_makes_the_same_file() {
    let asked =
        json!({"events": [{"title": "a", "start": "2026-12-01"}, {"title": "a", "start": "2026-12-01"}]});
    let text = file(asked.clone());
    assert_eq!(text, file(asked));
    let uids: Vec<&str> = text.split("\r\n").filter(|line| line.starts_with("UID:")).collect();
    assert_ne!(uids.first(), uids.last());
}

#[test]
fn names_become_plain_file_names() {
    let name = |name: &str| {
        let asked = json!({"name": name, "events": [{"title": "a", "start": "2026-12-01"}]});
        call("calendar_file", asked).unwrap().files.first().unwrap().name.clone()
    };
    assert_eq!(name("../../etc/passwd"), "etc-passwd.ics");
    assert_eq!(name("会议 1.ics"), "会议-1.ics");
    assert_eq!(name("..."), "calendar.ics");
}

#[test]
fn events_that_cannot_be_are_refused_by_their_number() {
    for (event, expected) in [
        (json!({"title": "a", "start": "tomorrow"}), "Event 1: `tomorrow` is no time."),
        (
            json!({"title": "a", "start": "2026-12-01T09:00+08:00"}),
            "Event 1: `2026-12-01T09:00+08:00` is no time.",
        ),
        (json!({"title": " ", "start": "2026-12-01"}), "Event 1: `title` is empty."),
        (
            json!({"title": "a", "start": "2026-12-02", "end": "2026-12-01"}),
            "Event 1: it ends before it begins.",
        ),
        (json!({"title": "a", "start": "2026-12-01", "minutes": 5}), "Event 1: a whole day has no `minutes`"),
        (
            json!({"title": "a", "start": "2026-12-01T09:00", "end": "2026-12-01T10:00", "minutes": 5}),
            "Event 1: give `end` or `minutes`, not both.",
        ),
        (
            json!({"title": "a", "start": "2026-03-29T02:30", "zone": "Europe/Berlin"}),
            "Event 1: 2026-03-29T02:30:00 does not exist in Europe/Berlin: the clocks are put forward.",
        ),
        (
            json!({"title": "a", "start": "2026-12-01", "link": "javascript:alert(1)"}),
            "Event 1: `link` is an address that begins with https://.",
        ),
        (
            json!({"title": "a", "start": "2026-12-01", "repeat": {"every": "day", "count": 2, "until": "2027-01-01"}}),
            "Event 1: give `count` or `until`, not both.",
        ),
        (
            json!({"title": "a", "start": "2026-12-01", "repeat": {"every": "day", "days": ["mo"]}}),
            "Event 1: `days` belong to `every: week`.",
        ),
        (json!({"title": "a", "start": "2026-12-01", "zone": "Mars/Base"}), ""),
    ] {
        let answer = problem(event);
        let is_expected = answer.starts_with(&format!("! {expected}"));
        assert!(is_expected || expected.is_empty(), "{answer}");
    }
    assert!(said("calendar_file", json!({"events": []})).starts_with("! `events` has 0 entries"));
}

proptest! {
    #[test]
    fn no_text_of_an_event_begins_a_line(title in "(?s).{1,80}", notes in "(?s).{0,200}") {
        prop_assume!(!title.trim().is_empty());
        let text = file(json!({"events": [{"title": title, "start": "2026-12-01", "notes": notes}]}));
        let names = ["BEGIN:", "END:", "VERSION:", "PRODID:", "CALSCALE:", "UID:", "DTSTAMP:", "DTSTART;", "DTEND;",
                     "SUMMARY:", "DESCRIPTION:", " "];
        for line in text.trim_end_matches("\r\n").split("\r\n") {
            prop_assert!(names.iter().any(|name| line.starts_with(name)), "{:?}", line);
            prop_assert!(!line.contains(['\r', '\n']));
        }
        prop_assert_eq!(text.matches("BEGIN:VEVENT").count(), 1 + usize::from(title.contains("BEGIN:VEVENT")));
    }
}
