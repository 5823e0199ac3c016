//! What is given out, when, and what becomes of it at the end.

use super::*;

/// Reads `reasoning|content#name(arguments)#name(arguments)`. A `<` at the end of the content may become a mark and
/// is held back; a `!` is an error.
fn read(text: &str, goes_on: bool) -> Option<Parsed> {
    if text.contains('!') {
        return None;
    }
    let (reasoning, rest) = text.split_once('|').unwrap_or(("", text));
    let mut parts = rest.split('#');
    let content = parts.next().unwrap_or_default();
    let content = if goes_on { content.trim_end_matches('<') } else { content };
    let call = |part: &str| {
        let (name, arguments) = part.split_once('(')?;
        let (arguments, is_whole) =
            arguments.strip_suffix(')').map_or((arguments, false), |arguments| (arguments, true));
        Some(ParsedCall { name: name.to_owned(), arguments: arguments.to_owned(), is_whole })
    };
    let calls = parts.filter_map(call).collect();
    Some(Parsed { reasoning: reasoning.to_owned(), content: content.to_owned(), calls })
}

fn json() -> StructuredText {
    StructuredText::new(Reader::Library(Box::new(read)), Form::Json, ReasoningSplitter::new(None))
}

fn usual() -> Calls {
    let names = vec!["f".to_owned(), "g".to_owned()];
    Calls { names, parallel: true, held: true, json: false, stop: Vec::new() }
}

fn calls(calls: Calls) -> StructuredText {
    StructuredText::new(Reader::Ours(Box::new(read)), Form::Calls(calls), ReasoningSplitter::new(None))
}

/// A line for everything that is told: text as it is, calls as `f(` and `+arguments`.
fn line(delta: &Delta) -> String {
    let mut line = delta.text.clone();
    for call in &delta.calls {
        match call {
            CallDelta::Begins { index, name } => line += &format!("[{index} {name}]"),
            CallDelta::Arguments { index, text } => line += &format!("[{index}+{text}]"),
        }
    }
    if delta.stopped {
        line += "[stop]";
    }
    line
}

/// What is told of the pieces, one after the other, and at the end.
fn told(text: &mut StructuredText, pieces: &[&str], end: End) -> (Vec<String>, String) {
    let lines = pieces.iter().map(|piece| line(&text.push(piece.as_bytes(), |_| true))).collect();
    let end = match text.finish(end) {
        Ended::Said(delta) => format!("said {}", line(&delta)),
        Ended::Called(delta) => format!("called {}", line(&delta)),
        Ended::Broken => "broken".to_owned(),
    };
    (lines, end)
}

#[test]
fn only_what_is_certain_is_given_out_and_only_once() {
    let pieces = ["{\"a", "\":", "<", "1", "}"];
    let (lines, end) = told(&mut json(), &pieces, End::Cut);
    assert_eq!(lines, ["{\"a", "\":", "", "<1", "}"]);
    assert_eq!(end, "said ");
}

#[test]
fn json_that_is_whole_must_be_json() {
    assert_eq!(told(&mut json(), &["why|{\"a\":[1]}"], End::Whole).1, "said ");
    assert_eq!(told(&mut json(), &["{\"a\":[1"], End::Whole).1, "broken");
    assert_eq!(told(&mut json(), &["{\"a\":[1"], End::Cut).1, "said ");
    assert_eq!(told(&mut json(), &["!"], End::Cut).1, "broken");
}

#[test]
fn calls_are_told_as_they_are_written() {
    let (lines, end) = told(&mut calls(usual()), &["Hm", "#f({\"a\"", ":1})#g", "({})"], End::Whole);
    assert_eq!(lines, ["Hm", "[0 f][0+{\"a\"]", "[0+:1}]", "[1 g][1+{}]"]);
    assert_eq!(end, "called ");
}

#[test]
fn what_no_grammar_holds_is_told_when_it_has_turned_out_well() {
    let free = || calls(Calls { held: false, ..usual() });
    let (lines, end) = told(&mut free(), &["Hm", "#f({", "})"], End::Whole);
    assert_eq!((lines.join("|"), end.as_str()), ("Hm||".to_owned(), "called [0 f][0+{}]"));
    let (lines, end) = told(&mut free(), &["Hm", "#f({", "x})"], End::Whole);
    assert_eq!((lines.join("|"), end.as_str()), ("Hm||".to_owned(), "said #f({x})"));
}

#[test]
fn what_cannot_be_read_is_given_out_as_words_and_nothing_is_lost() {
    for (pieces, end) in [
        (["Hm", "#f({}"], "said #f({}"),
        (["Hm", "#f([])"], "said #f([])"),
        (["Hm", "#unknown({})"], "said #unknown({})"),
        (["Hm", "!"], "said !"),
        (["Hm", " <"], "said <"),
    ] {
        let (lines, ended) = told(&mut calls(Calls { held: false, ..usual() }), &pieces, End::Whole);
        assert!(lines.concat().starts_with("Hm"), "{pieces:?}");
        assert_eq!(ended, end, "{pieces:?}");
    }
}

#[test]
fn what_is_cut_is_given_out_as_far_as_it_goes() {
    let (lines, end) = told(&mut calls(usual()), &["Hm", "#f({\"a\":"], End::Cut);
    assert_eq!((lines.join("|"), end.as_str()), ("Hm|[0 f][0+{\"a\":]".to_owned(), "said "));
    let (lines, end) = told(&mut calls(usual()), &["Hm", "<"], End::Cut);
    assert_eq!((lines.join("|"), end.as_str()), ("Hm|".to_owned(), "said <"));
}

#[test]
fn where_one_call_is_wanted_the_second_ends_the_answer() {
    let single = Calls { parallel: false, ..usual() };
    let (lines, end) = told(&mut calls(single), &["#f({})", "#g({})"], End::Whole);
    assert_eq!((lines.join("|"), end.as_str()), ("[0 f][0+{}]|[stop]".to_owned(), "called "));
}

#[test]
fn a_stop_string_ends_words_but_never_a_call() {
    let stopping = || calls(Calls { stop: vec!["END".to_owned(), "a".to_owned()], ..usual() });
    let (lines, end) = told(&mut stopping(), &["Hm E", "ND", " more"], End::Whole);
    assert_eq!((lines.join("|"), end.as_str()), ("Hm |[stop]|".to_owned(), "said "));
    let (lines, end) = told(&mut stopping(), &["#f({\"a\":1})"], End::Whole);
    assert_eq!((lines.join("|"), end.as_str()), ("[0 f][0+{\"a\":1}]".to_owned(), "called "));
}

#[test]
fn where_json_was_asked_for_beside_calls_words_are_broken() {
    let either = || calls(Calls { json: true, ..usual() });
    assert_eq!(told(&mut either(), &["{}"], End::Whole).1, "said ");
    assert_eq!(told(&mut either(), &["#f({})"], End::Whole).1, "called ");
    assert_eq!(told(&mut either(), &["Hm"], End::Whole).1, "broken");
    assert_eq!(told(&mut either(), &["!"], End::Whole).1, "broken");
}

#[test]
fn what_is_let_go_is_words_from_then_on() {
    let mut text = calls(usual());
    assert_eq!(line(&text.push(b"Hm", |_| true)), "Hm");
    assert_eq!(line(&text.push(b"#f(", |written| written != "Hm#f(")), "#f(");
    assert_eq!(line(&text.push(b"{})", |_| true)), "{})");
    assert_eq!(text.finish(End::Whole), Ended::Said(Delta::default()));
    let mut held = json();
    held.push(b"no", |_| false);
    assert_eq!(held.finish(End::Whole), Ended::Broken, "an answer that must be JSON is never let go");
}

#[test]
fn reasoning_is_told_apart_by_us_or_by_the_library() {
    let tags = Some(super::super::ReasoningTags::default());
    let mut ours =
        StructuredText::new(Reader::Ours(Box::new(read)), Form::Calls(usual()), ReasoningSplitter::new(tags));
    let delta = ours.push(b"<think>#g({})</think>Yes#f({})", |_| true);
    assert_eq!((delta.reasoning.as_str(), line(&delta).as_str()), ("#g({})", "Yes[0 f][0+{}]"));
    let delta = json().push(b"why|{", |_| true);
    assert_eq!((delta.reasoning.as_str(), delta.text.as_str()), ("why", "{"));
}

#[test]
fn the_library_does_not_read_a_long_text_again_for_every_token() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let characters = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&characters);
    let reader = Reader::Library(Box::new(move |text, _| {
        count.fetch_add(text.len(), Ordering::Relaxed);
        Some(Parsed { content: text.to_owned(), ..Parsed::default() })
    }));
    let mut text = StructuredText::new(reader, Form::Json, ReasoningSplitter::new(None));
    let mut told = 0;
    for _ in 0..20_000 {
        told += text.push(b"word ", |_| true).text.len();
    }
    let Ended::Said(delta) = text.finish(End::Cut) else { panic!("it is cut") };
    assert_eq!(told + delta.text.len(), 100_000);
    assert!(characters.load(Ordering::Relaxed) < 100 * 100_000, "{characters:?}");
}
