//! What the readers of `data/models` accept and how they refuse.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use catalog::{CatalogError, DataTree, ModelCatalog, Source, WheelPart, models};
use wire::ModelKind;

const GOOD: &str = r#"
[family]
id = "toy"
name = "Toy"
licence = "MIT"
source_url = "https://example.org/toy"
checked_on = "2026-11-22"

[[model]]
id = "toy-1b"
name = "Toy 1B"
parameters = "1B"
quant = "Q4_0"
bytes = 12
sha256 = "00000000000000000000000000000000000000000000000000000000000000ff"
context_tokens = 2048
file = "toy.gguf"
default = true

[[model.source]]
kind = "hf"
repo = "toys/toy"
file = "sub/toy.gguf"

[[model.source]]
kind = "https"
url = "https://example.org/toy.gguf"

[[model.source]]
kind = "pip"
parts = [{ package = "toy-part1", version = "1.0", path = "toy_part1/data/p.bin" }]

[[model.source]]
kind = "file"
path = "/srv/toy.gguf"
"#;

fn read(text: &str) -> Result<ModelCatalog, CatalogError> {
    models(&DataTree::from_files([("models/toy.toml", text)]))
}

fn refusal(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    read(&GOOD.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn every_fact_and_source_arrives() {
    let catalog = read(GOOD).unwrap();
    assert_eq!(catalog.default_id(), "toy-1b");
    let model = catalog.get("toy-1b").unwrap();
    assert_eq!(
        (model.family.as_str(), model.licence.as_str(), model.bytes, model.context_tokens, model.default),
        ("toy", "MIT", 12, 2048, true)
    );
    assert_eq!(
        model.sources,
        [
            Source::Hf { repo: "toys/toy".to_owned(), file: "sub/toy.gguf".to_owned() },
            Source::Https { url: "https://example.org/toy.gguf".to_owned() },
            Source::Pip {
                parts: vec![WheelPart {
                    package: "toy-part1".to_owned(),
                    version: "1.0".to_owned(),
                    path: "toy_part1/data/p.bin".to_owned(),
                }]
            },
            Source::File { path: "/srv/toy.gguf".to_owned() },
        ]
    );
}

#[test]
fn a_wrong_value_names_file_field_and_expectation() {
    let error = refusal("00000000ff\"", "00000000fg\"");
    assert!(
        error.starts_with("data/models/toy.toml: model[0].sha256: expected 64 lower-case hex"),
        "{error}"
    );
}

#[test]
fn values_that_could_do_harm_are_refused() {
    for (from, to, field) in [
        ("file = \"toy.gguf\"", "file = \"../toy.gguf\"", "model[0].file"),
        ("file = \"toy.gguf\"", "file = \"model.json\"", "model[0].file"),
        ("id = \"toy-1b\"", "id = \"..\"", "model[0].id"),
        ("https://example.org/toy.gguf", "http://example.org/toy.gguf", "model[0].source[1].url"),
        ("sub/toy.gguf", "../../toy.gguf", "model[0].source[0].file"),
        ("toys/toy", "toys/toy/../x", "model[0].source[0].repo"),
        ("package = \"toy-part1\"", "package = \"--index-url\"", "model[0].source[2].parts.package"),
        ("toy_part1/data", "toy_part1/../data", "model[0].source[2].parts.path"),
        ("/srv/toy.gguf", "toy.gguf", "model[0].source[3].path"),
        ("bytes = 12", "bytes = 0", "model[0].bytes"),
        ("2026-11-22", "yesterday", "family.checked_on"),
    ] {
        let error = refusal(from, to);
        assert!(error.starts_with(&format!("data/models/toy.toml: {field}: expected ")), "{error}");
    }
}

#[test]
fn unknown_missing_and_mistyped_fields_are_errors_that_name_them() {
    for (from, to, word) in [
        ("quant = ", "quantisation = ", "quantisation"),
        ("context_tokens = 2048\n", "", "context_tokens"),
        ("kind = \"hf\"", "kind = \"torrent\"", "torrent"),
        ("url = ", "uri = ", "uri"),
        ("version = \"1.0\"", "versoin = \"1.0\"", "versoin"),
        ("bytes = 12", "bytes = \"12\"", "bytes = \"12\""),
        ("licence = ", "license = ", "license"),
    ] {
        let error = refusal(from, to);
        assert!(error.starts_with("data/models/toy.toml: ") && error.contains(word), "{word}: {error}");
    }
}

#[test]
fn exactly_one_model_is_the_default() {
    let none = refusal("default = true", "default = false");
    assert!(none.ends_with("exactly one model must say `default = true`, found none"), "{none}");

    let second = GOOD.replace("toy-1b", "toy-2b");
    let both = DataTree::from_files([("models/a.toml", GOOD), ("models/b.toml", &second)]);
    let error = models(&both).unwrap_err();
    assert_eq!(error, CatalogError::Defaults { found: vec!["toy-1b".to_owned(), "toy-2b".to_owned()] });
}

#[test]
fn an_id_stands_once_across_files() {
    let both = DataTree::from_files([("models/a.toml", GOOD), ("models/b.toml", GOOD)]);
    let error = models(&both).unwrap_err().to_string();
    assert!(error.starts_with("data/models/b.toml: model[0].id: expected an id that no other"), "{error}");
}

#[test]
fn the_shipped_models_are_well_formed_and_can_be_had_without_a_hub() {
    let catalog = models(&DataTree::embedded()).unwrap();
    assert_eq!(catalog.default_id(), "qwen2.5-coder-0.5b-instruct");
    for model in catalog.iter() {
        assert!(matches!(model.sources.first(), Some(Source::Hf { .. })), "{}", model.id);
        assert!(model.sources.iter().any(|source| matches!(source, Source::Pip { .. })), "{}", model.id);
    }
    assert!(catalog.get("smollm2-135m-instruct").is_some());
}

#[test]
fn a_model_chats_unless_it_says_otherwise_and_the_default_one_must() {
    assert_eq!(read(GOOD).unwrap().get("toy-1b").unwrap().kind, ModelKind::Chat);
    let error = refusal("default = true", "default = true\nkind = \"embedding\"");
    assert!(error.contains("kind") && error.contains("`chat`"), "{error}");
    assert!(refusal("default = true", "default = true\nkind = \"image\"").contains("image"));
}
