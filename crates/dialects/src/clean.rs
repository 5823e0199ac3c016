//! Sentences of others, fit to be shown.

/// Characters that are kept of a sentence.
const LONGEST: usize = 300;
/// A word of so many letters and digits may be a key.
const LONGEST_WORD: usize = 24;

/// One line without anything that could be a key; nothing when nothing is left.
pub(crate) fn sentence(text: &str) -> Option<String> {
    let mut clean = String::new();
    let mut is_secret = false;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.push_str(if std::mem::take(&mut is_secret) || may_be_key(word) { "…" } else { word });
        is_secret = word.to_lowercase().ends_with("bearer");
    }
    let short: String = clean.chars().take(LONGEST).collect();
    let is_cut = short.len() < clean.len();
    let said = short.chars().any(char::is_alphanumeric);
    said.then(|| if is_cut { format!("{short}…") } else { short })
}

/// True for what looks like a key, or has one in it.
fn may_be_key(word: &str) -> bool {
    let lower = word.to_lowercase();
    let is_named = ["sk-", "sk_", "key=", "token=", "secret", "akia", "aiza", "eyj"]
        .iter()
        .any(|mark| lower.contains(mark));
    let mut runs = word.split(|c: char| !(c.is_ascii_alphanumeric() || "-_+=".contains(c)));
    let is_long = runs.any(|run| run.len() >= LONGEST_WORD && run.bytes().any(|byte| byte.is_ascii_digit()));
    is_named || is_long || word.contains('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_key_is_left_out() {
        let said =
            sentence("Key \"sk-proj-abc\" of\nhttps://x.example/?key=1 Bearer abc is no good").unwrap();
        assert_eq!(said, "Key … of … Bearer … is no good");
        assert_eq!(sentence("token 0123456789abcdef0123456789abcdef!").unwrap(), "token …");
        assert_eq!(sentence(" \n* "), None);
    }

    #[test]
    fn what_is_no_key_stays_and_is_short() {
        let plain = "max_tokens must be at most 8192, model gpt-4.1-nano-2025-04-14";
        assert_eq!(sentence(plain).as_deref(), Some(plain));
        assert_eq!(sentence(&"很长 ".repeat(500)).unwrap().chars().count(), 301);
    }
}
