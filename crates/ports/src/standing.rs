//! How a model stands where it is.

/// How a model stands where it is, as far as anybody there knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is asked at all.
    pub service: Service,
    /// Of its last calls, how many failed; absent where there were too few to say.
    pub failed: Option<Share>,
    /// Milliseconds to the first piece of an answer, the median of the last calls.
    pub first_token_ms: Option<u32>,
    /// Tokens in a second after that, the median of the last calls.
    pub tokens_per_second: Option<u32>,
    /// More calls at once; absent where no limit is known.
    pub calls_left: Option<u32>,
    /// More requests in this minute; absent where no limit is known.
    pub requests_left: Option<u64>,
    /// More tokens in this minute; absent where no limit is known.
    pub tokens_left: Option<u64>,
}

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// So many.
    pub part: u32,
    /// Of so many.
    pub of: u32,
}

/// Whether a model is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Service {
    /// It is.
    #[default]
    Works,
    /// It only failed of late; one call may find out whether it is well again.
    Probed,
    /// It only failed of late, and is left in peace.
    Rests,
}
