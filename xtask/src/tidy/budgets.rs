//! Sizes: files, functions, types, crates, and how many tests there are for so much code.

use std::collections::BTreeMap;

use super::checkout::Checkout;
use super::finding::{Finding, Limit};
use super::lex::Language;
use super::tree::File;

const RUST_FILE: Limit = Limit::new("file-lines", 400, 600);
const WEB_FILE: Limit = Limit::new("file-lines", 300, 500);
const FUNCTION: Limit = Limit::new("function-lines", 60, 100);
const PARAMETERS: Limit = Limit::only_hard("parameters", 6);
const FIELDS: Limit = Limit::only_hard("struct-fields", 20);
const VARIANTS: Limit = Limit::only_hard("enum-variants", 25);
const CRATE: Limit = Limit::only_hard("crate-lines", 12_000);
const CRATE_SHARE: Limit = Limit::only_hard("crate-share", 25);
const MAP: Limit = Limit::only_hard("map-lines", 150);
/// A tree smaller than this may be uneven.
const SHARE_COUNTS_FROM: usize = 20_000;
const TESTS_PER_THOUSAND: usize = 15;
/// In a tree smaller than this one missing test would weigh too much.
const TESTS_COUNT_FROM: usize = 1_000;

/// Every size.
pub(crate) fn check(checkout: &Checkout) -> Vec<Finding> {
    let mut findings = Vec::new();
    files(checkout, &mut findings);
    items(checkout, &mut findings);
    crates(checkout, &mut findings);
    map(checkout, &mut findings);
    findings.extend(TestRatio::of(checkout).finding());
    findings
}

/// Tests against production lines over the whole tree.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestRatio {
    pub(crate) tests: usize,
    /// Lines outside of tests that are not blank.
    pub(crate) production_lines: usize,
}

impl TestRatio {
    /// Counts `#[test]`, `#[tokio::test]`, the tests inside `proptest!`, and `test(` and `it(` of the web.
    pub(crate) fn of(checkout: &Checkout) -> Self {
        let mut ratio = Self::default();
        for file in &checkout.tree.files {
            match file.language {
                Some(Language::Rust) => ratio.tests += rust_tests(&file.masked.code),
                Some(Language::TypeScript) if checkout.is_test_file(file) => {
                    ratio.tests += file.masked.code.lines().filter(|line| is_web_test(line)).count();
                }
                Some(Language::TypeScript) => {}
                Some(Language::Css) | None => continue,
            }
            let is_code = |(index, line): (usize, &str)| {
                !line.trim().is_empty() && checkout.is_production_line(file, index + 1)
            };
            ratio.production_lines += file.text.lines().enumerate().filter(|line| is_code(*line)).count();
        }
        ratio
    }

    /// Tests per 1,000 production lines, in tenths.
    pub(crate) fn tenths(&self) -> usize {
        (self.tests * 10_000).checked_div(self.production_lines).unwrap_or_default()
    }

    fn finding(&self) -> Option<Finding> {
        let needed = (self.production_lines * TESTS_PER_THOUSAND).div_ceil(1_000);
        let missing = needed.checked_sub(self.tests).filter(|missing| *missing > 0)?;
        (self.production_lines >= TESTS_COUNT_FROM).then(|| {
            let message = format!(
                "{} tests for {} production lines, below {TESTS_PER_THOUSAND} per 1,000: write {missing} more",
                self.tests, self.production_lines,
            );
            Finding::hard("tests", ".", 0, message)
        })
    }
}

fn files(checkout: &Checkout, findings: &mut Vec<Finding>) {
    for file in &checkout.tree.files {
        let limit = match file.language {
            Some(Language::Rust) => RUST_FILE,
            Some(Language::TypeScript) => WEB_FILE,
            Some(Language::Css) | None => continue,
        };
        let lines = file.lines();
        findings.extend(Finding::measured(limit, &file.path, 0, lines, |limit| {
            format!("{lines} lines, more than {limit}: split it by what its parts are about")
        }));
    }
}

fn items(checkout: &Checkout, findings: &mut Vec<Finding>) {
    for (file, shape) in checkout.rust() {
        for function in &shape.functions {
            let (name, path, line) = (&function.name, &file.path, function.line);
            findings.extend(Finding::measured(FUNCTION, path, line, function.lines, |limit| {
                format!("`{name}` has {} lines, more than {limit}: give its steps names", function.lines)
            }));
            findings.extend(Finding::measured(PARAMETERS, path, line, function.parameters, |limit| {
                format!(
                    "`{name}` takes {} parameters, more than {limit}: group them in a type",
                    function.parameters
                )
            }));
        }
        for (limit, things, part) in
            [(FIELDS, &shape.structs, "fields"), (VARIANTS, &shape.enums, "variants")]
        {
            for thing in things {
                let (name, count) = (&thing.name, thing.count);
                findings.extend(Finding::measured(limit, &file.path, thing.line, count, |limit| {
                    format!("`{name}` has {count} {part}, more than {limit}: split it")
                }));
            }
        }
    }
}

fn crates(checkout: &Checkout, findings: &mut Vec<Finding>) {
    let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
    for file in checkout.tree.in_language(Language::Rust) {
        if let Some(name) = file.crate_name() {
            *sizes.entry(name).or_default() += file.lines();
        }
    }
    let tree: usize =
        checkout.tree.files.iter().filter(|file| file.language.is_some()).map(File::lines).sum();
    for (name, lines) in sizes {
        let path =
            if name == "xtask" { "xtask/Cargo.toml".to_owned() } else { format!("crates/{name}/Cargo.toml") };
        findings.extend(Finding::measured(CRATE, &path, 0, lines, |limit| {
            format!("{lines} lines of Rust, more than {limit}: split the crate")
        }));
        if tree > SHARE_COUNTS_FROM {
            findings.extend(Finding::measured(
                CRATE_SHARE,
                &path,
                0,
                (lines * 100).div_ceil(tree),
                |limit| format!("{lines} of the tree's {tree} lines, more than {limit} %: split the crate"),
            ));
        }
    }
}

fn map(checkout: &Checkout, findings: &mut Vec<Finding>) {
    const PATH: &str = "ARCHITECTURE.md";
    let Some(file) = checkout.tree.get(PATH) else {
        return findings.push(Finding::hard(
            "map-lines",
            PATH,
            0,
            "the map of the tree is missing, write it",
        ));
    };
    findings.extend(Finding::measured(MAP, PATH, 0, file.lines(), |limit| {
        format!(
            "{} lines, more than {limit}: a map is short, move detail into the crates' docs",
            file.lines()
        )
    }));
}

/// Attributes whose path ends in `test`, also inside macros, where `syn` does not look.
fn rust_tests(code: &str) -> usize {
    let is_test = |attribute: &&str| {
        let path = attribute.split([']', '(']).next().unwrap_or_default();
        path.rsplit("::").next().is_some_and(|last| last.trim() == "test")
    };
    code.split("#[").skip(1).filter(is_test).count()
}

fn is_web_test(line: &str) -> bool {
    let line = line.trim_start();
    ["test(", "it(", "test.each(", "it.each("].iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::super::checkout::checkout;
    use super::*;

    fn rules(files: &[(&str, &str)]) -> Vec<(&'static str, Option<usize>, bool)> {
        let mut files = files.to_vec();
        files.push(("ARCHITECTURE.md", "# Map\n"));
        check(&checkout(&files)).into_iter().map(|f| (f.rule, f.value, f.hard)).collect()
    }

    #[test]
    fn long_files_warn_and_then_fail() {
        let lines = |count: usize| "//! x\n".repeat(count);
        assert_eq!(rules(&[("crates/a/src/lib.rs", &lines(400))]), []);
        assert_eq!(rules(&[("crates/a/src/lib.rs", &lines(401))]), [("file-lines", Some(401), false)]);
        assert_eq!(rules(&[("web/src/a.tsx", &"\n".repeat(501))]), [("file-lines", Some(501), true)]);
    }

    #[test]
    fn long_functions_warn_and_then_fail() {
        let function = |lines: usize| format!("fn long() {{\n{}}}\n", "    b();\n".repeat(lines - 2));
        assert_eq!(rules(&[("crates/a/src/lib.rs", &function(60))]), []);
        assert_eq!(rules(&[("crates/a/src/lib.rs", &function(61))]), [("function-lines", Some(61), false)]);
        assert_eq!(rules(&[("crates/a/src/lib.rs", &function(101))]), [("function-lines", Some(101), true)]);
    }

    #[test]
    fn wide_things_fail() {
        let list = |count: usize| (0..count).map(|n| format!("a{n}: u8, ")).collect::<String>();
        let names = |count: usize| (0..count).map(|n| format!("A{n}, ")).collect::<String>();
        let text =
            format!("struct A {{ {} }}\nenum B {{ {} }}\nfn c({}) {{}}\n", list(21), names(26), list(7));
        let mut seen = rules(&[("crates/a/src/lib.rs", &text)]);
        seen.sort_unstable();
        assert_eq!(
            seen,
            [
                ("enum-variants", Some(26), true),
                ("parameters", Some(7), true),
                ("struct-fields", Some(21), true)
            ],
        );
        let text =
            format!("struct A {{ {} }}\nenum B {{ {} }}\nfn c({}) {{}}\n", list(20), names(25), list(6));
        assert_eq!(rules(&[("crates/a/src/lib.rs", &text)]), []);
    }

    #[test]
    fn a_crate_may_not_outgrow_its_budget_or_its_neighbours() {
        let mut files = Vec::new();
        let part = "\n".repeat(400);
        let names: Vec<String> = (0..31).map(|n| format!("crates/big/src/part{n}.rs")).collect();
        files.extend(names.iter().map(|path| (path.as_str(), part.as_str())));
        assert_eq!(rules(&files), [("crate-lines", Some(12_400), true)]);
        let others: Vec<String> = (0..24).map(|n| format!("web/src/part{n}.css")).collect();
        files.extend(others.iter().map(|path| (path.as_str(), part.as_str())));
        assert_eq!(rules(&files), [("crate-lines", Some(12_400), true), ("crate-share", Some(57), true)]);
    }

    #[test]
    fn tests_are_counted_wherever_they_stand() {
        let checkout = checkout(&[
            (
                "crates/a/src/lib.rs",
                "fn a() {}\n\n#[cfg(test)]\nmod tests {\n #[test]\n fn b() {}\n #[tokio::test(flavor = \"multi_thread\")]\n async fn c() {}\n proptest! { #[test] fn d(x in 0..9) {} }\n #[cfg(test)] fn e() {} // #[test]\n}\n",
            ),
            (
                "web/src/a.test.ts",
                "describe('a', () => {\n  it('b', () => {})\n  test.each([1])('c', () => {})\n})\n",
            ),
            ("web/src/a.ts", "submit(x)\n"),
        ]);
        assert_eq!(TestRatio::of(&checkout), TestRatio { tests: 5, production_lines: 2 });
    }

    #[test]
    fn too_few_tests_fail_with_the_number_that_is_missing() {
        let few = TestRatio { tests: 20, production_lines: 2_000 };
        assert_eq!(few.tenths(), 100);
        assert!(few.finding().unwrap().message.ends_with("write 10 more"));
        assert_eq!(TestRatio { tests: 30, production_lines: 2_000 }.finding(), None);
        assert_eq!(TestRatio { tests: 0, production_lines: 999 }.finding(), None);
    }

    #[test]
    fn the_map_must_be_there_and_short() {
        let seen = |files: &[(&str, &str)]| check(&checkout(files)).len();
        assert_eq!(seen(&[]), 1);
        assert_eq!(seen(&[("ARCHITECTURE.md", &"\n".repeat(150))]), 0);
        assert_eq!(seen(&[("ARCHITECTURE.md", &"\n".repeat(151))]), 1);
    }
}
