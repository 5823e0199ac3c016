//! Why a file is not read.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::FileKind;

/// Why a file is not read. Nothing of it is kept; each text says what is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ReadError {
    /// No bytes, or nothing but blanks.
    #[error("The file is empty. Nothing was kept; choose one that says something.")]
    Empty,
    /// It is nothing that is read here.
    #[error("This is {what}, which cannot be read. Nothing was kept; {instead}.")]
    Unsupported {
        /// What it is, as far as its bytes tell.
        what: String,
        /// What would be read.
        instead: String,
    },
    /// It opens only for who knows a password.
    #[error("The {kind} file is encrypted. Nothing was kept; save it without a password and give it again.")]
    Encrypted {
        /// What it is.
        kind: FileKind,
    },
    /// It is not what it begins as.
    #[error(
        "The {kind} file is broken: {what}. Nothing was kept; open it where it was made and save it again."
    )]
    Broken {
        /// What it is.
        kind: FileKind,
        /// The first thing that is wrong.
        what: String,
    },
    /// It has more than is read.
    #[error("The file has {found} {measure}, and at most {limit} are read. Nothing was kept; {}.", measure.remedy())]
    TooLarge {
        /// Of what there is too much.
        measure: Measure,
        /// How much there is, as far as it was counted.
        found: u64,
        /// The most that is read.
        limit: u64,
    },
    /// It has pages, and no text on them.
    #[error(
        "The {kind} file has pictures and no text. Nothing was kept; let a program recognise its text first (OCR)."
    )]
    NoText {
        /// What it is.
        kind: FileKind,
    },
}

impl ReadError {
    pub(crate) fn broken(kind: FileKind, what: impl fmt::Display) -> Self {
        // Libraries quote what they stumbled over: a line of it is enough.
        let what = what.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
        Self::Broken { kind, what }
    }

    /// A stable name of this kind of error, the `code` of its JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Unsupported { .. } => "unsupported",
            Self::Encrypted { .. } => "encrypted",
            Self::Broken { .. } => "broken",
            Self::TooLarge { .. } => "too_large",
            Self::NoText { .. } => "no_text",
        }
    }
}

/// What a file may have too much of: the fields of [`crate::Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Bytes of the file.
    Bytes,
    /// Files inside of it.
    Entries,
    /// Bytes that come out of one byte.
    Ratio,
    /// Bytes of what is inside.
    Unpacked,
    /// Pages, slides, sheets, chapters.
    Pages,
    /// Rows of tables.
    Rows,
    /// Characters of its text.
    Characters,
    /// Elements within elements.
    Depth,
}

impl Measure {
    /// `found`, unless it is more than `limit`.
    pub(crate) fn check(self, found: u64, limit: u64) -> Result<(), ReadError> {
        if found > limit { Err(ReadError::TooLarge { measure: self, found, limit }) } else { Ok(()) }
    }

    fn remedy(self) -> &'static str {
        match self {
            Self::Entries | Self::Ratio | Self::Unpacked | Self::Depth => {
                "no word processor makes such a file, so ask whoever sent it what it is"
            }
            Self::Bytes | Self::Pages | Self::Rows | Self::Characters => "split it and give the parts",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Entries => "files inside",
            Self::Ratio => "bytes for each packed byte",
            Self::Unpacked => "bytes inside",
            Self::Pages => "pages",
            Self::Rows => "rows",
            Self::Characters => "characters",
            Self::Depth => "elements within each other",
        })
    }
}
