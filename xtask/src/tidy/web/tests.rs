use super::super::checkout::checkout;
use super::*;

fn seen(path: &str, text: &str) -> Vec<(&'static str, usize)> {
    check(&checkout(&[(path, text)])).into_iter().map(|finding| (finding.rule, finding.line)).collect()
}

#[test]
fn raw_html_is_refused() {
    let text =
        "const a = <p dangerouslySetInnerHTML={x} />\nb.innerHTML = c\n// innerHTML\nconst d = 'innerHTML'\n";
    assert_eq!(seen("web/src/parts/a.tsx", text), [("raw-html", 1), ("raw-html", 2)]);
    assert_eq!(seen("web/src/parts/a.test.tsx", text), []);
}

#[test]
fn colours_stand_in_the_tokens() {
    let css = "#fade { color: #fade; }\n.a { color: var(--ink); background: rgb(1 2 3); }\n/* #fff */\na:hover { margin: 0; }\n";
    assert_eq!(seen("web/src/shell/rail.css", css), [("colour", 1), ("colour", 2)]);
    assert_eq!(seen("web/src/styles/tokens.css", css), []);
    let code = "const a = '#fff'\nconst b = \"1px solid #a1b2c3\"\nconst c = `hsl(${x}, 1%, 2%)`\nconst d = '#token=abc'\nconst e = '/docs#add'\nconst f = 'color-mix(in oklab, var(--a), var(--b))'\n";
    assert_eq!(seen("web/src/lib/a.ts", code), [("colour", 1), ("colour", 2), ("colour", 3)]);
    assert_eq!(seen("web/mock-api/a.ts", code), []);
}

#[test]
fn ui_never_imports_api() {
    let text = "import { a } from '../api/client'\nimport b from \"@/api\"\nimport c from '../lib/c'\nconst d = await import('../api')\n";
    assert_eq!(
        seen("web/src/ui/button.tsx", text),
        [("web-imports", 1), ("web-imports", 2), ("web-imports", 4)]
    );
    assert_eq!(seen("web/src/parts/thread.tsx", text), []);
}

#[test]
fn windows_never_import_each_other() {
    let text = "import { a } from '../home/lane'\nimport b from './composer'\nimport c from '../../parts/c'\nimport d from '@/windows/usage/ring'\nimport e from '../registry'\n";
    assert_eq!(seen("web/src/windows/agent/index.tsx", text), [("web-imports", 1), ("web-imports", 4)]);
    assert_eq!(seen("web/src/shell/dock.tsx", text), []);
}

#[test]
fn props_are_counted_without_what_is_nested() {
    let list = |count: usize| (0..count).map(|n| format!("  a{n}: string\n")).collect::<String>();
    assert_eq!(seen("web/src/ui/a.tsx", &format!("interface AProps {{\n{}}}\n", list(12))), []);
    assert_eq!(
        seen("web/src/ui/a.tsx", &format!("\nexport interface AProps {{\n{}}}\n", list(13))),
        [("component-props", 2)],
    );
    assert_eq!(seen("web/src/ui/a.tsx", &format!("interface Thread {{\n{}}}\n", list(13))), []);
}

#[test]
fn members_of_every_form_count_once() {
    for (declaration, count) in [
        ("A { a: string; b?: number, readonly c: 'x' }", 3),
        ("A {\n  a: (x: number, y: string) => void\n  b(z: number): void\n}", 2),
        ("A = {\n  a: { b: string; c: string }\n  d: Map<string, { e: number }>\n}", 2),
        ("A = B & { a:\n    | 'x'\n    | 'y'\n  b: string }", 2),
        ("A = B\n", 0),
        ("A = Pick<B, 'c'>;\nfunction f(x: { y: string }) {}", 0),
        ("A { 'aria-label': string; onClick?(): void }", 2),
    ] {
        assert_eq!(members(declaration), count, "{declaration}");
    }
}
