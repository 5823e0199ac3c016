//! How it stands with a model and the memory.

use app::{CacheUse, ReadyModel, Residency, TierUse};
use serde::Serialize;
use utoipa::ToSchema;
use wire::ErrorCode;

/// How it stands with a model and the memory.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Residency)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ResidencyDocument {
    /// Not in memory; the first question brings it there.
    Absent,
    /// On its way into memory.
    Loading,
    /// In memory.
    Ready {
        /// Weights, context and working space.
        memory_bytes: u64,
        /// What one question and its answer may use, in tokens.
        context_tokens: u32,
        threads: u32,
        /// Questions that are being answered or wait for it.
        requests: u32,
        /// When it is unloaded if nobody asks; null while it is at work and while it is pinned.
        #[schema(required)]
        idle_seconds_left: Option<u64>,
        isolation: IsolationDocument,
        cache: CacheDocument,
    },
    /// On its way out of memory.
    Unloading,
    /// Not in memory: it could not be brought there, or it stopped working.
    Failed { code: ErrorCode, detail: String },
}

/// What keeps the process of a model from everything but the model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Isolation)]
pub(super) struct IsolationDocument {
    /// The version of Landlock that guards files; null when the kernel has none.
    #[schema(required)]
    landlock: Option<u32>,
    /// Whether calls of the kernel are filtered.
    seccomp: bool,
}

/// What a model keeps of computed prompts, and what it was good for since the model was loaded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cache)]
pub(super) struct CacheDocument {
    /// In memory.
    memory: CacheTierDocument,
    /// On disk; most of what is in memory is there too.
    disk: CacheTierDocument,
    /// Tokens of prompts that were asked for.
    prompt_tokens: u64,
    /// Those of them that needed no computing.
    cached_tokens: u64,
}

/// What one tier of the cache holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CacheTier)]
pub(super) struct CacheTierDocument {
    tokens: u64,
    bytes: u64,
}

impl From<CacheUse> for CacheDocument {
    fn from(cache: CacheUse) -> Self {
        let tier = |TierUse { tokens, bytes, .. }| CacheTierDocument { tokens, bytes };
        let CacheUse { memory, disk, prompt_tokens, cached_tokens, .. } = cache;
        Self { memory: tier(memory), disk: tier(disk), prompt_tokens, cached_tokens }
    }
}

impl From<Residency> for ResidencyDocument {
    fn from(residency: Residency) -> Self {
        match residency {
            Residency::Absent => Self::Absent,
            Residency::Loading => Self::Loading,
            Residency::Unloading => Self::Unloading,
            Residency::Failed(error) => Self::Failed { code: error.code, detail: error.detail },
            Residency::Ready(ready) => {
                let ReadyModel { memory_bytes, context_tokens, threads, requests, .. } = ready;
                Self::Ready {
                    memory_bytes,
                    context_tokens,
                    threads,
                    requests,
                    idle_seconds_left: ready.idle_left.map(|left| left.as_secs()),
                    isolation: IsolationDocument {
                        landlock: ready.isolation.landlock,
                        seccomp: ready.isolation.seccomp,
                    },
                    cache: ready.cache.into(),
                }
            }
        }
    }
}
