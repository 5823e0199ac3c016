//! Patterns of names, in which `*` is any text.

/// True when the text is as one of the patterns says, or there are none to say.
pub(crate) fn fits_any(patterns: Option<&[String]>, text: &str) -> bool {
    patterns.is_none_or(|patterns| patterns.iter().any(|pattern| fits(pattern, text)))
}

/// True when `text` is as the pattern says, in which `*` is any text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        // The first place is the best one: it leaves the most for the parts behind.
        match rest.find(part).and_then(|at| rest.get(at.saturating_add(part.len())..)) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_nothing_else_is_special() {
        for (pattern, text) in [
            ("tiny-chat", "tiny-chat"),
            ("*", ""),
            ("*", "anything"),
            ("tiny-*", "tiny-"),
            ("*-chat", "tiny-chat"),
            ("t*-*t", "tiny-chat"),
            ("**", "x"),
            ("a*a", "aa"),
            ("胡*", "胡同"),
            ("a.c", "a.c"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "x"),
            ("tiny", "tiny-chat"),
            ("chat", "tiny-chat"),
            ("tiny-*", "tin"),
            ("a*a", "a"),
            ("a*b*c", "a-c-b"),
            ("a.c", "abc"),
            ("a?c", "abc"),
            ("TINY-*", "tiny-chat"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    /// Held against a slow and simple reading of the pattern.
    #[test]
    fn patterns_fit_what_a_plain_reading_fits() {
        fn plainly(pattern: &[u8], text: &[u8]) -> bool {
            match pattern.split_first() {
                None => text.is_empty(),
                Some((b'*', rest)) => (0..=text.len()).any(|at| plainly(rest, &text[at..])),
                Some((byte, rest)) => text.first() == Some(byte) && plainly(rest, &text[1..]),
            }
        }
        let words = |letters: &'static [u8]| {
            (0..=5_usize).flat_map(move |length| {
                (0..letters.len().pow(u32::try_from(length).unwrap())).map(move |number| {
                    let letter = |at: usize| {
                        letters[number / letters.len().pow(u32::try_from(at).unwrap()) % letters.len()]
                    };
                    (0..length).map(letter).map(char::from).collect::<String>()
                })
            })
        };
        for pattern in words(b"ab*") {
            for text in words(b"ab") {
                assert_eq!(
                    fits(&pattern, &text),
                    plainly(pattern.as_bytes(), text.as_bytes()),
                    "{pattern} {text}"
                );
            }
        }
    }
}
