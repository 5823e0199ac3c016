//! Rust code that was commented out instead of deleted.
//!
//! Careful rather than complete: only what parses as Rust and has something of a statement about it is called code,
//! so that prose, formulas and shell lines in comments are left alone. Doc comments may show code and are not looked at.

use super::checkout::Checkout;
use super::finding::Finding;

/// Finds comments that are code.
pub(crate) fn check(checkout: &Checkout) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (file, _) in checkout.rust() {
        let plain =
            file.masked.comments.iter().filter_map(|comment| Some((comment.line, body(&comment.text)?)));
        let mut block = Block::default();
        let mut blocks = Vec::new();
        for (line, text) in plain {
            if block.lines.is_empty() || line != block.last + 1 {
                blocks.push(std::mem::take(&mut block));
                block.first = line;
            }
            block.last = line;
            block.lines.push(text);
        }
        blocks.push(block);
        findings.extend(blocks.iter().filter_map(Block::first_line_of_code).map(|line| {
            Finding::hard("commented-out", &file.path, line, "commented-out code: delete it, git remembers")
        }));
    }
    findings
}

/// Comments on consecutive lines.
#[derive(Default)]
struct Block<'a> {
    first: usize,
    last: usize,
    lines: Vec<&'a str>,
}

impl Block<'_> {
    fn first_line_of_code(&self) -> Option<usize> {
        let whole = self.lines.join("\n");
        if is_code(&whole) {
            return Some(self.first);
        }
        self.lines.iter().position(|line| is_code(line)).map(|index| self.first + index)
    }
}

/// What a comment says, or nothing for a doc comment.
fn body(comment: &str) -> Option<&str> {
    if ["///", "//!", "/**", "/*!"].iter().any(|doc| comment.starts_with(doc)) {
        return None;
    }
    Some(comment.trim_start_matches("//").trim_start_matches("/*").trim_end_matches("*/"))
}

fn is_code(text: &str) -> bool {
    let text = text.trim();
    let ends_like_code = text.ends_with([';', '}']) || text.ends_with(");") || text.starts_with("#[");
    let has_syntax = ["(", "=", "::", "{", "let ", "use ", "return "].iter().any(|sign| text.contains(sign));
    ends_like_code
        && has_syntax
        && (syn::parse_str::<syn::Block>(&format!("{{{text}\n}}")).is_ok() || syn::parse_file(text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::super::checkout::checkout;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let text = format!("{text}fn end() {{}}\n");
        check(&checkout(&[("crates/a/src/lib.rs", &text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn statements_and_items_in_comments_are_found() {
        assert_eq!(lines("// let x = 3;\n"), [1]);
        assert_eq!(lines("fn a() {\n    // b(1);\n}\n"), [2]);
        assert_eq!(lines("// fn a() {\n//     b()\n// }\n"), [1]);
        assert_eq!(lines("/*\nfn a() {\n    b()\n}\n*/\n"), [1]);
        assert_eq!(lines("// We did this before:\n// store.write(batch)?;\n"), [2]);
        assert_eq!(lines("// #[test]\n// fn a() {}\n"), [1]);
    }

    #[test]
    fn prose_is_left_alone() {
        for prose in [
            "// The writer commits (in groups);\n",
            "// a = b + c holds here\n",
            "// Nothing;\n",
            "// See `store::Db::write(batch);`\n",
            "// { \"id\": 1 }\n",
            "/// let x = 3;\n",
            "mod a {\n//! let x = 3;\n}\n",
            "let_it_be!{} // first, second and so on;\n",
            "// tokens per second = tokens / seconds;\n// the rest is waiting.\n",
        ] {
            assert_eq!(lines(prose), Vec::<usize>::new(), "{prose}");
        }
    }
}
