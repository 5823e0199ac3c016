//! Words that tell what kind of task a question is.

use serde::Deserialize;

use crate::file::RoutingError;

/// Words and phrases by what they speak of, as `data/routing/signs.toml` has them. Letters are compared without their case;
/// a sign that begins or ends with a letter or digit of ASCII is a whole word there, so that `sum` is not in `summer`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signs {
    code: Vec<String>,
    math: Vec<String>,
    knowledge: Vec<String>,
    hard: Vec<String>,
}

/// How many signs of each kind a text has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) code: u32,
    pub(crate) math: u32,
    pub(crate) knowledge: u32,
    pub(crate) hard: u32,
}

impl Signs {
    /// Reads `data/routing/signs.toml`.
    ///
    /// # Errors
    /// When the text has another shape, or a sign is empty.
    pub fn read(file: &str, text: &str) -> Result<Self, RoutingError> {
        let shape = |error: toml::de::Error| RoutingError::Shape {
            file: file.to_owned(),
            message: error.to_string(),
        };
        let mut signs: Self = toml::from_str(text).map_err(shape)?;
        for (field, list) in [
            ("code", &mut signs.code),
            ("math", &mut signs.math),
            ("knowledge", &mut signs.knowledge),
            ("hard", &mut signs.hard),
        ] {
            for sign in list {
                if sign.trim().is_empty() {
                    return Err(RoutingError::value(file, field, "words that are not empty", sign));
                }
                *sign = sign.to_lowercase();
            }
        }
        Ok(signs)
    }

    pub(crate) fn find(&self, text: &str) -> Found {
        let text = text.to_lowercase();
        let count = |signs: &[String]| {
            let found = signs.iter().filter(|sign| stands_in(sign, &text)).count();
            u32::try_from(found).unwrap_or(u32::MAX)
        };
        Found {
            code: count(&self.code),
            math: count(&self.math),
            knowledge: count(&self.knowledge),
            hard: count(&self.hard),
        }
    }
}

fn stands_in(sign: &str, text: &str) -> bool {
    let is_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let begins = is_word(sign.chars().next());
    let ends = is_word(sign.chars().next_back());
    text.match_indices(sign).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
        let goes_on = (begins && is_word(before)) || (ends && is_word(after));
        !goes_on
    })
}
