//! What a file says, as text with structure: headings, paragraphs, items of lists, rows of tables, code; each with the
//! page, sheet, slide or chapter it stands on and its characters in the whole text, so that a viewer can jump there.
//!
//! A file's type is what its bytes are, never what it is called ([`kind`]). Pure functions of the bytes and of [`Limits`]:
//! nothing is opened, fetched or run. What is too large, encrypted, broken or no document at all is one [`ReadError`]
//! that says what is wrong and what to do; nothing of such a file is kept.
//!
//! | format | file | read with |
//! |---|---|---|
//! | plain text in UTF-8, UTF-16, GB 18030 and others | `text.rs` | encoding_rs, chardetng |
//! | Markdown | `markdown.rs` | pulldown-cmark |
//! | CSV, TSV | `table.rs` | csv |
//! | HTML, what can be seen of it | `html.rs` | html5gum |
//! | docx, pptx, epub | `docx.rs`, `pptx.rs`, `epub.rs` | zip, quick-xml |
//! | xlsx | `xlsx.rs` | calamine |
//! | PDF | `pdf.rs`, `pdf/` | hayro-interpret |
//!
//! To add a format: a variant of [`FileKind`], how its bytes are known in `kind.rs`, and a file that gives its blocks to
//! a `Builder` one after the other.

mod builder;
mod cell;
mod decode;
mod document;
mod docx;
mod epub;
mod error;
mod html;
mod kind;
mod limits;
mod markdown;
mod package;
mod pdf;
mod pptx;
mod relations;
mod table;
mod text;
mod xlsx;
mod xml;

pub use document::{Block, BlockKind, Document, Place, Span};
pub use error::{Measure, ReadError};
pub use kind::{FileKind, kind};
pub use limits::Limits;

use builder::Builder;

/// Reads a file.
///
/// # Errors
/// [`ReadError`] says what is wrong with the file and what whoever gave it can do.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Document, ReadError> {
    let kind = kind(bytes, limits)?;
    let mut builder = Builder::new(kind, limits);
    // The libraries below are safe Rust and well kept; where one gives up on a broken file all the same, it is the
    // file's fault and nobody else's.
    let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read_as(kind, bytes, &mut builder)));
    read.unwrap_or_else(|_| Err(ReadError::broken(kind, "its contents contradict themselves")))?;
    builder.finish()
}

fn read_as(kind: FileKind, bytes: &[u8], builder: &mut Builder<'_>) -> Result<(), ReadError> {
    match kind {
        FileKind::Text => text::read(&decode::text(bytes), builder),
        FileKind::Markdown => markdown::read(&decode::text(bytes), builder),
        FileKind::Csv => table::read(&decode::text(bytes), builder),
        FileKind::Html => html::read(&decode::html(bytes), html::Flavour::Html, builder),
        FileKind::Docx => docx::read(bytes, builder),
        FileKind::Pptx => pptx::read(bytes, builder),
        FileKind::Xlsx => xlsx::read(bytes, builder),
        FileKind::Epub => epub::read(bytes, builder),
        FileKind::Pdf => pdf::read(bytes, builder),
    }
}
