//! Pages of the web, as far as they can be seen: no scripts and styles, no forms, nothing that says it is hidden.

use html5gum::{StartTag, Token, Tokenizer, emitters::default::DefaultEmitter};

use crate::builder::Builder;
use crate::document::BlockKind;
use crate::error::{Measure, ReadError};

/// How elements without contents are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// As in pages: `<br>`, and `<script>` holds whatever it likes.
    Html,
    /// As in books: `<br/>`, `<title/>`, and all is XML.
    Xhtml,
}

/// Whether it begins as a page does, or has the elements of one.
pub(crate) fn looks_like_it(text: &str) -> bool {
    let head: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(2_000).collect();
    let head = head.to_ascii_lowercase();
    let begins = ["<!doctype html", "<html", "<head", "<body", "<?xml"];
    let has = |element: &str| head.contains(element);
    (head.starts_with('<')
        && begins.iter().any(|begin| head.starts_with(begin))
        && (has("<html") || has("<body") || has("<head")))
        || (head.starts_with('<')
            && ["<p>", "<p ", "<div", "<h1", "<table", "<ul"].iter().any(|element| has(element))
            && has("</"))
}

pub(crate) fn read(text: &str, flavour: Flavour, builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(flavour == Flavour::Html);
    let mut page = Page::new(flavour, builder);
    for token in Tokenizer::new_with_emitter(text, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => page.open(&tag)?,
            Token::EndTag(tag) => page.close(&String::from_utf8_lossy(&tag.name))?,
            Token::String(text) => page.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    page.flush()
}

/// Elements without contents.
const VOID: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr",
];
/// Elements whose contents are not text of the page.
const UNSEEN: [&str; 18] = [
    "script", "style", "template", "noscript", "svg", "math", "iframe", "object", "canvas", "video", "audio",
    "select", "textarea", "datalist", "noembed", "noframes", "rp", "rt",
];
/// Elements that begin and end a line of their own.
const BLOCKS: [&str; 32] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "html",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "section",
    "summary",
    "ul",
    "hr",
    "legend",
    "search",
];

struct Page<'b, 'l> {
    flavour: Flavour,
    builder: &'b mut Builder<'l>,
    /// Open elements, and whether they hide what is in them.
    open: Vec<(String, bool)>,
    hidden: u64,
    text: String,
    kind: BlockKind,
    lists: u64,
    /// The cells of the row that is being read, and whether all are heads of columns.
    row: Option<(Vec<String>, bool)>,
}

impl<'b, 'l> Page<'b, 'l> {
    fn new(flavour: Flavour, builder: &'b mut Builder<'l>) -> Self {
        Self {
            flavour,
            builder,
            open: Vec::new(),
            hidden: 0,
            text: String::new(),
            kind: BlockKind::Paragraph,
            lists: 0,
            row: None,
        }
    }

    fn open(&mut self, tag: &StartTag<()>) -> Result<(), ReadError> {
        let name = String::from_utf8_lossy(&tag.name).into_owned();
        self.close_implied(&name)?;
        let is_empty = VOID.contains(&name.as_str()) || (tag.self_closing && self.flavour == Flavour::Xhtml);
        if self.hidden == 0 {
            self.begin(&name)?;
        }
        if is_empty {
            return Ok(());
        }
        let hides = is_hidden(&name, tag);
        self.hidden += u64::from(hides);
        self.open.push((name, hides));
        Measure::Depth.check(u64::try_from(self.open.len()).unwrap_or(u64::MAX), self.builder.limits.depth)
    }

    fn begin(&mut self, name: &str) -> Result<(), ReadError> {
        match name {
            "br" => self.text.push('\n'),
            "table" => {
                // A table in a cell is there for the looks: what stood before it in the row is text.
                self.flush()?;
                if let Some((cells, _)) = self.row.take() {
                    self.builder.row(false, &cells)?;
                }
            }
            "tr" => {
                self.flush()?;
                self.row = Some((Vec::new(), true));
            }
            "td" | "th" => {
                self.text.clear();
                if let Some((_, heads)) = &mut self.row {
                    *heads &= name == "th";
                }
            }
            "pre" => {
                self.flush()?;
                self.kind = BlockKind::Code;
            }
            "li" => {
                self.flush()?;
                let depth = u8::try_from(self.lists.saturating_sub(1)).unwrap_or(u8::MAX);
                self.kind = BlockKind::ListItem { depth };
            }
            name => {
                if let Some(level) = heading_level(name) {
                    self.flush()?;
                    self.kind = BlockKind::Heading { level };
                } else if BLOCKS.contains(&name) {
                    self.flush()?;
                    self.lists += u64::from(matches!(name, "ul" | "ol" | "menu"));
                }
            }
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), ReadError> {
        // An end without a beginning is nobody's end.
        let Some(at) = self.open.iter().rposition(|(open, _)| open == name) else { return Ok(()) };
        while self.open.len() > at {
            self.close_innermost()?;
        }
        Ok(())
    }

    /// A new paragraph ends the one before, a new item the item before, and so on, where nobody wrote it.
    fn close_implied(&mut self, name: &str) -> Result<(), ReadError> {
        let (ends, within): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "menu"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["table"]),
            "option" => (&["option"], &["select"]),
            name if BLOCKS.contains(&name)
                || heading_level(name).is_some()
                || matches!(name, "table" | "pre") =>
            {
                (&["p"], &["td", "th", "li", "div", "body", "section", "article", "blockquote"])
            }
            _ => return Ok(()),
        };
        let found = self
            .open
            .iter()
            .rev()
            .find(|(open, _)| ends.contains(&open.as_str()) || within.contains(&open.as_str()));
        match found.filter(|(open, _)| ends.contains(&open.as_str())) {
            Some((open, _)) => self.close(&open.clone()),
            None => Ok(()),
        }
    }

    fn close_innermost(&mut self) -> Result<(), ReadError> {
        let Some((name, hides)) = self.open.pop() else { return Ok(()) };
        self.hidden -= u64::from(hides);
        if hides || self.hidden > 0 {
            return Ok(());
        }
        match name.as_str() {
            "title" => {
                let title = std::mem::take(&mut self.text);
                self.builder.title(&title);
                Ok(())
            }
            "head" => {
                self.text.clear();
                Ok(())
            }
            "td" | "th" => {
                let cell = std::mem::take(&mut self.text);
                match &mut self.row {
                    Some((cells, _)) => cells.push(cell),
                    None => self.builder.paragraph(&cell)?,
                }
                Ok(())
            }
            "tr" => match self.row.take() {
                Some((cells, heads)) => self.builder.row(heads, &cells),
                None => Ok(()),
            },
            "ul" | "ol" | "menu" => {
                self.flush()?;
                self.lists = self.lists.saturating_sub(1);
                Ok(())
            }
            name if matches!(name, "li" | "pre" | "table")
                || BLOCKS.contains(&name)
                || heading_level(name).is_some() =>
            {
                self.flush()
            }
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden > 0 {
            return;
        }
        if self.kind == BlockKind::Code {
            self.text.push_str(text);
        } else {
            // Line breaks of the source are blanks.
            self.text.extend(text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }));
        }
    }

    /// What was collected becomes a block; within a row it stays, as text of the cell.
    fn flush(&mut self) -> Result<(), ReadError> {
        if self.row.is_some() {
            self.text.push(' ');
            return Ok(());
        }
        let kind = std::mem::replace(&mut self.kind, BlockKind::Paragraph);
        let text = std::mem::take(&mut self.text);
        self.builder.push(kind, &text)
    }
}

fn heading_level(name: &str) -> Option<u8> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

/// Whether an element is not shown, by its name, its attribute or its own style.
fn is_hidden(name: &str, tag: &StartTag<()>) -> bool {
    let attribute = |name: &str| {
        let named = tag.attributes.iter().find(|(key, _)| key.as_slice() == name.as_bytes());
        named.map(|(_, value)| String::from_utf8_lossy(&value.value).to_ascii_lowercase())
    };
    if UNSEEN.contains(&name) || attribute("hidden").is_some() {
        return true;
    }
    if name == "dialog" && attribute("open").is_none() {
        return true;
    }
    let style: String = attribute("style").unwrap_or_default().split_whitespace().collect();
    style.split(';').any(|rule| {
        let rule = rule.trim_end_matches("!important");
        matches!(
            rule,
            "display:none"
                | "visibility:hidden"
                | "visibility:collapse"
                | "opacity:0"
                | "opacity:0.0"
                | "font-size:0"
                | "font-size:0px"
                | "content-visibility:hidden"
        )
    })
}
