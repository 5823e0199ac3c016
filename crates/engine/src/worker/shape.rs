//! What an answer is held to, and how it is read.

use std::sync::Arc;

use llama_cpp_4::chat::ChatParams;
use llama_cpp_4::model::LlamaModel;
use llama_cpp_4::token::LlamaToken;
use ports::ToolChoice;
use speech::{AnswerText, ReasoningSplitter};
use wire::ErrorCode;

use super::answer::Answer;
use super::constraint::Constraint;
use super::pieces::Pieces;
use super::tools::{Style, rules};
use crate::protocol::{Failure, Generate};

/// A constraint, when there is one, and the reader that goes with it.
pub(super) struct Shape {
    pub(super) constraint: Option<Constraint>,
    pub(super) answer: Answer,
}

/// What the template has made of the request.
pub(super) struct Rendered {
    pub(super) applied: ChatParams,
    pub(super) style: Style,
    pub(super) reasoning: ReasoningSplitter,
    /// The token that opens the model's reasoning, if there is one.
    pub(super) opens: Option<LlamaToken>,
    pub(super) pieces: Arc<Pieces>,
}

impl Shape {
    /// Fails rather than to let an answer be free that was to be held.
    pub(super) fn new(model: &LlamaModel, rendered: Rendered, generate: &Generate) -> Result<Self, Failure> {
        let Rendered { applied, style, reasoning, opens, pieces } = rendered;
        let (tools, stop) = (&generate.tools, generate.sampling.stop.clone());
        match (tools.is_none(), &generate.schema, style) {
            (true, None, _) => {
                Ok(Self { constraint: None, answer: Answer::Plain(AnswerText::new(reasoning, stop)) })
            }
            (true, Some(_), _) => {
                let constraint =
                    Constraint::of_template(model, &pieces, &applied)?.ok_or_else(cannot_be_held)?;
                Ok(Self { constraint: Some(constraint), answer: Answer::json(applied, reasoning) })
            }
            (false, schema, Style::Marked | Style::Taught) => {
                let rules = rules(tools, schema.as_deref())?;
                let constraint = Constraint::of_rules(model, &pieces, rules, opens)?;
                let json = schema.is_some() && tools.choice == ToolChoice::Auto;
                let answer = Answer::marked(tools, json, stop, reasoning);
                Ok(Self { constraint: Some(constraint), answer })
            }
            (false, schema, Style::Library) => {
                let is_free = tools.choice == ToolChoice::Auto;
                if is_free && schema.is_some() {
                    return Err(cannot_be_held());
                }
                let constraint = Constraint::of_template(model, &pieces, &applied)?;
                if !is_free && constraint.is_none() {
                    return Err(cannot_be_held());
                }
                let answer = Answer::template(applied, tools, constraint.is_some(), stop, reasoning);
                Ok(Self { constraint, answer })
            }
        }
    }
}

fn cannot_be_held() -> Failure {
    let detail = "The model's chat template cannot be held to what is asked for.";
    Failure::new(ErrorCode::InvalidRequest, detail)
}
