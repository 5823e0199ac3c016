//! The fields of a request that say how long a model thinks: the effort of the face, and the switch and the budget that
//! other servers of the same face have added. Models that do not think are not concerned, and nothing is refused.

use ports::{Effort, Reasoning};
use serde::Deserialize;

/// Read from the same body as the rest of the request.
#[derive(Debug, Deserialize)]
pub(crate) struct ReasoningFields {
    reasoning_effort: Option<String>,
    /// Tokens.
    thinking_budget: Option<u32>,
    enable_thinking: Option<bool>,
    chat_template_kwargs: Option<TemplateFields>,
}

/// What some servers hand to the chat template as it is; the others of its fields have no effect.
#[derive(Debug, Deserialize)]
struct TemplateFields {
    enable_thinking: Option<bool>,
}

impl ReasoningFields {
    /// How long the model may think; an error names what is not possible.
    pub(crate) fn wish(self) -> Result<Reasoning, String> {
        let effort = self.reasoning_effort.as_deref().map(effort).transpose()?;
        let switch = self.chat_template_kwargs.and_then(|fields| fields.enable_thinking);
        match self.enable_thinking.or(switch) {
            Some(false) if effort.is_some_and(|effort| effort != Effort::None) => {
                Err("reasoning_effort: not together with enable_thinking false".to_owned())
            }
            Some(false) => Ok(Reasoning { effort: Some(Effort::None), budget: Some(0) }),
            Some(true) | None => Ok(Reasoning { effort, budget: self.thinking_budget }),
        }
    }
}

fn effort(word: &str) -> Result<Effort, String> {
    match word {
        "none" => Ok(Effort::None),
        "minimal" => Ok(Effort::Minimal),
        "low" => Ok(Effort::Low),
        "medium" => Ok(Effort::Medium),
        "high" | "xhigh" => Ok(Effort::High),
        other => Err(format!("reasoning_effort: there is no effort `{other}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(body: &str) -> Result<Reasoning, String> {
        serde_json::from_str::<ReasoningFields>(body).unwrap().wish()
    }

    #[test]
    fn what_is_absent_is_left_to_the_model() {
        assert_eq!(wish("{}"), Ok(Reasoning::default()));
        assert_eq!(wish(r#"{"enable_thinking": true, "reasoning_effort": null}"#), Ok(Reasoning::default()));
        assert_eq!(wish(r#"{"chat_template_kwargs": {"other": 1}}"#), Ok(Reasoning::default()));
    }

    #[test]
    fn an_effort_and_a_budget_go_together() {
        let both = Reasoning { effort: Some(Effort::High), budget: Some(9) };
        assert_eq!(wish(r#"{"reasoning_effort": "xhigh", "thinking_budget": 9}"#), Ok(both));
        assert!(wish(r#"{"reasoning_effort": "huge"}"#).unwrap_err().starts_with("reasoning_effort"));
    }

    #[test]
    fn thinking_is_switched_off_in_either_way() {
        let off = Reasoning { effort: Some(Effort::None), budget: Some(0) };
        assert_eq!(wish(r#"{"enable_thinking": false}"#), Ok(off));
        assert_eq!(
            wish(r#"{"chat_template_kwargs": {"enable_thinking": false}, "thinking_budget": 7}"#),
            Ok(off)
        );
        let both = wish(r#"{"enable_thinking": false, "reasoning_effort": "low"}"#);
        assert!(both.unwrap_err().contains("enable_thinking"));
    }
}
