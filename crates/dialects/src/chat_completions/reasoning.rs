//! Whether and how long to think, in the many ways of saying it.

use catalog::ReasoningSwitch;
use ports::{Effort, Reasoning};

use crate::common::{Body, effort_word};
use crate::json::Object;

pub(super) fn put(body: &mut Body<'_>, reasoning: Reasoning) {
    if reasoning == Reasoning::default() {
        return;
    }
    let quirks = body.quirks;
    let is_off = reasoning.tokens() == Some(0);
    let effort = reasoning.effort.filter(|_| !is_off).map(|effort| effort_word(effort, &quirks.efforts));
    match quirks.reasoning {
        ReasoningSwitch::Effort => {
            match effort.or_else(|| is_off.then(|| effort_word(Effort::None, &quirks.efforts))) {
                Some(word) => body.put("reasoning_effort", word),
                None => body.leave_out("reasoning.budget"),
            }
        }
        ReasoningSwitch::Thinking | ReasoningSwitch::Adaptive => body.put("thinking", switched(!is_off)),
        ReasoningSwitch::ThinkingAndEffort => {
            body.put("thinking", switched(!is_off));
            if let Some(word) = effort {
                body.put("reasoning_effort", word);
            }
        }
        ReasoningSwitch::EnableThinking => {
            body.put("enable_thinking", !is_off);
            if let Some(tokens) = reasoning.tokens().filter(|tokens| *tokens > 0) {
                body.wish("thinking_budget", tokens);
            }
        }
        ReasoningSwitch::Object => {
            let object = match (reasoning.budget, effort) {
                (Some(budget), _) if budget > 0 => Object::new().with("max_tokens", budget),
                (_, Some(word)) => Object::new().with("effort", word),
                _ => Object::new().with("effort", effort_word(Effort::None, &quirks.efforts)),
            };
            body.put("reasoning", object);
        }
        ReasoningSwitch::Template => {
            body.put("chat_template_kwargs", Object::new().with("enable_thinking", !is_off));
        }
        ReasoningSwitch::None | ReasoningSwitch::Budget | ReasoningSwitch::Level => {
            body.leave_out("reasoning")
        }
    }
}

fn switched(on: bool) -> Object {
    Object::new().with("type", if on { "enabled" } else { "disabled" })
}
