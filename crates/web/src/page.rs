//! What bytes are, and the text in them.

use encoding_rs::{Encoding, UTF_8};

use crate::error::FetchError;
use crate::visible;

/// How much of the beginning tells what it is.
const HEAD: usize = 2_048;
/// What files begin with that are no text.
const BINARIES: [(&[u8], &str); 16] = [
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "an archive or an Office document"),
    (b"\x89PNG", "an image"),
    (b"GIF8", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"RIFF", "an image, a sound or a film"),
    (b"\x1f\x8b", "an archive"),
    (b"BZh", "an archive"),
    (b"\xfd7zXZ", "an archive"),
    (b"7z\xbc\xaf", "an archive"),
    (b"Rar!", "an archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\0asm", "a program"),
    (b"OggS", "a sound or a film"),
    (b"ID3", "a sound"),
];

/// The readable part of what stands at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// Where it stands, after all hops.
    pub(crate) url: String,
    /// Empty when it has none.
    pub(crate) title: String,
    pub(crate) text: String,
    /// Words and addresses that it leads to.
    pub(crate) links: Vec<(String, String)>,
    /// True when there was more than is read.
    pub(crate) is_cut: bool,
}

/// Reads the text of a page. What it is, its bytes say; what the server calls it only helps.
pub(crate) fn read(url: &str, declared: &str, body: &[u8], is_cut: bool) -> Result<Page, FetchError> {
    if let Some(kind) = binary(body) {
        return Err(FetchError::NoText(kind));
    }
    let declared = declared.to_ascii_lowercase();
    let (text, _, _) = encoding(&declared, body).decode(body);
    let page = |title, text, links| Page { url: url.to_owned(), title, text, links, is_cut };
    if !is_html(&declared, &text) {
        return Ok(page(String::new(), visible::plain(&text), Vec::new()));
    }
    let seen = visible::of(&text, url);
    Ok(page(seen.title, seen.text, seen.links))
}

fn binary(body: &[u8]) -> Option<&'static str> {
    if let Some((_, kind)) = BINARIES.iter().find(|(magic, _)| body.starts_with(magic)) {
        return Some(kind);
    }
    if body.get(4..8) == Some(b"ftyp") {
        return Some("a film or an image");
    }
    let head = body.get(..HEAD).unwrap_or(body);
    let has_mark = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let odd = head.iter().filter(|byte| **byte < 0x20 && !b"\t\n\r\x0c\x1b".contains(byte)).count();
    let is_binary = !has_mark && (head.contains(&0) || odd * 20 > head.len());
    is_binary.then_some("something binary")
}

fn is_html(declared: &str, text: &str) -> bool {
    let head: String = text.trim_start().chars().take(HEAD).collect::<String>().to_ascii_lowercase();
    if !head.starts_with('<') {
        // A server that calls everything HTML, and text that has none of it.
        return declared.starts_with("text/html") && (head.contains("</") || head.contains("<p"));
    }
    let marks =
        ["<!doctype html", "<html", "<head", "<body", "<title", "<meta", "<div", "<p>", "<h1", "<table"];
    declared.contains("html") || marks.iter().any(|mark| head.contains(mark))
}

/// A mark of its own bytes goes first (the decoder sees to it), then the server's word, then the page's.
fn encoding(declared: &str, body: &[u8]) -> &'static Encoding {
    let named = |text: &str| {
        let (_, rest) = text.split_once("charset")?;
        let name = rest.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
        let end = name.find(['"', '\'', ';', '>', ' ', '/']).unwrap_or(name.len());
        Encoding::for_label(name.get(..end)?.as_bytes())
    };
    let head = String::from_utf8_lossy(body.get(..HEAD).unwrap_or(body)).to_ascii_lowercase();
    let is_utf8 = || std::str::from_utf8(body).is_ok();
    named(declared).or_else(|| if is_utf8() { Some(UTF_8) } else { named(&head) }).unwrap_or(UTF_8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(declared: &str, body: &[u8]) -> Result<String, FetchError> {
        read("https://example.org/", declared, body, false).map(|page| page.text)
    }

    #[test]
    fn what_it_is_stands_in_its_bytes() {
        for (body, kind) in [
            (&b"%PDF-1.7 <html>"[..], "a PDF document"),
            (b"PK\x03\x04rest", "an archive or an Office document"),
            (b"\0\0\0\x18ftypmp42", "a film or an image"),
            (b"plain\0text", "something binary"),
            (b"\x01\x02\x03\x04abcd", "something binary"),
        ] {
            assert_eq!(text("text/html", body), Err(FetchError::NoText(kind)));
        }
        assert_eq!(text("application/octet-stream", b"<!DOCTYPE html><p>Hello").as_deref(), Ok("Hello"));
        assert_eq!(text("text/html", b"a < b and c > d").as_deref(), Ok("a < b and c > d"));
        assert_eq!(text("application/json", b"{\"a\": 1}").as_deref(), Ok("{\"a\": 1}"));
        assert_eq!(text("text/plain", b"").as_deref(), Ok(""));
    }

    #[test]
    fn letters_are_read_as_they_were_written() {
        let (gbk, _, _) = encoding_rs::GBK.encode("<html><p>胡同</p></html>");
        assert_eq!(text("text/html; charset=gb2312", &gbk).as_deref(), Ok("胡同"));
        let (gbk, _, _) = encoding_rs::GBK.encode("<html><meta charset=\"gbk\"><p>胡同</p></html>");
        assert_eq!(text("text/html", &gbk).as_deref(), Ok("胡同"));
        assert_eq!(text("text/html; charset=nonsense", "<p>胡同</p>".as_bytes()).as_deref(), Ok("胡同"));
        assert_eq!(text("text/plain", b"\xff\xfeh\0i\0").as_deref(), Ok("hi"));
        assert_eq!(text("text/plain", b"caf\xe9").as_deref(), Ok("caf\u{fffd}"));
    }
}
