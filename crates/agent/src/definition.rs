//! The definition of an agent, read from its package.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use wire::Bilingual;

use crate::ToolPolicy;

/// The text files of one package, as found in `data/agents/<id>/`.
#[derive(Clone, Copy, Debug)]
pub struct PackageText<'a> {
    /// The folder's name; must equal `id` in `agent.toml`.
    pub folder: &'a str,
    /// `agent.toml`.
    pub agent_toml: &'a str,
    /// `prompt.zh.md`.
    pub prompt_zh: &'a str,
    /// `prompt.en.md`.
    pub prompt_en: &'a str,
}

/// Several texts in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BilingualList {
    /// Chinese.
    pub zh: Vec<String>,
    /// English.
    pub en: Vec<String>,
}

/// Where the lane shows an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// For anything.
    Everyday,
    /// Languages, courses, exams.
    Learning,
    /// Body, heart and home.
    Life,
    /// Things, pictures, stories.
    Making,
    /// Documents, code, trade.
    Work,
    /// Offices and services.
    Public,
}

/// Which model answers, and how it samples.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPolicy {
    /// A model's id; empty or absent means the workspace's default.
    #[serde(default)]
    pub id: String,
    /// 0 is greedy; at most 2.
    pub temperature: f32,
    /// Above 0, at most 1.
    pub top_p: f32,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
    /// On top of the model, when it is the one named here.
    #[serde(default)]
    pub adapters: Vec<AdapterPolicy>,
}

/// An adapter that an agent has on top of its model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdapterPolicy {
    /// As it is registered.
    pub id: String,
    /// How strongly it counts; absent: as it is registered.
    pub scale: Option<f32>,
}

/// That whoever asks exactly the same may be answered as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecallPolicy {
    /// For so many hours; 1 to 720.
    pub hours: u32,
    /// True: what one member was answered, every member may be. False: each member has their own.
    #[serde(default)]
    pub shared: bool,
}

/// An agent: instructions, model policy and look.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    /// Lower-case letters, digits and hyphens; stable for ever.
    pub id: String,
    /// Counts up with every published change.
    pub version: u32,
    /// The one that answers when nobody is asked by name.
    pub default: bool,
    /// Where the lane shows it.
    pub category: Category,
    /// One character for the avatar.
    pub glyph: String,
    /// The door colour, `#rrggbb`.
    pub color: String,
    /// Its name.
    pub name: Bilingual,
    /// What it is for, one sentence.
    pub description: Bilingual,
    /// Its first words in an empty window.
    pub greeting: Bilingual,
    /// Prompts to begin with.
    pub openings: BilingualList,
    /// What it cannot do yet, said plainly.
    pub not_yet: Option<Bilingual>,
    /// Which model answers.
    pub model: ModelPolicy,
    /// Whether answers may be given again.
    pub recall: Option<RecallPolicy>,
    /// What it may call, and on which conditions.
    pub tools: ToolPolicy,
    /// Its instructions.
    pub prompt: Bilingual,
}

/// Why a package is not an agent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AgentError {
    /// `agent.toml` cannot be read.
    #[error("agents/{folder}/agent.toml: {message}")]
    Syntax {
        /// The package's folder.
        folder: String,
        /// What the parser says, with line and column.
        message: String,
    },
    /// A field has a value that cannot be.
    #[error("agents/{folder}: {field}: {expected}")]
    Field {
        /// The package's folder.
        folder: String,
        /// The field, or the file of a prompt.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
}

impl Agent {
    /// Reads and validates a package.
    ///
    /// # Errors
    /// [`AgentError`], naming the folder, the field and what is expected there.
    pub fn parse(package: PackageText<'_>) -> Result<Self, AgentError> {
        let raw: Raw = toml::from_str(package.agent_toml).map_err(|error| AgentError::Syntax {
            folder: package.folder.to_owned(),
            message: error.to_string().trim_end().to_owned(),
        })?;
        let agent = raw.with_prompt(package.prompt_zh, package.prompt_en);
        match agent.first_fault(package.folder) {
            None => Ok(agent),
            Some((field, expected)) => {
                Err(AgentError::Field { folder: package.folder.to_owned(), field, expected })
            }
        }
    }

    fn first_fault(&self, folder: &str) -> Option<(&'static str, &'static str)> {
        let id_ok = self.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let color_ok = self.color.strip_prefix('#').is_some_and(|digits| {
            digits.len() == 6 && digits.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
        });
        let glyphs = self.glyph.chars().count();
        let policy = &self.model;
        let checks = [
            (id_ok && !self.id.is_empty(), "id", "lower-case letters, digits and hyphens"),
            (self.id == folder, "id", "the same as the folder's name"),
            (self.version > 0, "version", "a number above 0"),
            ((1..=4).contains(&glyphs), "glyph", "one character or emoji"),
            (color_ok, "color", "#rrggbb in lower case"),
            (!self.name.is_blank(), "name", "a text in zh and en"),
            (!self.description.is_blank(), "description", "a text in zh and en"),
            (!self.greeting.is_blank(), "greeting", "a text in zh and en"),
            (self.openings.is_complete(), "openings", "1 to 6 texts in zh and in en"),
            (self.not_yet.as_ref().is_none_or(|text| !text.is_blank()), "not_yet", "a text in zh and en"),
            ((0.0..=2.0).contains(&policy.temperature), "model.temperature", "a number from 0 to 2"),
            (policy.top_p > 0.0 && policy.top_p <= 1.0, "model.top_p", "a number above 0, at most 1"),
            ((1..=32_768).contains(&policy.max_tokens), "model.max_tokens", "1 to 32768"),
            (
                policy.adapters.is_empty() || !policy.id.is_empty(),
                "model.id",
                "the model that the adapters are for",
            ),
            (policy.adapters.len() <= 1, "model.adapters", "at most one"),
            (self.recall.is_none_or(|recall| (1..=720).contains(&recall.hours)), "recall.hours", "1 to 720"),
            (
                self.tools.most_steps.is_none_or(|most| (1..=32).contains(&most)),
                "tools.most_steps",
                "1 to 32",
            ),
            (self.tools.offer.len() <= 16, "tools.offer", "at most 16 tools"),
            (self.recall.is_none() || self.tools.offer.is_empty(), "recall", "nothing, with tools"),
            (!self.prompt.zh.is_empty(), "prompt.zh.md", "instructions in Chinese"),
            (!self.prompt.en.is_empty(), "prompt.en.md", "instructions in English"),
        ];
        checks.into_iter().find(|(ok, ..)| !ok).map(|(_, field, expected)| (field, expected))
    }
}

impl BilingualList {
    fn is_complete(&self) -> bool {
        [&self.zh, &self.en]
            .iter()
            .all(|list| (1..=6).contains(&list.len()) && list.iter().all(|text| !text.trim().is_empty()))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: String,
    version: u32,
    #[serde(default)]
    default: bool,
    category: Category,
    glyph: String,
    color: String,
    name: Bilingual,
    description: Bilingual,
    greeting: Bilingual,
    openings: BilingualList,
    not_yet: Option<Bilingual>,
    model: ModelPolicy,
    recall: Option<RecallPolicy>,
    #[serde(default)]
    tools: ToolPolicy,
}

impl Raw {
    fn with_prompt(self, zh: &str, en: &str) -> Agent {
        Agent {
            id: self.id,
            version: self.version,
            default: self.default,
            category: self.category,
            glyph: self.glyph,
            color: self.color,
            name: self.name,
            description: self.description,
            greeting: self.greeting,
            openings: self.openings,
            not_yet: self.not_yet,
            model: self.model,
            recall: self.recall,
            tools: self.tools,
            prompt: Bilingual { zh: zh.trim().to_owned(), en: en.trim().to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::Locale;

    use super::*;

    const GOOD: &str = r##"
        id = "tutor"
        version = 1
        category = "learning"
        glyph = "英"
        color = "#3b7a57"
        name = { zh = "英语私教", en = "English tutor" }
        description = { zh = "改错", en = "Corrects" }
        greeting = { zh = "你好", en = "Hello" }
        openings = { zh = ["改这句"], en = ["Fix this"] }
        model = { temperature = 0.4, top_p = 0.9, max_tokens = 512 }
    "##;

    fn parse(toml: &str) -> Result<Agent, AgentError> {
        Agent::parse(PackageText {
            folder: "tutor",
            agent_toml: toml,
            prompt_zh: "你是老师。\n",
            prompt_en: "You teach.\n",
        })
    }

    #[test]
    fn a_package_becomes_an_agent() {
        let agent = parse(GOOD).unwrap();
        assert_eq!(agent.name.get(Locale::Chinese), "英语私教");
        assert_eq!(agent.prompt.get(Locale::English), "You teach.");
        assert!(!agent.default && agent.model.id.is_empty());
    }

    #[test]
    fn a_fault_names_the_field_and_what_is_expected() {
        for (from, to, field) in [
            ("\"tutor\"", "\"Tutor\"", "id"),
            ("\"tutor\"", "\"coach\"", "id"),
            ("#3b7a57", "green", "color"),
            ("0.4", "9.0", "model.temperature"),
            ("max_tokens = 512", "max_tokens = 512, adapters = [{ id = \"poet\" }]", "model.id"),
            ("[\"改这句\"]", "[]", "openings"),
            ("version = 1", "version = 1\nrecall = { hours = 0 }", "recall.hours"),
            ("version = 1", "version = 1\ntools = { offer = [\"now\"], most_steps = 0 }", "tools.most_steps"),
            ("\"英\"", "\"\"", "glyph"),
        ] {
            match parse(&GOOD.replace(from, to)) {
                Err(AgentError::Field { field: found, .. }) => assert_eq!(found, field),
                other => panic!("{from} → {to}: {other:?}"),
            }
        }
    }

    #[test]
    fn unknown_fields_are_refused_by_name() {
        let error = parse(&format!("tolls = 1\n{GOOD}")).unwrap_err().to_string();
        assert!(error.starts_with("agents/tutor/agent.toml:") && error.contains("tolls"), "{error}");
    }
}
