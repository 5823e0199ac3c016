//! Where sentences end, in Chinese and in English, also where both stand in one line.

use std::ops::Range;

/// The sentences of `text` as ranges of its bytes, without the blanks between them. A line break ends a sentence.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        if c != '\n' && !(is_end(c) && ends(text, at, c, next)) {
            continue;
        }
        // What closes quotes and brackets, and more marks of the same kind, belong to the sentence they follow.
        let mut end = at + c.len_utf8();
        while let Some((at, c)) = characters.next_if(|(_, c)| c.closes() || is_end(*c)) {
            end = at + c.len_utf8();
        }
        push(&mut found, text, start..end);
        start = end;
    }
    push(&mut found, text, start..text.len());
    found
}

trait Closing {
    fn closes(self) -> bool;
}

impl Closing for char {
    /// Closing quotes and brackets.
    fn closes(self) -> bool {
        matches!(self, '"' | '\'' | ')' | ']' | '”' | '’' | '）' | '」' | '』' | '】' | '》' | '*')
    }
}

fn is_end(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '!' | '?' | '…' | '.' | '．' | '｡')
}

/// Whether the mark `c` at byte `at` ends a sentence.
fn ends(text: &str, at: usize, c: char, next: Option<char>) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at + c.len_utf8()..).unwrap_or_default();
    match c {
        '。' | '！' | '？' | '｡' | '．' => true,
        // An ellipsis goes on where a small letter or a comma follows.
        '…' => {
            next != Some('…') && !after.trim_start().starts_with(|c: char| c.is_lowercase() || c == '，')
        }
        '!' | '?' => next.is_none_or(|next| !next.is_ascii_alphanumeric() && !matches!(next, '=' | '&')),
        _ => {
            let rest = after.trim_start_matches(|c: char| c.closes() || c == '.');
            let gap = rest.chars().next();
            let first = rest.trim_start().chars().next();
            // After a full stop comes a blank or Chinese, then no small letter.
            let goes_on = gap.is_some_and(|c| !c.is_whitespace() && c.is_ascii());
            !goes_on && !first.is_some_and(char::is_lowercase) && !is_abbreviated(before, first)
        }
    }
}

/// Words that end with a full stop inside of sentences.
const ABBREVIATIONS: [&str; 30] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "e.g", "i.e", "cf", "fig", "eq", "no", "nos", "vol",
    "pp", "p", "ch", "sec", "al", "approx", "inc", "ltd", "co", "corp", "u.s", "u.k", "jr", "sr",
];

/// Whether the full stop belongs to the word before it. What may end a sentence as well does so before a capital.
fn is_abbreviated(before: &str, next: Option<char>) -> bool {
    let word =
        before.rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '"' | '“')).next().unwrap_or_default();
    let lower = word.to_lowercase();
    let may_end =
        matches!(lower.as_str(), "etc" | "inc" | "ltd" | "co" | "corp" | "u.s" | "u.k" | "jr" | "sr");
    let is_initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    let is_number = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit()) && starts_line(before, word);
    if lower == "no" {
        return next.is_some_and(|next| next.is_ascii_digit());
    }
    (ABBREVIATIONS.contains(&lower.as_str()) && !(may_end && next.is_none_or(char::is_uppercase)))
        || is_initial
        || is_number
}

/// `3.` at the beginning of a line is the number of an item.
fn starts_line(before: &str, word: &str) -> bool {
    let line = before.strip_suffix(word).unwrap_or_default().trim_end_matches([' ', '\t']);
    line.is_empty() || line.ends_with('\n')
}

fn push(found: &mut Vec<Range<usize>>, text: &str, range: Range<usize>) {
    let piece = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (piece.len() - piece.trim_start().len());
    let end = start + piece.trim().len();
    if start < end {
        found.push(start..end);
    }
}

#[cfg(test)]
mod tests {
    use super::sentences;

    fn split(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn chinese_sentences_end_with_their_marks_and_what_closes_after_them() {
        let text = "他说：“走吧！”于是走了。雨停了吗？……没有。价格是3.5元，约合0.5美元。";
        assert_eq!(
            split(text),
            ["他说：“走吧！”", "于是走了。", "雨停了吗？……", "没有。", "价格是3.5元，约合0.5美元。"]
        );
    }

    #[test]
    fn english_sentences_end_with_full_stops_that_are_none_of_an_abbreviation() {
        let text = "Dr. Wu paid $3.50, i.e. nothing. \"Why?\" she asked. See Fig. 3 and No. 5. J. Li is from the U.S. He left etc. and so on... then stopped. Visit example.com today! Done";
        let expected = [
            "Dr. Wu paid $3.50, i.e. nothing.",
            "\"Why?\"",
            "she asked.",
            "See Fig. 3 and No. 5.",
            "J. Li is from the U.S.",
            "He left etc. and so on... then stopped.",
            "Visit example.com today!",
            "Done",
        ];
        assert_eq!(split(text), expected);
    }

    #[test]
    fn both_stand_in_one_line_and_line_breaks_end_sentences() {
        assert_eq!(
            split("版本为v2.1，后来升级. 下一句。Next one.\n 2. 第二项\nx"),
            ["版本为v2.1，后来升级.", "下一句。", "Next one.", "2. 第二项", "x"]
        );
        assert!(split(" \n ").is_empty());
    }
}
