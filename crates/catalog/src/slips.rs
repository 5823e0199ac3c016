//! What a misspelt name may have meant.

/// How many letters are wrong, when they are few enough for a slip of the finger.
pub fn slips(wished: &str, known: &str) -> Option<usize> {
    let wrong = strsim::damerau_levenshtein(&wished.to_lowercase(), &known.to_lowercase());
    let most = (known.chars().count() / 3).clamp(1, 4);
    (wished.len() <= 64 && wrong <= most).then_some(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near_and_another_word_is_not() {
        assert_eq!(slips("chaep", "cheap"), Some(1));
        assert_eq!(slips("Auto", "auto"), Some(0));
        assert_eq!(slips("deepseek", "DeepSeek"), Some(0));
        assert_eq!(slips("qwen2.5-coder-0.5-instruct", "qwen2.5-coder-0.5b-instruct"), Some(1));
        assert_eq!((slips("gpt-4", "auto"), slips("best", "auto")), (None, None));
    }
}
