//! Lines of a calendar file: escaped, folded, ended with CR and LF.

use jiff::civil::{Date, DateTime};

/// Bytes of a line, without its end (RFC 5545, 3.1).
const MOST_BYTES: usize = 75;

/// The lines of a file.
#[derive(Debug, Default)]
pub(super) struct Lines {
    text: String,
}

impl Lines {
    /// A line `NAME:value`.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.fold(&format!("{name}:{value}"));
    }

    /// A line whose value brings its parameters and its colon.
    pub(super) fn put_dated(&mut self, name: &str, value: &str) {
        self.fold(&format!("{name}{value}"));
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    /// Cuts between characters; what goes on begins with a space, which counts.
    fn fold(&mut self, line: &str) {
        let mut length = 0;
        for c in line.chars() {
            if length + c.len_utf8() > MOST_BYTES {
                self.text.push_str("\r\n ");
                length = 1;
            }
            self.text.push(c);
            length += c.len_utf8();
        }
        self.text.push_str("\r\n");
    }
}

/// A TEXT value (RFC 5545, 3.3.11): no control character but the end of a line, which is written `\n`.
pub(super) fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\\' => written.push_str("\\\\"),
            ';' => written.push_str("\\;"),
            ',' => written.push_str("\\,"),
            '\n' | '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' => written.push_str("\\n"),
            '\t' => written.push(' '),
            c if c.is_control() => {}
            c => written.push(c),
        }
    }
    written
}

pub(super) fn date(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

pub(super) fn local(time: DateTime) -> String {
    time.strftime("%Y%m%dT%H%M%S").to_string()
}

pub(super) fn utc(instant: jiff::Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unfolded(text: &str) -> String {
        text.replace("\r\n ", "")
    }

    #[test]
    fn values_cannot_begin_a_line_of_their_own() {
        assert_eq!(escaped("a\r\nATTACH:file\\;x,y\u{7}\u{2028}z"), "a\\nATTACH:file\\\\\\;x\\,y\\nz");
    }

    #[test]
    fn long_lines_are_folded_between_characters() {
        let mut lines = Lines::default();
        lines.put("SUMMARY", &"钟".repeat(30));
        let text = String::from_utf8(lines.into_bytes()).unwrap();
        let expected = format!("SUMMARY:{}\r\n {}\r\n", "钟".repeat(22), "钟".repeat(8));
        assert_eq!(text, expected);
    }

    proptest! {
        #[test]
        fn every_line_is_short_and_nothing_is_lost(value in "\\PC{0,300}") {
            let value = escaped(&value);
            let mut lines = Lines::default();
            lines.put("NOTE", &value);
            let text = String::from_utf8(lines.into_bytes()).unwrap();
            prop_assert!(text.split("\r\n").all(|line| line.len() <= MOST_BYTES));
            prop_assert_eq!(unfolded(&text), format!("NOTE:{value}\r\n"));
        }
    }
}
