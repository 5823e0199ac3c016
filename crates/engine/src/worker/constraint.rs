//! Holds an answer to a grammar.

use std::sync::Arc;

use llama_cpp_4::chat::ChatParams;
use llama_cpp_4::model::{AddBos, LlamaModel, Special};
use llama_cpp_4::sampling::LlamaSampler;
use llama_cpp_4::token::LlamaToken;
use llama_cpp_4::token::data::LlamaTokenData;
use llama_cpp_4::token::data_array::LlamaTokenDataArray;
use speech::marked;
use wire::ErrorCode;

use super::pieces::{Pieces, Writing};
use super::tools::Rules;
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
    writing: Writing,
    begins: Begins,
    /// What holds no answer before a mark can be given up when the model writes something else behind it.
    can_be_dropped: bool,
}

/// From where on a grammar holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Begins {
    /// It holds, and knows of reasoning itself.
    Now,
    /// It holds whenever the model does not reason.
    OutsideReasoning,
    /// It holds from the first word of the answer on. The model may reason before it, when it has a token for that.
    AtAnswer { opens: Option<LlamaToken> },
    /// It holds behind the first mark of a call, or from the rule `bare` on in a call without marks.
    InCall(Rules),
}

impl Constraint {
    /// What the rendered template asks for; nothing when it leaves the answer free.
    pub(super) fn of_template(
        model: &LlamaModel,
        pieces: &Arc<Pieces>,
        applied: &ChatParams,
    ) -> Result<Option<Self>, Failure> {
        if applied.grammar.is_empty() {
            return Ok(None);
        }
        let text = corrected(&applied.grammar);
        let writing = Writing::new(Arc::clone(pieces));
        let (patterns, tokens) = applied.sampler_triggers();
        if applied.grammar_lazy && !(patterns.is_empty() && tokens.is_empty()) {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            let grammar = LlamaSampler::try_grammar_lazy_patterns(model, &text, "root", &patterns, &tokens);
            let grammar = grammar.map_err(|error| unusable(&error))?;
            return Ok(Some(Self {
                grammar,
                writing,
                begins: Begins::OutsideReasoning,
                can_be_dropped: true,
            }));
        }
        let mut grammar =
            LlamaSampler::try_grammar(model, &text, "root").map_err(|error| unusable(&error))?;
        // The grammar begins with what the template has already written of the answer.
        for token in written(model, applied) {
            grammar.try_accept(token).map_err(|error| unusable(&error))?;
        }
        Ok(Some(Self { grammar, writing, begins: Begins::Now, can_be_dropped: false }))
    }

    /// Rules for calls between marks. The last is the token that opens the model's reasoning, if there is one.
    pub(super) fn of_rules(
        model: &LlamaModel,
        pieces: &Arc<Pieces>,
        rules: Rules,
        opens: Option<LlamaToken>,
    ) -> Result<Self, Failure> {
        let text = corrected(&rules.grammar);
        let grammar = LlamaSampler::try_grammar(model, &text, "root").map_err(|error| unusable(&error))?;
        let can_be_dropped = rules.behind_mark;
        let begins = if can_be_dropped {
            Begins::InCall(Rules { grammar: text, ..rules })
        } else {
            Begins::AtAnswer { opens }
        };
        Ok(Self { grammar, writing: Writing::new(Arc::clone(pieces)), begins, can_be_dropped })
    }

    /// Whether the next token must be one that the grammar allows.
    pub(super) fn holds(&self, is_reasoning: bool) -> bool {
        match self.begins {
            Begins::Now => true,
            Begins::OutsideReasoning | Begins::AtAnswer { .. } => !is_reasoning,
            Begins::InCall(_) => false,
        }
    }

    /// Whether a token may come next.
    pub(super) fn allows(&mut self, token: LlamaToken) -> bool {
        if self.opens(token) {
            return true;
        }
        if !self.writing.allows(token) {
            return false;
        }
        let mut single = LlamaTokenDataArray::new(vec![LlamaTokenData::new(token, 1.0, 0.0)], false);
        single.apply_sampler(&mut self.grammar);
        single.data.first().is_some_and(|only| only.logit() > f32::NEG_INFINITY)
    }

    /// Makes impossible what may not come next.
    pub(super) fn filter(&mut self, candidates: &mut LlamaTokenDataArray) {
        self.writing.filter(candidates);
        candidates.apply_sampler(&mut self.grammar);
    }

    /// Goes on by a token.
    pub(super) fn accept(&mut self, token: LlamaToken) -> Accepted {
        if self.opens(token) {
            self.begins = Begins::AtAnswer { opens: None };
            return Accepted::Yes;
        }
        if matches!(self.begins, Begins::AtAnswer { .. }) {
            self.begins = Begins::Now;
        }
        self.writing.accept(token);
        match self.grammar.try_accept(token) {
            Ok(()) => Accepted::Yes,
            Err(error) => {
                eprintln!("A grammar cannot go on: {error}");
                if self.can_be_dropped { Accepted::LetGo } else { Accepted::No }
            }
        }
    }

    /// Looks at the answer for the call in which the grammar holds.
    pub(super) fn follow(&mut self, model: &LlamaModel, answer: &str) -> Accepted {
        let Begins::InCall(rules) = &self.begins else { return Accepted::Yes };
        // Behind a mark there is usually nothing: it is a token of its own, or ends with one.
        let written = if let Some((_, behind)) = answer.split_once(marked::OPEN) {
            behind
        } else if let Some(body) = marked::bare_call(answer, &rules.names) {
            match LlamaSampler::try_grammar(model, &rules.grammar, "bare") {
                Ok(grammar) => self.grammar = grammar,
                Err(_) => return Accepted::LetGo,
            }
            body
        } else {
            return Accepted::Yes;
        };
        let tokens = model.str_to_token_with_special(written, AddBos::Never, Special::Plaintext);
        self.begins = Begins::Now;
        let goes_on =
            tokens.unwrap_or_default().into_iter().all(|token| self.grammar.try_accept(token).is_ok());
        if goes_on { Accepted::Yes } else { Accepted::LetGo }
    }

    fn opens(&self, token: LlamaToken) -> bool {
        self.begins == Begins::AtAnswer { opens: Some(token) }
    }
}

/// What a grammar says to a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Accepted {
    Yes,
    /// It does not hold the answer any more, and need not.
    LetGo,
    /// It must hold the answer and cannot.
    No,
}

fn unusable(error: &dyn std::error::Error) -> Failure {
    eprintln!("A grammar cannot be used: {error}");
    Failure::new(ErrorCode::InvalidRequest, "The schemas cannot be turned into a grammar for this model.")
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
