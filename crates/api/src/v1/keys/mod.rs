//! API keys: members manage their own, admins all.

mod create;
mod delete;
mod list;
mod rotate;
mod update;

use serde::{Deserialize, Serialize};
use stdx::{KeyId, MemberId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(list::routes())
        .merge(create::routes())
        .merge(update::routes())
        .merge(rotate::routes())
        .merge(delete::routes())
}

/// A key, without its token.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct KeyDocument {
    id: KeyId,
    /// Whose rights it has.
    member_id: MemberId,
    name: String,
    scope: KeyScope,
    /// The most that may be spent by it.
    #[schema(required)]
    budget: Option<KeyBudget>,
    created_at: Timestamp,
    /// When it stops opening anything by itself.
    #[schema(required)]
    expires_at: Option<Timestamp>,
    /// How long the token before the last rotation still opens.
    #[schema(required)]
    previous_until: Option<Timestamp>,
    /// When it was taken out of use.
    #[schema(required)]
    revoked_at: Option<Timestamp>,
}

/// What of its member's rights a key has; what is null is not limited.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KeyScope {
    /// What it may be used for.
    faces: Option<Vec<Face>>,
    /// The models it may call by name: patterns in which `*` is any text.
    models: Option<Vec<String>>,
    /// The agents it may call: patterns in which `*` is any text. Which model answers is the agent's own affair.
    agents: Option<Vec<String>>,
    /// The pages it may be used from and from nowhere else, such as `https://lane.example`; null: programs alone.
    origins: Option<Vec<String>>,
    /// The most requests in a minute.
    rate_per_minute: Option<u32>,
}

/// What programs come for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Face {
    Chat,
    Embeddings,
    Rerank,
}

/// The most that may be spent by a key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBudget {
    /// Millionths of the workspace's currency.
    micros: u64,
    term: BudgetTerm,
}

/// When a budget begins anew.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BudgetTerm {
    Day,
    Month,
    /// Never.
    Once,
}

/// A fresh token of a key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    key: KeyDocument,
    /// Shown this once.
    token: String,
}

impl From<accounts::KeyInfo> for KeyDocument {
    fn from(key: accounts::KeyInfo) -> Self {
        Self {
            id: key.id,
            member_id: key.member_id,
            name: key.name,
            scope: key.scope.into(),
            budget: key.budget.map(KeyBudget::from),
            created_at: key.created_at,
            expires_at: key.expires_at,
            previous_until: key.previous_until,
            revoked_at: key.revoked_at,
        }
    }
}

impl From<accounts::CreatedKey> for CreatedKey {
    fn from(created: accounts::CreatedKey) -> Self {
        Self { key: created.key.into(), token: created.token.expose().clone() }
    }
}

impl From<accounts::KeyScope> for KeyScope {
    fn from(scope: accounts::KeyScope) -> Self {
        let accounts::KeyScope { faces, models, agents, origins, rate_per_minute } = scope;
        let faces = faces.map(|faces| faces.into_iter().map(Face::from).collect());
        Self { faces, models, agents, origins, rate_per_minute }
    }
}

impl From<KeyScope> for accounts::KeyScope {
    fn from(scope: KeyScope) -> Self {
        let KeyScope { faces, models, agents, origins, rate_per_minute } = scope;
        let faces = faces.map(|faces| faces.into_iter().map(app::Face::from).collect());
        Self { faces, models, agents, origins, rate_per_minute }
    }
}

impl From<app::Face> for Face {
    fn from(face: app::Face) -> Self {
        match face {
            app::Face::Chat => Self::Chat,
            app::Face::Embeddings => Self::Embeddings,
            app::Face::Rerank => Self::Rerank,
        }
    }
}

impl From<Face> for app::Face {
    fn from(face: Face) -> Self {
        match face {
            Face::Chat => Self::Chat,
            Face::Embeddings => Self::Embeddings,
            Face::Rerank => Self::Rerank,
        }
    }
}

impl From<accounts::KeyBudget> for KeyBudget {
    fn from(budget: accounts::KeyBudget) -> Self {
        Self { micros: budget.micros, term: budget.term.into() }
    }
}

impl From<KeyBudget> for accounts::KeyBudget {
    fn from(budget: KeyBudget) -> Self {
        Self { micros: budget.micros, term: budget.term.into() }
    }
}

impl From<app::BudgetTerm> for BudgetTerm {
    fn from(term: app::BudgetTerm) -> Self {
        match term {
            app::BudgetTerm::Day => Self::Day,
            app::BudgetTerm::Month => Self::Month,
            app::BudgetTerm::Once => Self::Once,
        }
    }
}

impl From<BudgetTerm> for app::BudgetTerm {
    fn from(term: BudgetTerm) -> Self {
        match term {
            BudgetTerm::Day => Self::Day,
            BudgetTerm::Month => Self::Month,
            BudgetTerm::Once => Self::Once,
        }
    }
}
