//! Word documents: paragraphs with their styles, lists, tables, notes. What was deleted under revision, hidden text,
//! comments, and what stands at the head and foot of every page are left out.

use std::collections::BTreeMap;

use crate::builder::Builder;
use crate::cell::Tables;
use crate::document::BlockKind;
use crate::error::ReadError;
use crate::package::Package;
use crate::xml::{self, Bounds, Element, Step};

pub(crate) fn read(bytes: &[u8], builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let bounds = Bounds::of(builder);
    let mut package = Package::open(bytes, builder.kind, builder.limits)?;
    if let Some(properties) = package.text("docProps/core.xml")? {
        builder.title(&title(&properties, bounds)?);
    }
    let styles = match package.text("word/styles.xml")? {
        Some(text) => Styles::read(&text, bounds)?,
        None => Styles::default(),
    };
    let main = if package.has("word/document.xml") { "word/document.xml" } else { "word/document2.xml" };
    let main = package.needed(main)?;
    Body::new(&styles, builder).read(&main, bounds)?;
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(text) = package.text(notes)? {
            Body::new(&styles, builder).read(&text, bounds)?;
        }
    }
    Ok(())
}

/// The title in the properties of an office document.
pub(crate) fn title(properties: &str, bounds: Bounds<'_>) -> Result<String, ReadError> {
    let (mut title, mut inside) = (String::new(), false);
    xml::walk(properties, bounds, |step| {
        match step {
            Step::Open(element) => inside = element.name == "title",
            Step::Close(_) => inside = false,
            Step::Text(text) if inside => title.push_str(text),
            Step::Text(_) => {}
        }
        Ok(())
    })?;
    Ok(title)
}

/// What styles make of a paragraph.
#[derive(Debug, Default)]
struct Styles(BTreeMap<String, Style>);

#[derive(Debug, Default)]
struct Style {
    name: String,
    outline: Option<u8>,
    based_on: Option<String>,
    is_list: bool,
}

impl Styles {
    fn read(text: &str, bounds: Bounds<'_>) -> Result<Self, ReadError> {
        let mut styles = BTreeMap::new();
        let mut current: Option<(String, Style)> = None;
        xml::walk(text, bounds, |step| {
            match step {
                Step::Open(element) if element.name == "style" => {
                    current = element.attribute("styleId").map(|id| (id, Style::default()));
                }
                Step::Open(element) => {
                    if let Some((_, style)) = &mut current {
                        let value = element.attribute("val");
                        match element.name {
                            "name" => style.name = value.unwrap_or_default().to_lowercase(),
                            "basedOn" => style.based_on = value,
                            "outlineLvl" => style.outline = value.and_then(|value| value.parse().ok()),
                            "numPr" => style.is_list = true,
                            _ => {}
                        }
                    }
                }
                Step::Close("style") => styles.extend(current.take()),
                Step::Close(_) | Step::Text(_) => {}
            }
            Ok(())
        })?;
        Ok(Self(styles))
    }

    /// What a paragraph of this style is, by the style's name, its place in the outline, or those of what it is based on.
    fn kind(&self, id: &str) -> Option<BlockKind> {
        let mut id = id;
        // A chain of styles that comes back to itself ends here.
        for _ in 0..10 {
            let style = self.0.get(id)?;
            if let Some(kind) = style.kind() {
                return Some(kind);
            }
            id = style.based_on.as_deref()?;
        }
        None
    }
}

impl Style {
    fn kind(&self) -> Option<BlockKind> {
        let level = self.name.strip_prefix("heading ").and_then(|level| level.trim().parse().ok());
        // Outline level 9 is body text.
        let outline = self.outline.filter(|outline| *outline < 9).map(|outline| outline + 1);
        if self.name == "title" {
            return Some(BlockKind::Heading { level: 1 });
        }
        if let Some(level) = level.or(outline) {
            return Some(BlockKind::Heading { level });
        }
        let is_code = self.name.contains("code") || self.name.contains("preformatted");
        match (is_code, self.is_list) {
            (true, _) => Some(BlockKind::Code),
            (false, true) => Some(BlockKind::ListItem { depth: 0 }),
            (false, false) => None,
        }
    }
}

/// A paragraph that is being read.
#[derive(Debug, Default)]
struct Paragraph {
    text: String,
    kind: Option<BlockKind>,
    list: Option<u64>,
    /// The number of a list that means "not in a list".
    unlisted: bool,
}

/// The text of a part.
struct Body<'s, 'b, 'l> {
    styles: &'s Styles,
    builder: &'b mut Builder<'l>,
    /// Paragraphs within each other: a text box stands in the paragraph it hangs on.
    paragraphs: Vec<Paragraph>,
    tables: Tables,
    /// Elements open within one that is left out, itself included.
    left_out: u64,
    in_text: bool,
    in_properties: bool,
    hidden_run: bool,
}

/// What does not show: what was deleted or moved away, the instructions of fields, older doubles of drawings, and what
/// formats were before they were changed.
const LEFT_OUT: [&str; 8] =
    ["del", "moveFrom", "delText", "instrText", "Fallback", "pPrChange", "rPrChange", "delInstrText"];

impl<'s, 'b, 'l> Body<'s, 'b, 'l> {
    fn new(styles: &'s Styles, builder: &'b mut Builder<'l>) -> Self {
        Self {
            styles,
            builder,
            paragraphs: Vec::new(),
            tables: Tables::default(),
            left_out: 0,
            in_text: false,
            in_properties: false,
            hidden_run: false,
        }
    }

    fn read(mut self, text: &str, bounds: Bounds<'_>) -> Result<(), ReadError> {
        xml::walk(text, bounds, |step| self.step(step))
    }

    fn step(&mut self, step: Step<'_>) -> Result<(), ReadError> {
        match step {
            Step::Open(_) if self.left_out > 0 => self.left_out += 1,
            Step::Close(_) if self.left_out > 0 => self.left_out -= 1,
            Step::Open(element) if LEFT_OUT.contains(&element.name) => self.left_out = 1,
            Step::Open(element) => self.open(element),
            Step::Close(name) => return self.close(name),
            Step::Text(text) if self.in_text && self.left_out == 0 => self.add(text),
            Step::Text(_) => {}
        }
        Ok(())
    }

    fn open(&mut self, element: &Element<'_>) {
        match element.name {
            "p" => self.paragraphs.push(Paragraph::default()),
            "pPr" => self.in_properties = true,
            "r" => self.hidden_run = false,
            "vanish" if !self.in_properties => self.hidden_run = is_on(element),
            "t" => self.in_text = true,
            "tbl" => self.tables.open(),
            "tc" => self.tables.open_cell(),
            "tab" if !self.in_properties => self.add("\t"),
            "br" | "cr" => self.add("\n"),
            "noBreakHyphen" => self.add("-"),
            name if self.in_properties => self.property(name, element),
            _ => {}
        }
    }

    fn property(&mut self, name: &str, element: &Element<'_>) {
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        let value = element.attribute("val").unwrap_or_default();
        match name {
            "pStyle" => paragraph.kind = self.styles.kind(&value),
            "outlineLvl" => {
                let level = value.parse().ok().filter(|level: &u8| *level < 9);
                paragraph.kind = level.map(|level| BlockKind::Heading { level: level + 1 });
            }
            "numPr" => paragraph.list = Some(0),
            "ilvl" => paragraph.list = value.parse().ok(),
            "numId" => paragraph.unlisted = value == "0",
            _ => {}
        }
    }

    fn close(&mut self, name: &str) -> Result<(), ReadError> {
        match name {
            "p" => return self.close_paragraph(),
            "pPr" => self.in_properties = false,
            "r" => self.hidden_run = false,
            "t" => self.in_text = false,
            "tc" => self.tables.close_cell(),
            "tr" => {
                if let Some(cells) = self.tables.close_row() {
                    self.builder.row(false, &cells)?;
                }
            }
            "tbl" => self.tables.close(),
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, text: &str) {
        if !self.hidden_run
            && let Some(paragraph) = self.paragraphs.last_mut()
        {
            paragraph.text.push_str(text);
        }
    }

    fn close_paragraph(&mut self) -> Result<(), ReadError> {
        let Some(paragraph) = self.paragraphs.pop() else { return Ok(()) };
        if self.tables.takes(&paragraph.text) {
            return Ok(());
        }
        match (paragraph.kind, paragraph.list) {
            (Some(kind), _) => self.builder.push(kind, &paragraph.text),
            (None, Some(depth)) if !paragraph.unlisted => self.builder.item(depth, &paragraph.text),
            (None, _) => self.builder.paragraph(&paragraph.text),
        }
    }
}

/// A property without a value is on.
fn is_on(element: &Element<'_>) -> bool {
    !matches!(element.attribute("val").as_deref(), Some("0" | "false" | "off"))
}
