//! Takes a source text apart into code, comments and strings, without understanding any of them.
//!
//! Precise for Rust and CSS. For TypeScript it guesses where a regular expression starts and lets an unfinished
//! string end with its line, so that an apostrophe in JSX text costs one line and not the rest of the file.

/// The languages that can be taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Rust,
    TypeScript,
    Css,
}

impl Language {
    /// By the end of the file's name.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path.rsplit_once('.')?.1 {
            "rs" => Some(Self::Rust),
            "ts" | "tsx" => Some(Self::TypeScript),
            "css" => Some(Self::Css),
            _ => None,
        }
    }
}

/// A source text in three parts.
#[derive(Debug, Default)]
pub(crate) struct Masked {
    /// The text with comments and the insides of strings turned into spaces; lines stay where they were.
    pub(crate) code: String,
    pub(crate) comments: Vec<Span>,
    pub(crate) strings: Vec<Span>,
}

/// A comment or string: its first line (from 1), where it starts in `Masked::code`, and what it says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) line: usize,
    pub(crate) start: usize,
    pub(crate) text: String,
}

impl Masked {
    /// Takes a text apart.
    pub(crate) fn of(text: &str, language: Language) -> Self {
        let mut scanner = Scanner { rest: text, line: 1, language, out: Self::default() };
        while !scanner.rest.is_empty() {
            scanner.step();
        }
        scanner.out
    }

    /// The lines of the code part, numbered from 1.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    language: Language,
    out: Masked,
}

impl Scanner<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        if rest.starts_with("//") && self.language != Language::Css {
            return self.comment(rest.find('\n').unwrap_or(rest.len()));
        }
        if rest.starts_with("/*") {
            return self.comment(block_comment_length(rest, self.language == Language::Rust));
        }
        match (self.language, rest.chars().next().unwrap_or_default()) {
            (Language::Rust, 'r' | 'b' | 'c') if !self.inside_a_word() => match raw_string_lengths(rest) {
                Some((open, length)) => self.string(open, length),
                None => self.copy(1),
            },
            (Language::Rust, '\'') => match char_literal_length(rest) {
                Some(length) => self.string(1, length),
                None => self.copy(1),
            },
            (Language::Rust, '"') => self.string(1, quoted_length(rest, '"', true)),
            (Language::TypeScript | Language::Css, quote @ ('"' | '\'')) => {
                self.string(1, quoted_length(rest, quote, false));
            }
            (Language::TypeScript, '`') => self.string(1, template_length(rest)),
            (Language::TypeScript, '/') if self.regex_may_start() => match regex_length(rest) {
                Some(length) => self.blank(length),
                None => self.copy(1),
            },
            (_, first) => self.copy(first.len_utf8()),
        }
    }

    fn comment(&mut self, length: usize) {
        let span = self.span(0, length);
        self.out.comments.push(span);
        self.blank(length);
    }

    /// A string whose opening delimiter is `open` bytes long; delimiters stay in the code.
    fn string(&mut self, open: usize, length: usize) {
        let mut span = self.span(open, length);
        let closed = span.text.trim_end_matches('#');
        span.text = closed.strip_suffix(['"', '\'', '`']).unwrap_or(closed).to_owned();
        self.out.strings.push(span);
        self.copy(open);
        let close = usize::from(length > open);
        self.blank(length.saturating_sub(open + close));
        self.copy(close);
    }

    fn span(&self, open: usize, length: usize) -> Span {
        let text = self.rest.get(open..length).unwrap_or_default();
        Span { line: self.line, start: self.out.code.len(), text: text.to_owned() }
    }

    fn copy(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.out.code.push_str(taken);
        self.rest = rest;
    }

    fn blank(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.line += taken.matches('\n').count();
        self.out.code.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }

    fn inside_a_word(&self) -> bool {
        self.out.code.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
    }

    /// A slash divides after a value and opens a regular expression after an operator.
    fn regex_may_start(&self) -> bool {
        let before = self.out.code.trim_end();
        before.is_empty()
            || before.ends_with(['(', ',', '=', ':', '[', '!', '&', '|', '?', '+'])
            || before.ends_with("return")
    }
}

fn block_comment_length(rest: &str, nests: bool) -> usize {
    let mut depth = 0_usize;
    let mut previous = ' ';
    for (at, c) in rest.char_indices() {
        match (previous, c) {
            ('/', '*') if nests || depth == 0 => {
                depth += 1;
                previous = ' ';
            }
            ('*', '/') => {
                depth = depth.saturating_sub(1);
                previous = ' ';
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => previous = c,
        }
    }
    rest.len()
}

/// `r"…"`, `br#"…"#`, `c"…"` and so on: length of the opening delimiter and of the whole.
fn raw_string_lengths(rest: &str) -> Option<(usize, usize)> {
    let after_letters = rest.trim_start_matches(['b', 'c', 'r']);
    let letters = rest.len() - after_letters.len();
    let after_hashes = after_letters.trim_start_matches('#');
    let hashes = after_letters.len() - after_hashes.len();
    let is_raw = rest.get(..letters)?.contains('r');
    if letters > 2 || !after_hashes.starts_with('"') || (hashes > 0 && !is_raw) {
        return None;
    }
    let open = letters + hashes + 1;
    if !is_raw {
        return Some((open, letters + quoted_length(after_letters, '"', true)));
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let body = rest.get(open..)?;
    let length = body.find(&close).map_or(rest.len(), |at| open + at + close.len());
    Some((open, length))
}

/// A character literal, or nothing when the quote opens a lifetime.
fn char_literal_length(rest: &str) -> Option<usize> {
    let mut chars = rest.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next()?;
        return chars.take(10).find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 1)
}

fn quoted_length(rest: &str, quote: char, over_lines: bool) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' if !over_lines => return at,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A template literal with whatever is nested in its `${…}`.
fn template_length(rest: &str) -> usize {
    let mut open: Vec<char> = Vec::new();
    let mut escaped = false;
    let mut previous = ' ';
    for (at, c) in rest.char_indices() {
        let inside_text = open.last() == Some(&'`');
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '`' if inside_text => {
                open.pop();
                if open.is_empty() {
                    return at + 1;
                }
            }
            '`' => open.push('`'),
            '{' if !inside_text || previous == '$' => open.push('{'),
            '}' if !inside_text => {
                open.pop();
            }
            _ => {}
        }
        previous = c;
    }
    rest.len()
}

fn regex_length(rest: &str) -> Option<usize> {
    let (mut escaped, mut in_class) = (false, false);
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => in_class = true,
            ']' => in_class = false,
            '/' if !in_class => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests;
