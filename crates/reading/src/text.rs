//! Plain text: paragraphs between blank lines, or a paragraph a line where lines are long; headings of chapters.

use crate::builder::Builder;
use crate::document::{BlockKind, Place};
use crate::error::ReadError;

/// Characters of a line that no program would have broken.
const LONG: usize = 100;
/// Characters of a heading, at most.
const HEADING: usize = 40;

pub(crate) fn read(text: &str, builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{c}'], "\n");
    let mut paragraph: Vec<&str> = Vec::new();
    let mut chapter = 0_u32;
    for line in text.lines().map(str::trim_end) {
        let level = chapter_level(line.trim());
        // Lines of Chinese text are paragraphs of their own: they begin with two blanks or end with a full stop.
        let is_whole = level.is_some()
            || line.trim().is_empty()
            || line.starts_with("\u{3000}\u{3000}")
            || line.chars().count() > LONG;
        if is_whole {
            flush(&mut paragraph, builder)?;
        }
        if let Some(level) = level {
            chapter = chapter.saturating_add(1);
            builder.place = Place::Chapter { number: chapter };
            builder.heading(level, line)?;
        } else if is_whole {
            builder.paragraph(line)?;
        } else {
            paragraph.push(line);
        }
    }
    flush(&mut paragraph, builder)
}

fn flush(paragraph: &mut Vec<&str>, builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let lines = std::mem::take(paragraph);
    // Numbers and tables in plain text stand on lines of their own, and keep them.
    builder.push(BlockKind::Paragraph, &lines.join("\n"))
}

/// The level of a heading such as `第三章 雨夜`, `第2节`, `Chapter 7` or `PART II`.
pub(crate) fn chapter_level(line: &str) -> Option<u8> {
    if line.chars().count() > HEADING || line.ends_with(['。', '，', '；', '.', ',', ';', '：', ':']) {
        return None;
    }
    if let Some(rest) = line.strip_prefix('第') {
        let number = |c: &char| c.is_ascii_digit() || "零〇一二三四五六七八九十百千两".contains(*c);
        let digits = rest.chars().take_while(number).count();
        let mut after = rest.chars().skip(digits);
        let level = match after.next()? {
            '卷' | '部' | '编' | '篇' => 1,
            '章' | '回' => 2,
            '节' => 3,
            _ => return None,
        };
        let ends = after.next().is_none_or(|c| c.is_whitespace() || matches!(c, '：' | ':' | '、' | '·'));
        return (digits > 0 && ends).then_some(level);
    }
    let mut words = line.split_whitespace();
    let level = match words.next()?.to_lowercase().as_str() {
        "part" | "book" => 1,
        "chapter" => 2,
        _ => return None,
    };
    let number = words.next()?.trim_end_matches([':', '.', ',']);
    let is_number = number.chars().all(|c| c.is_ascii_digit())
        || number.chars().all(|c| matches!(c, 'I' | 'V' | 'X' | 'L' | 'C'));
    is_number.then_some(level)
}
