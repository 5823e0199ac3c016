use super::*;

fn texts(spans: &[Span]) -> Vec<&str> {
    spans.iter().map(|span| span.text.as_str()).collect()
}

#[test]
fn rust_strings_of_every_kind_are_found() {
    let masked = Masked::of(
        r####"let a = "x \" // y"; let b = r#"in "raw" text"#; let c = b"bytes"; let d = br"\"; let e = c"sea";"####,
        Language::Rust,
    );
    assert_eq!(texts(&masked.strings), [r#"x \" // y"#, r#"in "raw" text"#, "bytes", "\\", "sea"],);
    assert!(masked.comments.is_empty());
    assert!(masked.code.ends_with("let e = c\"   \";"));
}

#[test]
fn lifetimes_are_not_character_literals() {
    let masked = Masked::of("fn f<'a>(x: &'a str) { g('\"', '\\'', '\\u{1F}', 'é') } // end", Language::Rust);
    assert_eq!(texts(&masked.strings), ["\"", "\\'", "\\u{1F}", "é"]);
    assert_eq!(texts(&masked.comments), ["// end"]);
    assert!(masked.code.contains("fn f<'a>(x: &'a str)"));
}

#[test]
fn rust_block_comments_nest() {
    let masked = Masked::of("a /* one /* two */ three */ b", Language::Rust);
    assert_eq!(texts(&masked.comments), ["/* one /* two */ three */"]);
    assert_eq!(masked.code.split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn lines_stay_where_they_were() {
    let masked = Masked::of("/* one\ntwo */\nlet s = \"a\nb\"; // here\nend", Language::Rust);
    assert_eq!(masked.comments.iter().map(|span| span.line).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(masked.code_lines().last(), Some((5, "end")));
}

#[test]
fn typescript_templates_keep_what_is_nested_inside() {
    let masked = Masked::of("const a = `one ${f(`two ${x}`, { y: 1 })} three`; b('c')", Language::TypeScript);
    assert_eq!(texts(&masked.strings), ["one ${f(`two ${x}`, { y: 1 })} three", "c"]);
}

#[test]
fn a_regular_expression_opens_no_string_and_no_comment() {
    let masked = Masked::of("s.replace(/[\"'/]/g, x); const half = n / 2; // rest", Language::TypeScript);
    assert!(masked.strings.is_empty());
    assert_eq!(texts(&masked.comments), ["// rest"]);
    assert!(masked.code.contains("n / 2;"));
}

#[test]
fn an_apostrophe_in_jsx_text_costs_one_line() {
    let masked = Masked::of("<p>Don't</p>\nconst a = 'b'", Language::TypeScript);
    assert_eq!(texts(&masked.strings), ["t</p>", "b"]);
}

#[test]
fn css_has_no_line_comments() {
    let masked = Masked::of("a { background: url(//x) } /* note */ b { content: '/*' }", Language::Css);
    assert_eq!(texts(&masked.comments), ["/* note */"]);
    assert_eq!(texts(&masked.strings), ["/*"]);
}

#[test]
fn unfinished_texts_end_with_the_file() {
    for (text, language) in [
        ("\"abc", Language::Rust),
        ("r#\"abc\"", Language::Rust),
        ("/* /* */", Language::Rust),
        ("`${", Language::TypeScript),
        ("'", Language::Rust),
        ("b", Language::Rust),
    ] {
        let masked = Masked::of(text, language);
        assert_eq!(masked.code.chars().count(), text.chars().count(), "{text}");
    }
}
