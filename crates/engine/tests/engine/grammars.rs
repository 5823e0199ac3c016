//! What the schema's reader lets through, the library can make a grammar of.

use llama_cpp_4::chat::json_schema_to_grammar;
use proptest::prelude::*;
use schema::{Manner, compile};

/// A keyword with a value that often fits it.
fn keyword(inner: impl Strategy<Value = String> + Clone + 'static) -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec!["object", "array", "string", "integer", "number", "null"]);
    let text = prop::sample::select(vec!["^a+$", "[^\"]*", "date", "email", "#", "#/$defs/a", "x", "(", "*"]);
    let list = prop::collection::vec(inner.clone(), 0..3).prop_map(|list| format!("[{}]", list.join(",")));
    let named = prop::collection::vec((text.clone(), inner.clone()), 0..3).prop_map(|fields| {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
        format!("{{{}}}", fields.join(","))
    });
    let number = (-5_i64..9).prop_map(|number| number.to_string());
    prop_oneof![
        word.prop_map(|word| format!(r#""type":"{word}""#)),
        (prop::sample::select(vec!["$ref", "pattern", "format", "const", "title"]), text)
            .prop_map(|(keyword, text)| format!("{keyword:?}:{text:?}")),
        (prop::sample::select(vec!["anyOf", "oneOf", "allOf", "enum", "prefixItems"]), list)
            .prop_map(|(keyword, list)| format!("{keyword:?}:{list}")),
        (prop::sample::select(vec!["properties", "$defs", "patternProperties"]), named)
            .prop_map(|(keyword, named)| format!("{keyword:?}:{named}")),
        (prop::sample::select(vec!["items", "additionalProperties", "not"]), inner)
            .prop_map(|(keyword, inner)| format!("{keyword:?}:{inner}")),
        (
            prop::sample::select(vec![
                "minItems",
                "maxItems",
                "minLength",
                "maxLength",
                "minimum",
                "maximum"
            ]),
            number
        )
            .prop_map(|(keyword, number)| format!("{keyword:?}:{number}")),
        Just(r#""required":["x","a"]"#.to_owned()),
    ]
}

fn any_schema() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["{}", "true", "false", r#"{"type":"string"}"#, "1"]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 24, 4, |inner| {
        prop::collection::vec(keyword(inner), 0..4).prop_map(|words| format!("{{{}}}", words.join(",")))
    })
}

proptest! {
    #[test]
    fn what_is_not_refused_becomes_a_grammar(schema in any_schema(), is_strict: bool) {
        let manner = if is_strict { Manner::Strict } else { Manner::Loose };
        if let Ok(done) = compile(&schema, manner) {
            let document = done.document();
            let grammar = json_schema_to_grammar(&document, true);
            prop_assert!(grammar.is_ok(), "{schema}\n{document}\n{grammar:?}");
            let again = compile(&document, Manner::Strict).map(|done| done.document());
            prop_assert!(again.is_ok(), "{schema}\n{document}\n{again:?}");
        }
    }

    #[test]
    fn no_text_breaks_the_reading(text in ".{0,60}", pattern in r"[\[\]\\(){}|?*+^$.,a-z0-9-]{0,24}") {
        let _ = compile(&text, Manner::Strict);
        let document = format!(r#"{{"type":"string","pattern":{}}}"#, serde_json::Value::from(pattern.as_str()));
        if let Ok(done) = compile(&document, Manner::Strict) {
            let grammar = json_schema_to_grammar(&done.document(), true).unwrap();
            prop_assert!(!grammar.contains("root ::= string"), "{pattern} was taken for any string");
        }
    }
}
