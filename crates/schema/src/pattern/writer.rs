//! From pieces to the pattern that the library takes.

use std::fmt::Write;

use super::{Node, Problem, Range};

/// Times that something may be repeated, by repetitions within repetitions.
const MOST_TIMES_IN_ALL: u32 = 1000;
/// Writes a whole pattern.
pub(super) fn write(whole: &Node) -> Result<String, Problem> {
    let mut out = "^".to_owned();
    whole.write(&mut out, 1)?;
    out.push('$');
    Ok(out)
}

impl Node {
    fn write(&self, out: &mut String, times: u32) -> Result<(), Problem> {
        match self {
            Self::Class { negated, ranges } => write_class(*negated, ranges, out),
            Self::Choice(choices) => {
                out.push('(');
                for (index, nodes) in choices.iter().enumerate() {
                    if index > 0 {
                        out.push('|');
                    }
                    for node in nodes {
                        node.write(out, times)?;
                    }
                }
                out.push(')');
                Ok(())
            }
            Self::Repeat { inner, least, most } => {
                let times = times.saturating_mul(most.unwrap_or(*least).max(1));
                if times > MOST_TIMES_IN_ALL {
                    return Err("more than 1000 times in all");
                }
                inner.write(out, times)?;
                match (least, most) {
                    (0, None) => out.push('*'),
                    (1, None) => out.push('+'),
                    (0, Some(1)) => out.push('?'),
                    (least, None) => push(out, format_args!("{{{least},}}")),
                    (least, Some(most)) => push(out, format_args!("{{{least},{most}}}")),
                }
                Ok(())
            }
        }
    }
}

/// True for what JSON writes with a backslash.
fn is_escaped(c: char) -> bool {
    c < ' ' || c == '"' || c == '\\'
}

fn write_class(negated: bool, ranges: &[Range], out: &mut String) -> Result<(), Problem> {
    if negated {
        out.push_str("[^\\x22\\x5C\\x00-\\x1F");
        ranges.iter().for_each(|range| write_range(*range, out));
    } else {
        let escaped = |(from, to): &Range| (*from..=*to).any(is_escaped);
        if ranges.iter().any(escaped) {
            return Err("quotes, backslashes or control characters");
        }
        out.push('[');
        ranges.iter().for_each(|range| write_range(*range, out));
    }
    out.push(']');
    Ok(())
}

fn write_range((from, to): Range, out: &mut String) {
    write_char(from, out);
    if from != to {
        out.push('-');
        write_char(to, out);
    }
}

fn write_char(c: char, out: &mut String) {
    if c.is_ascii() && !c.is_ascii_alphanumeric() {
        push(out, format_args!("\\x{:02X}", u32::from(c)));
    } else {
        out.push(c);
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes everything.
    let _ = out.write_fmt(text);
}
