//! The smallest pieces of a document that are never torn: a block, or its sentences, lines or clauses where it is too long.

use std::ops::Range;

use reading::{Block, BlockKind, Document, Span};

use crate::sentences::sentences;

/// A cautious guess of how many tokens a text is, as the agents' own for prompts: three ASCII characters or one other
/// character a token.
pub fn estimate_tokens(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let other = text.chars().count() - ascii;
    u64::try_from(ascii.div_ceil(3) + other).unwrap_or(u64::MAX)
}

/// A piece of a document's whole text.
#[derive(Debug, Clone)]
pub(crate) struct Unit {
    /// Which block it is of.
    pub(crate) block: usize,
    pub(crate) bytes: Range<usize>,
    pub(crate) span: Span,
    pub(crate) tokens: u64,
}

/// The pieces of all blocks in their order, none of more than `most` tokens but rows of tables, which may have more.
pub(crate) fn units(document: &Document, most: u64) -> Vec<Unit> {
    let mut units = Vec::new();
    // Bytes and characters of the whole text before the block.
    let (mut bytes, mut characters) = (0, 0);
    for (block, content) in document.blocks.iter().enumerate() {
        let mut at = (0, 0_u64);
        for piece in pieces(content, most) {
            let text = content.text.get(piece.clone()).unwrap_or_default();
            let skipped = content.text.get(at.0..piece.start).unwrap_or_default();
            let start = at.1.saturating_add(count(skipped));
            let end = start.saturating_add(count(text));
            at = (piece.end, end);
            units.push(Unit {
                block,
                bytes: bytes + piece.start..bytes + piece.end,
                span: Span { start: characters + start, end: characters + end },
                tokens: estimate_tokens(text),
            });
        }
        bytes += content.text.len() + 1;
        characters += count(&content.text) + 1;
    }
    units
}

fn count(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

/// Rows that are longer than this many chunks are no rows that anybody reads; they are cut as text is.
const LONGEST_ROW: u64 = 8;

fn pieces(block: &Block, most: u64) -> Vec<Range<usize>> {
    let text = block.text.as_str();
    let is_row = matches!(block.kind, BlockKind::TableRow { .. });
    let most_of_it = if is_row { most.saturating_mul(LONGEST_ROW) } else { most };
    if estimate_tokens(text) <= most_of_it {
        return trimmed(text, 0..text.len()).into_iter().collect();
    }
    let parts = if block.kind == BlockKind::Code { lines(text) } else { sentences(text) };
    let clauses = parts.into_iter().flat_map(|part| smaller(text, part, most, &clauses));
    let words = clauses.flat_map(|part| smaller(text, part, most, &words));
    words.flat_map(|part| smaller(text, part, most, &|text| runs(text, most))).collect()
}

/// `part`, or its parts where it has more than `most` tokens, put together again as long as they have no more.
fn smaller(
    text: &str,
    part: Range<usize>,
    most: u64,
    split: &dyn Fn(&str) -> Vec<Range<usize>>,
) -> Vec<Range<usize>> {
    let inside = text.get(part.clone()).unwrap_or_default();
    if estimate_tokens(inside) <= most {
        return vec![part];
    }
    let mut joined: Vec<Range<usize>> = Vec::new();
    for piece in split(inside) {
        let together = joined.last().map(|last| last.start..piece.end);
        match (joined.last_mut(), together) {
            (Some(last), Some(together))
                if estimate_tokens(inside.get(together.clone()).unwrap_or_default()) <= most =>
            {
                *last = together;
            }
            _ => joined.push(piece),
        }
    }
    joined.into_iter().map(|piece| part.start + piece.start..part.start + piece.end).collect()
}

fn lines(text: &str) -> Vec<Range<usize>> {
    split_after(text, |c| c == '\n')
}

fn clauses(text: &str) -> Vec<Range<usize>> {
    split_after(text, |c| matches!(c, '，' | '；' | '：' | '、' | ',' | ';' | ':' | '|' | '\n'))
}

fn words(text: &str) -> Vec<Range<usize>> {
    split_after(text, char::is_whitespace)
}

fn split_after(text: &str, is_end: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut start = 0;
    let ends = text.char_indices().filter(|(_, c)| is_end(*c)).map(|(at, c)| at + c.len_utf8());
    let parts =
        ends.chain([text.len()]).filter_map(|end| trimmed(text, std::mem::replace(&mut start, end)..end));
    parts.collect()
}

/// Runs of characters of about `most` tokens.
fn runs(text: &str, most: u64) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut thirds) = (0, 0_u64);
    for (at, c) in text.char_indices() {
        let more = if c.is_ascii() { 1 } else { 3 };
        if thirds.saturating_add(more) > most.saturating_mul(3) && at > start {
            found.extend(trimmed(text, start..at));
            (start, thirds) = (at, 0);
        }
        thirds = thirds.saturating_add(more);
    }
    found.extend(trimmed(text, start..text.len()));
    found
}

/// The range without the blanks at its ends; nothing where it holds nothing else.
fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let piece = text.get(range.clone())?;
    let start = range.start + (piece.len() - piece.trim_start().len());
    let end = start + piece.trim().len();
    (start < end).then_some(start..end)
}
