//! What of its member's rights a key has.

use serde::{Deserialize, Serialize};

use crate::pattern::fits_any;

/// What of its member's rights a key has. Without any word it has all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyScope {
    /// What it may be used for; absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faces: Option<Vec<Face>>,
    /// The models it may call by name, as patterns in which `*` is any text; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<Vec<String>>,
    /// The agents it may call, as patterns in which `*` is any text; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agents: Option<Vec<String>>,
    /// The pages it may be used from, such as `https://lane.example`; absent: from programs alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origins: Option<Vec<String>>,
    /// The most requests in a minute; absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_per_minute: Option<u32>,
}

impl KeyScope {
    /// True for an agent of its patterns. Which model answers is the agent's own affair.
    pub fn reaches_agent(&self, id: &str) -> bool {
        fits_any(self.agents.as_deref(), id)
    }

    /// True for a model of its patterns.
    pub fn reaches_model(&self, id: &str) -> bool {
        fits_any(self.models.as_deref(), id)
    }

    /// True for what it may be used for.
    pub fn is_for(&self, face: Face) -> bool {
        self.faces.as_ref().is_none_or(|faces| faces.contains(&face))
    }

    /// True where the request comes from: a key that is for pages works from those, and one that is not works from
    /// programs. `page` is the origin of the page, where a browser says so.
    pub fn comes_from(&self, page: Option<&str>) -> bool {
        match (&self.origins, page) {
            (None, None) => true,
            (Some(origins), Some(page)) => origins.iter().any(|origin| origin == page),
            (None, Some(_)) | (Some(_), None) => false,
        }
    }
}

/// What programs come for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Face {
    /// Conversations.
    Chat,
    /// Vectors of texts.
    Embeddings,
    /// Documents in the order in which they answer.
    Rerank,
}

/// The most that may be spent by a key: runs that go on count with the most they can cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyBudget {
    /// Micro-units of the workspace's currency.
    pub micros: u64,
    /// When it begins anew.
    pub term: BudgetTerm,
}

/// When a budget begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetTerm {
    /// Every day.
    Day,
    /// Every month.
    Month,
    /// Never.
    Once,
}
