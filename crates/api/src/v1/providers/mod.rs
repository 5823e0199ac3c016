//! Providers of models: who is asked, with which key. For owners and admins. Keys are written here and never read.

mod delete;
mod list;
mod put;
mod test;

use std::collections::BTreeMap;

use app::{KeyFrom, ProviderInfo, ProviderState};
use serde::Serialize;
use stdx::Timestamp;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use wire::ErrorCode;

use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(list::routes())
        .merge(put::routes())
        .merge(delete::routes())
        .merge(test::routes())
}

/// A provider of models, or one of its endpoints.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Provider)]
pub(crate) struct ProviderDocument {
    /// `vendor`, or `vendor.endpoint`: the first half of its models' ids.
    id: String,
    /// The vendor's id.
    vendor: String,
    /// The vendor's name.
    name: String,
    /// The endpoint's id.
    endpoint: String,
    state: ProviderStateDocument,
    /// Why it is not asked although it should be; null otherwise.
    #[schema(required)]
    problem: Option<String>,
    key: ProviderKey,
    /// Where the key is: the variable's or the file's name; null otherwise.
    #[schema(required)]
    key_name: Option<String>,
    /// True when it cannot be asked without a key.
    needs_key: bool,
    /// The environment's variables where a key is looked for.
    key_env: Vec<String>,
    /// True for what stands in `hutong.toml`: it is changed there.
    written: bool,
    /// True when something was set here that can be removed.
    set: bool,
    /// Where the vendor is. Words in braces are to be filled in.
    usual_url: String,
    /// Another address; null: the vendor's.
    #[schema(required)]
    base_url: Option<String>,
    /// What stands for the words in braces; null where nothing does yet.
    blanks: BTreeMap<String, Option<String>>,
    /// The models that are offered.
    models: Vec<String>,
    /// True when somebody said which; otherwise those that have a price.
    models_chosen: bool,
    /// What became of the last calls.
    calls: ProviderCalls,
    /// When it was set here; null: it was not.
    #[schema(required)]
    changed_at: Option<Timestamp>,
}

/// What became of calls since the server started.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderCalls {
    /// Those under way.
    under_way: usize,
    /// Models that only failed of late and are not asked for a while.
    resting: Vec<RestingModel>,
    /// The last one that failed, unless one was answered since; null: none did.
    #[schema(required)]
    last_failure: Option<ProviderFailure>,
    /// When the last answer was complete; null: there was none.
    #[schema(required)]
    answered_at: Option<Timestamp>,
}

/// Whether a provider is asked.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = ProviderState)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProviderStateDocument {
    /// It is.
    Asked,
    /// It was switched off.
    Off,
    /// Nobody has given it a key, or, where it needs none, asked for it.
    Absent,
    /// It should be asked, and cannot; `problem` says why.
    Broken,
}

/// Where a key is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProviderKey {
    /// There is none.
    None,
    /// It was entered, and is sealed in the database.
    Kept,
    /// In `hutong.toml`.
    Config,
    /// In a file that `hutong.toml` names.
    File,
    /// In the environment.
    Environment,
}

/// A model that is not asked for a while.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RestingModel {
    /// In the provider's words.
    model: String,
    /// For how long still, rounded up.
    seconds: u64,
}

/// A call that failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProviderFailure {
    at: Timestamp,
    /// In the provider's words.
    model: String,
    code: ErrorCode,
    detail: String,
}

impl From<ProviderInfo> for ProviderDocument {
    fn from(info: ProviderInfo) -> Self {
        let (key, key_name) = key(&info.key);
        let (state, problem) = match info.state {
            ProviderState::Asked => (ProviderStateDocument::Asked, None),
            ProviderState::Off => (ProviderStateDocument::Off, None),
            ProviderState::Absent => (ProviderStateDocument::Absent, None),
            ProviderState::Broken(reason) => (ProviderStateDocument::Broken, Some(reason)),
        };
        let standing = info.standing.unwrap_or_default();
        let resting = |(model, rest): (String, std::time::Duration)| {
            let seconds = rest.as_secs().saturating_add(u64::from(rest.subsec_nanos() > 0));
            RestingModel { model, seconds }
        };
        Self {
            id: info.id,
            vendor: info.provider,
            name: info.name,
            endpoint: info.endpoint,
            state,
            problem,
            key,
            key_name,
            needs_key: info.needs_key,
            key_env: info.key_env,
            written: info.is_written,
            set: info.is_set,
            usual_url: info.usual_url,
            base_url: info.base_url,
            blanks: info.blanks.into_iter().collect(),
            models: info.models,
            models_chosen: info.are_chosen,
            calls: ProviderCalls {
                under_way: standing.under_way,
                resting: standing.resting.into_iter().map(resting).collect(),
                last_failure: standing.failed.map(|failed| ProviderFailure {
                    at: failed.at,
                    model: failed.model,
                    code: failed.code,
                    detail: failed.detail,
                }),
                answered_at: standing.answered_at,
            },
            changed_at: info.changed_at,
        }
    }
}

/// Of a file, only its name is told: where it lies is the machine's business.
fn key(from: &KeyFrom) -> (ProviderKey, Option<String>) {
    match from {
        KeyFrom::Nowhere => (ProviderKey::None, None),
        KeyFrom::Kept => (ProviderKey::Kept, None),
        KeyFrom::Config => (ProviderKey::Config, None),
        KeyFrom::File(path) => {
            (ProviderKey::File, path.file_name().map(|name| name.to_string_lossy().into_owned()))
        }
        KeyFrom::Variable(name) => (ProviderKey::Environment, Some(name.clone())),
    }
}
