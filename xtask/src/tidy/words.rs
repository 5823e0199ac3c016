//! Words that may stand in some places only: `unsafe`, SQL, HTTP statuses, names of vendors, notes to self.

use super::checkout::Checkout;
use super::finding::Finding;
use super::lex::Language;
use super::tree::File;

/// Every word rule over Rust and the web's sources.
pub(crate) fn check(checkout: &Checkout) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &checkout.tree.files {
        match file.language {
            Some(Language::Rust) => {
                unsafe_code(checkout, file, &mut findings);
                unfinished(file, &mut findings);
                sql(checkout, file, &mut findings);
                http_status(checkout, file, &mut findings);
                vendors(checkout, file, &mut findings);
            }
            Some(Language::TypeScript) => vendors(checkout, file, &mut findings),
            Some(Language::Css) => {}
            None => continue,
        }
        notes_to_self(file, &mut findings);
    }
    findings
}

fn unsafe_code(checkout: &Checkout, file: &File, findings: &mut Vec<Finding>) {
    if belongs_to(file, &checkout.layers.crates.unsafe_code) {
        return;
    }
    for (line, code) in file.masked.code_lines().filter(|(_, code)| has_word(code, "unsafe")) {
        let message = format!("`{}` outside of the engine: find the safe way", code.trim());
        findings.push(Finding::hard("unsafe", &file.path, line, message));
    }
}

fn unfinished(file: &File, findings: &mut Vec<Finding>) {
    for (line, code) in file.masked.code_lines() {
        for name in ["todo", "unimplemented"] {
            if words(code)
                .any(|(at, word)| word == name && code.get(at + word.len()..).unwrap_or("").starts_with('!'))
            {
                findings.push(Finding::hard(
                    "unfinished",
                    &file.path,
                    line,
                    format!("`{name}!`: finish it or leave it out"),
                ));
            }
        }
    }
}

fn notes_to_self(file: &File, findings: &mut Vec<Finding>) {
    for comment in &file.masked.comments {
        for (offset, text) in comment.text.lines().enumerate() {
            for note in ["TODO", "FIXME"] {
                if has_word(text, note) {
                    let message = format!("a {note}: do it now, or file an issue and say what holds today");
                    findings.push(Finding::hard("unfinished", &file.path, comment.line + offset, message));
                }
            }
        }
    }
}

fn sql(checkout: &Checkout, file: &File, findings: &mut Vec<Finding>) {
    if belongs_to(file, &checkout.layers.crates.sql) {
        return;
    }
    for string in file.masked.strings.iter().filter(|string| is_sql(&string.text)) {
        if checkout.is_production_line(file, string.line) {
            let message = "SQL outside of store: give store a method that says what is wanted";
            findings.push(Finding::hard("sql", &file.path, string.line, message));
        }
    }
}

fn http_status(checkout: &Checkout, file: &File, findings: &mut Vec<Finding>) {
    if belongs_to(file, &checkout.layers.crates.http_status) {
        return;
    }
    for (line, _) in file.masked.code_lines().filter(|(_, code)| has_word(code, "StatusCode")) {
        if checkout.is_production_line(file, line) {
            let message = "an HTTP status outside of api: answer with a wire::ErrorCode, api maps it";
            findings.push(Finding::hard("http-status", &file.path, line, message));
        }
    }
}

fn vendors(checkout: &Checkout, file: &File, findings: &mut Vec<Finding>) {
    let rule = &checkout.layers.vendors;
    if rule.allowed.iter().any(|folder| file.path.starts_with(folder)) {
        return;
    }
    let code = file.masked.code_lines();
    let strings = file.masked.strings.iter().flat_map(|string| {
        string.text.lines().enumerate().map(|(offset, text)| (string.line + offset, text))
    });
    let mut last = 0;
    for (line, text) in code.chain(strings) {
        let text = text.to_lowercase();
        let Some(name) = rule.names.iter().find(|name| text.contains(name.as_str())) else { continue };
        if line != last && checkout.is_production_line(file, line) {
            last = line;
            let message =
                format!("`{name}` in code: vendors and model families are data (data/), or belong in a face");
            findings.push(Finding::hard("vendor-name", &file.path, line, message));
        }
    }
}

fn belongs_to(file: &File, crates: &[String]) -> bool {
    file.crate_name().is_some_and(|name| crates.iter().any(|c| c == name))
}

/// Upper-case SQL at the start of a string; prose that starts with "select" is left alone.
fn is_sql(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches('\\').trim_start();
    let starts_with = |starts: &[&str]| starts.iter().any(|start| text.starts_with(start));
    (text.starts_with("SELECT ")
        && (text.contains(" FROM ") || text.contains("\nFROM ") || text.contains('(')))
        || (text.starts_with("UPDATE ") && text.contains("SET "))
        || (text.starts_with("WITH ") && text.contains(" AS ("))
        || starts_with(&[
            "INSERT INTO ",
            "INSERT OR ",
            "DELETE FROM ",
            "REPLACE INTO ",
            "PRAGMA ",
            "BEGIN IMMEDIATE",
        ])
        || starts_with(&[
            "CREATE TABLE ",
            "CREATE INDEX ",
            "CREATE UNIQUE INDEX ",
            "CREATE VIRTUAL TABLE ",
            "CREATE TRIGGER ",
        ])
        || starts_with(&["ALTER TABLE ", "DROP TABLE ", "DROP INDEX ", "VACUUM INTO "])
}

fn has_word(text: &str, wanted: &str) -> bool {
    // Most lines lack it, and a plain search is much cheaper than cutting the line into words.
    text.contains(wanted) && words(text).any(|(_, word)| word == wanted)
}

/// The words of a line with their byte offsets.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    text.split_inclusive(move |c| !is_word(c)).map(move |piece| {
        let start = at;
        at += piece.len();
        (start, piece.trim_end_matches(|c| !is_word(c)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::checkout::checkout;
    use super::*;

    fn seen(path: &str, text: &str) -> Vec<(&'static str, usize)> {
        check(&checkout(&[(path, text)])).into_iter().map(|finding| (finding.rule, finding.line)).collect()
    }

    #[test]
    fn unsafe_stays_in_the_engine() {
        let text = "#![expect(unsafe_code, reason = \"x\")]\nfn a() {\n    unsafe { b() } // unsafe\n}\n";
        assert_eq!(seen("crates/store/src/lib.rs", text), [("unsafe", 3)]);
        assert_eq!(seen("crates/engine/src/lib.rs", text), []);
    }

    #[test]
    fn nothing_is_left_for_later() {
        let text = "fn a() {\n    todo!()\n}\nfn b() {\n    unimplemented!(\"b\") // TODO: write b\n}\n/* one\n   FIXME two */\nfn todo() {}\nconst TODOS: &str = \"TODO\";\n";
        assert_eq!(
            seen("crates/app/src/lib.rs", text),
            [("unfinished", 2), ("unfinished", 5), ("unfinished", 5), ("unfinished", 8)],
        );
        assert_eq!(seen("web/src/a.ts", "// TODO\nconst a = 'TODO'\n"), [("unfinished", 1)]);
        assert_eq!(seen("web/src/a.css", "/* FIXME */\n"), [("unfinished", 1)]);
    }

    #[test]
    fn sql_stays_in_store() {
        let text = "const A: &str = \"SELECT id FROM threads\";\nconst B: &str = \"\\\n    INSERT INTO threads VALUES (?1)\";\nconst C: &str = \"Select a model from the list\";\n#[cfg(test)]\nmod tests { const D: &str = \"DELETE FROM threads\"; }\n";
        assert_eq!(seen("crates/app/src/lib.rs", text), [("sql", 1), ("sql", 2)]);
        assert_eq!(seen("crates/store/src/lib.rs", text), []);
        assert_eq!(seen("crates/app/tests/story.rs", text), []);
    }

    #[test]
    fn http_statuses_stay_in_api() {
        let text = "use http::StatusCode;\n// StatusCode\nstruct MyStatusCode;\n";
        assert_eq!(seen("crates/app/src/lib.rs", text), [("http-status", 1)]);
        assert_eq!(seen("crates/api/src/problem.rs", text), []);
    }

    #[test]
    fn vendors_are_data() {
        let text = "// Qwen may be named in a comment.\nfn open_ai() {}\nstruct OpenAiChat; const A: &str = \"qwen\";\nconst B: &str = \"\n  DeepSeek\";\n";
        assert_eq!(seen("crates/app/src/lib.rs", text), [("vendor-name", 3), ("vendor-name", 5)]);
        assert_eq!(seen("web/src/parts/model.tsx", "const a = <b>Gemini</b>\n"), [("vendor-name", 1)]);
        assert_eq!(seen("crates/faces/src/messages.rs", text), []);
        assert_eq!(seen("crates/app/tests/story.rs", text), []);
    }
}
