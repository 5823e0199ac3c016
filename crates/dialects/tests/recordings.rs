//! Traffic as vendors document it, and what is heard of it. `recordings/<vendor>.<endpoint>.<case>.sse` is a stream
//! (`: model <name>` in its first line when the model matters), `.json` an answer at once, `.error` a status, headers and
//! a body. What is heard stands beside it in `snapshots/`.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use catalog::{DataTree, Endpoint};
use dialects::{Decoder, Event, Failure, Rejection, Spent};
use proptest::prelude::*;

/// Bytes of a piece.
const LENGTH: usize = 23;

struct Recording {
    name: String,
    endpoint: Endpoint,
    model: String,
    bytes: Vec<u8>,
}

fn recordings(ending: &str) -> Vec<Recording> {
    let vendors = catalog::providers(&DataTree::embedded()).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(ending)).collect();
    names.sort();
    assert!(!names.is_empty());
    let read = |name: String| {
        let mut parts = name.split('.');
        let vendor = vendors.get(parts.next().unwrap()).unwrap_or_else(|| panic!("{name}: no such vendor"));
        let endpoint =
            vendor.endpoint(parts.next().unwrap()).unwrap_or_else(|| panic!("{name}: no such endpoint"));
        let bytes = fs::read(folder.join(&name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let model =
            text.lines().next().and_then(|line| line.strip_prefix(": model ")).unwrap_or("m").to_owned();
        let name = name.strip_suffix(ending).unwrap().to_owned();
        Recording { name, endpoint: endpoint.clone(), model, bytes }
    };
    names.into_iter().map(read).collect()
}

impl Recording {
    fn hear(&self, chunks: &[&[u8]]) -> Vec<Event> {
        let mut decoder = Decoder::new(&self.endpoint, &self.model);
        let mut events: Vec<Event> = chunks.iter().flat_map(|chunk| decoder.push(chunk)).collect();
        events.extend(decoder.finish());
        events
    }
}

/// One line an event.
fn shown(events: &[Event]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Began { id, model } => writeln!(text, "began {id:?} {model:?}"),
            Event::Text(said) => writeln!(text, "text {said:?}"),
            Event::Reasoning(thought) => writeln!(text, "reasoning {thought:?}"),
            Event::Refusal(said) => writeln!(text, "refusal {said:?}"),
            Event::Logprobs(tokens) => writeln!(text, "logprobs {tokens:?}"),
            Event::ToolCall { index, id, name } => writeln!(text, "call {index} {id:?} {name:?}"),
            Event::ToolArguments { index, text: more } => writeln!(text, "arguments {index} {more:?}"),
            Event::Keep(keepsake) => writeln!(text, "keep {}", serde_json::to_string(keepsake).unwrap()),
            Event::Done(end) => writeln!(text, "done {:?}{}", end.reason, spent(end.spent.as_ref())),
            Event::Failed(broken) => {
                let error = broken.failure.error("Vendor");
                writeln!(text, "failed {:?} {error}{}", broken.failure.kind, spent(broken.spent.as_ref()))
            }
        }
        .unwrap();
    }
    text
}

fn spent(spent: Option<&Spent>) -> String {
    let Some(spent) = spent else { return "\n  spent: not told".to_owned() };
    let usage = serde_json::to_string(&spent.usage).unwrap();
    let mut text = format!("\n  spent: {usage}");
    if spent.is_doubtful {
        text.push_str(" doubtful");
    }
    if let Some((rate, currency)) = &spent.cost {
        write!(text, "\n  cost: {} pico{currency}", rate.picos()).unwrap();
    }
    if let Some(class) = &spent.class {
        write!(text, "\n  class: {class}").unwrap();
    }
    text
}

#[test]
fn streams_are_heard_as_they_were_meant() {
    for recording in recordings(".sse") {
        let events = recording.hear(&[&recording.bytes]);
        insta::assert_snapshot!(format!("{}.sse", recording.name), shown(&events));
    }
}

#[test]
fn whole_answers_are_heard_as_they_were_meant() {
    for recording in recordings(".json") {
        let model: serde_json::Value = serde_json::from_slice(&recording.bytes).unwrap();
        let model = model.get("model").and_then(|model| model.as_str()).unwrap_or("m");
        let events = Decoder::whole(&recording.endpoint, model, &recording.bytes);
        insta::assert_snapshot!(format!("{}.json", recording.name), shown(&events));
    }
}

#[test]
fn rejections_are_heard_as_they_were_meant() {
    for recording in recordings(".error") {
        let text = String::from_utf8(recording.bytes).unwrap();
        let (head, body) = text.split_once("\n\n").unwrap();
        let mut head = head.lines();
        let status = head.next().unwrap().parse().unwrap();
        let headers: Vec<(&str, &str)> = head.map(|line| line.split_once(": ").unwrap()).collect();
        let rejection = Rejection { status, headers: &headers, body: body.as_bytes() };
        let failure = Failure::read(&recording.endpoint, rejection);
        let error = failure.error("Vendor");
        let shown = format!("{:?} {:?} {:?}\n{error}\n", failure.kind, error.kind, failure.retry);
        insta::assert_snapshot!(format!("{}.error", recording.name), shown);
    }
}

/// Pieces of one length, the first one shorter: with every beginning, each byte is once the first of a piece.
fn pieces(bytes: &[u8], first: usize, length: usize) -> Vec<&[u8]> {
    let (head, rest) = bytes.split_at(first.min(bytes.len()));
    std::iter::once(head).chain(rest.chunks(length)).collect()
}

#[test]
fn a_cut_at_any_byte_changes_nothing() {
    for recording in recordings(".sse") {
        let whole = recording.hear(&[&recording.bytes]);
        for first in 0..LENGTH {
            let pieces = pieces(&recording.bytes, first, LENGTH);
            assert_eq!(recording.hear(&pieces), whole, "{} in pieces after {first}", recording.name);
        }
        assert_eq!(recording.hear(&pieces(&recording.bytes, 0, 1)), whole, "{} byte by byte", recording.name);
    }
}

#[test]
fn endings_of_lines_change_nothing() {
    for recording in recordings(".sse") {
        let whole = recording.hear(&[&recording.bytes]);
        let text = String::from_utf8(recording.bytes.clone()).unwrap();
        for ending in ["\r\n", "\r"] {
            let other = format!("\u{feff}{}", text.replace('\n', ending));
            if !text.starts_with('{') {
                assert_eq!(recording.hear(&[other.as_bytes()]), whole, "{} with {ending:?}", recording.name);
            }
        }
    }
}

/// What was told before the end, so that the cut of one text into two changes nothing.
fn words(events: &[Event]) -> String {
    let told = events.iter().filter_map(|event| match event {
        Event::Text(text) | Event::Reasoning(text) | Event::ToolArguments { text, .. } => Some(text.as_str()),
        _ => None,
    });
    told.collect()
}

/// A connection that ends early is an error, unless the answer's end had been told, and what was heard stays true.
#[test]
fn an_early_end_is_never_a_clean_one() {
    for recording in recordings(".sse") {
        let whole = recording.hear(&[&recording.bytes]);
        let reason = whole.iter().find_map(|event| match event {
            Event::Done(end) => Some(end.reason),
            _ => None,
        });
        for at in (0..recording.bytes.len()).step_by(1 + recording.bytes.len() / 250) {
            let heard = recording.hear(&[&recording.bytes[..at]]);
            assert!(
                words(&whole).starts_with(words(&heard).trim_end_matches("{}")),
                "{} until {at}",
                recording.name
            );
            match heard.last() {
                Some(Event::Failed(_)) => {}
                Some(Event::Done(end)) => {
                    assert_eq!(Some(end.reason), reason, "{} until {at}", recording.name);
                    assert_eq!(words(&heard), words(&whole), "{} until {at}", recording.name);
                }
                other => panic!("{} until {at}: {other:?}", recording.name),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damage_never_confuses_the_decoder(which: prop::sample::Index, at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        static ALL: std::sync::LazyLock<Vec<Recording>> = std::sync::LazyLock::new(|| recordings(".sse"));
        let all = &*ALL;
        let recording = &all[which.index(all.len())];
        let mut bytes = recording.bytes.clone();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let whole = recording.hear(&[&bytes]);
        let ends = whole.iter().filter(|event| matches!(event, Event::Done(_) | Event::Failed(_))).count();
        prop_assert_eq!(ends, 1);
        let (before, behind) = bytes.split_at(cut.index(bytes.len()));
        prop_assert_eq!(recording.hear(&[before, behind]), whole);
    }
}

#[test]
fn what_is_larger_than_can_be_kept_is_a_failure_and_no_memory() {
    let recording = &recordings(".sse")[0];
    let mut decoder = Decoder::with_limit(&recording.endpoint, &recording.model, 1_000);
    let mut events = decoder.push(b"data: {\"x\":\"");
    for _ in 0..100 {
        events.extend(decoder.push(&[b'x'; 100]));
    }
    events.extend(decoder.finish());
    let [Event::Failed(broken)] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(broken.failure.kind, dialects::FailureKind::TooLarge);
    assert!(decoder.is_over());
}
