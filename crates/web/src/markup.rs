//! The small print of HTML: attributes and references.

/// True for an element that its own tag hides.
pub(crate) fn is_hidden(attributes: &str) -> bool {
    if attributes.is_empty() {
        return false;
    }
    let lower = attributes.to_ascii_lowercase();
    let style: String =
        attribute(&lower, "style").unwrap_or_default().chars().filter(|c| !c.is_whitespace()).collect();
    let is_styled_away = ["display:none", "visibility:hidden", "opacity:0;", "font-size:0"];
    attribute(&lower, "hidden").is_some()
        || attribute(&lower, "aria-hidden") == Some("true")
        || is_styled_away.iter().any(|hidden| style.contains(hidden))
        || style.ends_with("opacity:0")
}

/// The value of an attribute; empty when it has none.
pub(crate) fn attribute<'a>(attributes: &'a str, wanted: &str) -> Option<&'a str> {
    let mut rest = attributes;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '/').unwrap_or(rest.len()).max(1);
        let end = (end..=rest.len()).find(|end| rest.is_char_boundary(*end))?;
        let (name, after) = rest.split_at_checked(end)?;
        let after = after.trim_start();
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(value) => value_of(value.trim_start()),
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

fn value_of(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote) {
            return inner.split_once(quote).unwrap_or((inner, ""));
        }
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Text with its references (`&amp;`, `&#20013;`) as letters.
pub(crate) fn decoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        let (before, from) = rest.split_at_checked(start).unwrap_or((rest, ""));
        written.push_str(before);
        let end = from.char_indices().take(12).find(|(_, c)| *c == ';').map(|(end, _)| end);
        let letter = end.and_then(|end| from.get(1..end)).and_then(reference);
        match (letter, end) {
            (Some(letter), Some(end)) => {
                written.push(letter);
                rest = from.get(end + 1..).unwrap_or_default();
            }
            _ => {
                written.push('&');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    written.push_str(rest);
    written
}

fn reference(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let number = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => number.parse().ok(),
        };
        return number.and_then(char::from_u32);
    }
    let known = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("copy", '©'),
        ("reg", '®'),
        ("trade", '™'),
        ("hellip", '…'),
        ("mdash", '—'),
        ("ndash", '–'),
        ("middot", '·'),
        ("bull", '•'),
        ("laquo", '«'),
        ("raquo", '»'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("times", '×'),
        ("deg", '°'),
        ("euro", '€'),
        ("pound", '£'),
        ("yen", '¥'),
        ("sect", '§'),
        ("auml", 'ä'),
        ("ouml", 'ö'),
        ("uuml", 'ü'),
        ("szlig", 'ß'),
        ("eacute", 'é'),
        ("egrave", 'è'),
    ];
    known.iter().find(|(other, _)| *other == name).map(|(_, letter)| *letter)
}
