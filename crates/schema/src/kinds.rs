//! What schemas of one type say.

use super::Refusal;
use super::compile::{Compiler, empty, get};
use super::pattern::{self, FORMATS};
use super::tree::{Fields, Json};

/// Properties of one object.
const MOST_PROPERTIES: usize = 200;
/// Those of them that may be absent: the grammar has a rule within a rule for each.
const MOST_OPTIONAL: usize = 64;
/// Characters of a property's name.
const LONGEST_NAME: usize = 120;
/// Elements that may be asked for.
const MOST_ITEMS: u32 = 500;
/// Characters that may be asked for.
const MOST_CHARACTERS: u32 = 2000;
/// Elements and characters that a grammar spells out in all.
const MOST_REPETITIONS: u32 = 20_000;
/// Bounds of integers that the library's grammar gets right, on both sides.
const LARGEST: i64 = 999_999_999_999_999;
/// The formats that the library knows.
const LIBRARY_FORMATS: [&str; 4] = ["date", "time", "date-time", "uuid"];

type Compiled = Result<Json, Refusal>;

impl Compiler<'_> {
    pub(super) fn kind(&mut self, kind: &str, fields: &Fields, at: &str) -> Compiled {
        let mut out = vec![("type".to_owned(), Json::text(kind))];
        match kind {
            "object" => self.properties(fields, &mut out, at)?,
            "array" => self.elements(fields, &mut out, at)?,
            "string" => self.characters(fields, &mut out, at)?,
            "integer" => self.integer(fields, &mut out, at)?,
            "number" => {
                for (keyword, value) in
                    fields.iter().filter(|(word, _)| super::keywords::NUMBER.contains(&word.as_str()))
                {
                    number(value, keyword, at)?;
                    self.leave_out(at, keyword, "not enforced for `number`; for `integer` it is")?;
                }
            }
            _ => {}
        }
        Ok(Json::Object(out))
    }

    fn properties(&mut self, fields: &Fields, out: &mut Fields, at: &str) -> Result<(), Refusal> {
        let nothing = Fields::new();
        let properties = match get(fields, "properties") {
            None => &nothing,
            Some(Json::Object(properties)) => properties,
            Some(_) => return Err(Refusal::new(at, "`properties`: an object of schemas")),
        };
        let mut done = Fields::new();
        for (name, schema) in properties {
            let here = format!("{at}/properties/{}", name.replace('~', "~0").replace('/', "~1"));
            check_name(name, &here)?;
            done.push((name.clone(), self.node(schema, &here)?));
        }
        let open = get(fields, "additionalProperties");
        let required = required(fields, at)?;
        for name in &required {
            if get(&done, name).is_none() {
                if open == Some(&Json::Bool(false)) {
                    return Err(Refusal::new(at, format!("`required`: there can be no `{name}`")));
                }
                check_name(name, at)?;
                done.push((name.clone(), empty()));
            }
        }
        let optional = done.len() - required.len();
        if done.len() > MOST_PROPERTIES || optional > MOST_OPTIONAL {
            let most =
                format!("more than {MOST_PROPERTIES}, or more than {MOST_OPTIONAL} that are not required");
            return Err(Refusal::new(at, format!("`properties`: {most}")));
        }
        let rest = self.rest(open, &done, at)?;
        if !done.is_empty() || get(fields, "properties").is_some() {
            out.push(("properties".to_owned(), Json::Object(done)));
            out.push(("required".to_owned(), Json::List(required.into_iter().map(Json::Text).collect())));
        }
        out.extend(rest.map(|rest| ("additionalProperties".to_owned(), rest)));
        Ok(())
    }

    /// What `additionalProperties` becomes. Properties that are not named need not be written, so that leaving them
    /// out is always right; the library cannot tell them from names with unusual characters.
    fn rest(&mut self, open: Option<&Json>, named: &Fields, at: &str) -> Result<Option<Json>, Refusal> {
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let can_tell = named.iter().all(|(name, _)| plain(name));
        Ok(match open {
            None => None,
            Some(Json::Bool(open)) => Some(Json::Bool(*open && can_tell)),
            Some(schema @ Json::Object(_)) => {
                let done = self.node(schema, &format!("{at}/additionalProperties"))?;
                Some(if can_tell { done } else { Json::Bool(false) })
            }
            Some(_) => return Err(Refusal::new(at, "`additionalProperties`: a schema, true or false")),
        })
    }

    fn elements(&mut self, fields: &Fields, out: &mut Fields, at: &str) -> Result<(), Refusal> {
        let (least, most) = self.range(fields, ["minItems", "maxItems"], MOST_ITEMS, at)?;
        let listed =
            get(fields, "prefixItems").or(get(fields, "items").filter(|items| items.as_list().is_some()));
        if let Some(listed) = listed {
            return self.places(listed, (least, most), fields, out, at);
        }
        match get(fields, "items") {
            None => {}
            Some(Json::Bool(false)) => {
                if least > 0 {
                    return Err(Refusal::new(at, "`items`: nothing may be in the list, and something must"));
                }
                out.push(("maxItems".to_owned(), Json::number(0)));
                return Ok(());
            }
            Some(items) => out.push(("items".to_owned(), self.node(items, &format!("{at}/items"))?)),
        }
        push_range(out, ["minItems", "maxItems"], (least, most));
        Ok(())
    }

    /// A list with a schema for each place: the library writes exactly so many.
    fn places(
        &mut self,
        listed: &Json,
        (least, most): (u32, Option<u32>),
        fields: &Fields,
        out: &mut Fields,
        at: &str,
    ) -> Result<(), Refusal> {
        let keyword = if get(fields, "prefixItems").is_some() { "prefixItems" } else { "items" };
        let schemas = listed.as_list().filter(|schemas| !schemas.is_empty());
        let schemas = schemas.ok_or_else(|| Refusal::new(at, format!("`{keyword}`: a list of schemas")))?;
        let count = u32::try_from(schemas.len()).unwrap_or(u32::MAX);
        if count < least || most.is_some_and(|most| count > most) {
            return Err(Refusal::new(
                at,
                format!("`{keyword}`: its length is not within minItems and maxItems"),
            ));
        }
        if keyword == "prefixItems" && get(fields, "items").is_some_and(|items| *items != Json::Bool(false)) {
            self.leave_out(at, "items", "not enforced beside `prefixItems`")?;
        }
        let mut done = Vec::with_capacity(schemas.len());
        for (index, schema) in schemas.iter().enumerate() {
            done.push(self.node(schema, &format!("{at}/{keyword}/{index}"))?);
        }
        out.push(("prefixItems".to_owned(), Json::List(done)));
        Ok(())
    }

    fn characters(&mut self, fields: &Fields, out: &mut Fields, at: &str) -> Result<(), Refusal> {
        let length = self.range(fields, ["minLength", "maxLength"], MOST_CHARACTERS, at)?;
        let texts = ["pattern", "format"].map(|keyword| (keyword, get(fields, keyword)));
        for (keyword, value) in texts {
            if value.is_some_and(|value| value.as_text().is_none()) {
                return Err(Refusal::new(at, format!("`{keyword}`: a text")));
            }
        }
        let [pattern, format] = texts.map(|(_, value)| value.and_then(Json::as_text));
        let shaped = match (pattern, format) {
            (Some(pattern), beside) => {
                if beside.is_some() {
                    self.leave_out(at, "format", "not enforced beside `pattern`")?;
                }
                self.pattern(pattern, at)?.map(|pattern| ("pattern", pattern))
            }
            (None, Some(format)) => self.format(format, at)?,
            (None, None) => None,
        };
        match shaped {
            None => push_range(out, ["minLength", "maxLength"], length),
            Some((keyword, value)) => {
                if length != (0, None) {
                    self.leave_out(at, "minLength", "not enforced beside `pattern` or `format`")?;
                }
                out.push((keyword.to_owned(), Json::Text(value)));
            }
        }
        Ok(())
    }

    fn pattern(&mut self, pattern: &str, at: &str) -> Result<Option<String>, Refusal> {
        match pattern::rewrite(pattern) {
            Ok(pattern) => Ok(Some(pattern)),
            Err(why) => self.leave_out(at, "pattern", &format!("not enforced: {why}")).map(|()| None),
        }
    }

    fn format(&mut self, format: &str, at: &str) -> Result<Option<(&'static str, String)>, Refusal> {
        if LIBRARY_FORMATS.contains(&format) {
            return Ok(Some(("format", format.to_owned())));
        }
        match FORMATS.iter().find(|(name, _)| *name == format) {
            Some((_, pattern)) => Ok(self.pattern(pattern, at)?.map(|pattern| ("pattern", pattern))),
            None => {
                self.leave_out(at, "format", &format!("`{format}` is not enforced"))?;
                Ok(None)
            }
        }
    }

    /// Always with both bounds: with one alone the library's grammar lets wrong numbers through.
    fn integer(&mut self, fields: &Fields, out: &mut Fields, at: &str) -> Result<(), Refusal> {
        if get(fields, "multipleOf").is_some_and(|step| *step != Json::number(1)) {
            self.leave_out(at, "multipleOf", "not enforced")?;
        }
        let bound = |keyword: &str| get(fields, keyword).map(|value| number(value, keyword, at)).transpose();
        let (least, above) = (bound("minimum")?, bound("exclusiveMinimum")?);
        let (most, below) = (bound("maximum")?, bound("exclusiveMaximum")?);
        if [least, above, most, below].iter().all(Option::is_none) {
            return Ok(());
        }
        let lows = [least.map(f64::ceil), above.map(|above| above.floor() + 1.0)];
        let highs = [most.map(f64::floor), below.map(|below| below.ceil() - 1.0)];
        let low = lows.into_iter().flatten().map(whole).max().unwrap_or(-LARGEST).max(-LARGEST);
        let high = highs.into_iter().flatten().map(whole).min().unwrap_or(LARGEST).min(LARGEST);
        if low > high {
            return Err(Refusal::new(at, "`minimum`: above the maximum, or too large to be enforced"));
        }
        out.push(("minimum".to_owned(), Json::number(low)));
        out.push(("maximum".to_owned(), Json::number(high)));
        Ok(())
    }

    /// How many there may be of something.
    fn range(
        &mut self,
        fields: &Fields,
        [least, most]: [&str; 2],
        limit: u32,
        at: &str,
    ) -> Result<(u32, Option<u32>), Refusal> {
        let mut counts = [None; 2];
        for (place, keyword) in counts.iter_mut().zip([least, most]) {
            let Some(value) = get(fields, keyword) else { continue };
            let count = number(value, keyword, at)?;
            if count < 0.0 || count.fract() != 0.0 {
                return Err(Refusal::new(at, format!("`{keyword}`: a whole number from 0")));
            }
            if count > f64::from(limit) {
                self.leave_out(at, keyword, &format!("not enforced above {limit}"))?;
            } else {
                *place = u32::try_from(whole(count)).ok();
            }
        }
        let [low, high] = counts;
        if high.is_some_and(|high| high < low.unwrap_or(0)) {
            return Err(Refusal::new(at, format!("`{least}`: above `{most}`")));
        }
        self.repetitions = self.repetitions.saturating_add(high.or(low).unwrap_or(0));
        if self.repetitions > MOST_REPETITIONS {
            return Err(Refusal::new(
                at,
                format!("`{most}`: more than {MOST_REPETITIONS} in all of the schema"),
            ));
        }
        Ok((low.unwrap_or(0), high))
    }
}

fn check_name(name: &str, at: &str) -> Result<(), Refusal> {
    if name.is_empty() || name == "*" || name.chars().count() > LONGEST_NAME {
        return Err(Refusal::new(
            at,
            format!("a property's name has 1 to {LONGEST_NAME} characters and is not `*`"),
        ));
    }
    Ok(())
}

fn required(fields: &Fields, at: &str) -> Result<Vec<String>, Refusal> {
    let wrong = || Refusal::new(at, "`required`: a list of names");
    let Some(value) = get(fields, "required") else { return Ok(Vec::new()) };
    let names = value.as_list().ok_or_else(wrong)?.iter().map(|name| name.as_text().map(str::to_owned));
    let mut names: Vec<String> = names.collect::<Option<_>>().ok_or_else(wrong)?;
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}

fn number(value: &Json, keyword: &str, at: &str) -> Result<f64, Refusal> {
    let number = match value {
        Json::Number(number) => number.as_f64(),
        _ => None,
    };
    number.ok_or_else(|| Refusal::new(at, format!("`{keyword}`: a number")))
}

/// What is too large becomes the largest.
#[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "the library has no other way")]
fn whole(number: f64) -> i64 {
    number as i64
}

fn push_range(out: &mut Fields, [least, most]: [&str; 2], (low, high): (u32, Option<u32>)) {
    if low > 0 {
        out.push((least.to_owned(), Json::number(low.into())));
    }
    out.extend(high.map(|high| (most.to_owned(), Json::number(high.into()))));
}
