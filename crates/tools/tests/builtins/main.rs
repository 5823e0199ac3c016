//! What the tools answer, as an agent calls them.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::sync::{Arc, LazyLock};

use catalog::DataTree;
use futures_util::FutureExt;
use ports::{PortErrorKind, ToolAnswer, ToolRequest, ToolSource, Toolbox};
use serde_json::{Value, json};
use stdx::{IdMaker, MockClock, SeededRng, Timestamp};
use tools::{Builtins, Several};
use wire::{Chart, ToolClass};

mod calendar;
mod table;

/// Tuesday, 2026-11-24, 02:05:30 in UTC.
const NOW: i64 = 1_795_485_930_000_000;

/// Tools of the crate `web`.
const ELSEWHERE: [&str; 2] = ["web_fetch", "web_search"];

fn builtins() -> &'static Builtins {
    static BUILTINS: LazyLock<Builtins> = LazyLock::new(|| {
        let clock = MockClock::at(Timestamp::from_micros(NOW));
        Builtins::new(&DataTree::embedded(), Arc::new(clock)).unwrap()
    });
    &BUILTINS
}

fn request(name: &str, arguments: &str) -> ToolRequest {
    let clock = MockClock::at(Timestamp::from_micros(NOW));
    let ids = IdMaker::new(Arc::new(clock), Arc::new(SeededRng::new(7)));
    ToolRequest {
        key: "run-1/2/0".to_owned(),
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        workspace_id: ids.make(),
        member_id: ids.make(),
        thread_id: None,
        agent_id: "ask".to_owned(),
        locale: "en".to_owned(),
    }
}

fn call(name: &str, arguments: Value) -> Result<ToolAnswer, String> {
    let answer = builtins().call(request(name, &arguments.to_string())).now_or_never().unwrap();
    answer.map_err(|error| {
        assert_eq!(error.kind, PortErrorKind::Bad);
        error.detail
    })
}

fn said(name: &str, arguments: Value) -> String {
    call(name, arguments).map_or_else(|problem| format!("! {problem}"), |answer| answer.text)
}

#[test]
fn every_tool_has_a_file_and_every_file_a_tool() {
    let data = DataTree::embedded();
    let files = data.below("tools").map(|(name, _)| name.trim_end_matches(".toml").to_owned());
    let files: Vec<String> = files.filter(|name| !ELSEWHERE.contains(&name.as_str())).collect();
    let mut names: Vec<String> = builtins().tools().into_iter().map(|facts| facts.tool.name).collect();
    names.sort();
    assert_eq!(names, files);
}

#[test]
fn several_toolboxes_are_one() {
    let both = Several::new(vec![Arc::new(builtins().clone()), Arc::new(builtins().clone())]);
    assert_eq!(both.tools().len(), builtins().tools().len());
    let answer = both.call(request("calculate", "{\"expression\":\"1+1\"}")).now_or_never().unwrap();
    assert_eq!(answer.unwrap().text, "1+1 = 2 (exact)");
    let error = both.call(request("rm", "{}")).now_or_never().unwrap().unwrap_err();
    let names = "now, calculate, convert, calendar_file, chart, table";
    assert_eq!(error.detail, format!("There is no tool `rm`. There are: {names}."));
}

#[test]
fn all_of_them_only_look_and_tell_nobody() {
    for facts in builtins().tools() {
        assert_eq!((facts.class, facts.source), (ToolClass::Read, ToolSource::Inside), "{}", facts.tool.name);
        assert!(!facts.tells_outside && facts.is_keyed && !facts.title.is_blank());
        // Small models read what is short.
        assert!(facts.tool.description.len() <= 480, "{}: {}", facts.tool.name, facts.tool.description.len());
        assert!(facts.tool.parameters.len() <= 2_400, "{}", facts.tool.name);
    }
}

#[test]
fn a_tool_that_is_not_there_is_an_error_for_the_model() {
    assert_eq!(said("rm", json!({})), "! There is no tool `rm`.");
}

#[test]
fn the_time_is_told_where_somebody_is() {
    assert_eq!(
        said("now", json!({"zone": "Asia/Shanghai"})),
        "Now: Tuesday 2026-11-24, 10:05:30, Asia/Shanghai (+08:00). UTC: 2026-11-24 02:05:30. Week 48 of 2026; day \
         328 of 365."
    );
    assert_eq!(
        said("now", json!({})),
        "Now: Tuesday 2026-11-24, 02:05:30, UTC (+00:00). UTC: 2026-11-24 02:05:30. Week 48 of 2026; day 328 of \
         365.\nNo zone was asked for, so this is UTC. Give `zone` for local time."
    );
}

#[test]
fn dates_are_counted_and_moved() {
    assert_eq!(
        said("now", json!({"zone": "Asia/Shanghai", "until": "2026-12-25"}))
            .lines()
            .skip(1)
            .collect::<Vec<_>>(),
        [
            "From Tuesday 2026-11-24 until Friday 2026-12-25: 31 days (1 month 1 day).",
            "Mondays to Fridays among them, the earlier day not counted, the later one counted, holidays not known: 23.",
            "Exactly: 733 h 54 min 30 s (2642070 seconds).",
        ]
    );
    assert_eq!(
        said("now", json!({"at": "2026-01-31", "add": "1 month"})),
        "Then: Saturday 2026-01-31, 00:00:00, UTC (+00:00). UTC: 2026-01-31 00:00:00. Week 5 of 2026; day 31 of \
         365.\nAfter 1 month: Saturday 2026-02-28, 00:00:00, UTC (+00:00). UTC: 2026-02-28 00:00:00. Week 9 of 2026; \
         day 59 of 365."
    );
    // The night in which the clocks are put forward is an hour shorter.
    let night = json!({"zone": "Europe/Berlin", "at": "2026-03-28T12:00", "until": "2026-03-29T12:00"});
    assert!(said("now", night).ends_with("Exactly: 23 h 0 min 0 s (82800 seconds)."));
    assert_eq!(
        said("now", json!({"at": "2027-01-01"})).split("Week").last(),
        Some(" 53 of 2026; day 1 of 365.")
    );
}

#[test]
fn what_is_no_date_is_said() {
    let wrong = "! `2026-02-30` is no date. Write 2026-12-31, 2026-12-31T18:30 or 2026-12-31T18:30:00+08:00.";
    assert_eq!(said("now", json!({"at": "2026-02-30"})), wrong);
    assert!(said("now", json!({"add": "soon"})).starts_with("! `soon` is no span of time."));
    assert_eq!(said("now", json!({"add": "9000 years"})), "! That is outside of the years -9999 to 9999.");
    assert!(said("now", json!({"zone": "Mars"})).starts_with("! There is no time zone `Mars`."));
    assert!(said("now", json!({"when": "today"})).starts_with("! Additional properties are not allowed"));
}

#[test]
fn sums_come_with_what_was_asked() {
    assert_eq!(said("calculate", json!({"expression": "0.1 + 0.2"})), "0.1 + 0.2 = 0.3 (exact)");
    let third = json!({"expression": "10/3", "decimals": 2});
    assert_eq!(said("calculate", third), "10/3 ≈ 3.33 (rounded to 2 decimals)");
    assert_eq!(
        said("calculate", json!({"expression": "sqrt(2)", "decimals": "3"})),
        "sqrt(2) ≈ 1.414 (rounded)"
    );
    assert_eq!(said("calculate", json!({"expression": 42})), "42 = 42 (exact)");
    assert!(
        said("calculate", json!({"expression": "9^9^9^9"})).starts_with("! That number would have more than")
    );
}

#[test]
fn units_are_converted_exactly() {
    for (value, from, to, expected) in [
        ("1", "mile", "km", "1 mile = 1.609344 km (exact)"),
        ("72", "°F", "°C", "72 °F ≈ 22.2222222222 °C (rounded)"),
        ("-40", "celsius", "fahrenheit", "-40 celsius = -40 fahrenheit (exact)"),
        ("100", "km/h", "m/s", "100 km/h ≈ 27.7777777778 m/s (rounded)"),
        ("90", "kmh", "m/s", "90 kmh = 25 m/s (exact)"),
        ("3", "斤", "kg", "3 斤 = 1.5 kg (exact)"),
        ("15", "亩", "公顷", "15 亩 = 1 公顷 (exact)"),
        ("1,000", "MiB", "MB", "1,000 MiB = 1048.576 MB (exact)"),
        ("1", "g/cm^3", "kg/m³", "1 g/cm^3 = 1000 kg/m³ (exact)"),
        ("2", "Nautical Miles", "m", "2 Nautical Miles = 3704 m (exact)"),
        ("2", "parsec", "m", "! There is no unit `parsec`."),
        ("1", "kWh", "kcal", "1 kWh ≈ 860.420650096 kcal (rounded)"),
        ("1", "J", "N*m", "1 J = 1 N*m (exact)"),
        ("5", "kg", "m", "! `kg` is mass and `m` is length: these cannot be converted."),
        ("5", "USD", "EUR", "! There is no unit `USD`."),
        ("5", "°C/m", "K/m", "! `°C` has its own zero and cannot be a part of another unit."),
        ("five", "m", "km", "! `value` is no number."),
        ("5", "", "km", "! A unit is missing or too long."),
    ] {
        let answer = said("convert", json!({"value": value, "from": from, "to": to}));
        assert!(answer.starts_with(expected), "{answer}");
    }
}

#[test]
fn a_chart_is_a_document_of_its_numbers() {
    let bars = json!({
        "kind": "bar", "title": "Rain", "labels": ["Jan", "Feb"], "y_label": "mm",
        "series": [{"name": "2025", "values": [30, 45.5]}, {"name": "2026", "values": ["12", 0]}],
    });
    let answer = call("chart", bars).unwrap();
    let told = "The member sees a bar chart (2 series of 2 values) titled \"Rain\". Do not repeat all of its numbers.";
    assert_eq!(answer.text, told);
    let file = answer.files.first().unwrap();
    assert_eq!(
        (file.name.as_str(), file.media_type.as_str()),
        ("chart.json", "application/vnd.hutong.chart+json")
    );
    let chart: Value = serde_json::from_slice(&file.bytes).unwrap();
    let expected = json!({
        "version": 1, "title": "Rain", "x_label": "", "y_label": "mm",
        "drawn": {
            "is": "bar", "labels": ["Jan", "Feb"],
            "series": [{"name": "2025", "values": [30.0, 45.5]}, {"name": "2026", "values": [12.0, 0.0]}]
        }
    });
    assert_eq!(chart, expected);
    assert!(serde_json::from_value::<Chart>(chart).is_ok());
}

#[test]
fn numbers_that_make_no_chart_are_refused() {
    let chart = |kind: &str, labels: Value, series: Value| {
        said("chart", json!({"kind": kind, "title": "T", "labels": labels, "series": series}))
    };
    let one = |values: Value| json!([{"name": "a", "values": values}]);
    for (answer, problem) in [
        (chart("bar", json!(["x"]), one(json!([1, 2]))), "`a` has 2 values and there are 1 labels"),
        (chart("bar", json!([]), one(json!([]))), "`labels` has 0 entries"),
        (chart("bar", json!(["x"]), json!([])), "`series` has 0 entries"),
        (chart("pie", json!(["x", "y"]), one(json!([1, -1]))), "The parts of a pie are not below zero"),
        (chart("pie", json!(["x"]), json!([{"values": [1]}, {"values": [1]}])), "A pie has one series."),
        (
            chart("scatter", json!([]), json!([{"values": [1, 2], "x": [1]}])),
            "`` has 1 numbers in `x` and 2 in",
        ),
        (chart("bar", json!(["a\nb"]), one(json!([1]))), "Titles, names and labels are one line"),
        (chart("line", json!(["x"]), json!([{"values": [1], "x": [1]}])), "`x` belongs to scatter charts"),
        (chart("radar", json!(["x"]), one(json!([1]))), "At `/kind`: this is not one of"),
        (
            chart("bar", json!(["x"]), one(json!(["many"]))),
            "At `/series/0/values/0`: this is not of type \"number\"",
        ),
    ] {
        assert!(answer.starts_with(&format!("! {problem}")), "{answer}");
    }
    let points = chart("scatter", json!([]), json!([{"name": "a", "values": [1, 2], "x": [3, 4]}]));
    assert!(points.starts_with("The member sees a scatter chart (2 points)"));
}

#[test]
fn long_answers_are_cut_and_say_so() {
    let header = (0..40).map(|n| format!("{}{n}", "column".repeat(60))).collect::<Vec<_>>().join(",");
    let answer = said("table", json!({"text": header}));
    assert!(answer.contains("[cut: the first 8192 of"), "{}", answer.len());
}
