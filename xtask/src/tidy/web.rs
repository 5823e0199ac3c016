//! Rules of the web tree: no raw HTML, colours in the tokens only, who imports whom, and small interfaces.

use super::checkout::Checkout;
use super::finding::{Finding, Limit};
use super::lex::{Language, Span};
use super::tree::File;

const PROPS: Limit = Limit::only_hard("component-props", 12);
const SOURCES: &str = "web/src/";

/// Every web rule.
pub(crate) fn check(checkout: &Checkout) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in
        checkout.tree.files.iter().filter(|file| file.path.starts_with("web/") && file.language.is_some())
    {
        let is_test = checkout.is_test_file(file);
        if file.language == Some(Language::TypeScript) && !is_test {
            raw_html(file, &mut findings);
            props(file, &mut findings);
            imports(file, &mut findings);
        }
        if file.path.starts_with(SOURCES) && !is_test && !checkout.layers.web.tokens.contains(&file.path) {
            colours(file, &mut findings);
        }
    }
    findings
}

fn raw_html(file: &File, findings: &mut Vec<Finding>) {
    for (line, code) in file.masked.code_lines() {
        for word in ["dangerouslySetInnerHTML", "innerHTML", "outerHTML", "insertAdjacentHTML"] {
            if code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word) {
                let message = format!("`{word}`: turn the text into components, never into HTML");
                findings.push(Finding::hard("raw-html", &file.path, line, message));
            }
        }
    }
}

fn colours(file: &File, findings: &mut Vec<Finding>) {
    let mut report = |line: usize, colour: &str| {
        let message =
            format!("the colour `{colour}` stands outside of the tokens: name it there, use the name here");
        findings.push(Finding::hard("colour", &file.path, line, message));
    };
    if file.language == Some(Language::Css) {
        for (line, code) in file.masked.code_lines() {
            // A selector may look like a hexadecimal colour (`#fade`), a value is always behind a colon.
            let value = code.split_once(':').map_or("", |(_, value)| value);
            colour_in(value).into_iter().for_each(|colour| report(line, colour));
        }
    } else {
        for string in &file.masked.strings {
            colour_in(&string.text).into_iter().for_each(|colour| report(string.line, colour));
        }
    }
}

/// The first colour literal in a text.
fn colour_in(text: &str) -> Option<&str> {
    for function in ["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "oklch(", "oklab(", "lch(", "lab("] {
        if let Some(at) = text.find(function)
            && !text.get(..at)?.ends_with(|c: char| c.is_alphanumeric() || c == '-')
        {
            let rest = text.get(at..)?;
            return rest.get(..=rest.find(')').unwrap_or(rest.len() - 1));
        }
    }
    text.match_indices('#').find_map(|(at, _)| {
        let digits = text.get(at + 1..)?;
        let length = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        let is_whole =
            !digits.get(length..)?.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
        let starts = at == 0 || text.get(..at)?.ends_with([' ', ',', '(', ':', '"', '\'']);
        (is_whole && starts && matches!(length, 3 | 4 | 6 | 8)).then(|| text.get(at..=at + length))?
    })
}

fn imports(file: &File, findings: &mut Vec<Finding>) {
    let Some(own) = file.path.strip_prefix(SOURCES) else { return };
    for (line, target) in file.masked.strings.iter().filter_map(|string| import(file, string)) {
        if own.starts_with("ui/") && (target == "api" || target.starts_with("api/")) {
            let message = "ui never imports api: take the data as a prop";
            findings.push(Finding::hard("web-imports", &file.path, line, message));
        }
        if let (Some(from), Some(to)) = (window(own), window(&target))
            && from != to
        {
            let message =
                format!("window `{from}` imports window `{to}`: move what they share to parts/ or lib/");
            findings.push(Finding::hard("web-imports", &file.path, line, message));
        }
    }
}

/// The line of an import and its target, as a path below `web/src`.
fn import(file: &File, string: &Span) -> Option<(usize, String)> {
    let before = file.masked.code.get(..string.start)?.trim_end();
    let before = before.strip_suffix('(').unwrap_or(before).trim_end();
    let keyword = before.rsplit(|c: char| !c.is_alphanumeric()).next()?;
    if !matches!(keyword, "from" | "import" | "mock") {
        return None;
    }
    let target = string.text.as_str();
    if let Some(absolute) = target.strip_prefix("@/").or_else(|| target.strip_prefix("~/")) {
        return Some((string.line, absolute.to_owned()));
    }
    if !target.starts_with('.') {
        return None;
    }
    let mut folders: Vec<&str> = file.path.strip_prefix(SOURCES)?.split('/').collect();
    folders.pop();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => {
                folders.pop();
            }
            part => folders.push(part),
        }
    }
    Some((string.line, folders.join("/")))
}

/// The window that a path below `web/src` belongs to; a file directly in `windows/` belongs to none.
fn window(path: &str) -> Option<&str> {
    let (name, _) = path.strip_prefix("windows/")?.split_once('/')?;
    Some(name)
}

fn props(file: &File, findings: &mut Vec<Finding>) {
    let code = &file.masked.code;
    for keyword in ["interface ", "type "] {
        for (at, _) in code.match_indices(keyword) {
            let rest = code.get(at + keyword.len()..).unwrap_or_default();
            let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            let starts = code
                .get(..at)
                .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            if !starts || !name.ends_with("Props") {
                continue;
            }
            let line = code.get(..at).unwrap_or_default().matches('\n').count() + 1;
            let count = members(rest);
            findings.extend(Finding::measured(PROPS, &file.path, line, count, |limit| {
                format!("`{name}` has {count} props, more than {limit}: group them or split the component")
            }));
        }
    }
}

/// Members of the first `{…}` of a declaration, nested ones not counted.
fn members(declaration: &str) -> usize {
    let head = declaration.split(['{', ';']).next().unwrap_or_default();
    let Some(body) = declaration.get(head.len()..).and_then(|rest| rest.strip_prefix('{')) else { return 0 };
    let (mut depth, mut count, mut member) = (0_usize, 0, String::new());
    let mut previous = ' ';
    for c in body.chars() {
        match c {
            '{' | '(' | '[' | '<' => depth += 1,
            '>' if previous == '=' => {}
            '}' if depth == 0 => break,
            '}' | ')' | ']' | '>' => depth = depth.saturating_sub(1),
            ';' | ',' | '\n' if depth == 0 => {
                count += usize::from(is_member(&member));
                member.clear();
            }
            _ => {}
        }
        if depth == 0 || c == '(' {
            member.push(c);
        }
        previous = c;
    }
    count + usize::from(is_member(&member))
}

/// `name:`, `name?:`, `readonly name:` or `name(`.
fn is_member(text: &str) -> bool {
    let text = text.trim_start_matches([';', ',', '\n', ' ', '\t', '\r']);
    let text = text.strip_prefix("readonly ").unwrap_or(text).trim_start();
    let name = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '$' | '"' | '\'' | '-'));
    let rest = name.and_then(|length| text.get(length..)).unwrap_or_default();
    let rest = rest.strip_prefix('?').unwrap_or(rest).trim_start();
    name.is_some_and(|length| length > 0) && rest.starts_with([':', '('])
}

#[cfg(test)]
mod tests;
