//! Markdown: headings, paragraphs, lists, tables and code. What it holds of HTML is read as HTML is.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::builder::Builder;
use crate::document::BlockKind;
use crate::error::{Measure, ReadError};
use crate::html::{self, Flavour};

pub(crate) fn read(text: &str, builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut page = Page { builder, text: String::new(), lists: 0, cells: Vec::new(), images: 0 };
    Parser::new_ext(text, options).try_for_each(|event| page.event(event))?;
    page.flush(BlockKind::Paragraph)
}

/// Whether enough of its lines are Markdown's own.
pub(crate) fn looks_like_it(text: &str) -> bool {
    let mut marks = 0;
    let mut lines = 0_usize;
    for line in text.lines().take(400).map(str::trim_start).filter(|line| !line.is_empty()) {
        lines += 1;
        let hashes = line.bytes().take_while(|byte| *byte == b'#').count();
        let is_heading =
            (1..=6).contains(&hashes) && line.get(hashes..).is_some_and(|rest| rest.starts_with(' '));
        let is_fence = line.starts_with("```") || line.starts_with("~~~");
        let is_row = line.starts_with("|") && line.ends_with('|') && line.len() > 2;
        let is_item = line.starts_with("- ") || line.starts_with("* ");
        let has_link = line.contains("](");
        let has_emphasis = line.matches("**").count() >= 2;
        marks += if is_heading || is_fence || is_row || has_link {
            3
        } else {
            usize::from(is_item || has_emphasis)
        };
    }
    marks >= 3 && marks * 20 >= lines
}

struct Page<'b, 'l> {
    builder: &'b mut Builder<'l>,
    text: String,
    /// Lists that are open within each other.
    lists: u64,
    cells: Vec<String>,
    /// Pictures that are open: what is said of one is not what the page says.
    images: u64,
}

impl Page<'_, '_> {
    fn event(&mut self, event: Event<'_>) -> Result<(), ReadError> {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(_) | Event::Code(_) if self.images > 0 => Ok(()),
            Event::Text(text) | Event::Code(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text.push_str(&text);
                Ok(())
            }
            Event::Html(html) => {
                self.text.push_str(&html);
                Ok(())
            }
            Event::SoftBreak | Event::HardBreak => {
                self.text.push('\n');
                Ok(())
            }
            Event::Rule => self.flush(BlockKind::Paragraph),
            Event::InlineHtml(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => Ok(()),
        }
    }

    fn start(&mut self, tag: &Tag<'_>) -> Result<(), ReadError> {
        match tag {
            Tag::List(_) => {
                self.flush_text()?;
                self.lists = self.lists.saturating_add(1);
                Measure::Depth.check(self.lists, self.builder.limits.depth)
            }
            Tag::Image { .. } => {
                self.images += 1;
                Ok(())
            }
            Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::CodeBlock(_)
            | Tag::HtmlBlock
            | Tag::Item
            | Tag::Table(_) => self.flush_text(),
            _ => Ok(()),
        }
    }

    fn end(&mut self, tag: TagEnd) -> Result<(), ReadError> {
        match tag {
            TagEnd::Heading(level) => self.flush(BlockKind::Heading { level: number(level) }),
            TagEnd::CodeBlock => self.flush(BlockKind::Code),
            TagEnd::Paragraph | TagEnd::Item => self.flush_text(),
            TagEnd::List(_) => {
                self.flush_text()?;
                self.lists = self.lists.saturating_sub(1);
                Ok(())
            }
            TagEnd::Image => {
                self.images = self.images.saturating_sub(1);
                Ok(())
            }
            TagEnd::TableCell => {
                self.cells.push(std::mem::take(&mut self.text));
                Ok(())
            }
            TagEnd::TableHead | TagEnd::TableRow => {
                let cells = std::mem::take(&mut self.cells);
                self.builder.row(tag == TagEnd::TableHead, &cells)
            }
            TagEnd::HtmlBlock => {
                let html = std::mem::take(&mut self.text);
                html::read(&html, Flavour::Html, self.builder)
            }
            TagEnd::MetadataBlock(_) => {
                let metadata = std::mem::take(&mut self.text);
                let title = metadata.lines().find_map(|line| line.strip_prefix("title:"));
                self.builder.title(title.unwrap_or_default().trim().trim_matches(['"', '\'']));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What was collected, as an item where a list is open and as a paragraph elsewhere.
    fn flush_text(&mut self) -> Result<(), ReadError> {
        let depth = u8::try_from(self.lists.saturating_sub(1)).unwrap_or(u8::MAX);
        self.flush(if self.lists > 0 { BlockKind::ListItem { depth } } else { BlockKind::Paragraph })
    }

    fn flush(&mut self, kind: BlockKind) -> Result<(), ReadError> {
        let text = std::mem::take(&mut self.text);
        self.builder.push(kind, &text)
    }
}

fn number(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}
