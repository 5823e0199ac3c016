//! The document of a request.

use ports::{AdapterUse, AnswerForm, ChatMessage, MOST_ALTERNATIVES, Tool, ToolCall, ToolChoice, Tools};
use serde::Deserialize;
use serde_json::value::RawValue;
use wire::Role;

use crate::read::{TextOr, parameters};

/// Answers to choose from.
const MOST_CHOICES: u32 = 8;

/// A request. Fields that are not here are accepted and have no effect, as the face does with fields of newer
/// versions; those that say how tokens are chosen are in `sampling.rs`.
#[derive(Debug, Deserialize)]
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    pub(crate) messages: Vec<Message>,
    #[serde(default)]
    pub(crate) stream: Option<bool>,
    #[serde(default)]
    pub(crate) stream_options: Option<StreamOptions>,
    n: Option<u32>,
    tools: Option<Vec<ToolDocument>>,
    tool_choice: Option<ChoiceDocument>,
    parallel_tool_calls: Option<bool>,
    response_format: Option<ResponseFormat>,
    logprobs: Option<bool>,
    top_logprobs: Option<u8>,
    /// An extension of this face.
    pub(crate) adapters: Option<Vec<AdapterUse>>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct StreamOptions {
    #[serde(default)]
    pub(crate) include_usage: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<NamedSchema>,
}

#[derive(Debug, Deserialize)]
struct NamedSchema {
    schema: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct ToolDocument {
    #[serde(rename = "type")]
    kind: String,
    function: Option<FunctionDocument>,
}

#[derive(Debug, Deserialize)]
struct FunctionDocument {
    name: String,
    description: Option<String>,
    parameters: Option<Box<RawValue>>,
    strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "`auto`, `none`, `required`, or a function by its name")]
enum ChoiceDocument {
    Word(String),
    Function { function: NamedFunction },
}

#[derive(Debug, Deserialize)]
struct NamedFunction {
    name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    role: String,
    content: Option<TextOr<ContentPart>>,
    tool_calls: Option<Vec<CallDocument>>,
    tool_call_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ContentPart {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct CallDocument {
    id: String,
    function: CalledFunction,
}

#[derive(Debug, Deserialize)]
struct CalledFunction {
    name: String,
    #[serde(default)]
    arguments: String,
}

impl ChatRequest {
    /// The conversation as a model takes it; an error names what is not possible.
    pub(crate) fn chat(&self) -> Result<Vec<ChatMessage>, String> {
        let messages = self.messages.iter().enumerate();
        messages.map(|(at, message)| message.to_chat(&format!("messages[{at}]"))).collect()
    }

    /// The form of the answer. A schema is strict unless it says that it is not.
    pub(crate) fn form(&self) -> Result<AnswerForm, String> {
        let Some(format) = &self.response_format else { return Ok(AnswerForm::Text) };
        match (format.kind.as_str(), &format.json_schema) {
            ("text", _) => Ok(AnswerForm::Text),
            ("json_object", _) => Ok(AnswerForm::JsonObject),
            ("json_schema", Some(NamedSchema { schema: Some(schema), strict })) => {
                Ok(AnswerForm::JsonSchema { schema: schema.get().to_owned(), strict: strict.unwrap_or(true) })
            }
            ("json_schema", _) => Err("response_format.json_schema.schema: missing".to_owned()),
            (other, _) => Err(format!("response_format.type: there is no type `{other}`")),
        }
    }

    /// How many answers to choose from.
    pub(crate) fn choices(&self) -> Result<u32, String> {
        let choices = self.n.unwrap_or(1);
        if (1..=MOST_CHOICES).contains(&choices) {
            Ok(choices)
        } else {
            Err(format!("n: {choices}; there may be 1 to {MOST_CHOICES}"))
        }
    }

    /// How many alternatives are told of each token; nothing when nothing is told.
    pub(crate) fn alternatives(&self) -> Result<Option<u8>, String> {
        match (self.logprobs.unwrap_or(false), self.top_logprobs) {
            (_, Some(more)) if more > MOST_ALTERNATIVES => {
                Err(format!("top_logprobs: 0 to {MOST_ALTERNATIVES}"))
            }
            (true, alternatives) => Ok(Some(alternatives.unwrap_or(0))),
            (false, None | Some(0)) => Ok(None),
            (false, Some(_)) => Err("top_logprobs: only together with logprobs".to_owned()),
        }
    }

    /// What may be called. The schema of a function is strict only when it says so: many come from elsewhere.
    pub(crate) fn offered(&self) -> Result<Tools, String> {
        let documents = self.tools.iter().flatten().enumerate();
        Ok(Tools {
            offered: documents.map(|(index, tool)| tool.to_tool(index)).collect::<Result<_, _>>()?,
            choice: self.choice()?,
            parallel: self.parallel_tool_calls.unwrap_or(true),
        })
    }

    fn choice(&self) -> Result<ToolChoice, String> {
        match &self.tool_choice {
            None => Ok(ToolChoice::Auto),
            Some(ChoiceDocument::Function { function }) => Ok(ToolChoice::Named(function.name.clone())),
            Some(ChoiceDocument::Word(word)) => match word.as_str() {
                "auto" => Ok(ToolChoice::Auto),
                "none" => Ok(ToolChoice::None),
                "required" => Ok(ToolChoice::Required),
                other => Err(format!("tool_choice: there is no choice `{other}`")),
            },
        }
    }
}

impl ToolDocument {
    fn to_tool(&self, index: usize) -> Result<Tool, String> {
        let Some(function) = self.function.as_ref().filter(|_| self.kind == "function") else {
            return Err(format!("tools[{index}]: only functions are supported, not `{}`", self.kind));
        };
        Ok(Tool {
            name: function.name.clone(),
            description: function.description.clone().unwrap_or_default(),
            parameters: parameters(function.parameters.as_deref()),
            strict: function.strict.unwrap_or(false),
        })
    }
}

impl Message {
    fn to_chat(&self, path: &str) -> Result<ChatMessage, String> {
        let content = self.text(path)?;
        let role = match self.role.as_str() {
            "system" | "developer" => Role::System,
            "user" => Role::User,
            "assistant" => {
                let calls: Vec<ToolCall> =
                    self.tool_calls.iter().flatten().map(CallDocument::to_call).collect();
                return Ok(if calls.is_empty() {
                    ChatMessage::text(Role::Assistant, content)
                } else {
                    ChatMessage::Calls { content, calls }
                });
            }
            "tool" => {
                let call_id = self.tool_call_id.clone();
                let call_id = call_id.ok_or_else(|| format!("{path}.tool_call_id: missing"))?;
                return Ok(ChatMessage::Result { call_id, content });
            }
            other => return Err(format!("{path}.role: there is no role `{other}` here")),
        };
        Ok(ChatMessage::text(role, content))
    }

    fn text(&self, path: &str) -> Result<String, String> {
        let parts = match &self.content {
            None => return Ok(String::new()),
            Some(TextOr::Text(text)) => return Ok(text.clone()),
            Some(TextOr::Parts(parts)) => parts,
        };
        let text = |(at, part): (usize, &ContentPart)| match (part.kind.as_str(), &part.text) {
            ("text", Some(text)) => Ok(text.clone()),
            ("text", None) => Err(format!("{path}.content[{at}].text: missing")),
            (other, _) => {
                Err(format!("{path}.content[{at}]: parts of type `{other}` are not supported here"))
            }
        };
        parts.iter().enumerate().map(text).collect()
    }
}

impl CallDocument {
    fn to_call(&self) -> ToolCall {
        let CalledFunction { name, arguments } = &self.function;
        // No arguments at all are none.
        let arguments = if arguments.trim().is_empty() { "{}" } else { arguments };
        ToolCall { id: self.id.clone(), name: name.clone(), arguments: arguments.to_owned() }
    }
}
