//! PDF: characters as they are drawn, put together into lines, the lines into paragraphs, headings, items and rows.

mod blocks;
mod glyphs;
mod lines;
mod unpacked;

use blocks::{Layout, Page};
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use crate::builder::Builder;
use crate::document::Place;
use crate::error::{Measure, ReadError};

/// How names of files end that are no titles.
const ENDINGS: [&str; 9] = [".doc", ".docx", ".html", ".htm", ".pdf", ".ppt", ".pptx", ".xls", ".xlsx"];

pub(crate) fn read(bytes: &[u8], builder: &mut Builder<'_>) -> Result<(), ReadError> {
    unpacked::check(bytes, builder.limits)?;
    let pdf = Pdf::new(bytes.to_vec()).map_err(|error| match error {
        LoadPdfError::Decryption(
            DecryptionError::PasswordProtected | DecryptionError::UnsupportedAlgorithm,
        ) => ReadError::Encrypted { kind: builder.kind },
        LoadPdfError::Decryption(_) | LoadPdfError::Invalid => {
            ReadError::broken(builder.kind, "it has no list of its pages")
        }
    })?;
    let count = u64::try_from(pdf.pages().len()).unwrap_or(u64::MAX);
    Measure::Pages.check(count, builder.limits.pages)?;
    if count == 0 {
        return Err(ReadError::broken(builder.kind, "it has no pages"));
    }
    if let Some(title) = &pdf.metadata().title {
        let title = metadata(title);
        // Programs that print often leave the name of the file there.
        if !title.contains(['/', '\\'])
            && !ENDINGS.iter().any(|ending| title.to_lowercase().ends_with(ending))
        {
            builder.title(title.trim_start_matches("Microsoft Word - "));
        }
    }
    let mut pages = Vec::new();
    let mut characters = 0_u64;
    glyphs::of_pages(&pdf, |glyphs, height| {
        characters = characters.saturating_add(u64::try_from(glyphs.len()).unwrap_or(u64::MAX));
        Measure::Characters.check(characters, builder.limits.characters)?;
        pages.push(Page { lines: lines::of(glyphs), height });
        Ok(())
    })?;
    if pages.iter().all(|page| page.lines.is_empty()) {
        return Err(ReadError::NoText { kind: builder.kind });
    }
    let layout = Layout::of(&mut pages);
    for (number, page) in (1..).zip(&pages) {
        builder.place = Place::Page { number };
        layout.read(&page.lines, builder)?;
    }
    Ok(())
}

/// Text of the metadata: UTF-16 or UTF-8 after a byte order mark, else Latin letters.
fn metadata(bytes: &[u8]) -> String {
    crate::decode::text(bytes).into_owned()
}
