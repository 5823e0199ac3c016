//! Regular expressions of schemas, rewritten so that the library's grammar means the same and the text stays JSON.
//!
//! The library copies a pattern nearly as it stands between the quotes of a string, so that `.` would allow a quote
//! or a line break there, and takes what it does not know for "any string". What comes out here is a sequence of
//! character classes, groups and repetitions that it does know, and none of them allows a character that JSON would
//! have to escape: the texts are some of those that match, never others. A pattern is read as one of the whole text.

mod reader;
mod writer;

/// The shapes of strings that the library does not know by name.
pub(super) const FORMATS: [(&str, &str); 4] = [
    (
        "email",
        r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9]+(-[A-Za-z0-9]+)*(\.[A-Za-z0-9]+(-[A-Za-z0-9]+)*)+",
    ),
    ("hostname", r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*(\.[A-Za-z0-9]+(-[A-Za-z0-9]+)*)*"),
    ("ipv4", r"((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"),
    ("duration", r"P(\d{1,4}W|\d{1,4}D(T\d{1,4}[HMS])?|T\d{1,4}[HMS])"),
];

/// The pattern in the form that the library enforces; an error says what cannot be.
pub(super) fn rewrite(pattern: &str) -> Result<String, Problem> {
    writer::write(&reader::read(pattern)?)
}

/// What an error says.
type Problem = &'static str;

/// Characters, from the first to the last.
type Range = (char, char);

/// A piece of a pattern.
#[derive(Debug)]
enum Node {
    /// Any one of these characters, or any but these.
    Class {
        negated: bool,
        ranges: Vec<Range>,
    },
    /// One of several sequences.
    Choice(Vec<Vec<Node>>),
    Repeat {
        inner: Box<Node>,
        least: u32,
        most: Option<u32>,
    },
}

impl Node {
    fn may_be_empty(&self) -> bool {
        match self {
            Self::Class { .. } => false,
            Self::Choice(choices) => choices.iter().any(|nodes| nodes.iter().all(Self::may_be_empty)),
            Self::Repeat { inner, least, .. } => *least == 0 || inner.may_be_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_put_where_the_library_wants_them() {
        for pattern in ["^ab$", "ab", "^ab", "ab$", "^(?:ab)$", "(ab)"] {
            let inner = if pattern.contains('(') { "(([a][b]))" } else { "([a][b])" };
            assert_eq!(rewrite(pattern).unwrap(), format!("^{inner}$"), "{pattern}");
        }
        assert_eq!(rewrite("^a|b$").unwrap(), "^([a]|[b])$");
    }

    #[test]
    fn classes_never_let_through_what_json_escapes() {
        assert_eq!(rewrite(".").unwrap(), r"^([^\x22\x5C\x00-\x1F])$");
        assert_eq!(rewrite("[^a-c]").unwrap(), r"^([^\x22\x5C\x00-\x1Fa-c])$");
        assert_eq!(rewrite(r"\d\.\-").unwrap(), r"^([0-9][\x2E][\x2D])$");
        assert_eq!(rewrite(r"[\w.-]+").unwrap(), r"^([0-9A-Z\x5Fa-z\x2E\x2D]+)$");
        assert_eq!(rewrite("[你-好]").unwrap(), "^([你-好])$");
        for pattern in ["\"", r"\\", r"\n", "[ -~]", r"\x07"] {
            assert!(rewrite(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn repetitions_are_kept_and_bounded() {
        assert_eq!(rewrite("a{3}b{2,}c{0,4}d?e*f+?").unwrap(), "^([a]{3,3}[b]{2,}[c]{0,4}[d]?[e]*[f]+)$");
        for pattern in ["a{501}", "(a{100}){11}", "a{4,3}", "a{x}", "a{", "*a", "a**", "(a*)*", "(|a)+"] {
            assert!(rewrite(pattern).is_err(), "{pattern}");
        }
        assert!(rewrite("(a*)?").is_ok());
    }

    #[test]
    fn what_the_library_cannot_say_is_refused() {
        let looks = [
            "(?=a)", "(?<n>a)", r"\b", r"\1", r"\p{L}", "a^b", "a$b", "(^a)", "(a", "a)", "[a", "[]",
            r"[\D]", r"\u12",
        ];
        for pattern in looks {
            assert!(rewrite(pattern).is_err(), "{pattern}");
        }
        assert!(rewrite(&"(".repeat(500)).is_err());
    }

    #[test]
    fn the_known_formats_can_all_be_enforced() {
        for (name, pattern) in FORMATS {
            assert!(rewrite(pattern).is_ok(), "{name}");
        }
    }
}
