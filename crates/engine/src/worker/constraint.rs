//! Holds an answer to a grammar.

use llama_cpp_4::chat::ChatParams;
use llama_cpp_4::model::{AddBos, LlamaModel, Special};
use llama_cpp_4::sampling::LlamaSampler;
use llama_cpp_4::token::LlamaToken;
use llama_cpp_4::token::data::LlamaTokenData;
use llama_cpp_4::token::data_array::LlamaTokenDataArray;
use wire::ErrorCode;

use crate::protocol::Failure;

/// Rules of the library's JSON that let through what other readers of JSON refuse, and what stands here instead:
/// half of a pair of surrogates, and exponents that no floating-point number has.
const CORRECTIONS: [(&str, &str); 2] = [
    (
        r#"char ::= [^"\\\x7F\x00-\x1F] | [\\] (["\\bfnrt] | "u" [0-9a-fA-F]{4})"#,
        concat!(
            r#"char ::= [^"\\\x7F\x00-\x1F] | [\\] (["\\bfnrt] | "u" ([0-9a-cA-Ce-fE-F] [0-9a-fA-F]{3}"#,
            r#" | [dD] [0-7] [0-9a-fA-F]{2}"#,
            r#" | [dD] [89abAB] [0-9a-fA-F]{2} "\\u" [dD] [c-fC-F] [0-9a-fA-F]{2}))"#,
        ),
    ),
    (
        r#"number ::= ("-"? integral-part) ("." decimal-part)? ([eE] [-+]? integral-part)?"#,
        r#"number ::= ("-"? integral-part) ("." decimal-part)? ([eE] [-+]? [0-9] [0-9]?)?"#,
    ),
];

/// A grammar and how far an answer has come in it.
pub(super) struct Constraint {
    grammar: LlamaSampler,
}

impl Constraint {
    /// What the rendered template asks for; nothing when it leaves the answer free.
    pub(super) fn new(model: &LlamaModel, applied: &ChatParams) -> Result<Option<Self>, Failure> {
        if applied.grammar.is_empty() {
            return Ok(None);
        }
        let text = corrected(&applied.grammar);
        let (patterns, tokens) = applied.sampler_triggers();
        let waits = applied.grammar_lazy && !(patterns.is_empty() && tokens.is_empty());
        let grammar = if waits {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            LlamaSampler::try_grammar_lazy_patterns(model, &text, "root", &patterns, &tokens)
        } else {
            LlamaSampler::try_grammar(model, &text, "root")
        };
        let mut grammar = grammar.map_err(|error| {
            eprintln!("A grammar cannot be made: {error}");
            Failure::new(ErrorCode::InvalidRequest, "The schema cannot be turned into a grammar.")
        })?;
        if !waits {
            // The grammar begins with what the template has already written of the answer.
            for token in written(model, applied) {
                grammar.try_accept(token).map_err(|error| {
                    eprintln!("A grammar does not begin as its template does: {error}");
                    Failure::new(
                        ErrorCode::InvalidRequest,
                        "The model's chat template cannot be held to a schema.",
                    )
                })?;
            }
        }
        Ok(Some(Self { grammar }))
    }

    /// Whether a token may come next.
    pub(super) fn allows(&mut self, token: LlamaToken) -> bool {
        let mut single = LlamaTokenDataArray::new(vec![LlamaTokenData::new(token, 1.0, 0.0)], false);
        single.apply_sampler(&mut self.grammar);
        single.data.first().is_some_and(|only| only.logit() > f32::NEG_INFINITY)
    }

    /// Makes impossible what may not come next.
    pub(super) fn filter(&mut self, candidates: &mut LlamaTokenDataArray) {
        candidates.apply_sampler(&mut self.grammar);
    }

    /// Goes on by a token; false when the grammar did not expect it, after which it is of no use.
    #[must_use]
    pub(super) fn accept(&mut self, token: LlamaToken) -> bool {
        let accepted = self.grammar.try_accept(token);
        if let Err(error) = &accepted {
            eprintln!("A grammar cannot go on: {error}");
        }
        accepted.is_ok()
    }
}

fn corrected(grammar: &str) -> String {
    let correct =
        |line| CORRECTIONS.iter().find(|(rule, _)| *rule == line).map_or(line, |(_, better)| *better);
    let mut text = String::with_capacity(grammar.len());
    for line in grammar.lines() {
        text.push_str(correct(line));
        text.push('\n');
    }
    text
}

/// The tokens of what the template has written of the answer. Some vocabularies put a blank before the first, which the
/// template did not write.
fn written(model: &LlamaModel, applied: &ChatParams) -> Vec<LlamaToken> {
    let text = applied.generation_prompt();
    let tokens = model.str_to_token_with_special(text, AddBos::Never, Special::Tokenize).unwrap_or_default();
    let is_blank = |token: &LlamaToken| {
        let piece = model.token_to_raw_bytes(*token, Special::Tokenize).unwrap_or_default();
        piece.first().is_some_and(u8::is_ascii_whitespace)
    };
    let added = !text.starts_with(char::is_whitespace) && tokens.first().is_some_and(is_blank);
    tokens.into_iter().skip(usize::from(added)).collect()
}

#[cfg(test)]
mod tests {
    use llama_cpp_4::chat::json_schema_to_grammar;

    use super::*;

    #[test]
    fn the_library_still_writes_the_rules_that_are_corrected() {
        let grammar = json_schema_to_grammar(r#"{"type":"object"}"#, true).unwrap();
        for (rule, _) in CORRECTIONS {
            assert!(grammar.lines().any(|line| line == rule), "{rule}\n{grammar}");
        }
        let better = corrected(&grammar);
        assert_eq!(better.lines().count(), grammar.lines().count());
        assert!(
            CORRECTIONS
                .iter()
                .all(|(rule, better_rule)| !better.contains(rule) && better.contains(better_rule))
        );
    }
}
