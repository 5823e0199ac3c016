//! How much comes out of the packed streams of a PDF: measured before anything else reads them.

use std::io::{self, Read};

use flate2::read::ZlibDecoder;

use crate::Limits;
use crate::error::{Measure, ReadError};

/// Streams within streams that are followed.
const NESTED: u32 = 3;
/// Bytes before a stream in which its dictionary says what it is.
const DICTIONARY: usize = 1_024;

/// Unpacks whatever looks like a stream, to count it. Pictures are never unpacked by the reader, so they do not count.
pub(crate) fn check(bytes: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let mut total = 0_u64;
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| position(rest, b"stream")) {
        let start = at + found;
        at = start + b"stream".len();
        let before = bytes.get(start.saturating_sub(DICTIONARY)..start).unwrap_or_default();
        let dictionary = position_last(before, b"obj").and_then(|from| before.get(from..)).unwrap_or(before);
        if before.ends_with(b"end") || is_picture(dictionary) {
            continue;
        }
        let contents = bytes.get(at..).unwrap_or_default();
        let contents = contents.strip_prefix(b"\r").unwrap_or(contents);
        let contents = contents.strip_prefix(b"\n").unwrap_or(contents);
        let (packed, unpacked) = measure(contents, limits.unpacked.saturating_sub(total));
        total = total.saturating_add(unpacked);
        Measure::Unpacked.check(total, limits.unpacked)?;
        if unpacked > limits.small.saturating_mul(8) {
            Measure::Ratio.check(unpacked.div_ceil(packed.max(1)), limits.ratio)?;
        }
    }
    Ok(())
}

fn is_picture(dictionary: &[u8]) -> bool {
    ["/Image", "/DCTDecode", "/JPXDecode"].iter().any(|word| position(dictionary, word.as_bytes()).is_some())
}

/// Bytes that go in and come out, up to a little more than `room`.
fn measure(contents: &[u8], room: u64) -> (u64, u64) {
    if !looks_packed(contents) {
        return (0, 0);
    }
    let mut decoder = ZlibDecoder::new(contents);
    let unpacked = count(&mut decoder, room, NESTED);
    (decoder.total_in(), unpacked)
}

/// What comes out of `source` and, where that is packed again, out of that, whichever is more.
fn count(source: &mut dyn Read, room: u64, nested: u32) -> u64 {
    let mut head = [0; 2];
    let got = read_full(source, &mut head);
    let head = head.get(..got).unwrap_or_default();
    if nested > 0 && looks_packed(head) {
        let mut counted = Counted { source: &mut head.chain(source), bytes: 0 };
        let inner = count(&mut ZlibDecoder::new(&mut counted), room, nested - 1);
        return inner.max(counted.bytes);
    }
    let more = io::copy(&mut source.take(room.saturating_add(1)), &mut io::sink());
    u64::try_from(got).unwrap_or_default().saturating_add(more.unwrap_or_default())
}

struct Counted<'a> {
    source: &'a mut dyn Read,
    bytes: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.source.read(buffer)?;
        self.bytes = self.bytes.saturating_add(u64::try_from(got).unwrap_or_default());
        Ok(got)
    }
}

fn read_full(source: &mut dyn Read, buffer: &mut [u8]) -> usize {
    let mut got = 0;
    while let Some(rest) = buffer.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) | Err(_) => break,
            Ok(more) => got += more,
        }
    }
    got
}

/// Whether bytes begin as zlib's do.
fn looks_packed(bytes: &[u8]) -> bool {
    match bytes {
        [first, second, ..] => {
            first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)).is_multiple_of(31)
        }
        _ => false,
    }
}

fn position(bytes: &[u8], word: &[u8]) -> Option<usize> {
    let first = *word.first()?;
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(word) {
            return Some(at);
        }
        at += 1;
    }
}

fn position_last(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).rposition(|window| window == word)
}
