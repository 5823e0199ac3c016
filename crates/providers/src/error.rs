//! What is wrong with a wish about a provider. Never has a key in it.

use thiserror::Error;
use wire::ErrorCode;

/// What is wrong with a wish about a provider.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// Nobody knows it.
    #[error("There is no such provider.{}", meant(.0.as_deref()))]
    Unknown(Option<String>),
    /// It is set in a file.
    #[error("`{0}` is set in hutong.toml: change it there and start Hutong again.")]
    Written(String),
    /// Nothing was set that could be removed.
    #[error("Nothing was set for `{0}`.")]
    NothingSet(String),
    /// It is not asked.
    #[error("`{0}` is not asked: switch it on, with its key, before it is tested.")]
    NotAsked(String),
    /// Others test.
    #[error("Other tests are under way. Try again in a moment.")]
    Busy,
    /// What was wished cannot be.
    #[error("{0}")]
    Invalid(String),
}

impl ProviderError {
    /// Its code.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown(_) | Self::NothingSet(_) => ErrorCode::NotFound,
            Self::Written(_) | Self::NotAsked(_) => ErrorCode::Conflict,
            Self::Busy => ErrorCode::RateLimited,
            Self::Invalid(_) => ErrorCode::InvalidRequest,
        }
    }
}

fn meant(close: Option<&str>) -> String {
    close.map(|close| format!(" Did you mean `{close}`?")).unwrap_or_default()
}
