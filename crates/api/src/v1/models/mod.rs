//! Local models, and those of providers.

mod cancel_pull;
mod list;
mod load;
mod pin;
mod pull;
mod remote;
mod residency;
mod unload;
mod unpin;

use app::{ModelInfo, ModelState};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use wire::{ErrorCode, ModelKind};

pub(super) use self::remote::PriceDocument;
use self::residency::ResidencyDocument;
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(list::routes())
        .merge(pull::routes())
        .merge(cancel_pull::routes())
        .merge(load::routes())
        .merge(unload::routes())
        .merge(pin::routes())
        .merge(unpin::routes())
}

/// A model of the catalogue, and whether it is here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Model)]
pub(crate) struct ModelDocument {
    id: String,
    name: String,
    /// What it is for. Only models for `chat` answer questions.
    kind: ModelKind,
    family: String,
    /// For example `0.5B`.
    parameters: String,
    /// The quantisation, for example `Q4_K_M`.
    quant: String,
    bytes: u64,
    /// The longest context it was trained for, in tokens.
    context_tokens: u32,
    licence: String,
    /// The one agents use unless they say otherwise.
    default: bool,
    state: ModelStateDocument,
    residency: ResidencyDocument,
    /// True when it is kept in memory: loaded at every start, and unloaded neither when nobody asks nor to make room.
    pinned: bool,
    /// Bytes of memory it would take; null when it is not here.
    #[schema(required)]
    needs_bytes: Option<u64>,
}

/// Whether a model is here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelState)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ModelStateDocument {
    /// Not here.
    Absent,
    /// On its way.
    Pulling {
        done_bytes: u64,
        total_bytes: u64,
        bytes_per_second: u64,
        #[schema(required)]
        seconds_left: Option<u64>,
    },
    /// Ready to be loaded.
    Installed,
    /// The last pull went wrong; what had arrived is kept for the next.
    Failed { code: ErrorCode, detail: String },
}

impl From<ModelInfo> for ModelDocument {
    fn from(info: ModelInfo) -> Self {
        let ModelInfo { spec, state, residency, pinned, needs_bytes } = info;
        Self {
            id: spec.id,
            name: spec.name,
            kind: spec.kind,
            family: spec.family,
            parameters: spec.parameters,
            quant: spec.quant,
            bytes: spec.bytes,
            context_tokens: spec.context_tokens,
            licence: spec.licence,
            default: spec.default,
            state: state.into(),
            residency: residency.into(),
            pinned,
            needs_bytes,
        }
    }
}

impl From<ModelState> for ModelStateDocument {
    fn from(state: ModelState) -> Self {
        match state {
            ModelState::Absent => Self::Absent,
            ModelState::Installed => Self::Installed,
            ModelState::Failed { code, detail } => Self::Failed { code, detail },
            ModelState::Pulling(progress) => Self::Pulling {
                done_bytes: progress.done_bytes,
                total_bytes: progress.total_bytes,
                bytes_per_second: progress.bytes_per_second,
                seconds_left: progress.seconds_left,
            },
        }
    }
}
