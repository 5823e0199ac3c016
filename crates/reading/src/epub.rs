//! Books: the chapters of the spine in their order, each a page of HTML.

use std::collections::BTreeMap;

use crate::builder::Builder;
use crate::document::Place;
use crate::error::{Measure, ReadError};
use crate::html::{self, Flavour};
use crate::package::Package;
use crate::relations::join;
use crate::xml::{self, Bounds, Step};

/// Ways of scrambling fonts, which are no encryption of the text.
const FONTS: [&str; 2] = ["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"];

pub(crate) fn read(bytes: &[u8], builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let bounds = Bounds::of(builder);
    let mut package = Package::open(bytes, builder.kind, builder.limits)?;
    if package.has("META-INF/rights.xml") || is_encrypted(&mut package, bounds)? {
        return Err(ReadError::Encrypted { kind: builder.kind });
    }
    let main = main_part(&mut package, bounds)?;
    let main = main.ok_or_else(|| ReadError::broken(builder.kind, "it does not say where it begins"))?;
    let text = package.needed(&main)?;
    let book = Book::read(&text, bounds)?;
    builder.title(&book.title);
    let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder);
    Measure::Pages.check(u64::try_from(book.spine.len()).unwrap_or(u64::MAX), builder.limits.pages)?;
    for (number, item) in (1..).zip(&book.spine) {
        let Some(href) = book.items.get(item) else { continue };
        builder.place = Place::Chapter { number };
        if let Some(text) = package.text(&join(folder, &unescaped(href)))? {
            html::read(&text, Flavour::Xhtml, builder)?;
        }
    }
    Ok(())
}

fn is_encrypted(package: &mut Package<'_>, bounds: Bounds<'_>) -> Result<bool, ReadError> {
    let Some(text) = package.text("META-INF/encryption.xml")? else { return Ok(false) };
    let mut encrypted = false;
    xml::walk(&text, bounds, |step| {
        if let Step::Open(element) = step
            && element.name == "EncryptionMethod"
        {
            let method = element.attribute("Algorithm").unwrap_or_default();
            encrypted |= !FONTS.contains(&method.as_str());
        }
        Ok(())
    })?;
    Ok(encrypted)
}

fn main_part(package: &mut Package<'_>, bounds: Bounds<'_>) -> Result<Option<String>, ReadError> {
    let mut main = None;
    xml::walk(&package.needed("META-INF/container.xml")?, bounds, |step| {
        if let Step::Open(element) = step
            && element.name == "rootfile"
            && main.is_none()
        {
            main = element.attribute("full-path");
        }
        Ok(())
    })?;
    Ok(main)
}

/// What a book says of itself.
#[derive(Debug, Default)]
struct Book {
    title: String,
    /// Files of chapters, by id.
    items: BTreeMap<String, String>,
    /// Ids of chapters, in their order.
    spine: Vec<String>,
}

impl Book {
    fn read(text: &str, bounds: Bounds<'_>) -> Result<Self, ReadError> {
        let mut book = Self::default();
        let (mut in_title, mut titled) = (false, false);
        xml::walk(text, bounds, |step| {
            match step {
                Step::Open(element) if element.name == "title" => in_title = !titled,
                Step::Open(element) if element.name == "item" => {
                    let is_page = element.attribute("media-type").is_some_and(|kind| kind.contains("html"));
                    // The table of contents is made for programs.
                    let is_contents =
                        element.attribute("properties").is_some_and(|what| what.contains("nav"));
                    if let (true, false, Some(id), Some(href)) =
                        (is_page, is_contents, element.attribute("id"), element.attribute("href"))
                    {
                        book.items.insert(id, href);
                    }
                }
                Step::Open(element) if element.name == "itemref" => {
                    book.spine.extend(element.attribute("idref"))
                }
                Step::Text(text) if in_title => book.title.push_str(text),
                Step::Close("title") => (in_title, titled) = (false, true),
                Step::Open(_) | Step::Text(_) | Step::Close(_) => {}
            }
            Ok(())
        })?;
        Ok(book)
    }
}

/// An address without its `%` escapes and what comes after `#`.
fn unescaped(href: &str) -> String {
    let href = href.split_once('#').map_or(href, |(file, _)| file);
    let mut bytes = Vec::with_capacity(href.len());
    let mut rest = href.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match escape.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
