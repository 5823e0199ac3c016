//! What `syn` sees in a Rust file: the sizes of its items and which of its lines are tests.

use std::ops::RangeInclusive;

use anyhow::{Result, anyhow};
use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

/// The measured items of one file.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    pub(crate) functions: Vec<Function>,
    pub(crate) structs: Vec<Counted>,
    pub(crate) enums: Vec<Counted>,
    /// Lines below a `#[cfg(test)]`.
    pub(crate) test_lines: Vec<RangeInclusive<usize>>,
    /// Names of modules in other files that are declared below `#[cfg(test)]`.
    pub(crate) test_modules: Vec<String>,
}

/// A function: from the line of `fn` to its closing brace.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
    pub(crate) parameters: usize,
}

/// A type with its number of fields or variants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Counted {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) count: usize,
}

impl Shape {
    /// Parses a file; the error says the line.
    pub(crate) fn of(text: &str) -> Result<Self> {
        let file =
            syn::parse_file(text).map_err(|error| anyhow!("line {}: {error}", error.span().start().line))?;
        let mut shape = Self::default();
        shape.visit_file(&file);
        Ok(shape)
    }

    /// True for a line inside `#[cfg(test)]`.
    pub(crate) fn is_test_line(&self, line: usize) -> bool {
        self.test_lines.iter().any(|range| range.contains(&line))
    }

    fn function(&mut self, signature: &syn::Signature, end: Span) {
        let line = signature.span().start().line;
        self.functions.push(Function {
            name: signature.ident.to_string(),
            line,
            lines: end.end().line.saturating_sub(line) + 1,
            parameters: signature.inputs.len(),
        });
    }

    fn note_tests(&mut self, attributes: &[syn::Attribute], span: Span) -> bool {
        let is_test = attributes.iter().any(is_cfg_test);
        if is_test {
            self.test_lines.push(span.start().line..=span.end().line);
        }
        is_test
    }
}

impl<'ast> Visit<'ast> for Shape {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.note_tests(&item.attrs, item.span());
        self.function(&item.sig, item.block.span());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.note_tests(&item.attrs, item.span());
        self.function(&item.sig, item.block.span());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let end = item.default.as_ref().map_or_else(|| item.sig.span(), syn::spanned::Spanned::span);
        self.function(&item.sig, end);
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.structs.push(Counted {
            name: item.ident.to_string(),
            line: item.ident.span().start().line,
            count: item.fields.len(),
        });
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.enums.push(Counted {
            name: item.ident.to_string(),
            line: item.ident.span().start().line,
            count: item.variants.len(),
        });
        visit::visit_item_enum(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if self.note_tests(&item.attrs, item.span()) && item.content.is_none() {
            self.test_modules.push(item.ident.to_string());
        }
        visit::visit_item_mod(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.note_tests(&item.attrs, item.span());
        visit::visit_item_impl(self, item);
    }
}

/// `#[cfg(test)]` and `#[cfg(any(test, …))]`, but not `#[cfg(not(test))]`.
fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    let syn::Meta::List(list) = &attribute.meta else { return false };
    if !list.path.is_ident("cfg") {
        return false;
    }
    let condition = list.tokens.to_string();
    !condition.contains("not")
        && condition.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let shape = Shape::of(
            "/// Says hello.\n#[inline]\npub fn a(x: u8, y: u8) {\n    b();\n}\nimpl T {\n    fn b(&self) {}\n}\ntrait U {\n    fn c();\n    fn d() {\n    }\n}\n",
        )
        .unwrap();
        let seen: Vec<_> =
            shape.functions.iter().map(|f| (f.name.as_str(), f.line, f.lines, f.parameters)).collect();
        assert_eq!(seen, [("a", 3, 3, 2), ("b", 7, 1, 1), ("c", 10, 1, 0), ("d", 11, 2, 0)]);
    }

    #[test]
    fn fields_and_variants_are_counted() {
        let shape =
            Shape::of("struct A { x: u8, y: u8 }\nstruct B(u8);\nenum C { D, E(u8), F {} }\n").unwrap();
        assert_eq!(shape.structs.iter().map(|s| s.count).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(shape.enums, [Counted { name: "C".into(), line: 3, count: 3 }]);
    }

    #[test]
    fn lines_under_cfg_test_are_tests() {
        let shape =
            Shape::of("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n#[cfg(not(test))]\nfn c() {}\n#[cfg(any(test, feature = \"x\"))]\nmod fakes;\n").unwrap();
        let tests: Vec<_> = (1..=9).filter(|line| shape.is_test_line(*line)).collect();
        assert_eq!(tests, [2, 3, 4, 5, 8, 9]);
        assert_eq!(shape.test_modules, ["fakes"]);
    }

    #[test]
    fn a_file_that_is_not_rust_names_the_line() {
        let error = Shape::of("fn a() {}\nfn {}\n").unwrap_err();
        assert!(error.to_string().starts_with("line 2: "), "{error}");
    }
}
