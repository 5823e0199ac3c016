//! What is particular about an endpoint or a model there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// What is particular about an endpoint or a model there. Without a word in the file it is as the dialect's inventor has
/// it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quirks {
    /// Fields of the body that it takes though the dialect's inventor does not have them.
    pub knows: BTreeSet<String>,
    /// Fields of the body that it refuses; they are left out. Only for what a question can do without.
    pub omits: BTreeSet<String>,
    /// Put into every body unless it has them: JSON.
    pub adds: BTreeMap<String, serde_json::Value>,
    /// What the limit of tokens is called.
    pub limit_field: String,
    /// The limit of tokens when the question has none and there must be one.
    pub usual_limit: Option<u32>,
    /// Stop strings that it takes; absent: as many as a question may have.
    pub most_stops: Option<usize>,
    /// The highest temperature; what is higher becomes this.
    pub most_temperature: f32,
    /// Whether it tells what a stream consumed.
    pub usage_in_stream: UsageInStream,
    /// How it is told whether and how long to think.
    pub reasoning: ReasoningSwitch,
    /// The efforts that it knows, the least first; others become the nearest one.
    pub efforts: Vec<String>,
    /// Which of its thoughts it wants back.
    pub reasoning_back: ReasoningBack,
    /// In which field it wants them back.
    pub reasoning_field: String,
    /// Whether an answer's text begins with thoughts between `<think>` and `</think>`.
    pub think_tags: bool,
    /// What form it can be held to.
    pub forms: Forms,
    /// Whether a tool can be marked as one whose schema is to be kept strictly.
    pub strict_tools: bool,
    /// How far it can be made to call a tool.
    pub tool_force: ToolForce,
    /// Whether cached tokens are among those of the input.
    pub cached: Counted,
    /// Whether tokens of reasoning are among those of the output.
    pub reasoned: Counted,
    /// Whether it wants to be told what to keep computed.
    pub cache_marks: CacheMarks,
    /// The currency of the cost that it reports; absent: it reports none.
    pub cost: Option<money::Currency>,
}

/// Whether an endpoint tells what a stream consumed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsageInStream {
    /// When it is asked for, with `stream_options`.
    #[default]
    Asked,
    /// Unasked, and it may refuse to be asked.
    Always,
}

/// How an endpoint is told whether and how long to think.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasoningSwitch {
    /// It cannot be told.
    #[default]
    None,
    /// By an effort alone: `reasoning_effort`, or `effort` in the dialect's object.
    Effort,
    /// `thinking: {type: enabled | disabled}`, with `budget_tokens` in the dialect that has it.
    Thinking,
    /// The same, and `reasoning_effort` beside it.
    ThinkingAndEffort,
    /// It thinks as long as it likes, within an effort: `thinking: {type: adaptive}` and `output_config.effort`.
    Adaptive,
    /// `enable_thinking`, and `thinking_budget` for its length.
    EnableThinking,
    /// `reasoning: {effort | max_tokens}`.
    Object,
    /// `chat_template_kwargs: {enable_thinking}`, for servers that leave it to the model's template.
    Template,
    /// A budget of tokens: `thinkingConfig.thinkingBudget`.
    Budget,
    /// A level: `thinkingConfig.thinkingLevel`.
    Level,
}

/// Which of its thoughts an endpoint wants back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasoningBack {
    /// None.
    #[default]
    Never,
    /// Those before calls of tools, or it refuses to go on.
    WithCalls,
    /// All that are kept.
    Always,
}

/// What form an answer can be held to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Forms {
    /// None.
    Text,
    /// Any object of JSON.
    Object,
    /// A JSON Schema.
    #[default]
    Schema,
}

/// How far a model can be made to call a tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolForce {
    /// It calls as it likes.
    Never,
    /// It can be made to call a certain one.
    Named,
    /// It can be made to call one of them, or a certain one.
    #[default]
    Any,
}

/// Whether a part is counted within its total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    /// As the dialect's inventor does it.
    #[default]
    Usual,
    /// The total has it in it.
    Inside,
    /// It comes on top of the total.
    Beside,
}

/// Whether an endpoint wants to be told what to keep computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CacheMarks {
    /// It finds that out by itself.
    #[default]
    None,
    /// Marked pieces are kept for five minutes.
    FiveMinutes,
    /// Marked pieces are kept for an hour.
    Hour,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            knows: BTreeSet::new(),
            omits: BTreeSet::new(),
            adds: BTreeMap::new(),
            limit_field: "max_tokens".to_owned(),
            usual_limit: None,
            most_stops: None,
            most_temperature: 2.0,
            usage_in_stream: UsageInStream::default(),
            reasoning: ReasoningSwitch::default(),
            efforts: ["none", "minimal", "low", "medium", "high"].map(str::to_owned).to_vec(),
            reasoning_back: ReasoningBack::default(),
            reasoning_field: "reasoning_content".to_owned(),
            think_tags: false,
            forms: Forms::default(),
            strict_tools: true,
            tool_force: ToolForce::default(),
            cached: Counted::default(),
            reasoned: Counted::default(),
            cache_marks: CacheMarks::default(),
            cost: None,
        }
    }
}
