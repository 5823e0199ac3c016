//! Tools that a model may call.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Tools of one request.
const MOST_TOOLS: usize = 128;
/// Characters of a tool's name.
const LONGEST_NAME: usize = 64;

/// What a model may call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// 1 to 64 letters, digits, `_` and `-`.
    pub name: String,
    /// What it is good for, in words for the model.
    pub description: String,
    /// A JSON Schema of the arguments, an object, as text: they are written in the order in which it names them.
    pub parameters: String,
    /// True when a keyword of the schema that cannot be enforced is an error; otherwise it is left out.
    pub strict: bool,
}

/// Whether a model calls a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// It does not: nothing is offered to it.
    None,
    /// It does: nothing else is possible.
    Required,
    /// It calls this one, once.
    Named(String),
}

/// What is offered to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tools {
    /// What it may call.
    pub offered: Vec<Tool>,
    /// Whether it does.
    pub choice: ToolChoice,
    /// Whether it may call several at a time.
    pub parallel: bool,
}

impl Default for Tools {
    fn default() -> Self {
        Self { offered: Vec::new(), choice: ToolChoice::Auto, parallel: true }
    }
}

impl Tools {
    /// True when nothing can be called.
    pub fn is_none(&self) -> bool {
        self.offered.is_empty() || self.choice == ToolChoice::None
    }

    /// Says what no model can be offered, beginning with the field; nothing when all is well.
    pub fn problem(&self) -> Option<String> {
        if self.offered.len() > MOST_TOOLS {
            return Some(format!("tools: {}; there may be {MOST_TOOLS}", self.offered.len()));
        }
        let mut names = BTreeSet::new();
        for (at, Tool { name, parameters, .. }) in self.offered.iter().enumerate() {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            if !(1..=LONGEST_NAME).contains(&name.len()) || !name.bytes().all(is_plain) {
                return Some(format!(
                    "tools[{at}].name: must be 1 to {LONGEST_NAME} letters, digits, `_` and `-`"
                ));
            }
            if !names.insert(name.as_str()) {
                return Some(format!("tools[{at}].name: there are two tools `{name}`"));
            }
            if !parameters.trim_start().starts_with('{') {
                return Some(format!("tools[{at}]: the schema of its arguments must be an object"));
            }
        }
        match &self.choice {
            ToolChoice::Required if names.is_empty() => {
                Some("tool_choice: there are no tools to choose from".to_owned())
            }
            ToolChoice::Named(name) if !names.contains(name.as_str()) => {
                Some(format!("tool_choice: there is no tool `{name}`"))
            }
            _ => None,
        }
    }
}

/// A call that a model made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Told by whoever keeps the conversation; the result refers to it.
    pub id: String,
    /// The tool.
    pub name: String,
    /// An object of JSON, as text.
    pub arguments: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tools(names: &[&str], choice: ToolChoice) -> Tools {
        let tool = |name: &&str| Tool {
            name: (*name).to_owned(),
            description: String::new(),
            parameters: "{}".to_owned(),
            strict: false,
        };
        Tools { offered: names.iter().map(tool).collect(), choice, parallel: true }
    }

    #[test]
    fn what_can_be_offered_passes() {
        for choice in [ToolChoice::Auto, ToolChoice::Required, ToolChoice::Named("a-1".to_owned())] {
            assert_eq!(tools(&["a-1", "B_2"], choice).problem(), None);
        }
        assert_eq!(Tools::default().problem(), None);
    }

    #[test]
    fn what_cannot_be_offered_is_named() {
        let many: Vec<String> = (0..129).map(|number| format!("t{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let problem = |names: &[&str], choice| tools(names, choice).problem().unwrap();
        assert_eq!(problem(&many, ToolChoice::Auto), "tools: 129; there may be 128");
        assert!(problem(&["a", "b c"], ToolChoice::Auto).starts_with("tools[1].name: must be"));
        assert!(problem(&["a", ""], ToolChoice::Auto).starts_with("tools[1].name: must be"));
        assert_eq!(problem(&["a", "a"], ToolChoice::None), "tools[1].name: there are two tools `a`");
        assert!(problem(&[], ToolChoice::Required).starts_with("tool_choice: there are no tools"));
        assert!(
            problem(&["a"], ToolChoice::Named("b".to_owned())).starts_with("tool_choice: there is no tool")
        );
        let mut words = tools(&["a"], ToolChoice::Auto);
        words.offered[0].parameters = "\"words\"".to_owned();
        assert_eq!(words.problem().unwrap(), "tools[0]: the schema of its arguments must be an object");
    }
}
