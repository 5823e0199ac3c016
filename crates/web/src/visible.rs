//! What somebody sees of a page of HTML, as text.
//!
//! A small reader, not a browser: it knows what is never shown, what begins a line, and what is hidden by its own tag.
//! What a style sheet hides it cannot know; so whatever is read here stays the word of a stranger.

use url::Url;

use crate::markup::{attribute, decoded, is_hidden};

/// Bytes of text that are kept.
const MOST_TEXT: usize = 1 << 20;
/// Links that are kept.
const MOST_LINKS: usize = 200;
/// Characters of the words of a link.
const MOST_WORDS: usize = 80;
/// What is never shown, whatever stands in it.
const NEVER: [&str; 12] = [
    "script", "style", "template", "noscript", "iframe", "object", "svg", "math", "textarea", "select",
    "canvas", "audio",
];
/// What has no end.
const VOID: [&str; 10] = ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"];
/// What stands on lines of its own.
const BLOCKS: [&str; 30] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hr",
    "html",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tr",
    "ul",
];

/// What is seen.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) links: Vec<(String, String)>,
}

/// The visible text of a page, its title and its links.
pub(crate) fn of(html: &str, base: &str) -> Seen {
    let mut reader = Reader { rest: html, written: Writer::default(), seen: Seen::default(), link: None };
    let base = Url::parse(base).ok();
    reader.run(base.as_ref());
    Seen { text: reader.written.finished(), ..reader.seen }
}

/// Text that is no HTML: without what cannot be seen.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| is_seen(*c) || *c == '\n' || *c == '\t').collect::<String>().trim().to_owned()
}

struct Reader<'a> {
    rest: &'a str,
    written: Writer,
    seen: Seen,
    /// Where the link leads that is being read, and where its words begin.
    link: Option<(String, usize)>,
}

struct Tag<'a> {
    name: String,
    is_end: bool,
    attributes: &'a str,
}

impl<'a> Reader<'a> {
    fn run(&mut self, base: Option<&Url>) {
        while !self.rest.is_empty() && self.written.text.len() < MOST_TEXT {
            let start = self.rest.find('<').unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at_checked(start).unwrap_or((self.rest, ""));
            self.written.words(&decoded(text));
            self.rest = rest;
            if rest.is_empty() {
                return;
            }
            match self.tag() {
                Some(tag) => self.meet(&tag, base),
                None => self.written.words("<"),
            }
        }
    }

    fn meet(&mut self, tag: &Tag<'a>, base: Option<&Url>) {
        let name = tag.name.as_str();
        if name.is_empty() {
            return;
        }
        if !tag.is_end && name == "title" && self.seen.title.is_empty() {
            let title = self.until_end("title");
            self.seen.title = one_line(&decoded(title));
            return;
        }
        if !tag.is_end && NEVER.contains(&name) {
            self.until_end(name);
            return;
        }
        if !tag.is_end && is_hidden(tag.attributes) && !VOID.contains(&name) {
            self.skip(name);
            return;
        }
        match name {
            "a" => self.meet_link(tag, base),
            "li" if !tag.is_end => self.written.line("- "),
            "td" | "th" if tag.is_end => self.written.words(" \u{2502} "),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.written.paragraph();
                if !tag.is_end {
                    self.written.words("# ");
                }
            }
            "p" | "table" | "ul" | "ol" | "pre" | "blockquote" => self.written.paragraph(),
            name if BLOCKS.contains(&name) => self.written.line(""),
            _ => {}
        }
    }

    fn meet_link(&mut self, tag: &Tag<'a>, base: Option<&Url>) {
        if let Some((target, start)) = self.link.take() {
            let words = self.written.text.get(start..).map(one_line).unwrap_or_default();
            let words: String = words.chars().take(MOST_WORDS).collect();
            if !words.is_empty() && self.seen.links.len() < MOST_LINKS {
                self.seen.links.push((words, target));
            }
        }
        if tag.is_end {
            return;
        }
        let target =
            attribute(tag.attributes, "href").and_then(|target| base?.join(decoded(target).trim()).ok());
        let target = target.filter(|target| matches!(target.scheme(), "http" | "https"));
        self.link = target.map(|target| (target.to_string(), self.written.text.len()));
    }

    /// Reads a tag, a comment or a declaration; nothing when `<` is only a sign.
    fn tag(&mut self) -> Option<Tag<'a>> {
        let inner = self.rest.strip_prefix('<')?;
        let nothing = Tag { name: String::new(), is_end: false, attributes: "" };
        if let Some(comment) = inner.strip_prefix("!--") {
            self.rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
            return Some(nothing);
        }
        if inner.starts_with(['!', '?']) {
            self.rest = inner.split_once('>').map_or("", |(_, rest)| rest);
            return Some(nothing);
        }
        let (is_end, inner) = inner.strip_prefix('/').map_or((false, inner), |rest| (true, rest));
        if !inner.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.rest = self.rest.get(1..).unwrap_or_default();
            return None;
        }
        let end = end_of_tag(inner);
        let (whole, rest) = inner.split_at_checked(end).unwrap_or((inner, ""));
        self.rest = rest.strip_prefix('>').unwrap_or(rest);
        let cut = whole.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(whole.len());
        let (name, attributes) = whole.split_at_checked(cut).unwrap_or((whole, ""));
        Some(Tag { name: name.to_ascii_lowercase(), is_end, attributes })
    }

    /// What stands before the end of an element in which no other stands.
    fn until_end(&mut self, name: &str) -> &'a str {
        let whole = self.rest;
        let mut from = 0;
        while let Some(place) = whole.get(from..).and_then(|rest| rest.find("</")).map(|place| from + place) {
            let after = whole.get(place + 2..).unwrap_or_default();
            if after.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                self.rest = after.split_once('>').map_or("", |(_, rest)| rest);
                return whole.get(..place).unwrap_or_default();
            }
            from = place + 2;
        }
        self.rest = "";
        whole
    }

    /// Passes over a hidden element and all that stands in it.
    fn skip(&mut self, name: &str) {
        let mut depth = 1_usize;
        while depth > 0 && !self.rest.is_empty() {
            let Some(start) = self.rest.find('<') else {
                self.rest = "";
                return;
            };
            self.rest = self.rest.get(start..).unwrap_or_default();
            match self.tag() {
                Some(tag) if tag.name == name && tag.is_end => depth -= 1,
                Some(tag) if tag.name == name && !tag.attributes.trim_end().ends_with('/') => depth += 1,
                Some(tag) if !tag.is_end && NEVER.contains(&tag.name.as_str()) => {
                    self.until_end(&tag.name);
                }
                _ => {}
            }
        }
    }
}

/// Where `>` ends a tag that has begun, outside of quotes.
fn end_of_tag(inner: &str) -> usize {
    let mut quote: Option<char> = None;
    let mut before = ' ';
    for (place, c) in inner.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '>' => return place,
            None if (c == '"' || c == '\'') && before == '=' => quote = Some(c),
            None => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    // A quote that is never closed ends where the tag would have.
    inner.find('>').unwrap_or(inner.len())
}

/// Letters that nobody sees are not passed on: controls, marks of direction, and the tags that hide words in text.
fn is_seen(c: char) -> bool {
    let is_invisible = matches!(
        u32::from(c),
        0x00ad | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff
    );
    !c.is_control() && !is_invisible
}

fn one_line(text: &str) -> String {
    let seen: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| is_seen(*c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Puts words into lines: white space is one space, empty lines stand alone.
#[derive(Default)]
struct Writer {
    text: String,
    is_spaced: bool,
}

impl Writer {
    fn words(&mut self, text: &str) {
        for c in text.chars() {
            if c.is_whitespace() {
                self.is_spaced = true;
            } else if is_seen(c) {
                if self.is_spaced && !self.text.is_empty() && !self.text.ends_with('\n') {
                    self.text.push(' ');
                }
                self.is_spaced = false;
                self.text.push(c);
            }
        }
        if text.ends_with(char::is_whitespace) {
            self.is_spaced = true;
        }
    }

    fn line(&mut self, begin: &str) {
        self.is_spaced = false;
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push_str(begin);
    }

    fn paragraph(&mut self) {
        self.line("");
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Without what a table or a list left at the end of a line.
    fn finished(self) -> String {
        let lines = self.text.lines().map(|line| line.trim_end_matches([' ', '\u{2502}']).trim_end());
        let mut written = String::with_capacity(self.text.len());
        let mut empty = 0;
        for line in lines.map(|line| if line == "-" || line == "#" { "" } else { line }) {
            empty = if line.is_empty() { empty + 1 } else { 0 };
            if empty < 2 {
                written.push_str(line);
                written.push('\n');
            }
        }
        written.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(html: &str) -> String {
        of(html, "https://example.org/a/").text
    }

    #[test]
    fn a_page_becomes_its_lines() {
        let seen = of(
            "<!DOCTYPE html><html><head><title>Rain &amp;\n wind</title><style>p{}</style></head><body><h1>Rain</h1>\n\
             <p>It  rains<br>cats &#38; dogs in\u{200b}side.</p><ul><li>one<li>two <b>2</b></ul>\
             <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>\
             <p>See <a href='b.html?x=1&amp;y=2'>the <i>rest</i></a> or <a href=\"javascript:x()\">not</a>.</p></body>",
            "https://example.org/a/",
        );
        assert_eq!(seen.title, "Rain & wind");
        assert_eq!(
            seen.text,
            "# Rain\n\nIt rains\ncats & dogs inside.\n\n- one\n- two 2\n\na │ b\n1 │ 2\n\nSee the rest or not."
        );
        assert_eq!(seen.links, [("the rest".to_owned(), "https://example.org/a/b.html?x=1&y=2".to_owned())]);
    }

    #[test]
    fn what_is_not_shown_is_not_read() {
        for hidden in [
            "<script>if (a</b>) x</script>",
            "<SCRIPT src=x>secret</SCRIPT >",
            "<style>secret</style>",
            "<!-- secret -->",
            "<template><p>secret</p></template>",
            "<noscript>secret</noscript>",
            "<div hidden><div>secret</div> secret</div>",
            "<p style=\"color:red; display : none\">secret</p>",
            "<span aria-hidden='true'>secret</span>",
            "<span style='font-size:0px'>secret</span>",
            "<div style='opacity:0'>secret</div>",
            "<input value=secret>",
            "<img alt='secret' src=x>",
            "<a title='>secret'></a>",
            "<svg><text>secret</text></svg>",
            "\u{e0073}\u{e0065}",
        ] {
            assert_eq!(text(&format!("<p>a{hidden}</p><p>b")), "a\n\nb", "{hidden}");
        }
    }

    #[test]
    fn broken_pages_are_read_as_far_as_they_go() {
        assert_eq!(text("1 < 2 && 3 > 2 &unknown; &#xD800; &"), "1 < 2 && 3 > 2 &unknown; &#xD800; &");
        assert_eq!(text("a<b"), "a");
        assert_eq!(text("a<p class='x>b</p>c"), "a\n\nb\n\nc");
        assert_eq!(text("a<!-- never closed"), "a");
        assert_eq!(text("a<script>never closed"), "a");
        assert_eq!(text("</div></div>a"), "a");
        assert_eq!(text(&"<div>".repeat(100_000)), "");
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_breaks_it(html in "\\PC{0,200}", tags in "[<>/a-c='\" !-]{0,200}") {
            let _ = text(&html);
            let _ = text(&tags);
            let _ = of(&format!("<a {tags}>{html}</a>"), "https://example.org/");
        }
    }
}
