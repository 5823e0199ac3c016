//! The agents of the lane.

mod get;
mod list;

use agent::{Agent, Bilingual, BilingualList};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().merge(list::routes()).merge(get::routes())
}

/// One text in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Text {
    pub(crate) zh: String,
    pub(crate) en: String,
}

/// Several texts in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TextList {
    zh: Vec<String>,
    en: Vec<String>,
}

/// Where the lane shows an agent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Category {
    Everyday,
    Learning,
    Life,
    Making,
    Work,
    Public,
}

/// An agent as the lane shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AgentSummary {
    id: String,
    /// Counts up with every published change.
    version: u32,
    name: Text,
    description: Text,
    category: Category,
    /// One character for the avatar.
    glyph: String,
    /// The door colour, `#rrggbb`.
    color: String,
    /// Its first words in an empty window.
    greeting: Text,
    /// Prompts to begin with.
    openings: TextList,
    /// What it cannot do yet.
    #[schema(required)]
    not_yet: Option<Text>,
    /// The one that answers when nobody is asked by name.
    default: bool,
}

impl From<&Bilingual> for Text {
    fn from(text: &Bilingual) -> Self {
        Self { zh: text.zh.clone(), en: text.en.clone() }
    }
}

impl From<&BilingualList> for TextList {
    fn from(list: &BilingualList) -> Self {
        Self { zh: list.zh.clone(), en: list.en.clone() }
    }
}

impl From<agent::Category> for Category {
    fn from(category: agent::Category) -> Self {
        match category {
            agent::Category::Everyday => Self::Everyday,
            agent::Category::Learning => Self::Learning,
            agent::Category::Life => Self::Life,
            agent::Category::Making => Self::Making,
            agent::Category::Work => Self::Work,
            agent::Category::Public => Self::Public,
        }
    }
}

impl From<&Agent> for AgentSummary {
    fn from(agent: &Agent) -> Self {
        Self {
            id: agent.id.clone(),
            version: agent.version,
            name: (&agent.name).into(),
            description: (&agent.description).into(),
            category: agent.category.into(),
            glyph: agent.glyph.clone(),
            color: agent.color.clone(),
            greeting: (&agent.greeting).into(),
            openings: (&agent.openings).into(),
            not_yet: agent.not_yet.as_ref().map(Text::from),
            default: agent.default,
        }
    }
}
