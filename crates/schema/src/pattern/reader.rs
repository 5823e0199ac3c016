//! From a pattern to its pieces.

use std::iter::Peekable;
use std::str::Chars;

use super::{Node, Problem, Range};

/// Times that something may be repeated.
const MOST_TIMES: u32 = 500;
/// Groups within groups.
const DEEPEST: u32 = 16;

/// Reads a pattern as one of the whole text.
pub(super) fn read(pattern: &str) -> Result<Node, Problem> {
    let mut reader = Reader { rest: pattern.chars().peekable(), depth: 0 };
    let whole = reader.alternatives()?;
    if reader.rest.next().is_some() {
        return Err("a bracket closes that was not opened");
    }
    Ok(whole)
}

/// A set of characters, or of all others.
type Set = (bool, Vec<Range>);

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    depth: u32,
}

impl Reader<'_> {
    fn alternatives(&mut self) -> Result<Node, Problem> {
        let mut choices = Vec::new();
        loop {
            choices.push(self.sequence()?);
            if self.rest.next_if_eq(&'|').is_none() {
                return Ok(Node::Choice(choices));
            }
        }
    }

    fn sequence(&mut self) -> Result<Vec<Node>, Problem> {
        let outermost = self.depth == 0;
        if outermost {
            let _ = self.rest.next_if_eq(&'^');
        }
        let mut nodes = Vec::new();
        while let Some(&next) = self.rest.peek() {
            if next == '|' || next == ')' {
                break;
            }
            self.rest.next();
            if outermost && next == '$' {
                return match self.rest.peek() {
                    None | Some('|') => Ok(nodes),
                    Some(_) => Err("`$` in the middle"),
                };
            }
            let node = self.atom(next)?;
            nodes.push(self.repeated(node)?);
        }
        Ok(nodes)
    }

    fn atom(&mut self, first: char) -> Result<Node, Problem> {
        match first {
            '(' => self.group(),
            '[' => self.class(),
            '.' => Ok(Node::Class { negated: true, ranges: Vec::new() }),
            '\\' => {
                let (negated, ranges) = self.escape()?;
                Ok(Node::Class { negated, ranges })
            }
            '^' | '$' => Err("`^` or `$` in the middle"),
            '*' | '+' | '?' | '{' => Err("a repetition of nothing"),
            other => Ok(Node::Class { negated: false, ranges: vec![(other, other)] }),
        }
    }

    fn group(&mut self) -> Result<Node, Problem> {
        if self.rest.next_if_eq(&'?').is_some() && self.rest.next_if_eq(&':').is_none() {
            return Err("groups that look around or have names");
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("too many groups within groups");
        }
        let inner = self.alternatives()?;
        self.depth -= 1;
        self.rest.next_if_eq(&')').map(|_| inner).ok_or("a group that does not end")
    }

    fn class(&mut self) -> Result<Node, Problem> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut ranges = Vec::new();
        loop {
            let next = self.rest.next().ok_or("a class that does not end")?;
            match next {
                ']' if ranges.is_empty() => return Err("an empty class"),
                ']' => return Ok(Node::Class { negated, ranges }),
                _ => {}
            }
            let from = self.member(next, &mut ranges)?;
            let Some(from) = from else { continue };
            let is_range = self.rest.peek() == Some(&'-') && {
                let mut ahead = self.rest.clone();
                ahead.next();
                ahead.peek().is_some_and(|after| *after != ']')
            };
            if !is_range {
                ranges.push((from, from));
                continue;
            }
            self.rest.next();
            let last = self.rest.next().ok_or("a class that does not end")?;
            match self.member(last, &mut ranges)? {
                Some(to) if from <= to => ranges.push((from, to)),
                _ => return Err("a range of characters that is none"),
            }
        }
    }

    /// A character of a class; a set like `\d` is added at once.
    fn member(&mut self, first: char, ranges: &mut Vec<Range>) -> Result<Option<char>, Problem> {
        if first != '\\' {
            return Ok(Some(first));
        }
        let (negated, mut set) = self.escape()?;
        match (negated, set.as_slice()) {
            (true, _) => Err("`\\D`, `\\S` and `\\W` in a class"),
            (false, [(from, to)]) if from == to => Ok(Some(*from)),
            (false, _) => {
                ranges.append(&mut set);
                Ok(None)
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<Set, Problem> {
        let next = self.rest.next().ok_or("a backslash at the end")?;
        let digits = vec![('0', '9')];
        let word = vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
        // Of the blanks only one needs no escape in JSON.
        let blanks = vec![(' ', ' ')];
        Ok(match next {
            'd' => (false, digits),
            'D' => (true, digits),
            'w' => (false, word),
            'W' => (true, word),
            's' => (false, blanks),
            'S' => (
                true,
                vec![
                    (' ', ' '),
                    ('\u{a0}', '\u{a0}'),
                    ('\u{2000}', '\u{200f}'),
                    ('\u{2028}', '\u{202f}'),
                    ('\u{3000}', '\u{3000}'),
                    ('\u{feff}', '\u{feff}'),
                ],
            ),
            'x' => (false, vec![self.code(2)?]),
            'u' => (false, vec![self.code(4)?]),
            plain if !plain.is_ascii_alphanumeric() => (false, vec![(plain, plain)]),
            _ => return Err("an escape that is not known here"),
        })
    }

    fn code(&mut self, digits: usize) -> Result<Range, Problem> {
        let text: String = self.rest.by_ref().take(digits).collect();
        let code = u32::from_str_radix(&text, 16).ok().filter(|_| text.len() == digits);
        let character = code.and_then(char::from_u32).ok_or("an escape that is no character")?;
        Ok((character, character))
    }

    fn repeated(&mut self, inner: Node) -> Result<Node, Problem> {
        let (least, most) = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.rest.next();
                let times = self.times()?;
                return self.repeat(inner, times);
            }
            _ => return Ok(inner),
        };
        self.rest.next();
        self.repeat(inner, (least, most))
    }

    fn times(&mut self) -> Result<(u32, Option<u32>), Problem> {
        let mut text = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(c) if text.len() < 16 => text.push(c),
                _ => return Err("a number of times that does not end"),
            }
        }
        let number = |text: &str| text.parse::<u32>().map_err(|_| "a number of times that is none");
        let times = match text.split_once(',') {
            None => (number(&text)?, Some(number(&text)?)),
            Some((least, "")) => (number(least)?, None),
            Some((least, most)) => (number(least)?, Some(number(most)?)),
        };
        match times {
            (least, most) if least > MOST_TIMES || most.is_some_and(|most| most > MOST_TIMES) => {
                Err("more than 500 times")
            }
            (least, Some(most)) if most < least => Err("a number of times that is none"),
            times => Ok(times),
        }
    }

    fn repeat(&mut self, inner: Node, (least, most): (u32, Option<u32>)) -> Result<Node, Problem> {
        // `+?` and the like say how much to try first; the texts that match are the same.
        let _ = self.rest.next_if(|next| matches!(next, '?' | '+'));
        if matches!(self.rest.peek(), Some('*' | '+' | '?' | '{')) {
            return Err("a repetition of a repetition");
        }
        if inner.may_be_empty() && most != Some(1) {
            return Err("a repetition of what may be empty");
        }
        Ok(Node::Repeat { inner: Box::new(inner), least, most })
    }
}
