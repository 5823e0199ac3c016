//! Puts a document together, block by block, and stops where it becomes too large.

use crate::document::{Block, BlockKind, Document, Place, Span};
use crate::error::{Measure, ReadError};
use crate::{FileKind, Limits};

/// A document that is being read.
#[derive(Debug)]
pub(crate) struct Builder<'l> {
    pub(crate) kind: FileKind,
    pub(crate) limits: &'l Limits,
    /// Where the next block stands.
    pub(crate) place: Place,
    title: Option<String>,
    blocks: Vec<Block>,
    characters: u64,
    rows: u64,
}

impl<'l> Builder<'l> {
    pub(crate) fn new(kind: FileKind, limits: &'l Limits) -> Self {
        Self { kind, limits, place: Place::Whole, title: None, blocks: Vec::new(), characters: 0, rows: 0 }
    }

    /// What the file calls itself. The first title stays.
    pub(crate) fn title(&mut self, title: &str) {
        let title = one_line(title);
        if self.title.is_none() && !title.is_empty() {
            self.title = Some(title.chars().take(300).collect());
        }
    }

    /// The next block, unless it is blank.
    pub(crate) fn push(&mut self, kind: BlockKind, text: &str) -> Result<(), ReadError> {
        let text = match kind {
            BlockKind::Code => as_it_is(text),
            BlockKind::Heading { .. } | BlockKind::TableRow { .. } => one_line(text),
            BlockKind::Paragraph | BlockKind::ListItem { .. } => lines(text),
        };
        if text.is_empty() {
            return Ok(());
        }
        let start = if self.blocks.is_empty() { 0 } else { self.characters.saturating_add(1) };
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        let end = start.saturating_add(length);
        Measure::Characters.check(end, self.limits.characters)?;
        self.characters = end;
        self.blocks.push(Block { kind, text, place: self.place.clone(), span: Span { start, end } });
        Ok(())
    }

    pub(crate) fn heading(&mut self, level: u8, text: &str) -> Result<(), ReadError> {
        self.push(BlockKind::Heading { level: level.clamp(1, 9) }, text)
    }

    pub(crate) fn paragraph(&mut self, text: &str) -> Result<(), ReadError> {
        self.push(BlockKind::Paragraph, text)
    }

    pub(crate) fn item(&mut self, depth: u64, text: &str) -> Result<(), ReadError> {
        self.push(BlockKind::ListItem { depth: u8::try_from(depth).unwrap_or(u8::MAX) }, text)
    }

    /// A row of a table, unless all its cells are blank. Blank cells at its end are left out.
    pub(crate) fn row<C: AsRef<str>>(&mut self, header: bool, cells: &[C]) -> Result<(), ReadError> {
        self.rows = self.rows.saturating_add(1);
        Measure::Rows.check(self.rows, self.limits.rows)?;
        let cells: Vec<String> = cells.iter().map(|cell| one_line(cell.as_ref())).collect();
        let used = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        let text = cells.get(..used).unwrap_or_default().join(" | ");
        self.push(BlockKind::TableRow { header }, &text)
    }

    /// The document. Its first heading stands in for a title.
    pub(crate) fn finish(self) -> Result<Document, ReadError> {
        let Self { kind, title, blocks, .. } = self;
        if blocks.is_empty() {
            return Err(ReadError::Empty);
        }
        let first_heading = || {
            let heading = blocks.iter().find(|block| matches!(block.kind, BlockKind::Heading { .. }));
            heading.map(|block| block.text.chars().take(300).collect())
        };
        let title = title.or_else(first_heading);
        Ok(Document { kind, title, blocks })
    }
}

/// What is drawn as something: no control characters, and none of those that show nothing and only carry messages to
/// machines (tags, marks of width nought, turns of the direction of writing).
fn is_shown(c: char) -> bool {
    let shows_nothing = matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffc}' | '\u{e0000}'..='\u{e007f}');
    !shows_nothing && (!c.is_control() || matches!(c, '\n' | '\t'))
}

/// Without blanks at the ends and with single ones inside, all on one line.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let shown: String =
        text.chars().map(|c| if c == '\r' { '\n' } else { c }).filter(|c| is_shown(*c)).collect();
    for word in shown.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Each line as [`one_line`]; blank ones are left out.
fn lines(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for line in text.split(['\n', '\r', '\u{2028}', '\u{2029}']).map(one_line).filter(|line| !line.is_empty())
    {
        if !all.is_empty() {
            all.push('\n');
        }
        all.push_str(&line);
    }
    all
}

/// With its blanks, but for those at the ends of lines and blank lines around it.
fn as_it_is(text: &str) -> String {
    let shown: String = text.replace("\r\n", "\n").chars().filter(|c| is_shown(*c)).collect();
    let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
    let first = lines.iter().position(|line| !line.is_empty()).unwrap_or_default();
    let last = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    lines.get(first..last).unwrap_or_default().join("\n")
}
