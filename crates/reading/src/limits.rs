//! How much of a file is read.

use serde::{Deserialize, Serialize};

/// The most of everything that a document may have. One that has more is refused as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Files inside of the file.
    pub entries: u64,
    /// Times by which something inside may grow when it is unpacked, where that gives more than `small` bytes.
    pub ratio: u64,
    /// Unpacked bytes below which nobody asks about the ratio.
    pub small: u64,
    /// Bytes of everything inside, unpacked.
    pub unpacked: u64,
    /// Pages, slides, sheets or chapters.
    pub pages: u64,
    /// Rows of tables.
    pub rows: u64,
    /// Characters of the text.
    pub characters: u64,
    /// Elements within elements.
    pub depth: u64,
}

impl Default for Limits {
    /// The figures of the design: 1,000 entries, a ratio of 100, 200 MiB unpacked; and more text than ten long novels.
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            entries: 1_000,
            ratio: 100,
            small: 1 << 20,
            unpacked: 200 << 20,
            pages: 5_000,
            rows: 200_000,
            characters: 20_000_000,
            depth: 1_000,
        }
    }
}
