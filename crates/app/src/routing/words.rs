//! What a misspelt name may have meant.

use crate::{App, AppError};

impl App {
    /// There is no model and no policy of this name; perhaps another one was meant.
    pub(crate) fn no_such_model(&self, id: &str) -> AppError {
        let mut error = AppError::not_found("model");
        let policies = self.policies().map(|policy| ("policy", policy.id.as_str()));
        let known = policies.chain(self.catalog.iter().map(|spec| ("model", spec.id.as_str())));
        let near = known.filter_map(|(what, known)| Some((distance(id, known)?, what, known)));
        if let Some((_, what, known)) = near.min() {
            error.detail.push_str(&format!(" Did you mean the {what} `{known}`?"));
        }
        error
    }
}

/// How many letters are wrong, when they are few enough for a slip of the finger.
fn distance(wished: &str, known: &str) -> Option<usize> {
    let wrong = strsim::damerau_levenshtein(&wished.to_lowercase(), known);
    let most = (known.chars().count() / 3).clamp(1, 4);
    (wished.len() <= 64 && wrong <= most).then_some(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_near_and_another_word_is_not() {
        assert_eq!(distance("chaep", "cheap"), Some(1));
        assert_eq!(distance("Auto", "auto"), Some(0));
        assert_eq!(distance("qwen2.5-coder-0.5-instruct", "qwen2.5-coder-0.5b-instruct"), Some(1));
        assert_eq!((distance("gpt-4", "auto"), distance("best", "auto")), (None, None));
    }
}
