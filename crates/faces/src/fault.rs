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
    /// One message of what is wrong and what to do.
    pub fn new(code: ErrorCode, class: FaultClass, detail: &str, action: &str) -> Self {
        let stop = if detail.ends_with(['.', '!', '?', '。']) { "" } else { "." };
        Self { code, class, message: format!("{detail}{stop} {action}") }
    }
}
