//! Reads a schema keyword by keyword.

use std::collections::HashMap;

use super::apart;
use super::keywords::{self, ARRAY, NUMBER, OBJECT, STRING, WHOLE};
use super::tree::{Fields, Json};
use super::{Manner, Refusal, Schema};

/// Schemas within schemas, references included.
const DEEPEST: u32 = 48;
/// Schemas in one document.
const MOST_NODES: u32 = 2000;
/// Values in one list of them.
const MOST_VALUES: usize = 1000;
/// Schemas in one list of alternatives.
const MOST_ALTERNATIVES: usize = 128;

/// The types of JSON, in the order in which they are tried.
pub(super) const TYPES: [&str; 6] = ["object", "array", "string", "number", "boolean", "null"];

/// The name of a definition in what comes out.
pub(super) fn name(index: usize) -> String {
    format!("d{index}")
}

/// Rewrites one document.
pub(super) struct Compiler<'a> {
    source: &'a Json,
    manner: Manner,
    /// The places that were referred to.
    known: HashMap<String, usize>,
    /// What they say; nothing while they are being read.
    pub(super) definitions: Vec<Option<Json>>,
    nodes: u32,
    depth: u32,
    /// Repetitions that a grammar has to spell out.
    pub(super) repetitions: u32,
}

type Compiled = Result<Json, Refusal>;

impl<'a> Compiler<'a> {
    pub(super) fn new(source: &'a Json, manner: Manner) -> Self {
        Self {
            source,
            manner,
            known: HashMap::new(),
            definitions: Vec::new(),
            nodes: 0,
            depth: 0,
            repetitions: 0,
        }
    }

    pub(super) fn run(mut self) -> Result<Schema, Refusal> {
        let root = self.node(self.source, "#")?;
        // The library takes an empty schema for none at all.
        let root = if root.get("type").is_none() && !WHOLE.iter().any(|word| root.get(word).is_some()) {
            any_of(TYPES.iter().map(|kind| Json::field("type", Json::text(kind))).collect())
        } else {
            root
        };
        let definitions = self.definitions.into_iter().map(|done| done.unwrap_or_else(empty)).collect();
        Ok(Schema { root, definitions })
    }

    /// Rewrites one schema.
    pub(super) fn node(&mut self, schema: &Json, at: &str) -> Compiled {
        self.nodes += 1;
        self.depth += 1;
        if self.nodes > MOST_NODES {
            return Err(Refusal::new(at, format!("more than {MOST_NODES} schemas")));
        }
        if self.depth > DEEPEST {
            return Err(Refusal::new(at, format!("more than {DEEPEST} schemas within each other")));
        }
        let done = match schema {
            Json::Object(fields) => self.object(fields, at),
            Json::Bool(true) => Ok(empty()),
            Json::Bool(false) => self.leave_out(at, "false", "nothing matches").map(|()| empty()),
            _ => Err(Refusal::new(at, "a schema is an object")),
        };
        self.depth -= 1;
        done
    }

    fn object(&mut self, fields: &Fields, at: &str) -> Compiled {
        for (keyword, value) in fields {
            if keyword == "$id" && at != "#" {
                self.leave_out(at, keyword, "only at the top")?;
            } else if !keywords::is_enforced(keyword, value) {
                self.leave_out(at, keyword, "not enforced")?;
            }
        }
        let whole = fields.iter().find(|(keyword, _)| WHOLE.contains(&keyword.as_str()));
        let mut done = match whole {
            Some((keyword, value)) => self.whole(keyword, value, fields, at)?,
            None => self.typed(fields, at)?,
        };
        if let Json::Object(out) = &mut done {
            let notes = fields.iter().filter(|(keyword, _)| keywords::is_note(keyword));
            let fresh = notes.filter(|(note, _)| !matches!(note.as_str(), "$id" | "id" | "$schema"));
            let missing: Fields = fresh.filter(|(note, _)| get(out, note).is_none()).cloned().collect();
            out.extend(missing);
        }
        Ok(done)
    }

    /// A keyword that decides by itself what matches.
    fn whole(&mut self, keyword: &str, value: &Json, fields: &Fields, at: &str) -> Compiled {
        let types = types(fields, at)?;
        for (other, _) in fields {
            let is_free = keywords::is_note(other) || keywords::is_store(other) || !keywords::is_known(other);
            if other != keyword && other != "type" && !is_free {
                self.leave_out(at, other, &format!("not enforced beside `{keyword}`"))?;
            }
        }
        let here = format!("{at}/{keyword}");
        match keyword {
            "const" => self.values(std::slice::from_ref(value), types.as_deref(), &here),
            "enum" => {
                let values = value.as_list().filter(|values| !values.is_empty());
                let values = values.ok_or_else(|| Refusal::new(&here, "enum: a list of values"))?;
                self.values(values, types.as_deref(), &here)
            }
            _ => {
                let done = match keyword {
                    "$ref" => self.reference(value, &here),
                    "allOf" => self.all_of(value, &here),
                    _ => self.any_of(keyword, value, &here),
                }?;
                let fits = |types: &[&str]| {
                    let found = apart::types(&done, &self.definitions);
                    found.is_some_and(|found| found.iter().all(|kind| types.contains(kind)))
                };
                if types.as_deref().is_some_and(|types| !fits(types)) {
                    self.leave_out(at, "type", &format!("not enforced beside `{keyword}`"))?;
                }
                Ok(done)
            }
        }
    }

    fn values(&mut self, values: &[Json], types: Option<&[&'static str]>, at: &str) -> Compiled {
        if values.len() > MOST_VALUES {
            return Err(Refusal::new(at, format!("more than {MOST_VALUES} values")));
        }
        let is_of = |kind: &str, types: &[&str]| {
            types.contains(&kind) || (kind == "integer" && types.contains(&"number"))
        };
        let fits = |value: &&Json| types.is_none_or(|types| is_of(type_of(value), types));
        let mut fitting: Vec<Json> = Vec::new();
        for value in values.iter().filter(fits) {
            if !fitting.contains(value) {
                fitting.push(value.clone());
            }
        }
        if fitting.is_empty() {
            return Err(Refusal::new(at, "no value is of the type"));
        }
        Ok(Json::field("enum", Json::List(fitting)))
    }

    fn reference(&mut self, value: &Json, at: &str) -> Compiled {
        let Some(target) = value.as_text().filter(|target| *target == "#" || target.starts_with("#/")) else {
            self.leave_out(at, "$ref", "only to places in the same schema")?;
            return Ok(empty());
        };
        let index = match self.known.get(target) {
            Some(index) => *index,
            None => {
                let Some(found) = find(self.source, target) else {
                    return Err(Refusal::new(at, format!("$ref: there is no `{target}`")));
                };
                let index = self.definitions.len();
                self.known.insert(target.to_owned(), index);
                self.definitions.push(None);
                let done = self.node(found, target)?;
                if let Some(place) = self.definitions.get_mut(index) {
                    *place = Some(done);
                }
                index
            }
        };
        Ok(Json::field("$ref", Json::Text(format!("#/$defs/{}", name(index)))))
    }

    fn all_of(&mut self, value: &Json, at: &str) -> Compiled {
        let Some([only]) = value.as_list() else {
            self.leave_out(at, "allOf", "only with one schema in it")?;
            return Ok(empty());
        };
        self.node(only, &format!("{at}/0"))
    }

    fn any_of(&mut self, keyword: &str, value: &Json, at: &str) -> Compiled {
        let schemas = value.as_list().filter(|schemas| (1..=MOST_ALTERNATIVES).contains(&schemas.len()));
        let wrong = || Refusal::new(at, format!("{keyword}: a list of 1 to {MOST_ALTERNATIVES} schemas"));
        let schemas = schemas.ok_or_else(wrong)?;
        let mut done = Vec::with_capacity(schemas.len());
        for (index, schema) in schemas.iter().enumerate() {
            done.push(self.node(schema, &format!("{at}/{index}"))?);
        }
        if keyword == "oneOf" && !apart::are(&done, &self.definitions) {
            let told = "not enforced when neither the type nor a constant property tells the schemas apart";
            self.leave_out(at, keyword, &format!("{told}; `anyOf` is"))?;
        }
        Ok(any_of(done))
    }

    /// A schema that speaks of types.
    fn typed(&mut self, fields: &Fields, at: &str) -> Compiled {
        let kinds = match types(fields, at)? {
            Some(kinds) => kinds,
            None => match self.implied(fields, at)? {
                Some(kind) => vec![kind],
                None => return Ok(empty()),
            },
        };
        let mut done = Vec::with_capacity(kinds.len());
        for kind in kinds {
            done.push(self.kind(kind, fields, at)?);
        }
        if done.len() > 1 { Ok(any_of(done)) } else { Ok(done.pop().unwrap_or_else(empty)) }
    }

    /// The type that keywords speak of when the schema does not name one.
    fn implied(&self, fields: &Fields, at: &str) -> Result<Option<&'static str>, Refusal> {
        let lists: [(&'static str, &[&str]); 4] =
            [("object", &OBJECT), ("array", &ARRAY), ("string", &STRING), ("number", &NUMBER)];
        let speaks = |words: &[&str]| fields.iter().any(|(keyword, _)| words.contains(&keyword.as_str()));
        let mut found = lists.into_iter().filter(|(_, words)| speaks(words)).map(|(kind, _)| kind);
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => {
                self.leave_out(at, "type", "is missing, and the keywords are those of several")?;
                Ok(None)
            }
            (kind, _) => Ok(kind),
        }
    }

    /// Refuses a keyword, or lets it be without effect.
    pub(super) fn leave_out(&self, at: &str, keyword: &str, why: &str) -> Result<(), Refusal> {
        match self.manner {
            Manner::Strict => Err(Refusal::new(at, format!("`{keyword}`: {why}"))),
            Manner::Loose => Ok(()),
        }
    }
}

pub(super) fn empty() -> Json {
    Json::Object(Fields::new())
}

fn any_of(schemas: Vec<Json>) -> Json {
    Json::field("anyOf", Json::List(schemas))
}

pub(super) fn get<'a>(fields: &'a Fields, name: &str) -> Option<&'a Json> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
}

/// The types that a schema names; integers are kept apart from numbers.
fn types(fields: &Fields, at: &str) -> Result<Option<Vec<&'static str>>, Refusal> {
    let known = |value: &Json| {
        let word = value.as_text()?;
        TYPES.iter().copied().chain(["integer"]).find(|kind| *kind == word)
    };
    let wrong = || Refusal::new(at, "`type`: one or several of the seven types of JSON Schema");
    match get(fields, "type") {
        None => Ok(None),
        Some(Json::List(words)) if !words.is_empty() => {
            let mut kinds: Vec<&'static str> =
                words.iter().map(known).collect::<Option<_>>().ok_or_else(wrong)?;
            let numbers = kinds.contains(&"number");
            let mut seen = std::collections::HashSet::new();
            kinds.retain(|kind| seen.insert(*kind) && !(numbers && *kind == "integer"));
            Ok(Some(kinds))
        }
        Some(word) => known(word).map(|kind| Some(vec![kind])).ok_or_else(wrong),
    }
}

/// The type of a value.
pub(super) fn type_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number) if number.is_f64() => "number",
        Json::Number(_) => "integer",
        Json::Text(_) => "string",
        Json::List(_) => "array",
        Json::Object(_) => "object",
    }
}

/// What a pointer in a fragment points to.
fn find<'a>(root: &'a Json, target: &str) -> Option<&'a Json> {
    let path = target.strip_prefix('#')?;
    path.split('/').skip(1).try_fold(root, |place, step| {
        let step = unescape(step)?;
        match place {
            Json::List(values) => values.get(step.parse::<usize>().ok()?),
            place => place.get(&step),
        }
    })
}

/// A step of a pointer, with the escapes of fragments and of pointers undone.
fn unescape(step: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(step.len());
    let mut rest = step.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    Some(String::from_utf8(bytes).ok()?.replace("~1", "/").replace("~0", "~"))
}
