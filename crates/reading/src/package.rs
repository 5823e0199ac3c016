//! Files inside of a file: how many, and how much comes out of them, counted while it comes.

use std::borrow::Cow;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use crate::error::{Measure, ReadError};
use crate::{FileKind, Limits};

/// The parts of a document that is a zip archive.
#[derive(Debug)]
pub(crate) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    kind: FileKind,
    limits: &'a Limits,
    /// Bytes that came out so far.
    unpacked: u64,
}

impl<'a> Package<'a> {
    /// Opens the archive; what its directory says of sizes is held against the limits, before anything is unpacked.
    pub(crate) fn open(bytes: &'a [u8], kind: FileKind, limits: &'a Limits) -> Result<Self, ReadError> {
        // The directory of an archive can be far longer than any document's, so its length is asked first.
        Measure::Entries.check(announced_entries(bytes), limits.entries)?;
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| ReadError::broken(kind, error))?;
        let mut package = Self { archive, kind, limits, unpacked: 0 };
        let mut total = 0_u64;
        for index in 0..package.archive.len() {
            let entry =
                package.archive.by_index_raw(index).map_err(|error| ReadError::broken(kind, error))?;
            if entry.encrypted() {
                return Err(ReadError::Encrypted { kind });
            }
            total = total.saturating_add(entry.size());
            check_ratio(entry.size(), entry.compressed_size(), limits)?;
        }
        Measure::Unpacked.check(total, limits.unpacked)?;
        Ok(package)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.archive.index_for_name(name).is_some()
    }

    /// The bytes of a part, if there is such a part.
    pub(crate) fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
        match self.archive.index_for_name(name) {
            Some(index) => self.unpack(index).map(Some),
            None => Ok(None),
        }
    }

    /// The text of a part, if there is such a part.
    pub(crate) fn text(&mut self, name: &str) -> Result<Option<String>, ReadError> {
        let bytes = self.bytes(name)?;
        Ok(bytes.map(|bytes| match crate::decode::xml(&bytes) {
            Cow::Borrowed(text) => text.to_owned(),
            Cow::Owned(text) => text,
        }))
    }

    /// The text of a part without which there is no document.
    pub(crate) fn needed(&mut self, name: &str) -> Result<String, ReadError> {
        let kind = self.kind;
        self.text(name)?.ok_or_else(|| ReadError::broken(kind, format!("it has no part {name}")))
    }

    /// Unpacks everything once, for nothing but to see that it fits.
    pub(crate) fn measure(&mut self) -> Result<(), ReadError> {
        (0..self.archive.len()).try_for_each(|index| self.unpack(index).map(drop))
    }

    fn unpack(&mut self, index: usize) -> Result<Vec<u8>, ReadError> {
        let kind = self.kind;
        let entry = self.archive.by_index(index).map_err(|error| ReadError::broken(kind, error))?;
        let packed = entry.compressed_size();
        let left = self.limits.unpacked.saturating_sub(self.unpacked);
        let by_ratio = packed.saturating_mul(self.limits.ratio).max(self.limits.small);
        let mut bytes = Vec::new();
        let room = left.min(by_ratio).saturating_add(1);
        entry.take(room).read_to_end(&mut bytes).map_err(|error| ReadError::broken(kind, error))?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        check_ratio(length, packed, self.limits)?;
        self.unpacked = self.unpacked.saturating_add(length);
        Measure::Unpacked.check(self.unpacked, self.limits.unpacked)?;
        Ok(bytes)
    }
}

fn check_ratio(unpacked: u64, packed: u64, limits: &Limits) -> Result<(), ReadError> {
    if unpacked <= limits.small {
        return Ok(());
    }
    Measure::Ratio.check(unpacked.div_ceil(packed.max(1)), limits.ratio)
}

/// How many entries the end of an archive announces; what has the mark of even larger ones has at least 65,535.
fn announced_entries(bytes: &[u8]) -> u64 {
    let tail = bytes.get(bytes.len().saturating_sub(65_557)..).unwrap_or_default();
    let end = tail.windows(4).rposition(|window| window == b"PK\x05\x06");
    let count = end.and_then(|end| tail.get(end + 10..end + 12)).and_then(|count| count.try_into().ok());
    count.map_or(0, |count| u64::from(u16::from_le_bytes(count)))
}
