//! Presentations: slides in the order in which they are shown, each with its title, its text, its tables and what the
//! speaker noted for it.

use crate::builder::Builder;
use crate::cell::Tables;
use crate::document::Place;
use crate::docx::title;
use crate::error::{Measure, ReadError};
use crate::package::Package;
use crate::relations;
use crate::xml::{self, Bounds, Element, Step};

const MAIN: &str = "ppt/presentation.xml";

pub(crate) fn read(bytes: &[u8], builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let bounds = Bounds::of(builder);
    let mut package = Package::open(bytes, builder.kind, builder.limits)?;
    if let Some(properties) = package.text("docProps/core.xml")? {
        // What programs call every presentation is no title.
        let title = title(&properties, bounds)?;
        if !title.starts_with("PowerPoint ") {
            builder.title(&title);
        }
    }
    let slides = slides(&mut package, bounds)?;
    Measure::Pages.check(u64::try_from(slides.len()).unwrap_or(u64::MAX), builder.limits.pages)?;
    for (number, slide) in (1..).zip(slides) {
        builder.place = Place::Slide { number };
        let text = package.needed(&slide)?;
        Slide::new(builder).read(&text, bounds)?;
        let notes = relations::of(&mut package, &slide, bounds)?;
        for part in notes.into_values().filter(|part| part.starts_with("ppt/notesSlides/")) {
            if let Some(text) = package.text(&part)? {
                Slide::new(builder).read(&text, bounds)?;
            }
        }
    }
    Ok(())
}

/// The parts with the slides, in their order.
fn slides(package: &mut Package<'_>, bounds: Bounds<'_>) -> Result<Vec<String>, ReadError> {
    let targets = relations::of(package, MAIN, bounds)?;
    let mut slides = Vec::new();
    xml::walk(&package.needed(MAIN)?, bounds, |step| {
        if let Step::Open(element) = step
            && element.name == "sldId"
            // Its other attribute `id` has no prefix and is a number.
            && let Some(slide) = element.attributes("id").iter().find_map(|id| targets.get(id))
        {
            slides.push(slide.clone());
        }
        Ok(())
    })?;
    Ok(slides)
}

/// What a text frame is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Title,
    Text,
    /// Numbers and dates that stand on every slide.
    Furniture,
}

struct Slide<'b, 'l> {
    builder: &'b mut Builder<'l>,
    role: Role,
    tables: Tables,
    paragraph: Option<(String, u64)>,
    in_text: bool,
    left_out: u64,
}

impl<'b, 'l> Slide<'b, 'l> {
    fn new(builder: &'b mut Builder<'l>) -> Self {
        Self {
            builder,
            role: Role::Text,
            tables: Tables::default(),
            paragraph: None,
            in_text: false,
            left_out: 0,
        }
    }

    fn read(mut self, text: &str, bounds: Bounds<'_>) -> Result<(), ReadError> {
        xml::walk(text, bounds, |step| match step {
            Step::Open(_) if self.left_out > 0 => {
                self.left_out += 1;
                Ok(())
            }
            Step::Close(_) if self.left_out > 0 => {
                self.left_out -= 1;
                Ok(())
            }
            Step::Open(element) => {
                self.open(element);
                Ok(())
            }
            Step::Close(name) => self.close(name),
            Step::Text(text) => {
                if self.in_text && self.left_out == 0 {
                    self.add(text);
                }
                Ok(())
            }
        })
    }

    fn open(&mut self, element: &Element<'_>) {
        match element.name {
            "Fallback" => self.left_out = 1,
            "sp" | "graphicFrame" => self.role = Role::Text,
            "ph" => {
                self.role = match element.attribute("type").as_deref() {
                    Some("title" | "ctrTitle") => Role::Title,
                    Some("sldNum" | "dt" | "ftr" | "hdr" | "sldImg") => Role::Furniture,
                    _ => Role::Text,
                };
            }
            "tbl" => self.tables.open(),
            "tc" => self.tables.open_cell(),
            "p" => self.paragraph = Some((String::new(), 0)),
            "pPr" => {
                let level = element.attribute("lvl").and_then(|level| level.parse().ok());
                if let (Some((_, depth)), Some(level)) = (&mut self.paragraph, level) {
                    *depth = level;
                }
            }
            "t" => self.in_text = true,
            "br" => self.add("\n"),
            _ => {}
        }
    }

    fn add(&mut self, text: &str) {
        if let Some((paragraph, _)) = &mut self.paragraph {
            paragraph.push_str(text);
        }
    }

    fn close(&mut self, name: &str) -> Result<(), ReadError> {
        match name {
            "t" => self.in_text = false,
            "tc" => self.tables.close_cell(),
            "tr" => {
                if let Some(cells) = self.tables.close_row() {
                    self.builder.row(false, &cells)?;
                }
            }
            "tbl" => self.tables.close(),
            "p" => return self.close_paragraph(),
            _ => {}
        }
        Ok(())
    }

    fn close_paragraph(&mut self) -> Result<(), ReadError> {
        let Some((text, depth)) = self.paragraph.take() else { return Ok(()) };
        match self.role {
            Role::Furniture => Ok(()),
            Role::Title => self.builder.heading(1, &text),
            Role::Text if self.tables.takes(&text) => Ok(()),
            Role::Text if depth > 0 => self.builder.item(depth, &text),
            Role::Text => self.builder.paragraph(&text),
        }
    }
}
