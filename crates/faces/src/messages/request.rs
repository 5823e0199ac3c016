//! The document of a request.

use ports::{AdapterUse, AnswerForm, ChatMessage, Effort, Reasoning, SamplingWish, Tool, ToolChoice, Tools};
use serde::Deserialize;
use serde_json::value::RawValue;
use wire::Role;

use super::content::{ContentBlock, Turn, text_of};
use crate::Question;
use crate::read::{TextOr, narrow, parameters};

/// A request.
#[derive(Debug, Deserialize)]
pub(super) struct MessagesRequest {
    model: String,
    messages: Vec<Turn>,
    max_tokens: Option<u32>,
    system: Option<TextOr<ContentBlock>>,
    stream: Option<bool>,
    stop_sequences: Option<Vec<String>>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<i64>,
    tools: Option<Vec<ToolDocument>>,
    tool_choice: Option<ChoiceDocument>,
    thinking: Option<ThinkingDocument>,
    output_config: Option<OutputDocument>,
    /// Where the form of the answer stood at first.
    output_format: Option<FormatDocument>,
    /// An extension of this face.
    adapters: Option<Vec<AdapterUse>>,
}

#[derive(Debug, Deserialize)]
struct ToolDocument {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: String,
    description: Option<String>,
    input_schema: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct ChoiceDocument {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    disable_parallel_tool_use: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct ThinkingDocument {
    #[serde(rename = "type")]
    kind: String,
    budget_tokens: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct OutputDocument {
    effort: Option<String>,
    format: Option<FormatDocument>,
}

#[derive(Debug, Deserialize)]
struct FormatDocument {
    #[serde(rename = "type")]
    kind: String,
    schema: Option<Box<RawValue>>,
}

impl MessagesRequest {
    /// An answer has a limit here, always.
    pub(super) fn must_have_limit(&self) -> Result<(), String> {
        self.max_tokens.map(|_| ()).ok_or_else(|| "max_tokens: missing".to_owned())
    }

    pub(super) fn question(self) -> Result<Question, String> {
        let (tools, reasoning, form) = (self.offered()?, self.reasoning()?, self.form()?);
        let sampling = SamplingWish {
            temperature: self.temperature.map(narrow),
            top_p: self.top_p.map(narrow),
            // Others say -1 or 0 for "all of them".
            top_k: self.top_k.filter(|k| *k > 0).map(|k| u32::try_from(k).unwrap_or(u32::MAX)),
            max_tokens: self.max_tokens,
            stop: self.stop_sequences.unwrap_or_default(),
            ..SamplingWish::default()
        };
        Ok(Question {
            model: self.model,
            adapters: self.adapters.unwrap_or_default(),
            messages: chat(self.system, self.messages)?,
            sampling,
            form,
            tools,
            reasoning,
            logprobs: None,
            choices: 1,
            is_streamed: self.stream.unwrap_or(false),
        })
    }

    fn offered(&self) -> Result<Tools, String> {
        let documents = self.tools.iter().flatten().enumerate();
        let choice = self.tool_choice.as_ref();
        let alone = choice.and_then(|choice| choice.disable_parallel_tool_use).unwrap_or(false);
        Ok(Tools {
            offered: documents.map(|(at, tool)| tool.to_tool(at)).collect::<Result<_, _>>()?,
            choice: choice.map_or(Ok(ToolChoice::Auto), ChoiceDocument::choice)?,
            parallel: !alone,
        })
    }

    fn reasoning(&self) -> Result<Reasoning, String> {
        let effort = self.output_config.as_ref().and_then(|config| config.effort.as_deref());
        let effort = effort.map(effort_of).transpose()?;
        let Some(thinking) = &self.thinking else { return Ok(Reasoning { effort, budget: None }) };
        match (thinking.kind.as_str(), thinking.budget_tokens) {
            ("disabled", _) => Ok(Reasoning { effort: Some(Effort::None), budget: Some(0) }),
            ("adaptive" | "between_tools", _) => Ok(Reasoning { effort, budget: None }),
            ("enabled", None) => Err("thinking.budget_tokens: missing".to_owned()),
            ("enabled", Some(budget)) if self.max_tokens.is_some_and(|most| budget >= most) => {
                Err("thinking.budget_tokens: less than max_tokens".to_owned())
            }
            ("enabled", budget) => Ok(Reasoning { effort, budget }),
            (other, _) => Err(format!("thinking.type: there is no type `{other}`")),
        }
    }

    fn form(&self) -> Result<AnswerForm, String> {
        let inside = self.output_config.as_ref().and_then(|config| config.format.as_ref());
        let (path, format) = match (inside, &self.output_format) {
            (Some(format), _) => ("output_config.format", format),
            (None, Some(format)) => ("output_format", format),
            (None, None) => return Ok(AnswerForm::Text),
        };
        match (format.kind.as_str(), &format.schema) {
            ("json_schema", Some(schema)) => {
                Ok(AnswerForm::JsonSchema { schema: schema.get().to_owned(), strict: true })
            }
            ("json_schema", None) => Err(format!("{path}.schema: missing")),
            (other, _) => Err(format!("{path}.type: there is no type `{other}`")),
        }
    }
}

/// The conversation as a model takes it, which ends with what is to be answered.
fn chat(system: Option<TextOr<ContentBlock>>, turns: Vec<Turn>) -> Result<Vec<ChatMessage>, String> {
    let mut messages = Vec::new();
    if let Some(system) = system {
        let content = text_of(system, "system")?;
        if !content.is_empty() {
            messages.push(ChatMessage::text(Role::System, content));
        }
    }
    if turns.is_empty() {
        return Err("messages: at least one".to_owned());
    }
    if !turns.last().is_some_and(Turn::is_from_user) {
        return Err("messages: the last one is the user's; an answer cannot be begun for a model".to_owned());
    }
    for (at, turn) in turns.into_iter().enumerate() {
        turn.messages(&format!("messages[{at}]"), &mut messages)?;
    }
    Ok(messages)
}

fn effort_of(word: &str) -> Result<Effort, String> {
    match word {
        "low" => Ok(Effort::Low),
        "medium" => Ok(Effort::Medium),
        "high" | "xhigh" | "max" => Ok(Effort::High),
        other => Err(format!("output_config.effort: there is no effort `{other}`")),
    }
}

impl ToolDocument {
    fn to_tool(&self, at: usize) -> Result<Tool, String> {
        if let Some(other) = self.kind.as_deref().filter(|kind| *kind != "custom") {
            return Err(format!(
                "tools[{at}].type: only tools of your own are supported here, not `{other}`"
            ));
        }
        Ok(Tool {
            name: self.name.clone(),
            description: self.description.clone().unwrap_or_default(),
            parameters: parameters(self.input_schema.as_deref()),
            strict: self.strict.unwrap_or(false),
        })
    }
}

impl ChoiceDocument {
    fn choice(&self) -> Result<ToolChoice, String> {
        match (self.kind.as_str(), &self.name) {
            ("auto", _) => Ok(ToolChoice::Auto),
            ("none", _) => Ok(ToolChoice::None),
            ("any", _) => Ok(ToolChoice::Required),
            ("tool", Some(name)) => Ok(ToolChoice::Named(name.clone())),
            ("tool", None) => Err("tool_choice.name: missing".to_owned()),
            (other, _) => Err(format!("tool_choice.type: there is no type `{other}`")),
        }
    }
}
