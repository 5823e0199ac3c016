//! Characters out of bytes, in whatever encoding they are.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE};

/// A byte order mark tells; else UTF-8 where that fits, UTF-16 where every other byte is nought, and otherwise what
/// the frequencies of the bytes look like (GB 18030, Big5, Shift JIS, Windows-1252 and so on).
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    encoding_of(bytes).decode(bytes).0
}

/// As [`text`], but a page's own word for its encoding counts where no byte order mark stands.
pub(crate) fn html(bytes: &[u8]) -> Cow<'_, str> {
    let declared =
        || declared(bytes, b"charset=").filter(|encoding| *encoding != UTF_16LE && *encoding != UTF_16BE);
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() => UTF_8,
        None => declared().unwrap_or_else(|| encoding_of(bytes)),
    };
    encoding.decode(bytes).0
}

/// As [`text`], but for XML, which says so when it is not UTF-8.
pub(crate) fn xml(bytes: &[u8]) -> Cow<'_, str> {
    let encoding = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let encoding = encoding.or_else(|| declared(bytes, b"encoding=")).unwrap_or(UTF_8);
    encoding.decode(bytes).0
}

fn encoding_of(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    if let Some(encoding) = utf_16(bytes) {
        return encoding;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    // GB 18030 says all that GBK says, and the rest of Unicode.
    if guess == GBK { GB18030 } else { guess }
}

/// ASCII characters in UTF-16, such as blanks and line breaks, have a byte of nought on one side.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let noughts = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (high_first, low_first) = (noughts(0), noughts(1));
    let many = sample.len() / 64;
    match (high_first > many, low_first > many) {
        (true, false) => Some(UTF_16BE),
        (false, true) => Some(UTF_16LE),
        _ => None,
    }
}

/// The encoding that stands after `word` within the first kilobyte.
fn declared(bytes: &[u8], word: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default().to_ascii_lowercase();
    let at = head.windows(word.len()).position(|window| window == word)? + word.len();
    let label = head.get(at..)?.iter().skip_while(|byte| matches!(byte, b'"' | b'\'' | b' '));
    let label: Vec<u8> = label
        .copied()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .collect();
    Encoding::for_label(&label)
}
