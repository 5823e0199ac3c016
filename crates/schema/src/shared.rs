//! Several schemas in one document.

use super::tree::{Fields, Json};

/// Definitions of several documents, with names that do not meet.
#[derive(Debug, Default)]
pub struct Shared {
    definitions: Fields,
}

impl Shared {
    /// Takes the definitions of a [`super::Schema::document`] and returns the rest, which refers to their new names.
    pub fn absorb(&mut self, document: Json) -> Json {
        let from = self.definitions.len();
        let Json::Object(mut fields) = document else { return document };
        let at = fields.iter().position(|(name, value)| name == "$defs" && matches!(value, Json::Object(_)));
        if let Some((_, Json::Object(own))) = at.map(|at| fields.remove(at)) {
            let moved =
                own.into_iter().zip(from..).map(|((_, schema), index)| (name(index), renamed(schema, from)));
            self.definitions.extend(moved);
        }
        renamed(Json::Object(fields), from)
    }

    /// The document of an object with these properties.
    pub fn object(self, properties: Fields) -> Json {
        let Json::Object(mut fields) = closed_object(properties) else { return Json::Null };
        if !self.definitions.is_empty() {
            fields.push(("$defs".to_owned(), Json::Object(self.definitions)));
        }
        Json::Object(fields)
    }
}

/// An object with exactly these properties.
pub fn closed_object(properties: Fields) -> Json {
    let required = properties.iter().map(|(name, _)| Json::text(name)).collect();
    Json::Object(vec![
        ("type".to_owned(), Json::text("object")),
        ("properties".to_owned(), Json::Object(properties)),
        ("required".to_owned(), Json::List(required)),
        ("additionalProperties".to_owned(), Json::Bool(false)),
    ])
}

fn name(index: usize) -> String {
    format!("shared{index}")
}

/// A schema whose references go to the definitions from a place on.
fn renamed(schema: Json, from: usize) -> Json {
    let Json::Object(fields) = schema else { return schema };
    let each = |values: Vec<Json>| values.into_iter().map(|value| renamed(value, from)).collect();
    let rename = |(keyword, value): (String, Json)| {
        let value = match (keyword.as_str(), value) {
            ("$ref", Json::Text(target)) => {
                let index = target.strip_prefix("#/$defs/d").and_then(|index| index.parse::<usize>().ok());
                Json::Text(index.map_or(target, |index| format!("#/$defs/{}", name(from + index))))
            }
            ("properties", Json::Object(fields)) => {
                Json::Object(fields.into_iter().map(|(name, schema)| (name, renamed(schema, from))).collect())
            }
            ("anyOf" | "prefixItems", Json::List(schemas)) => Json::List(each(schemas)),
            ("items" | "additionalProperties", schema) => renamed(schema, from),
            (_, value) => value,
        };
        (keyword, value)
    };
    Json::Object(fields.into_iter().map(rename).collect())
}

#[cfg(test)]
mod tests {
    use super::super::{Manner, compile};
    use super::*;

    #[test]
    fn definitions_of_several_documents_get_names_of_their_own() {
        let tree = r##"{"type":"object","properties":{"enum":{"$ref":"#/$defs/t"},"$ref":{"const":{"$ref":"x"}}},
            "$defs":{"t":{"type":"array","items":{"$ref":"#/$defs/t"}}}}"##;
        let document = || compile(tree, Manner::Strict).unwrap().whole();
        let mut shared = Shared::default();
        let properties = ["a", "b"].map(|name| (name.to_owned(), shared.absorb(document()))).to_vec();
        let whole = shared.object(properties).to_string();
        for index in 0..2 {
            let array =
                format!(r##""shared{index}":{{"type":"array","items":{{"$ref":"#/$defs/shared{index}"}}}}"##);
            assert!(whole.contains(&array), "{whole}");
            assert!(whole.contains(&format!(r##""enum":{{"$ref":"#/$defs/shared{index}"}}"##)), "{whole}");
        }
        assert_eq!(whole.matches(r#"{"enum":[{"$ref":"x"}]}"#).count(), 2, "{whole}");
    }
}
