//! What is enforced, what is refused by its name, and what is left out.

use super::*;

#[track_caller]
fn strict(schema: &str) -> String {
    compile(schema, Manner::Strict).unwrap().document()
}

#[track_caller]
fn refused(schema: &str) -> String {
    compile(schema, Manner::Strict).unwrap_err().to_string()
}

#[track_caller]
fn loose(schema: &str) -> String {
    compile(schema, Manner::Loose).unwrap().document()
}

#[test]
fn properties_keep_their_order_and_their_notes() {
    let schema = r#"{"type":"object","properties":{"z":{"type":"string","description":"last"},"a":{"type":"integer"}},
        "required":["z"],"additionalProperties":false,"title":"T","$schema":"https://json-schema.org/draft/2020-12/schema"}"#;
    assert_eq!(
        strict(schema),
        r#"{"type":"object","properties":{"z":{"type":"string","description":"last"},"a":{"type":"integer"}},"required":["z"],"additionalProperties":false,"title":"T"}"#
    );
}

#[test]
fn an_empty_schema_becomes_one_that_the_library_does_not_take_for_none() {
    for schema in ["{}", "true", r#"{"title":"anything"}"#] {
        let done = strict(schema);
        assert!(done.starts_with(r#"{"anyOf":[{"type":"object"},{"type":"array"},"#), "{done}");
    }
}

#[test]
fn what_is_not_enforced_is_refused_by_its_name_and_place() {
    let inner = [
        r#""not":{}"#,
        r#""if":{}"#,
        r#""then":{}"#,
        r#""else":{}"#,
        r#""patternProperties":{}"#,
        r#""propertyNames":{}"#,
        r#""minProperties":1"#,
        r#""maxProperties":1"#,
        r#""dependentRequired":{}"#,
        r#""dependentSchemas":{}"#,
        r#""unevaluatedProperties":false"#,
        r#""unevaluatedItems":false"#,
        r#""contains":{}"#,
        r#""minContains":1"#,
        r#""uniqueItems":true"#,
        r##""$dynamicRef":"#x""##,
        r#""$anchor":"x""#,
        r#""nullable":true"#,
        r#""made-up":1"#,
    ];
    for keyword in inner {
        let name = keyword.split('"').nth(1).unwrap();
        let schema = format!(r#"{{"type":"object","properties":{{"a/b":{{"type":"array",{keyword}}}}}}}"#);
        let refusal = refused(&schema);
        assert!(refusal.starts_with(&format!("#/properties/a~1b: `{name}`")), "{keyword}: {refusal}");
        assert!(loose(&schema).contains(r#""a/b":{"type":"array"}"#), "{keyword}");
    }
    assert!(refused(r#"{"type":"number","minimum":0}"#).contains("`minimum`"));
    assert!(refused(r#"{"type":"integer","multipleOf":5}"#).contains("`multipleOf`"));
    assert!(refused(r#"{"type":"string","format":"iri"}"#).contains("`iri`"));
    assert!(refused(r#"{"type":"string","pattern":"(?=x)"}"#).contains("`pattern`"));
    assert!(strict(r#"{"type":"array","uniqueItems":false}"#).contains("array"));
}

#[test]
fn what_is_no_schema_is_refused_in_any_manner() {
    for schema in [
        "",
        "[]",
        "5",
        r#"{"type":"thing"}"#,
        r#"{"type":[]}"#,
        r#"{"type":"object","properties":[]}"#,
        r#"{"type":"object","properties":{"a":5}}"#,
        r#"{"type":"object","properties":{"":{}}}"#,
        r#"{"type":"object","required":"a"}"#,
        r#"{"type":"object","additionalProperties":5}"#,
        r#"{"enum":[]}"#,
        r#"{"anyOf":[]}"#,
        r#"{"type":"string","minLength":-1}"#,
        r#"{"type":"string","minLength":3,"maxLength":2}"#,
        r#"{"type":"integer","minimum":3,"exclusiveMaximum":3}"#,
        r#"{"type":"string","enum":[1]}"#,
        r##"{"$ref":"#/$defs/none"}"##,
        r#"{"type":"string","type":"null"}"#,
    ] {
        assert!(compile(schema, Manner::Loose).is_err(), "{schema}");
        assert!(compile(schema, Manner::Strict).is_err(), "{schema}");
    }
}

#[test]
fn integers_always_have_both_bounds() {
    let done = |bounds: &str| strict(&format!(r#"{{"type":"integer",{bounds}}}"#));
    assert!(done(r#""minimum":0"#).ends_with(r#""minimum":0,"maximum":999999999999999}"#));
    assert!(done(r#""exclusiveMinimum":0,"maximum":9.5"#).ends_with(r#""minimum":1,"maximum":9}"#));
    assert!(done(r#""maximum":-5"#).ends_with(r#""minimum":-999999999999999,"maximum":-5}"#));
    assert!(
        done(r#""minimum":2,"exclusiveMinimum":4,"exclusiveMaximum":7"#)
            .ends_with(r#""minimum":5,"maximum":6}"#)
    );
    assert_eq!(strict(r#"{"type":"integer"}"#), r#"{"type":"integer"}"#);
}

#[test]
fn several_types_become_one_schema_each() {
    assert_eq!(
        strict(r#"{"type":["string","null"],"maxLength":5,"description":"d"}"#),
        r#"{"anyOf":[{"type":"string","maxLength":5},{"type":"null"}],"description":"d"}"#
    );
    assert_eq!(strict(r#"{"type":["integer","number"]}"#), r#"{"type":"number"}"#);
    assert_eq!(strict(r#"{"minItems":1}"#), r#"{"type":"array","minItems":1}"#);
    assert!(refused(r#"{"minItems":1,"minLength":1}"#).contains("`type`"));
    assert_eq!(strict(r#"{"type":["string","null"],"enum":["a",null,3,"a"]}"#), r#"{"enum":["a",null]}"#);
    assert_eq!(strict(r#"{"const":{"b":1,"a":[]}}"#), r#"{"enum":[{"b":1,"a":[]}]}"#);
}

#[test]
fn alternatives_must_be_told_apart_when_only_one_may_match() {
    let kind = |word: &str| {
        format!(r#"{{"type":"object","properties":{{"kind":{{"const":"{word}"}}}},"required":["kind"]}}"#)
    };
    let told = format!(r#"{{"oneOf":[{},{}]}}"#, kind("a"), kind("b"));
    assert!(strict(&told).starts_with(r#"{"anyOf":[{"type":"object""#));
    assert!(
        strict(r#"{"oneOf":[{"type":"string"},{"type":"null"},{"enum":[1,2]}]}"#).starts_with(r#"{"anyOf""#)
    );
    for twins in [
        format!(r#"{{"oneOf":[{},{}]}}"#, kind("a"), kind("a")),
        r#"{"oneOf":[{"type":"number"},{"type":"integer"}]}"#.to_owned(),
        r#"{"oneOf":[{},{"type":"null"}]}"#.to_owned(),
    ] {
        assert!(refused(&twins).contains("`oneOf`"), "{twins}");
    }
    assert!(refused(r#"{"anyOf":[{"type":"string"}],"minLength":3}"#).contains("`minLength`"));
    assert!(strict(r#"{"type":"string","anyOf":[{"const":"a"},{"enum":["b"]}]}"#).contains("anyOf"));
    assert!(refused(r#"{"type":"string","anyOf":[{"const":1}]}"#).contains("`type`"));
    assert!(strict(r#"{"allOf":[{"type":"string"}],"description":"d"}"#).contains(r#"{"type":"string","#));
    assert!(refused(r#"{"allOf":[{"type":"string"},{"minLength":2}]}"#).contains("`allOf`"));
}

#[test]
fn references_are_followed_and_may_lead_back_when_something_is_written_between() {
    let list = r##"{"type":"object","properties":{"value":{"type":"integer"},
        "next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["value","next"]}"##;
    let done = strict(list);
    assert!(
        done.contains(r##"{"$ref":"#/$defs/d0"}"##) && done.contains(r#""$defs":{"d0":{"type":"object""#),
        "{done}"
    );
    let odd = r##"{"$ref":"#/definitions/a~1b%20c","definitions":{"a/b c":{"type":"null"}}}"##;
    assert!(strict(odd).contains(r#""$defs":{"d0":{"type":"null"}}"#));
    assert!(refused(r##"{"$ref":"https://example.org/x"}"##).contains("`$ref`"));
    assert!(refused(r##"{"$ref":"#/$defs/a","minLength":1,"$defs":{"a":{}}}"##).contains("`minLength`"));
    assert!(refused(r##"{"$ref":"#"}"##).contains("leads back"));
    assert!(refused(r##"{"anyOf":[{"$ref":"#"},{"type":"null"}]}"##).contains("leads back"));
    let circle = r##"{"oneOf":[{"$ref":"#/$defs/a"},{"type":"null"}],"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}}}"##;
    assert!(refused(circle).contains("`oneOf`"));
    let endless = r##"{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}"##;
    assert!(refused(endless).contains("never end"));
    let pair = r##"{"type":"array","items":{"$ref":"#"},"minItems":1}"##;
    assert!(refused(pair).contains("never end"));
    assert!(strict(r##"{"type":"array","items":{"$ref":"#"}}"##).contains("$ref"));
}

#[test]
fn what_a_grammar_would_take_for_ever_to_read_is_refused() {
    let doubling: Vec<String> = (0..20)
        .map(|n| {
            format!(
                r##""d{n}":{{"anyOf":[{{"$ref":"#/$defs/d{m}"}},{{"$ref":"#/$defs/d{m}"}}]}}"##,
                m = n + 1
            )
        })
        .collect();
    let bomb =
        format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{},"d20":{{"type":"null"}}}}}}"##, doubling.join(","));
    assert!(refused(&bomb).contains("alternatives"));
    let deep = format!("{}{}{}", r#"{"type":"array","items":"#.repeat(49), "{}", "}".repeat(49));
    assert!(refused(&deep).contains("within each other"), "{}", refused(&deep));
    let chain: Vec<String> = (0..60)
        .map(|n| format!(r##""d{n}":{{"type":"array","items":{{"$ref":"#/$defs/d{m}"}}}}"##, m = n + 1))
        .collect();
    let chain = format!(r##"{{"$ref":"#/$defs/d0","$defs":{{{},"d60":{{}}}}}}"##, chain.join(","));
    assert!(refused(&chain).contains("within each other"));
    let wide: Vec<String> = (0..65).map(|n| format!(r#""p{n}":{{}}"#)).collect();
    assert!(
        refused(&format!(r#"{{"type":"object","properties":{{{}}}}}"#, wide.join(",")))
            .contains("`properties`")
    );
    let long: Vec<String> =
        (0..11).map(|n| format!(r#""p{n}":{{"type":"string","maxLength":2000}}"#)).collect();
    assert!(
        refused(&format!(r#"{{"type":"object","properties":{{{}}}}}"#, long.join(",")))
            .contains("`maxLength`")
    );
    assert!(refused(r#"{"type":"string","maxLength":2001}"#).contains("`maxLength`"));
    assert!(refused(&format!(r#"{{"description":"{}"}}"#, "x".repeat(MOST_BYTES))).contains("bytes"));
}

#[test]
fn what_must_be_there_but_has_no_schema_may_be_anything() {
    let done = strict(r#"{"type":"object","required":["a"]}"#);
    assert_eq!(done, r#"{"type":"object","properties":{"a":{}},"required":["a"]}"#);
    assert!(
        refused(r#"{"type":"object","required":["a"],"additionalProperties":false}"#).contains("`required`")
    );
    let open = r#"{"type":"object","properties":{"a-b":{}},"additionalProperties":{"type":"string"}}"#;
    assert!(
        strict(open).contains(r#""additionalProperties":false"#),
        "the library cannot tell `a-b` from others"
    );
    assert!(strict(&open.replace("a-b", "a_b")).contains(r#""additionalProperties":{"type":"string"}"#));
}

#[test]
fn lists_with_a_schema_for_each_place_have_exactly_those() {
    let pair = r#"{"type":"array","prefixItems":[{"type":"string"},{"type":"null"}],"items":false}"#;
    assert_eq!(strict(pair), r#"{"type":"array","prefixItems":[{"type":"string"},{"type":"null"}]}"#);
    assert!(refused(r#"{"prefixItems":[{}],"minItems":2}"#).contains("`prefixItems`"));
    assert!(refused(r#"{"prefixItems":[{}],"items":{}}"#).contains("`items`"));
    assert_eq!(strict(r#"{"type":"array","items":false}"#), r#"{"type":"array","maxItems":0}"#);
}

#[test]
fn strings_have_a_length_or_a_shape() {
    assert_eq!(strict(r#"{"type":"string","format":"date"}"#), r#"{"type":"string","format":"date"}"#);
    assert!(strict(r#"{"type":"string","format":"ipv4"}"#).contains(r#""pattern":"^("#));
    assert!(refused(r#"{"type":"string","format":"date","maxLength":3}"#).contains("`minLength`"));
    assert!(refused(r#"{"type":"string","format":"date","pattern":"a"}"#).contains("`format`"));
    assert_eq!(
        loose(r#"{"type":"string","format":"uri","maxLength":3}"#),
        r#"{"type":"string","maxLength":3}"#
    );
}
