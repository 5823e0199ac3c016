//! Calls between marks: `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, the form that most open models know.
//!
//! Small models forget the marks and write the same JSON bare, or between the fences of Markdown. An answer that begins
//! so, with the name of a tool that was offered, is a call too.

use crate::{Parsed, ParsedCall};

/// Where a call begins.
pub const OPEN: &str = "<tool_call>";
/// Where it ends.
pub const CLOSE: &str = "</tool_call>";

/// Around a bare call.
const FENCE: &str = "```";
/// The same before it, where the language may stand.
const FENCES: [&str; 2] = ["```json", FENCE];

/// Takes an answer apart; nothing when what looks like a call is none. When the text goes on, what may become a call
/// is held back. Bare calls are those of the tools with these names.
pub fn read(text: &str, names: &[String], goes_on: bool) -> Option<Parsed> {
    let Some((before, mut rest)) = text.split_once(OPEN) else {
        return match bare(text, names) {
            Bare::Call(body) => read_bare(body, goes_on),
            Bare::Undecided if goes_on => Some(Parsed::default()),
            Bare::Undecided | Bare::Words => {
                let content = if goes_on { certain(text) } else { text };
                Some(Parsed { content: content.to_owned(), ..Parsed::default() })
            }
        };
    };
    let mut calls = Vec::new();
    loop {
        let Some((call, after)) = read_call(rest)? else {
            return goes_on.then(|| parsed(before, calls, unfinished(rest)));
        };
        calls.push(call);
        let after = after.trim_start();
        match after.strip_prefix(OPEN) {
            Some(next) => rest = next,
            None if after.is_empty() || goes_on && OPEN.starts_with(after) => {
                return Some(parsed(before, calls, None));
            }
            None => return None,
        }
    }
}

/// The object of a bare call that an answer begins with, as soon as the name of its tool is there.
pub fn bare_call<'a>(text: &'a str, names: &[String]) -> Option<&'a str> {
    match bare(text, names) {
        Bare::Call(body) => Some(body),
        Bare::Undecided | Bare::Words => None,
    }
}

/// What an answer without a mark may be.
enum Bare<'a> {
    Words,
    /// More must be seen.
    Undecided,
    /// A call, from its first bracket on.
    Call(&'a str),
}

fn bare<'a>(text: &'a str, names: &[String]) -> Bare<'a> {
    let text = text.trim_start();
    if names.is_empty() {
        return Bare::Words;
    }
    if FENCES.iter().any(|fence| fence.starts_with(text)) {
        return Bare::Undecided;
    }
    let body = FENCES.iter().find_map(|fence| text.strip_prefix(fence)).unwrap_or(text).trim_start();
    let mut rest = body;
    for piece in ["{", "\"name\"", ":", "\""] {
        rest = rest.trim_start();
        match rest.strip_prefix(piece) {
            Some(after) => rest = after,
            None if piece.starts_with(rest) => return Bare::Undecided,
            None => return Bare::Words,
        }
    }
    match rest.split_once('"') {
        Some((name, _)) if names.iter().any(|known| known == name) => Bare::Call(body),
        None if names.iter().any(|known| known.starts_with(rest)) => Bare::Undecided,
        _ => Bare::Words,
    }
}

fn read_bare(body: &str, goes_on: bool) -> Option<Parsed> {
    let alone = |call| Some(Parsed { calls: vec![call], ..Parsed::default() });
    match whole(body) {
        Some((call, after)) => {
            let after = after.trim();
            let is_end = after.is_empty() || after == FENCE || goes_on && FENCE.starts_with(after);
            if is_end { alone(call) } else { None }
        }
        None if goes_on => match unfinished(body) {
            Some(call) => alone(call),
            None => Some(Parsed::default()),
        },
        None => None,
    }
}

fn parsed(before: &str, mut calls: Vec<ParsedCall>, unfinished: Option<ParsedCall>) -> Parsed {
    calls.extend(unfinished);
    Parsed { content: before.trim_end().to_owned(), calls, ..Parsed::default() }
}

/// The text without an end that may become a mark, and without the blanks before it.
fn certain(text: &str) -> &str {
    let ends = text.char_indices().filter(|(_, c)| *c == '<');
    let from = ends.map(|(at, _)| at).find(|at| text.get(*at..).is_some_and(|end| OPEN.starts_with(end)));
    text.get(..from.unwrap_or(text.len())).unwrap_or_default().trim_end()
}

/// A whole call up to its closing mark, and what follows; `Some(None)` when the text ends before that.
#[expect(clippy::option_option, reason = "a call that is wrong differs from one that is not there yet")]
fn read_call(text: &str) -> Option<Option<(ParsedCall, &str)>> {
    let Some((inside, after)) = split_at_close(text) else { return Some(None) };
    let (call, rest) = whole(inside)?;
    rest.trim().is_empty().then_some(Some((call, after)))
}

/// The object of a whole call, and what follows it.
fn whole(text: &str) -> Option<(ParsedCall, &str)> {
    let head = head(text)?;
    let (arguments, rest) = object(head.rest)?;
    let rest = rest.trim_start().strip_prefix('}')?;
    let call = ParsedCall { name: head.name.to_owned(), arguments: arguments.to_owned(), is_whole: true };
    Some((call, rest))
}

/// The closing mark that does not stand in a string.
fn split_at_close(text: &str) -> Option<(&str, &str)> {
    let mut scan = Scan::default();
    for (at, c) in text.char_indices() {
        if !scan.in_string && text.get(at..)?.starts_with(CLOSE) {
            return Some((text.get(..at)?, text.get(at + CLOSE.len()..)?));
        }
        scan.push(c);
    }
    None
}

/// What is known of a call whose closing mark has not come.
fn unfinished(text: &str) -> Option<ParsedCall> {
    let head = head(text)?;
    let arguments = object(head.rest).map_or_else(|| head.rest.trim_start(), |(arguments, _)| arguments);
    Some(ParsedCall { name: head.name.to_owned(), arguments: arguments.to_owned(), is_whole: false })
}

struct Head<'a> {
    name: &'a str,
    /// From the arguments on.
    rest: &'a str,
}

/// `{"name": "…", "arguments":`, with blanks where JSON allows them. Names have nothing in them to escape.
fn head(text: &str) -> Option<Head<'_>> {
    let rest = text.trim_start().strip_prefix('{')?;
    let rest = rest.trim_start().strip_prefix("\"name\"")?.trim_start().strip_prefix(':')?;
    let (name, rest) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
    let rest = rest.trim_start().strip_prefix(',')?;
    let rest = rest.trim_start().strip_prefix("\"arguments\"")?.trim_start().strip_prefix(':')?;
    Some(Head { name, rest })
}

/// The object that a text begins with, and what follows it; nothing when it is not whole.
fn object(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let mut scan = Scan::default();
    for (at, c) in text.char_indices() {
        scan.push(c);
        if at == 0 && c != '{' {
            return None;
        }
        if scan.depth == 0 {
            return Some(text.split_at(at + c.len_utf8()));
        }
    }
    None
}

/// Knows whether a place in JSON is within a string, and within how many brackets.
#[derive(Debug, Default)]
struct Scan {
    in_string: bool,
    is_escaped: bool,
    depth: usize,
}

impl Scan {
    fn push(&mut self, c: char) {
        if self.in_string {
            match c {
                _ if self.is_escaped => self.is_escaped = false,
                '\\' => self.is_escaped = true,
                '"' => self.in_string = false,
                _ => {}
            }
            return;
        }
        match c {
            '"' => self.in_string = true,
            '{' | '[' => self.depth += 1,
            '}' | ']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> Vec<String> {
        ["weather", "time"].map(str::to_owned).to_vec()
    }

    fn call(name: &str, arguments: &str, is_whole: bool) -> ParsedCall {
        ParsedCall { name: name.to_owned(), arguments: arguments.to_owned(), is_whole }
    }

    #[track_caller]
    fn calls(text: &str, goes_on: bool) -> (String, Vec<ParsedCall>) {
        let parsed = read(text, &names(), goes_on).unwrap();
        (parsed.content, parsed.calls)
    }

    const TWO: &str = "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"a</tool_call>}\\\"\"}}\n\
        </tool_call>\n<tool_call>{\"name\":\"time\",\"arguments\":{}}</tool_call>";

    #[test]
    fn a_text_without_marks_is_content() {
        assert_eq!(calls("Hello <b>", false), ("Hello <b>".to_owned(), vec![]));
        assert_eq!(calls("Hello \n<tool_", true), ("Hello".to_owned(), vec![]));
        assert_eq!(calls("Hello \n<tool_", false), ("Hello \n<tool_".to_owned(), vec![]));
        assert_eq!(calls("a < b <", true), ("a < b".to_owned(), vec![]));
    }

    #[test]
    fn calls_are_read_with_what_was_said_before() {
        let expected =
            vec![call("weather", "{\"city\": \"a</tool_call>}\\\"\"}", true), call("time", "{}", true)];
        assert_eq!(calls(TWO, false), ("Let me see.".to_owned(), expected));
    }

    #[test]
    fn a_call_that_is_still_written_is_told_as_far_as_it_goes() {
        assert_eq!(calls("<tool_call>\n{\"name\": \"wea", true).1, []);
        assert_eq!(calls("<tool_call>\n{\"name\": \"weather\", \"argu", true).1, []);
        let begun = "<tool_call>{\"name\": \"weather\", \"arguments\": {\"ci";
        assert_eq!(calls(begun, true).1, [call("weather", "{\"ci", false)]);
        let closed = "<tool_call>{\"name\": \"weather\", \"arguments\": {\"a\":1}}\n</to";
        assert_eq!(calls(closed, true).1, [call("weather", "{\"a\":1}", false)]);
        assert_eq!(read(begun, &names(), false), None);
    }

    #[test]
    fn a_bare_call_of_a_tool_that_was_offered_is_a_call() {
        let arguments = "{\"city\": \"Oslo\"}";
        let body = format!("{{\"name\": \"weather\", \"arguments\": {arguments}}}");
        for text in [body.clone(), format!("\n```json\n{body}\n```"), format!("```\n{body}\n```\n")] {
            assert_eq!(
                calls(&text, false),
                (String::new(), vec![call("weather", arguments, true)]),
                "{text}"
            );
            for (cut, _) in text.char_indices() {
                let (content, calls) = calls(&text[..cut], true);
                assert_eq!(content, "", "{cut}");
                assert!(calls.iter().all(|call| arguments.starts_with(&call.arguments)), "{calls:?}");
            }
        }
    }

    #[test]
    fn json_that_is_no_call_is_content() {
        for text in [
            "{\"name\": \"Anna\", \"arguments\": {}}",
            "{\"city\": 1}",
            "```python\nprint()\n```",
            "```json\n[1]\n```",
            "{\"name\": \"weat",
            "``",
        ] {
            assert_eq!(calls(text, false), (text.to_owned(), vec![]), "{text}");
        }
        assert_eq!(calls("{\"name\": \"An", true).0, "{\"name\": \"An");
        assert_eq!(calls("{\"name\": \"wea", true).0, "");
        assert_eq!(read("{\"name\": \"time\", \"args\": {}}", &names(), false), None);
        assert_eq!(read("{\"name\": \"time\", \"arguments\": {}} is how.", &names(), false), None);
        assert_eq!(read("{\"name\": \"time\"", &[], true).unwrap().content, "{\"name\": \"time\"");
    }

    #[test]
    fn what_is_no_call_is_not_taken_for_one() {
        for text in [
            "<tool_call> hm</tool_call>",
            "<tool_call>{\"name\": 5, \"arguments\": {}}</tool_call>",
            "<tool_call>{\"name\": \"f\", \"arguments\": []}</tool_call>",
            "<tool_call>{\"name\": \"f\", \"arguments\": {}} x</tool_call>",
            "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call> and more",
            "<tool_call>",
        ] {
            assert_eq!(read(text, &names(), false), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_told_only_grows(cut in 0_usize..200) {
            let cut = TWO.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(TWO.len());
            let (part, whole) = (read(&TWO[..cut], &names(), true).unwrap(), read(TWO, &names(), false).unwrap());
            prop_assert!(whole.content.starts_with(&part.content));
            for (told, call) in part.calls.iter().zip(&whole.calls) {
                prop_assert_eq!(&told.name, &call.name);
                prop_assert!(call.arguments.starts_with(&told.arguments));
            }
        }

        #[test]
        fn no_text_breaks_the_reading(text in "(<tool_call>|</tool_call>|[{}\":, na你`\\\\]){0,30}", goes_on: bool) {
            let _ = read(&text, &names(), goes_on);
        }
    }
}
