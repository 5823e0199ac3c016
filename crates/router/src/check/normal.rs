//! What two answers must share to say the same.

/// All of it, but for case, width, white space and punctuation at its ends.
pub(super) fn normal_text(text: &str) -> String {
    let narrow: String = text.chars().map(narrow).flat_map(char::to_lowercase).collect();
    let words: Vec<&str> = narrow.split_whitespace().collect();
    words.join(" ").trim_matches(|letter: char| !letter.is_alphanumeric()).to_owned()
}

/// The first line that says something, likewise.
pub(super) fn normal_line(text: &str) -> String {
    text.lines().map(normal_text).find(|line| !line.is_empty()).unwrap_or_default()
}

/// The last number, as short as it can be written: without marks between thousands, zeros before and behind, or the sign of
/// nought.
pub(super) fn last_number(text: &str) -> Option<String> {
    let letters: Vec<char> = text.chars().map(narrow).collect();
    let end = letters.iter().rposition(char::is_ascii_digit)?;
    let begin = begin_of_number(&letters, end);
    let written: String = letters.get(begin..=end)?.iter().filter(|letter| **letter != ',').collect();
    let (whole, fraction) = written.split_once('.').unwrap_or((&written, ""));
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let fraction = fraction.trim_end_matches('0');
    let is_nought = whole == "0" && fraction.is_empty();
    let sign = if !is_nought && is_negative(&letters, begin) { "-" } else { "" };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

/// Back over digits, one point, and commas before groups of three digits.
fn begin_of_number(letters: &[char], end: usize) -> usize {
    let at = |position: usize| letters.get(position).copied().unwrap_or(' ');
    let (mut begin, mut digits, mut has_point) = (end, 1_usize, false);
    while let Some(before) = begin.checked_sub(1) {
        let after_digit = before.checked_sub(1).is_some_and(|position| at(position).is_ascii_digit());
        match at(before) {
            digit if digit.is_ascii_digit() => digits += 1,
            '.' if after_digit && !has_point => (has_point, digits) = (true, 0),
            ',' if after_digit && digits == 3 => digits = 0,
            _ => break,
        }
        begin = before;
    }
    begin
}

/// A sign before a number, and no hyphen within a word or a sum.
fn is_negative(letters: &[char], begin: usize) -> bool {
    let Some(before) = begin.checked_sub(1) else { return false };
    let has_sign = letters.get(before).is_some_and(|letter| matches!(letter, '-' | '−'));
    let ahead = before.checked_sub(1).and_then(|position| letters.get(position));
    has_sign && ahead.is_none_or(|letter| !letter.is_alphanumeric() && *letter != ')')
}

/// The text within a code fence, or all of it.
pub(super) fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let fenced = text.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    fenced.and_then(|rest| rest.split_once('\n')).map_or(text, |(_, inner)| inner.trim())
}

/// Full-width forms as their plain ones (Unicode: U+FF01 to U+FF5E are U+0021 to U+007E).
fn narrow(letter: char) -> char {
    let plain = u32::from(letter).checked_sub(0xFEE0).and_then(char::from_u32);
    plain.filter(|plain| plain.is_ascii_graphic()).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn answers_that_say_the_same_are_the_same() {
        for (one, other) in [
            ("Paris", " paris. "),
            ("**Paris**", "Paris!"),
            ("北京。", "北京"),
            ("ＡＢＣ１２", "abc12"),
            ("blue  whale\n", "Blue whale"),
        ] {
            assert_eq!(normal_text(one), normal_text(other));
        }
        assert_ne!(normal_text("Paris"), normal_text("It is Paris"));
        assert_eq!(normal_line("\n**12**\nsince 7 + 5"), "12");
    }

    #[test]
    fn the_last_number_is_read_however_it_is_written() {
        for (text, number) in [
            ("7 + 5 = 12.", Some("12")),
            ("about 1,234,567 people", Some("1234567")),
            ("3,14", Some("14")),
            ("1000.0", Some("1000")),
            ("007.50", Some("7.5")),
            ("答案是１２。", Some("12")),
            ("it is -3.20 degrees", Some("-3.2")),
            ("9-4", Some("4")),
            ("(2)-1", Some("1")),
            ("-0", Some("0")),
            ("1.2.3", Some("2.3")),
            ("none", None),
            ("", None),
        ] {
            assert_eq!(last_number(text).as_deref(), number, "{text}");
        }
    }

    #[test]
    fn a_fence_is_taken_off() {
        assert_eq!(unfenced("```json\n{\"a\": 1}\n```\n"), "{\"a\": 1}");
        assert_eq!(unfenced(" {} "), "{}");
        assert_eq!(unfenced("```"), "```");
    }

    proptest! {
        #[test]
        fn every_whole_number_is_read_back(number: i64, before in "[a-z ]{0,5} ") {
            prop_assert_eq!(last_number(&format!("{before}{number}")), Some(number.to_string()));
        }

        #[test]
        fn what_is_normal_stays_so(text in "\\PC{0,60}") {
            let normal = normal_text(&text);
            prop_assert_eq!(normal_text(&normal), normal);
            let _ = (last_number(&text), unfenced(&text).len());
        }
    }
}
