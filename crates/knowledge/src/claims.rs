//! What an answer claims: its sentences and the items of its lists, without what only frames them.

use std::ops::Range;

use reading::Span;
use serde::{Deserialize, Serialize};

use crate::sentences::sentences;

/// A sentence of an answer that says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Its characters in the answer.
    pub span: Span,
    /// What it says, without marks of Markdown and numbers of sources.
    pub text: String,
    /// The numbers of sources that stand in it, as in `[2]`.
    pub cites: Vec<u32>,
}

/// The claims of an answer in Markdown. Headings, code, questions, and lines that only announce what follows claim nothing.
pub fn claims(answer: &str) -> Vec<Claim> {
    let mut found = Vec::new();
    let mut in_code = false;
    let mut start = 0;
    // Characters up to `bytes`, counted once.
    let (mut bytes, mut characters) = (0, 0_u64);
    for line in answer.split_inclusive('\n') {
        let begin = start;
        start += line.len();
        let trimmed = line.trim();
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            in_code = !in_code;
            continue;
        }
        if in_code || trimmed.starts_with('#') || is_rule(trimmed) {
            continue;
        }
        for range in with_citations(line, sentences(line)) {
            let piece = line.get(range.clone()).unwrap_or_default();
            let (text, cites) = plain(piece);
            if !says_something(&text) {
                continue;
            }
            let from = begin + range.start;
            characters = characters.saturating_add(count(answer.get(bytes..from).unwrap_or_default()));
            bytes = from;
            let end = characters.saturating_add(count(piece));
            found.push(Claim { span: Span { start: characters, end }, text, cites });
        }
    }
    found
}

fn count(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

/// Numbers of sources that stand after the full stop belong to the sentence before it.
fn with_citations(line: &str, ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        let piece = line.get(range.clone()).unwrap_or_default();
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || "[]【】, 、^".contains(c));
        let cited = piece.len() - rest.len();
        let cites = piece.starts_with(['[', '【'])
            && piece.get(..cited).is_some_and(|cited| cited.contains([']', '】']));
        let after = range.start + cited;
        match joined.last_mut() {
            Some(last) if cites => {
                last.end = range.start + piece.get(..cited).unwrap_or_default().trim_end().len();
                if after < range.end {
                    joined.push(after..range.end);
                }
            }
            _ => joined.push(range),
        }
    }
    joined
}

fn is_rule(line: &str) -> bool {
    line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '*' | '_' | '=' | '|' | ':' | ' '))
}

/// The words alone, and the numbers of sources among them.
fn plain(piece: &str) -> (String, Vec<u32>) {
    let piece = piece.trim_start_matches(['-', '*', '+', '>', '•', ' ', '|']);
    let piece = without_number(piece);
    let (mut text, mut cites) = (String::new(), Vec::new());
    let mut rest = piece;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if matches!(c, '[' | '【')
            && let Some((inside, behind)) = after.split_once([']', '】'])
            && let Some(numbers) = numbers(inside)
        {
            cites.extend(numbers);
            rest = behind;
            continue;
        }
        if !matches!(c, '*' | '`' | '_') {
            text.push(if c == '|' { ' ' } else { c });
        }
        rest = after;
    }
    (text.trim().to_owned(), cites)
}

/// `2, 3` or `^1`, if it is nothing else.
fn numbers(inside: &str) -> Option<Vec<u32>> {
    let numbers =
        inside.trim_start_matches('^').split([',', '，', '、', ' ']).filter(|number| !number.is_empty());
    let numbers: Vec<u32> = numbers.map(|number| number.parse().ok()).collect::<Option<_>>()?;
    (!numbers.is_empty() && numbers.iter().all(|number| *number < 1_000)).then_some(numbers)
}

/// Without the `3.` or `3、` of an item.
fn without_number(piece: &str) -> &str {
    let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = piece.len() - rest.len();
    let after = rest.strip_prefix(['.', ')', '、', '）']);
    match after {
        Some(after) if (1..=2).contains(&digits) && !after.starts_with(|c: char| c.is_ascii_digit()) => {
            after.trim_start()
        }
        _ => piece,
    }
}

fn says_something(text: &str) -> bool {
    let ends = text.trim_end_matches(['"', '”', '*', ')', '）']);
    if ends.ends_with(['?', '？', ':', '：']) {
        return false;
    }
    let wide = text.chars().filter(|c| !c.is_ascii() && c.is_alphanumeric()).count();
    let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
    wide >= 4 || words >= 3
}

#[cfg(test)]
mod tests {
    use super::claims;

    #[test]
    fn sentences_and_items_are_claims_and_what_frames_them_is_not() {
        let answer = "# Answer\n\nHere is what I found:\n\n- **Refunds** take 3 days [1].\n- 生鲜食品不退换。[2, 3] 会员免运费【1】。\n\n```\nlet x = 1;\n```\n1. Keep the receipt. Anything else?\nOK.\n";
        let found: Vec<(String, Vec<u32>)> =
            claims(answer).into_iter().map(|claim| (claim.text, claim.cites)).collect();
        let expected = [
            ("Refunds take 3 days .", vec![1]),
            ("生鲜食品不退换。", vec![2, 3]),
            ("会员免运费。", vec![1]),
            ("Keep the receipt.", vec![]),
        ];
        assert_eq!(found, expected.map(|(text, cites)| (text.to_owned(), cites)));
    }

    #[test]
    fn spans_are_characters_of_the_answer() {
        let answer = "前言：\n第一句在这里。第二句在那里 [1]。\n";
        let spans: Vec<&str> = claims(answer).iter().map(|claim| claim.span.of(answer)).collect();
        assert_eq!(spans, ["第一句在这里。", "第二句在那里 [1]。"]);
    }
}
