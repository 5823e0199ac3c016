//! What comes of reading: blocks of text, each with its place.

use serde::{Deserialize, Serialize};

use crate::FileKind;

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it was.
    pub kind: FileKind,
    /// What it calls itself, or its first heading.
    pub title: Option<String>,
    /// What stands in it, in the order in which it is read; never blank.
    pub blocks: Vec<Block>,
}

impl Document {
    /// The whole text: the blocks with a line break between each two. Spans count its characters.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.blocks.iter().map(|block| block.text.len() + 1).sum());
        for block in &self.blocks {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&block.text);
        }
        text
    }
}

/// A piece of a document that stands for itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// What it says. Cells of a row have ` | ` between them.
    pub text: String,
    /// Where it stands in the file.
    pub place: Place,
    /// Which characters of the whole text it is.
    pub span: Span,
}

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading.
    Heading {
        /// 1 for the highest, at most 9.
        level: u8,
    },
    /// A paragraph, or anything else that is text.
    Paragraph,
    /// An item of a list.
    ListItem {
        /// 0 for items of the outermost list.
        depth: u8,
    },
    /// A row of a table.
    TableRow {
        /// It says what the columns are.
        header: bool,
    },
    /// Code and what else was set as it is, with its line breaks and blanks.
    Code,
}

/// Where in a file something stands. Numbers begin at 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case")]
pub enum Place {
    /// The file has no parts, or none that are known.
    Whole,
    /// A page of a PDF.
    Page {
        /// Which one, counted from the first leaf.
        number: u32,
    },
    /// A sheet of a workbook.
    Sheet {
        /// Its name.
        name: String,
        /// The row, as the program that shows it counts.
        row: u32,
    },
    /// A slide.
    Slide {
        /// Which one.
        number: u32,
    },
    /// A chapter of a book.
    Chapter {
        /// Which one, in the order of reading.
        number: u32,
    },
}

/// Characters (Unicode scalar values) of a text, from `start` to before `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The first character.
    pub start: u64,
    /// The first character after it.
    pub end: u64,
}

impl Span {
    /// These characters of `text`; nothing where it has none there.
    pub fn of(self, text: &str) -> &str {
        let byte = |character: u64| {
            let skipped = usize::try_from(character).unwrap_or(usize::MAX);
            text.char_indices().nth(skipped).map_or(text.len(), |(byte, _)| byte)
        };
        text.get(byte(self.start)..byte(self.end)).unwrap_or_default()
    }
}
