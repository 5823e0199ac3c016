//! Blocks out of lines: which belong together, and what they are by their looks.

use std::collections::BTreeMap;

use super::lines::{Line, is_wide};
use crate::builder::Builder;
use crate::document::BlockKind;
use crate::error::ReadError;
use crate::text::chapter_level;

/// Characters of a heading, at most.
const HEADING: usize = 100;

/// A page's lines, and how high it is.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) lines: Vec<Line>,
    pub(crate) height: f64,
}

/// What is usual in the document.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The size in which most is set.
    body: f64,
    /// The sizes of headings, the largest first.
    headings: Vec<f64>,
}

impl Layout {
    /// Learns what is usual, and takes away what stands at the head or foot of the pages again and again.
    pub(crate) fn of(pages: &mut [Page]) -> Self {
        drop_furniture(pages);
        let mut sizes: Vec<(f64, usize)> =
            pages.iter().flat_map(|page| &page.lines).map(|line| (line.size, line.characters())).collect();
        sizes.sort_by(|one, other| one.0.total_cmp(&other.0));
        let half = sizes.iter().map(|(_, characters)| characters).sum::<usize>() / 2;
        let mut seen = 0;
        let middle = sizes.iter().find(|(_, characters)| {
            seen += characters;
            seen >= half
        });
        let body = middle.map_or(10.0, |(size, _)| *size);
        let mut headings: Vec<f64> = Vec::new();
        for (size, _) in sizes.into_iter().rev().filter(|(size, _)| *size > body * 1.15) {
            if headings.last().is_none_or(|last| size < last * 0.95) {
                headings.push(size);
            }
        }
        Self { body, headings }
    }

    /// Gives the lines of a page to `builder`.
    pub(crate) fn read(&self, page: &[Line], builder: &mut Builder<'_>) -> Result<(), ReadError> {
        let right = page.iter().map(|line| line.end).fold(0.0, f64::max);
        let mut block: Option<Open> = None;
        for (index, line) in page.iter().enumerate() {
            let neighbour = |other: Option<&Line>| other.is_some_and(|other| are_rows(line, other));
            let is_row = line.cells.len() > 1
                && (neighbour(page.get(index + 1))
                    || neighbour(index.checked_sub(1).and_then(|at| page.get(at))));
            if is_row {
                flush(block.take(), builder)?;
                builder.row(false, &line.cells)?;
                continue;
            }
            let kind = self.kind(line);
            match &mut block {
                Some(open) if open.takes(line, kind, right) => open.add(line),
                _ => flush(block.replace(Open::new(line, kind)), builder)?,
            }
        }
        flush(block, builder)
    }

    fn kind(&self, line: &Line) -> BlockKind {
        let text = line.text();
        if let Some(level) = chapter_level(&text) {
            return BlockKind::Heading { level };
        }
        if line.size > self.body * 1.15 && line.characters() <= HEADING {
            let level = self.headings.iter().position(|size| line.size >= size * 0.95).unwrap_or_default();
            return BlockKind::Heading { level: u8::try_from(level + 1).unwrap_or(9) };
        }
        if is_item(&text) { BlockKind::ListItem { depth: 0 } } else { BlockKind::Paragraph }
    }
}

/// Two lines below each other that both have cells.
fn are_rows(one: &Line, other: &Line) -> bool {
    other.cells.len() > 1 && (one.across - other.across).abs() < 4.0 * one.size.max(other.size)
}

/// Whether a line begins with a mark of an item, such as `•`, `-`, `3)` or `（一）`.
fn is_item(text: &str) -> bool {
    let mut characters = text.chars();
    match characters.next() {
        Some('•' | '●' | '○' | '■' | '□' | '▪' | '◆' | '·' | '∙' | '‣' | '➢') => true,
        Some('-' | '–' | '*') => characters.next() == Some(' '),
        Some('（' | '(') => {
            let inside: Vec<char> = characters.take_while(|c| !matches!(c, '）' | ')')).collect();
            let is_number = |c: &char| c.is_ascii_digit() || "一二三四五六七八九十".contains(*c);
            !inside.is_empty() && inside.len() <= 3 && inside.iter().all(is_number)
        }
        Some(first) if first.is_ascii_digit() => {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
            let digits = text.len() - rest.len();
            digits <= 3
                && (rest.starts_with(". ") || rest.starts_with(") ") || rest.starts_with(['、', '）']))
        }
        _ => false,
    }
}

/// A block whose lines are being collected.
struct Open {
    kind: BlockKind,
    text: String,
    /// Where its lines begin, but for the first.
    start: Option<f64>,
    last: Line,
}

impl Open {
    fn new(line: &Line, kind: BlockKind) -> Self {
        Self { kind, text: line.text(), start: None, last: line.clone() }
    }

    /// Whether `line` goes on with this block.
    fn takes(&self, line: &Line, kind: BlockKind, right: f64) -> bool {
        let last = &self.last;
        let step = line.across - last.across;
        let same_size = (line.size - last.size).abs() < 0.1 * last.size;
        match (self.kind, kind) {
            (BlockKind::Heading { .. }, _) | (_, BlockKind::Heading { .. }) => {
                self.kind == kind
                    && same_size
                    && step > 0.0
                    && step < 1.7 * line.size
                    && last.end > 0.7 * right
            }
            (_, BlockKind::ListItem { .. }) => false,
            (_, _) => {
                let ended = self.text.ends_with(['。', '.', '！', '!', '？', '?', '：', ':', '；']);
                let next_column = step < -2.0 * line.size;
                let indented = self.start.map_or(line.start > last.start + 1.2 * line.size, |start| {
                    line.start > start + 1.2 * line.size
                });
                let was_short = last.end < right - 4.0 * line.size;
                same_size
                    && (step < 1.9 * line.size || !ended && step < 2.6 * line.size)
                    && !(next_column && ended)
                    && (!indented || next_column)
                    && !(was_short && ended)
            }
        }
    }

    fn add(&mut self, line: &Line) {
        let text = line.text();
        let (last, first) = (self.text.chars().next_back(), text.chars().next());
        if self.text.ends_with('-') && first.is_some_and(char::is_lowercase) {
            self.text.pop();
        } else if !last.is_some_and(is_wide) && !first.is_some_and(is_wide) {
            self.text.push(' ');
        }
        self.text.push_str(&text);
        self.start = Some(line.start);
        self.last = line.clone();
    }
}

fn flush(open: Option<Open>, builder: &mut Builder<'_>) -> Result<(), ReadError> {
    match open {
        Some(open) => builder.push(open.kind, &open.text),
        None => Ok(()),
    }
}

/// Takes away first and last lines that are the same on at least half of the pages, numbers aside, and numbers of pages.
fn drop_furniture(pages: &mut [Page]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for page in pages.iter() {
        let mut edges: Vec<String> =
            edges(page).into_iter().filter_map(|at| page.lines.get(at)).map(bare).collect();
        edges.sort();
        edges.dedup();
        for edge in edges {
            *seen.entry(edge).or_default() += 1;
        }
    }
    let often = (pages.len() / 2).max(3);
    for page in pages {
        let mut furniture = edges(page);
        furniture.retain(|at| {
            page.lines.get(*at).is_some_and(|line| seen.get(&bare(line)).is_some_and(|times| *times >= often))
        });
        furniture.sort_unstable();
        furniture.dedup();
        for at in furniture.into_iter().rev() {
            page.lines.remove(at);
        }
    }
}

/// The two highest and the two lowest lines, where they stand within a tenth of the page's height from its edge.
fn edges(page: &Page) -> Vec<usize> {
    let mut by_height: Vec<(usize, f64)> = page.lines.iter().map(|line| line.across).enumerate().collect();
    by_height.sort_by(|one, other| one.1.total_cmp(&other.1));
    let margin = page.height / 10.0;
    let is_outside = |across: f64| across < margin || across > page.height - margin;
    let ends = by_height.iter().take(2).chain(by_height.iter().rev().take(2));
    ends.filter(|(_, across)| is_outside(*across)).map(|(at, _)| *at).collect()
}

fn bare(line: &Line) -> String {
    line.text().chars().filter(|c| !c.is_numeric() && !c.is_whitespace()).take(80).collect()
}
