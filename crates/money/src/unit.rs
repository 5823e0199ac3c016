use std::fmt;

use serde::{Deserialize, Serialize};

/// What is counted and priced. No two overlap: a token that was read from a cache is not an input token here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Tokens of the input that no cache held.
    Input,
    /// Tokens of the input that were read from a cache.
    CacheRead,
    /// Tokens of the input that were written to a cache for five minutes, or for as long as the provider's default is.
    #[serde(rename = "cache_write_5m")]
    CacheWrite5m,
    /// Tokens of the input that were written to a cache for an hour or longer.
    #[serde(rename = "cache_write_1h")]
    CacheWrite1h,
    /// Tokens of sound in the input.
    AudioInput,
    /// Tokens of pictures in the input.
    ImageInput,
    /// Tokens of the answer's text.
    Output,
    /// Tokens that the model thought before it answered.
    Reasoning,
    /// Tokens of sound in the answer.
    AudioOutput,
    /// Tokens of pictures in the answer.
    ImageOutput,
    /// Pictures that were made.
    Images,
    /// Seconds of sound or video, made or heard.
    Seconds,
    /// Characters that were spoken or translated.
    Characters,
    /// Pages that were read.
    Pages,
    /// Calls of a tool or a search that the provider prices one by one.
    Calls,
}

/// Which total a unit belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// Tokens that go in.
    InputTokens,
    /// Tokens that come out.
    OutputTokens,
    /// Whatever is not counted in tokens.
    Other,
}

impl Unit {
    /// All units, in the order in which they are shown.
    pub const ALL: [Self; 15] = [
        Self::Input,
        Self::CacheRead,
        Self::CacheWrite5m,
        Self::CacheWrite1h,
        Self::AudioInput,
        Self::ImageInput,
        Self::Output,
        Self::Reasoning,
        Self::AudioOutput,
        Self::ImageOutput,
        Self::Images,
        Self::Seconds,
        Self::Characters,
        Self::Pages,
        Self::Calls,
    ];

    /// The total that it belongs to.
    pub const fn kind(self) -> UnitKind {
        match self {
            Self::Input
            | Self::CacheRead
            | Self::CacheWrite5m
            | Self::CacheWrite1h
            | Self::AudioInput
            | Self::ImageInput => UnitKind::InputTokens,
            Self::Output | Self::Reasoning | Self::AudioOutput | Self::ImageOutput => UnitKind::OutputTokens,
            Self::Images | Self::Seconds | Self::Characters | Self::Pages | Self::Calls => UnitKind::Other,
        }
    }

    /// The word for it in files and statements.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::CacheRead => "cache_read",
            Self::CacheWrite5m => "cache_write_5m",
            Self::CacheWrite1h => "cache_write_1h",
            Self::AudioInput => "audio_input",
            Self::ImageInput => "image_input",
            Self::Output => "output",
            Self::Reasoning => "reasoning",
            Self::AudioOutput => "audio_output",
            Self::ImageOutput => "image_output",
            Self::Images => "images",
            Self::Seconds => "seconds",
            Self::Characters => "characters",
            Self::Pages => "pages",
            Self::Calls => "calls",
        }
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_in_files_is_the_word_that_is_shown() {
        for unit in Unit::ALL {
            assert_eq!(serde_json::to_string(&unit).unwrap(), format!("\"{unit}\""));
        }
    }
}
