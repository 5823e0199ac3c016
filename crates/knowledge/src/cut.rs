//! Chunks: pieces of a document of about one size, cut where its author cut it.

use reading::{Block, BlockKind, Document, Place, Span};
use serde::{Deserialize, Serialize};

use crate::units::{Unit, units};

/// How large chunks become, in tokens as [`crate::estimate_tokens`] counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CutRule {
    /// No chunk has more, unless it is a single row of a table.
    pub most: u64,
    /// A section with less goes on into the next one, if both fit.
    pub least: u64,
}

impl Default for CutRule {
    /// A chunk is a few paragraphs: eight of them, with a question, fit into the prompt of a small model.
    fn default() -> Self {
        Self { most: 320, least: 80 }
    }
}

/// A piece of a document that is searched for and cited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The headings above it, the highest first; with those it begins with.
    pub headings: Vec<String>,
    /// The first row of the table in whose middle it begins.
    pub table: Option<String>,
    /// Where it begins.
    pub place: Place,
    /// Its characters in the document's whole text.
    pub span: Span,
    /// These characters.
    pub text: String,
}

/// Cuts a document. The chunks hold everything but the blanks between them, in order, and nothing twice.
pub fn cut(document: &Document, rule: CutRule) -> Vec<Chunk> {
    let most = rule.most.max(1);
    let text = document.text();
    let mut cutter = Cutter {
        document,
        text: &text,
        chunks: Vec::new(),
        open: Vec::new(),
        tokens: 0,
        path: Path::default(),
    };
    for unit in units(document, most) {
        let heading = document.blocks.get(unit.block).and_then(level);
        let is_full = cutter.tokens.saturating_add(unit.tokens) > most;
        let is_section = heading.is_some() && cutter.tokens >= rule.least;
        if !cutter.open.is_empty() && (is_full || is_section && !cutter.only_headings()) {
            cutter.close();
        }
        if cutter.tokens.saturating_add(unit.tokens) > most {
            cutter.flush();
        }
        cutter.tokens = cutter.tokens.saturating_add(unit.tokens);
        cutter.open.push(unit);
    }
    cutter.flush();
    cutter.chunks
}

fn level(block: &Block) -> Option<u8> {
    match block.kind {
        BlockKind::Heading { level } => Some(level),
        _ => None,
    }
}

struct Cutter<'d> {
    document: &'d Document,
    text: &'d str,
    chunks: Vec<Chunk>,
    /// What the next chunk will hold.
    open: Vec<Unit>,
    tokens: u64,
    path: Path,
}

impl Cutter<'_> {
    fn is_heading(&self, unit: &Unit) -> bool {
        self.document.blocks.get(unit.block).and_then(level).is_some()
    }

    fn only_headings(&self) -> bool {
        self.open.iter().all(|unit| self.is_heading(unit))
    }

    /// Ends the chunk. Headings at its end go to the next one, whose text they are above.
    fn close(&mut self) {
        let kept = self
            .open
            .iter()
            .rposition(|unit| !self.is_heading(unit))
            .map_or(self.open.len(), |last| last + 1);
        let rest = self.open.split_off(kept);
        self.flush();
        self.tokens = rest.iter().map(|unit| unit.tokens).sum();
        self.open = rest;
    }

    fn flush(&mut self) {
        let open = std::mem::take(&mut self.open);
        self.tokens = 0;
        let (Some(first), Some(last)) = (open.first(), open.last()) else { return };
        let blocks = self.document.blocks.as_slice();
        let Some(block) = blocks.get(first.block) else { return };
        let mut headings = None;
        for unit in &open {
            match blocks.get(unit.block) {
                Some(block) if level(block).is_some() => self.path.enter(unit.block, block),
                _ => drop(headings.get_or_insert_with(|| self.path.names())),
            }
        }
        self.chunks.push(Chunk {
            headings: headings.unwrap_or_else(|| self.path.names()),
            table: table_head(blocks, first.block),
            place: block.place.clone(),
            span: Span { start: first.span.start, end: last.span.end },
            text: self.text.get(first.bytes.start..last.bytes.end).unwrap_or_default().to_owned(),
        });
    }
}

/// The first row of the table that the row at `block` stands in, if it is another one.
fn table_head(blocks: &[Block], block: usize) -> Option<String> {
    let is_row = |block: &Block| matches!(block.kind, BlockKind::TableRow { .. });
    let rows = blocks.get(..=block)?.iter().rev().take_while(|block| is_row(block)).count();
    let first = blocks.get((block + 1).checked_sub(rows)?)?;
    (rows > 1).then(|| first.text.clone())
}

/// The headings above a place.
#[derive(Debug, Default)]
struct Path {
    open: Vec<(usize, u8, String)>,
}

impl Path {
    fn enter(&mut self, index: usize, block: &Block) {
        let Some(level) = level(block) else { return };
        // The pieces of one long heading are one heading.
        if self.open.last().is_some_and(|(last, _, _)| *last == index) {
            return;
        }
        self.open.retain(|(_, above, _)| *above < level);
        self.open.push((index, level, block.text.clone()));
    }

    fn names(&self) -> Vec<String> {
        self.open.iter().map(|(_, _, name)| name.clone()).collect()
    }
}
