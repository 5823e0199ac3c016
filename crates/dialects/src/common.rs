//! What dialects share.

use catalog::{CacheMarks, Quirks};
use ports::{Effort, PortError, TokenLogprob};
use serde_json::Value;

use crate::json::{Json, Object, decimal};
use crate::question::cannot;
use crate::{Call, Question};

/// What is asked, of whom and how it comes is ours to say, in every dialect.
const OURS: [&str; 6] = ["contents", "input", "messages", "model", "store", "stream"];

/// A body that is being written, with what it could not take.
pub(crate) struct Body<'a> {
    pub(crate) quirks: &'a Quirks,
    question: &'a Question<'a>,
    fields: Object,
    left_out: Vec<&'static str>,
}

impl<'a> Body<'a> {
    /// Refuses what can be said in no dialect.
    pub(crate) fn new(quirks: &'a Quirks, question: &'a Question<'a>) -> Result<Self, PortError> {
        let sampling = &question.request.sampling;
        if let Some(problem) = sampling.problem() {
            return Err(cannot(problem));
        }
        if !question.request.adapters.is_empty() {
            return Err(cannot("A model of a provider takes no adapters of ours."));
        }
        if question.request.messages.is_empty() {
            return Err(cannot("There is nothing to answer."));
        }
        if quirks.most_stops.is_some_and(|most| sampling.stop.len() > most) {
            return Err(cannot("There are more stop strings than this provider takes."));
        }
        Ok(Self { quirks, question, fields: Object::new(), left_out: Vec::new() })
    }

    /// A field that must be there.
    pub(crate) fn put(&mut self, name: &str, value: impl Into<Json>) {
        self.fields.put(name, value);
    }

    /// A field that is left out where it is refused.
    pub(crate) fn wish(&mut self, name: &'static str, value: impl Into<Json>) {
        if self.quirks.omits.contains(name) {
            self.leave_out(name);
        } else {
            self.fields.put(name, value);
        }
    }

    /// A field that is put where it is known.
    pub(crate) fn wish_known(&mut self, name: &'static str, value: Option<Json>) {
        match value {
            Some(value) if self.quirks.knows.contains(name) => self.fields.put(name, value),
            Some(_) => self.leave_out(name),
            None => {}
        }
    }

    /// A wish that cannot be said there.
    pub(crate) fn leave_out(&mut self, name: &'static str) {
        self.left_out.push(name);
    }

    /// As high as it may be.
    pub(crate) fn temperature(&mut self, temperature: f32) {
        self.wish("temperature", decimal(temperature.min(self.quirks.most_temperature)));
    }

    /// The limit of tokens, when there is one.
    pub(crate) fn limit(&mut self) {
        if let Some(limit) = self.question.request.sampling.max_tokens.or(self.quirks.usual_limit) {
            self.fields.put(&self.quirks.limit_field, limit);
        }
    }

    /// All of it, with the fields that only the provider knows.
    pub(crate) fn call(mut self, path: impl Into<String>) -> Call {
        let extra = self.question.extra.iter().filter(|(name, _)| !OURS.contains(&name.as_str()));
        let adds = self.quirks.adds.iter().chain(extra);
        for (name, value) in adds.filter(|(name, _)| !self.quirks.omits.contains(*name)) {
            if !self.fields.has(name) {
                self.fields.put(name, value.clone());
            }
        }
        Call { path: path.into(), body: Json::from(self.fields).bytes(), left_out: self.left_out }
    }
}

/// A JSON Schema as it stands; it is an object.
pub(crate) fn schema(text: &str) -> Result<Json, PortError> {
    if text.trim().is_empty() {
        return Ok(Object::new().with("type", "object").with("properties", Object::new()).into());
    }
    Json::object_text(text).ok_or_else(|| cannot("A JSON Schema must be an object of JSON."))
}

/// Everything up to here is to be kept computed.
pub(crate) fn cache_control(marks: CacheMarks) -> Object {
    let kind = Object::new().with("type", "ephemeral");
    if marks == CacheMarks::Hour { kind.with("ttl", "1h") } else { kind }
}

/// The names of efforts, the least first.
const EFFORTS: [&str; 8] = ["none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"];

/// The nearest effort of those that are known, the higher one of two.
pub(crate) fn effort_word(effort: Effort, known: &[String]) -> &str {
    let rank = |word: &str| EFFORTS.iter().position(|other| *other == word).unwrap_or(0);
    let wanted = match effort {
        Effort::None => 0,
        Effort::Minimal => 1,
        Effort::Low => 2,
        Effort::Medium => 3,
        Effort::High => 4,
    };
    let nearest = known.iter().rev().min_by_key(|word| rank(word).abs_diff(wanted));
    nearest.map_or("medium", String::as_str)
}

/// The probability that is told of a token that is next to impossible.
const LEAST: f32 = -9999.0;

/// How probable a token was, with the others at its place.
pub(crate) fn logprob(value: &Value, with_others: bool) -> Option<TokenLogprob> {
    let token = value.get("token")?.as_str()?.to_owned();
    let told = value.get("logprob")?.as_f64()?.to_string().parse::<f32>().unwrap_or(LEAST);
    let bytes = value
        .get("bytes")
        .and_then(Value::as_array)
        .map(|bytes| bytes.iter().filter_map(|byte| u8::try_from(byte.as_u64()?).ok()).collect::<Vec<u8>>());
    let others = value.get("top_logprobs").and_then(Value::as_array).filter(|_| with_others);
    Some(TokenLogprob {
        bytes: bytes.unwrap_or_else(|| token.clone().into_bytes()),
        token,
        logprob: told.max(LEAST),
        alternatives: others.into_iter().flatten().filter_map(|other| logprob(other, false)).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_effort_that_is_known() {
        let known = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(effort_word(Effort::Medium, &known(&["low", "high", "max"])), "high");
        assert_eq!(effort_word(Effort::None, &known(&["low", "high"])), "low");
        assert_eq!(effort_word(Effort::Minimal, &known(&["none", "minimal"])), "minimal");
        assert_eq!(effort_word(Effort::High, &[]), "medium");
    }
}
