//! The document of a request.

use ports::{AdapterUse, AnswerForm, Effort, Reasoning, SamplingWish, Tool, ToolChoice, Tools};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::input::{InputItem, chat};
use crate::Question;
use crate::read::{TextOr, narrow, parameters};

/// A request.
#[derive(Debug, Deserialize)]
pub(super) struct ResponsesRequest {
    model: String,
    input: TextOr<InputItem>,
    instructions: Option<String>,
    stream: Option<bool>,
    max_output_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_logprobs: Option<u8>,
    tools: Option<Vec<ToolDocument>>,
    tool_choice: Option<Box<RawValue>>,
    parallel_tool_calls: Option<bool>,
    text: Option<TextDocument>,
    reasoning: Option<ReasoningDocument>,
    conversation: Option<Box<RawValue>>,
    /// An extension of this face.
    adapters: Option<Vec<AdapterUse>>,
}

/// What an answer says again of its request, as it stood there.
#[derive(Debug, Deserialize)]
pub(super) struct Echo {
    pub(super) background: Option<bool>,
    pub(super) store: Option<bool>,
    pub(super) previous_response_id: Option<String>,
    pub(super) instructions: Option<Box<RawValue>>,
    pub(super) max_output_tokens: Option<u32>,
    pub(super) metadata: Option<Box<RawValue>>,
    pub(super) parallel_tool_calls: Option<bool>,
    pub(super) reasoning: Option<Box<RawValue>>,
    pub(super) temperature: Option<f64>,
    pub(super) text: Option<Box<RawValue>>,
    pub(super) tool_choice: Option<Box<RawValue>>,
    pub(super) tools: Option<Box<RawValue>>,
    pub(super) top_p: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct ToolDocument {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    description: Option<String>,
    parameters: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct NamedChoice {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TextDocument {
    format: Option<FormatDocument>,
}

#[derive(Debug, Deserialize)]
struct FormatDocument {
    #[serde(rename = "type")]
    kind: String,
    schema: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct ReasoningDocument {
    effort: Option<String>,
}

impl ResponsesRequest {
    pub(super) fn question(self) -> Result<Question, String> {
        self.must_be_possible()?;
        let (tools, form, reasoning) = (self.offered()?, self.form()?, self.thought()?);
        let sampling = SamplingWish {
            temperature: self.temperature.map(narrow),
            top_p: self.top_p.map(narrow),
            max_tokens: self.max_output_tokens,
            ..SamplingWish::default()
        };
        Ok(Question {
            model: self.model,
            adapters: self.adapters.unwrap_or_default(),
            messages: chat(self.instructions, self.input)?,
            sampling,
            form,
            tools,
            reasoning,
            logprobs: None,
            choices: 1,
            is_streamed: self.stream.unwrap_or(false),
        })
    }

    /// Refuses what is not done here, by name.
    fn must_be_possible(&self) -> Result<(), String> {
        if self.conversation.as_ref().is_some_and(|id| id.get() != "null") {
            return Err(
                "conversation: not kept here; go on from an answer with previous_response_id".to_owned()
            );
        }
        if self.top_logprobs.is_some_and(|most| most > 0) {
            return Err("top_logprobs: not told by this face yet; chat completions tell them".to_owned());
        }
        if self.max_output_tokens == Some(0) {
            return Err("max_output_tokens: at least 1".to_owned());
        }
        Ok(())
    }

    fn offered(&self) -> Result<Tools, String> {
        let documents = self.tools.iter().flatten().enumerate();
        Ok(Tools {
            offered: documents.map(|(at, tool)| tool.to_tool(at)).collect::<Result<_, _>>()?,
            choice: self.choice()?,
            parallel: self.parallel_tool_calls.unwrap_or(true),
        })
    }

    fn choice(&self) -> Result<ToolChoice, String> {
        let Some(choice) = &self.tool_choice else { return Ok(ToolChoice::Auto) };
        if let Ok(word) = serde_json::from_str::<String>(choice.get()) {
            return match word.as_str() {
                "auto" => Ok(ToolChoice::Auto),
                "none" => Ok(ToolChoice::None),
                "required" => Ok(ToolChoice::Required),
                other => Err(format!("tool_choice: there is no choice `{other}`")),
            };
        }
        match serde_json::from_str::<NamedChoice>(choice.get()) {
            Ok(NamedChoice { kind, name: Some(name) }) if kind == "function" => Ok(ToolChoice::Named(name)),
            Ok(NamedChoice { kind, .. }) => Err(format!("tool_choice: `{kind}` cannot be chosen here")),
            Err(error) => Err(format!("tool_choice: {error}")),
        }
    }

    /// A schema is strict unless it says that it is not.
    fn form(&self) -> Result<AnswerForm, String> {
        let Some(format) = self.text.as_ref().and_then(|text| text.format.as_ref()) else {
            return Ok(AnswerForm::Text);
        };
        match (format.kind.as_str(), &format.schema) {
            ("text", _) => Ok(AnswerForm::Text),
            ("json_object", _) => Ok(AnswerForm::JsonObject),
            ("json_schema", Some(schema)) => {
                let strict = format.strict.unwrap_or(true);
                Ok(AnswerForm::JsonSchema { schema: schema.get().to_owned(), strict })
            }
            ("json_schema", None) => Err("text.format.schema: missing".to_owned()),
            (other, _) => Err(format!("text.format.type: there is no type `{other}`")),
        }
    }

    fn thought(&self) -> Result<Reasoning, String> {
        let effort = self.reasoning.as_ref().and_then(|reasoning| reasoning.effort.as_deref());
        let effort = match effort {
            None => None,
            Some("none") => Some(Effort::None),
            Some("minimal") => Some(Effort::Minimal),
            Some("low") => Some(Effort::Low),
            Some("medium") => Some(Effort::Medium),
            Some("high" | "xhigh") => Some(Effort::High),
            Some(other) => return Err(format!("reasoning.effort: there is no effort `{other}`")),
        };
        Ok(Reasoning { effort, budget: None })
    }
}

impl ToolDocument {
    fn to_tool(&self, at: usize) -> Result<Tool, String> {
        if self.kind != "function" {
            return Err(format!("tools[{at}].type: only functions are supported here, not `{}`", self.kind));
        }
        Ok(Tool {
            name: self.name.clone().ok_or_else(|| format!("tools[{at}].name: missing"))?,
            description: self.description.clone().unwrap_or_default(),
            parameters: parameters(self.parameters.as_deref()),
            strict: self.strict.unwrap_or(false),
        })
    }
}
