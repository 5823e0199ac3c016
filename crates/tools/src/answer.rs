//! How much a model is told.

/// Bytes of a tool's answer: about two thousand tokens, which small models still read to the end.
pub const MOST_TEXT: usize = 8 << 10;

/// The text, or as much of its beginning as a model is told, with a note of how much is missing.
pub fn cut(text: &str) -> String {
    if text.len() <= MOST_TEXT {
        return text.to_owned();
    }
    let mut end = MOST_TEXT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = text.get(..end).unwrap_or_default();
    format!("{kept}\n[cut: the first {end} of {} bytes are shown]", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_and_what_does_not_is_cut_between_characters() {
        assert_eq!(cut("short"), "short");
        let fits = "a".repeat(MOST_TEXT);
        assert_eq!(cut(&fits), fits);
        let long = "钟".repeat(MOST_TEXT);
        let told = cut(&long);
        assert!(told.ends_with("\n[cut: the first 8190 of 24576 bytes are shown]"), "{}", &told[8100..]);
        assert!(told.starts_with("钟"));
    }
}
