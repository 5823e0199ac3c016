//! What went wrong, for every face to say in its own shape.

use wire::ErrorCode;

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Our code.
    pub code: ErrorCode,
    /// What kind of error clients take it for.
    pub class: FaultClass,
    /// What is wrong and what to do, in English.
    pub message: String,
    /// The field that is wrong, where it is one.
    pub field: Option<String>,
}

/// What kind of error clients take it for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultClass {
    /// The request cannot be.
    Invalid,
    /// Nobody knows who asks.
    Unauthenticated,
    /// There is no money.
    Payment,
    /// Whoever asks may not.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It is too much at once.
    TooLarge,
    /// It is too much in too short a time.
    RateLimited,
    /// There is no room just now.
    Busy,
    /// Something is broken.
    Broken,
}

impl Fault {
    /// One message of what is wrong and what to do. What is wrong with a field begins with its path and a colon.
    pub fn new(code: ErrorCode, class: FaultClass, detail: &str, action: &str) -> Self {
        let stop = if detail.ends_with(['.', '!', '?', '。']) { "" } else { "." };
        let field = (class == FaultClass::Invalid).then(|| field_of(detail)).flatten();
        Self { code, class, message: format!("{detail}{stop} {action}"), field: field.map(str::to_owned) }
    }
}

/// `messages[0].role` of `messages[0].role: there is no role ...`.
fn field_of(detail: &str) -> Option<&str> {
    let (path, _) = detail.split_once(": ")?;
    let is_path = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.[]".contains(c);
    (path.starts_with(|c: char| c.is_ascii_lowercase()) && path.chars().all(is_path)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_that_is_wrong_is_told_apart() {
        let field = |class, detail| Fault::new(ErrorCode::InvalidRequest, class, detail, "Do it.").field;
        let invalid = |detail| field(FaultClass::Invalid, detail);
        assert_eq!(invalid("messages[0].role: there is no role `x`").as_deref(), Some("messages[0].role"));
        assert_eq!(invalid("n: 9; there may be 1 to 8").as_deref(), Some("n"));
        for other in
            ["A sentence: with a colon.", "expected value at line 1 column 1", "anthropic-version: x"]
        {
            assert_eq!(invalid(other), None, "{other}");
        }
        assert_eq!(field(FaultClass::Broken, "n: 9"), None);
    }
}
