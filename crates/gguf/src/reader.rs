//! A reader that knows how much is left.

use std::io::Read;

use super::GgufError;

/// Reads little-endian values and never past the announced length.
#[derive(Debug)]
pub(super) struct Reader<R> {
    source: R,
    at: u64,
    length: u64,
    kept: u64,
}

/// What may be kept in memory of one header, in bytes; real headers need below 100 KB.
const KEPT_LIMIT: u64 = 16 << 20;

impl<R: Read> Reader<R> {
    pub(super) fn new(source: R, length: u64) -> Self {
        Self { source, at: 0, length, kept: 0 }
    }

    /// Bytes read so far.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// Length of the whole file.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Fails when fewer than `needed` bytes are left.
    pub(super) fn ensure(&self, what: &'static str, needed: u64) -> Result<(), GgufError> {
        let left = self.length.saturating_sub(self.at);
        if needed > left {
            return Err(GgufError::Truncated { what, at: self.at, needed, left });
        }
        Ok(())
    }

    /// Accounts for `bytes` that will stay in memory.
    pub(super) fn keep(&mut self, bytes: u64) -> Result<(), GgufError> {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > KEPT_LIMIT {
            let what = "the size of all keys and texts";
            return Err(GgufError::Limit { what, value: self.kept, limit: KEPT_LIMIT });
        }
        Ok(())
    }

    pub(super) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], GgufError> {
        let size = u64::try_from(N).unwrap_or(u64::MAX);
        self.ensure(what, size)?;
        let mut bytes = [0; N];
        self.source.read_exact(&mut bytes)?;
        self.at = self.at.saturating_add(size);
        Ok(bytes)
    }

    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, GgufError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    pub(super) fn u64(&mut self, what: &'static str) -> Result<u64, GgufError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// Passes over `count` bytes without keeping them.
    pub(super) fn skip(&mut self, what: &'static str, count: u64) -> Result<(), GgufError> {
        self.ensure(what, count)?;
        let passed = std::io::copy(&mut self.source.by_ref().take(count), &mut std::io::sink())?;
        self.at = self.at.saturating_add(passed);
        if passed < count {
            // The file became shorter while it was read.
            return Err(GgufError::Truncated { what, at: self.at, needed: count - passed, left: 0 });
        }
        Ok(())
    }

    /// A text of at most `limit` bytes with its length before it.
    pub(super) fn text(&mut self, what: &'static str, limit: u64) -> Result<String, GgufError> {
        let size = self.u64(what)?;
        self.ensure(what, size)?;
        if size > limit {
            return Err(GgufError::Limit { what, value: size, limit });
        }
        self.keep(size)?;
        let size = usize::try_from(size).map_err(|_| GgufError::Limit { what, value: size, limit })?;
        let mut bytes = vec![0; size];
        self.source.read_exact(&mut bytes)?;
        self.at = self.at.saturating_add(u64::try_from(size).unwrap_or(u64::MAX));
        String::from_utf8(bytes).map_err(|_| GgufError::Text { what })
    }

    /// Passes over a text with its length before it.
    pub(super) fn skip_text(&mut self, what: &'static str) -> Result<(), GgufError> {
        let size = self.u64(what)?;
        self.skip(what, size)
    }
}
