//! Ids for what a bench makes: UUIDs of version 7, in order.

use std::time::UNIX_EPOCH;

use crate::host;

/// Makes ids; two makers with different numbers never make the same.
pub(crate) struct Ids {
    milliseconds: u64,
    maker: usize,
    count: u64,
}

impl Ids {
    pub(crate) fn of(maker: usize) -> Self {
        let now = host::wall_clock().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        Self { milliseconds: u64::try_from(now).unwrap_or_default(), maker, count: 0 }
    }

    pub(crate) fn next(&mut self) -> String {
        self.count += 1;
        let (high, low) = (self.milliseconds >> 16, self.milliseconds & 0xffff);
        format!("{high:08x}-{low:04x}-7000-8000-{:08x}{:04x}", self.maker, self.count)
    }
}
