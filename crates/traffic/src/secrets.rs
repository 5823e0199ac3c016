//! What must not be kept of what people say.

/// What keys begin with: ours, and those of many who sell models.
const BEGINNINGS: &[&str] = &["hk_", "hl_", "sk-", "sk_", "pk_", "ghp_", "xoxb-", "AKIA", "eyJhbGci"];
/// A key is longer than a word.
const LEAST: usize = 16;

/// The text without what looks like a key.
pub fn without_secrets(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_key_char) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|c| !is_key_char(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        clean.push_str(before);
        clean.push_str(if is_secret(word) { "[secret]" } else { word });
        rest = after;
    }
    clean.push_str(rest);
    clean
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn is_secret(word: &str) -> bool {
    word.len() >= LEAST && BEGINNINGS.iter().any(|beginning| word.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_left_out_and_words_stay() {
        let said = r#"{"content":"my key is hk_0123456789abcdef0123, 密钥sk-proj-0123456789abcdef。"}"#;
        let kept = r#"{"content":"my key is [secret], 密钥[secret]。"}"#;
        assert_eq!(without_secrets(said), kept);
        assert_eq!(
            without_secrets("a sk-short one, and a-very-long-hyphenated-word"),
            "a sk-short one, and a-very-long-hyphenated-word"
        );
    }

    proptest! {
        #[test]
        fn all_else_comes_through(text in "[^A-Za-z0-9_.-]*|\\PC{0,12}") {
            prop_assert_eq!(without_secrets(&text), text);
        }
    }
}
