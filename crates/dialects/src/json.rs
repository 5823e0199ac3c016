//! JSON whose fields stay in the order in which they were put.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// A value of JSON. What stands first in a body is what changes least, and a schema keeps the order of its fields.
#[derive(Clone, Debug)]
pub(crate) enum Json {
    Plain(Value),
    /// A text that is JSON, as it stands.
    Raw(Box<RawValue>),
    List(Vec<Json>),
    Object(Object),
}

/// Fields in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Object(Vec<(String, Json)>);

impl Object {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With one field more.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.put(name, value);
        self
    }

    pub(crate) fn put(&mut self, name: &str, value: impl Into<Json>) {
        self.0.push((name.to_owned(), value.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }
}

impl Json {
    /// A text that is JSON already; `None` when it is none.
    pub(crate) fn text(text: &str) -> Option<Self> {
        RawValue::from_string(text.trim().to_owned()).ok().map(Self::Raw)
    }

    /// A text that is an object of JSON already; `None` when it is none.
    pub(crate) fn object_text(text: &str) -> Option<Self> {
        Self::text(text).filter(|_| text.trim_start().starts_with('{'))
    }

    /// As it goes over the line.
    pub(crate) fn bytes(&self) -> String {
        // Text, numbers and lists of them: nothing here can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The shortest decimal that means the same: 0.7 and not 0.699999988079071.
pub(crate) fn decimal(value: f32) -> Json {
    value.to_string().parse::<f64>().map_or(Json::Plain(Value::Null), |value| Json::Plain(Value::from(value)))
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<Vec<Json>> for Json {
    fn from(list: Vec<Json>) -> Self {
        Self::List(list)
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self::Plain(value)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Plain(Value::from(text))
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Plain(Value::from(value))
    }
}

impl From<u32> for Json {
    fn from(value: u32) -> Self {
        Self::Plain(Value::from(value))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(value) => value.serialize(serializer),
            Self::Raw(text) => text.serialize(serializer),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Object(Object(fields)) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_stay_where_they_were_put_and_texts_as_they_stand() {
        let schema = Json::text(r#" {"z":1,"a":[ 2 ]} "#).unwrap();
        let object = Object::new().with("b", schema).with("a", "x").with("n", 3_u32);
        assert_eq!(Json::from(object).bytes(), r#"{"b":{"z":1,"a":[ 2 ]},"a":"x","n":3}"#);
        assert!(Json::text("{").is_none() && Json::object_text("[1]").is_none());
    }

    #[test]
    fn decimals_are_as_short_as_they_were_meant() {
        let written = [0.7, 0.95, 1.0, 1e-4].map(|value| decimal(value).bytes());
        assert_eq!(written, ["0.7", "0.95", "1.0", "0.0001"]);
    }
}
