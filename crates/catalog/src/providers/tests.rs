use super::*;
use crate::{CatalogError, DataTree};

const HEAD: &str = r#"
[provider]
id = "toy"
name = "Toy"
key_env = ["TOY_API_KEY"]
source_url = "https://toy.example/docs"
checked_on = "2026-11-23"
"#;

fn read(rest: &str) -> Result<Providers, CatalogError> {
    providers(&DataTree::from_files([("providers/toy.toml", format!("{HEAD}{rest}"))]))
}

fn endpoint(rest: &str) -> Result<Endpoint, CatalogError> {
    let head = "[[endpoint]]\nid = \"main\"\ndialect = \"chat-completions\"\n";
    read(&format!("{head}{rest}")).map(|all| all.get("toy").unwrap().endpoints[0].clone())
}

#[test]
fn an_endpoint_inherits_key_and_source_and_names_its_blanks() {
    let main = endpoint(r#"base_url = "https://{name}.toy.example/{region}/v1""#).unwrap();
    assert_eq!(main.blanks().collect::<Vec<_>>(), ["name", "region"]);
    assert_eq!((main.key_env.as_slice(), main.auth), (["TOY_API_KEY".to_owned()].as_slice(), Auth::Bearer));
    assert_eq!(main.source_url, "https://toy.example/docs");
}

#[test]
fn the_most_specific_model_decides_and_keeps_what_it_does_not_name() {
    let main = endpoint(
        r#"
base_url = "https://toy.example"
[endpoint.quirks]
omits = ["seed"]
[[endpoint.model]]
models = ["deep-*"]
quirks = { think_tags = true }
[[endpoint.model]]
models = ["deep-2"]
quirks = { omits = [] }
"#,
    )
    .unwrap();
    let omits = |model: &str| main.quirks(model).omits.len();
    assert_eq!((omits("flat"), omits("deep-1"), omits("deep-2")), (1, 1, 0));
    assert!(main.quirks("deep-1").think_tags && !main.quirks("deep-2").think_tags);
}

#[test]
fn what_cannot_be_right_is_named() {
    let cases = [
        ("base_url", r#"base_url = "http://toy.example""#),
        ("base_url", r#"base_url = "https://toy.example/""#),
        ("base_url", r#"base_url = "https://user@toy.example""#),
        ("auth", "base_url = \"https://t.example\"\nauth = \"X-Key\""),
        ("key_env", "base_url = \"https://t.example\"\nkey_env = [\"key\"]"),
        ("headers", "base_url = \"https://t.example\"\nheaders = { \"A\" = \"b\" }"),
        ("efforts", "base_url = \"https://t.example\"\nquirks = { efforts = [\"high\", \"low\"] }"),
        ("most_temperature", "base_url = \"https://t.example\"\nquirks = { most_temperature = 3.0 }"),
        ("limit_field", "base_url = \"https://t.example\"\nquirks = { limit_field = \"a b\" }"),
        ("cost", "base_url = \"https://t.example\"\nquirks = { cost = \"dollars\" }"),
        ("patience", "base_url = \"https://t.example\"\npatience = { idle_seconds = 0 }"),
        ("limits", "base_url = \"https://t.example\"\nlimits = { tokens_per_minute = 0 }"),
        ("unknown", "base_url = \"https://t.example\"\nunknown = 1"),
    ];
    for (field, text) in cases {
        let error = endpoint(text).unwrap_err().to_string();
        assert!(error.contains("providers/toy.toml") && error.contains(field), "{field}: {error}");
    }
    assert!(read("endpoint = []").is_err());
}

#[test]
fn own_machines_are_spoken_to_without_tls() {
    let main = endpoint("base_url = \"http://localhost:11434/v1\"\nauth = \"none\"").unwrap();
    assert_eq!(main.auth, Auth::None);
}

#[test]
fn what_is_shipped_can_be_read_and_has_its_prices() {
    let data = DataTree::embedded();
    let all = providers(&data).unwrap();
    assert!(all.iter().count() > 0);
    for prices in all.iter().filter_map(|provider| provider.prices.as_deref()) {
        assert!(data.get(&format!("prices/{prices}.toml")).is_some(), "{prices}");
    }
}
