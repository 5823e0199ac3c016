//! XML as a walk over its elements, without a tree: names without their prefixes, text with its references resolved.
//! Entities that a document declares are not expanded, so there is nothing that could grow.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::builder::Builder;
use crate::error::{Measure, ReadError};
use crate::{FileKind, Limits};

/// A step of the walk.
pub(crate) enum Step<'a> {
    /// An element begins.
    Open(&'a Element<'a>),
    /// The element of this name ends.
    Close(&'a str),
    /// Text within the innermost element.
    Text(&'a str),
}

/// An element's name and attributes.
pub(crate) struct Element<'a> {
    start: &'a BytesStart<'a>,
    /// Its name without a prefix.
    pub(crate) name: &'a str,
}

impl Element<'_> {
    /// The value of the first attribute of this name, with or without a prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.attributes(name).into_iter().next()
    }

    /// The values of all attributes of this name, with whatever prefixes.
    pub(crate) fn attributes(&self, name: &str) -> Vec<String> {
        let mut attributes = self.start.attributes();
        let attributes = attributes.with_checks(false).filter_map(Result::ok);
        let named = attributes.filter(|attribute| local(attribute.key.into_inner()) == name);
        named
            .map(|attribute| match quick_xml::escape::unescape(&attribute.value) {
                Ok(value) => value.into_owned(),
                Err(_) => attribute.value.into_owned(),
            })
            .collect()
    }
}

/// What a walk is held against.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'l> {
    kind: FileKind,
    limits: &'l Limits,
}

impl<'l> Bounds<'l> {
    pub(crate) fn of(builder: &Builder<'l>) -> Self {
        Self { kind: builder.kind, limits: builder.limits }
    }
}

/// Walks over `text`, from its first element to its last.
pub(crate) fn walk(
    text: &str,
    bounds: Bounds<'_>,
    mut visit: impl FnMut(Step<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    reader.config_mut().allow_dangling_amp = true;
    let mut depth = 0_u64;
    loop {
        match reader.read_event().map_err(|error| ReadError::broken(bounds.kind, error))? {
            Event::Start(start) => {
                depth = depth.saturating_add(1);
                Measure::Depth.check(depth, bounds.limits.depth)?;
                let name = start.name();
                visit(Step::Open(&Element { start: &start, name: local(name.into_inner()) }))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                visit(Step::Close(local(end.name().into_inner())))?;
            }
            Event::Text(text) => visit(Step::Text(&text))?,
            Event::CData(text) => visit(Step::Text(&text))?,
            Event::GeneralRef(reference) => visit(Step::Text(&resolved(&reference)))?,
            Event::Eof if depth > 0 => {
                return Err(ReadError::broken(bounds.kind, "a part of it ends too early"));
            }
            Event::Eof => return Ok(()),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The character that a reference stands for; nothing for those that only the document knows.
fn resolved<'a>(reference: &BytesRef<'a>) -> Cow<'a, str> {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return Cow::Owned(c.to_string());
    }
    Cow::Borrowed(quick_xml::escape::resolve_predefined_entity(reference).unwrap_or_default())
}
