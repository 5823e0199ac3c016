//! What a file is, by its bytes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Measure, ReadError};
use crate::package::Package;
use crate::{Limits, decode, html, markdown, table};

/// What is read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// Rows with commas, semicolons or tabs between the cells.
    Csv,
    /// A page of the web.
    Html,
    /// A document of a word processor.
    Docx,
    /// A presentation.
    Pptx,
    /// A workbook.
    Xlsx,
    /// A book.
    Epub,
    /// Pages as they are printed.
    Pdf,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Markdown => "Markdown",
            Self::Csv => "CSV",
            Self::Html => "HTML",
            Self::Docx => "Word",
            Self::Pptx => "PowerPoint",
            Self::Xlsx => "Excel",
            Self::Epub => "EPUB",
            Self::Pdf => "PDF",
        })
    }
}

/// What a file is, by its bytes; its name is not asked.
///
/// # Errors
/// What is empty, larger than is read at all, encrypted as a whole, or nothing that is read here.
pub fn kind(bytes: &[u8], limits: &Limits) -> Result<FileKind, ReadError> {
    Measure::Bytes.check(u64::try_from(bytes.len()).unwrap_or(u64::MAX), limits.bytes)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty);
    }
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    if contains(head, b"%PDF-") {
        return Ok(FileKind::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return packed(bytes, limits);
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]) {
        return Err(old_office(bytes));
    }
    if let Some((_, what, instead)) = STRANGERS.iter().find(|(magic, _, _)| bytes.starts_with(magic)) {
        return Err(unsupported(what, instead));
    }
    written(bytes)
}

const AS_TEXT: &str = "give it as PDF, Word, Excel, PowerPoint, EPUB, HTML, Markdown, CSV or text";
const RECOGNISE: &str = "let a program recognise its text first (OCR)";
const UNPACK: &str = "unpack it and give what is inside";

/// How other files begin, what they are, and what to do.
const STRANGERS: [(&[u8], &str, &str); 16] = [
    (b"\x89PNG", "a picture", RECOGNISE),
    (b"\xff\xd8\xff", "a picture", RECOGNISE),
    (b"GIF8", "a picture", RECOGNISE),
    (b"RIFF", "sound, a film or a picture", AS_TEXT),
    (b"II*\0", "a picture", RECOGNISE),
    (b"MM\0*", "a picture", RECOGNISE),
    (b"\x1f\x8b", "an archive", UNPACK),
    (b"7z\xbc\xaf", "an archive", UNPACK),
    (b"Rar!", "an archive", UNPACK),
    (b"BZh", "an archive", UNPACK),
    (b"\xfd7zXZ", "an archive", UNPACK),
    (b"\x28\xb5\x2f\xfd", "an archive", UNPACK),
    (b"\x7fELF", "a program", AS_TEXT),
    (b"{\\rtf", "rich text", "save it as Word (docx) or PDF"),
    (b"%!PS", "PostScript", "save it as PDF"),
    (b"SQLite format 3", "a database", "export it as CSV"),
];

fn unsupported(what: &str, instead: &str) -> ReadError {
    ReadError::Unsupported { what: what.to_owned(), instead: instead.to_owned() }
}

fn packed(bytes: &[u8], limits: &Limits) -> Result<FileKind, ReadError> {
    let package = Package::open(bytes, FileKind::Docx, limits)?;
    let has = |name: &str| package.has(name);
    if has("word/document.xml") || has("word/document2.xml") {
        Ok(FileKind::Docx)
    } else if has("ppt/presentation.xml") {
        Ok(FileKind::Pptx)
    } else if has("xl/workbook.xml") {
        Ok(FileKind::Xlsx)
    } else if has("META-INF/container.xml") {
        Ok(FileKind::Epub)
    } else if has("xl/workbook.bin") {
        Err(unsupported("a binary Excel workbook (xlsb)", "save it as xlsx"))
    } else if has("content.xml") {
        Err(unsupported(
            "an OpenDocument file",
            "save it as Word (docx), Excel (xlsx), PowerPoint (pptx) or PDF",
        ))
    } else {
        Err(unsupported("an archive", UNPACK))
    }
}

/// What begins as the compound files of old office programs do; new ones wrap encrypted documents so.
fn old_office(bytes: &[u8]) -> ReadError {
    let wide = |text: &str| text.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<u8>>();
    if contains(bytes, &wide("EncryptedPackage")) {
        return ReadError::Encrypted { kind: FileKind::Docx };
    }
    unsupported("a file of an office program before 2007", "save it as docx, xlsx or pptx")
}

/// What of the kinds without a beginning of their own it is.
fn written(bytes: &[u8]) -> Result<FileKind, ReadError> {
    let text = decode::text(bytes);
    let all = text.chars().take(100_000).count();
    let odd = text.chars().take(100_000).filter(|c| is_odd(*c)).count();
    if odd * 50 > all {
        return Err(unsupported("a file of bytes, not of text", AS_TEXT));
    }
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    Ok(if html::looks_like_it(&text) {
        FileKind::Html
    } else if table::looks_like_it(&text) {
        FileKind::Csv
    } else if markdown::looks_like_it(&text) {
        FileKind::Markdown
    } else {
        FileKind::Text
    })
}

fn is_odd(c: char) -> bool {
    c == char::REPLACEMENT_CHARACTER || (c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'))
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}
