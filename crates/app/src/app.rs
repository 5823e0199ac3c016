//! The application: what all use cases share.

use std::sync::Arc;

use agent::{Agent, Locale};
use catalog::ModelCatalog;
use gateways::Gateways;
use models::{AdapterStore, Installer};
use ports::{ChatModel, Embedder, ModelHost, ReadyModel, Reranker, Residency, Toolbox};
use stdx::{Clock, EntityId, IdMaker, Rng, RunId};
use store::Db;
use telemetry::RequestLog;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::task::TaskTracker;
use wire::ErrorCode;

use crate::billing::{Lasts, Spenders, Tallies};
use crate::note_requests::Noted as NotedRequests;
use crate::routing::Watched;
use crate::{AppError, ProviderDesk, Routing, Tariff};
use doors::Doors;
use live::LiveRuns;

/// What the application is made of; `server` and tests plug it together.
#[derive(Debug)]
pub struct AppParts {
    /// Where everything is kept.
    pub db: Db,
    /// The agents of the lane, in its order. One is the default.
    pub agents: Vec<Agent>,
    /// The models that are known.
    pub catalog: ModelCatalog,
    /// The models that are here or on their way.
    pub installer: Installer,
    /// The adapters that are registered.
    pub adapters: AdapterStore,
    /// The providers of models, and who asks them.
    pub providers: ProviderDesk,
    /// Who answers chats.
    pub chat: Arc<dyn ChatModel>,
    /// Who turns texts into vectors.
    pub embedder: Arc<dyn Embedder>,
    /// Who compares documents with a query.
    pub reranker: Arc<dyn Reranker>,
    /// Who holds models in memory.
    pub host: Arc<dyn ModelHost>,
    /// What runs cost, and who may have how much.
    pub tariff: Tariff,
    /// By what it is chosen who answers.
    pub routing: Routing,
    /// What agents may call.
    pub toolbox: Arc<dyn Toolbox>,
    /// How members pay.
    pub gateways: Gateways,
    /// Who is told of requests, if somebody is.
    pub collector: Option<telemetry::Exporter>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub rng: Arc<dyn Rng>,
    /// What guards callbacks and vouchers, and what secrets at rest are encrypted with.
    pub doors: Arc<Doors>,
    /// What differs from one installation to another.
    pub options: AppOptions,
}

/// What differs from one installation to another.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// The language of the machine.
    pub default_locale: Locale,
    /// The longest context a run may use, in tokens.
    pub context_tokens: u32,
    /// The most runs at once, all members together.
    pub most_live_runs: usize,
    /// What is kept of requests.
    pub requests: traffic::Keeping,
    /// For so many days answers of the face of responses are kept; 0: they are not.
    pub response_days: u32,
}

/// The application. Cheap to share; use cases are its methods.
#[derive(Debug)]
pub struct App {
    pub(crate) db: Db,
    pub(crate) agents: Vec<Agent>,
    pub(crate) catalog: ModelCatalog,
    pub(crate) installer: Installer,
    pub(crate) adapters: AdapterStore,
    pub(crate) offer: Offer,
    pub(crate) chat: Arc<dyn ChatModel>,
    pub(crate) embedder: Arc<dyn Embedder>,
    pub(crate) reranker: Arc<dyn Reranker>,
    pub(crate) host: Arc<dyn ModelHost>,
    pub(crate) tariff: Tariff,
    pub(crate) gateways: Gateways,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) ids: IdMaker,
    pub(crate) options: AppOptions,
    pub(crate) doors: Arc<Doors>,
    pub(crate) live: LiveRuns,
    pub(crate) noted: Noted,
    pub(crate) tasks: TaskTracker,
}

/// What is noted of calls beside their books.
#[derive(Debug)]
pub(crate) struct Noted {
    /// Who may have come near a limit.
    pub(crate) spenders: Spenders,
    /// What of the sums of windows and budgets will never change.
    pub(crate) tallies: Tallies,
    /// What to read of whoever asks again.
    pub(crate) lasts: Lasts,
    /// What was asked of models.
    pub(crate) requests: NotedRequests,
    /// What a watched policy has not looked at.
    pub(crate) watched: Watched,
}

/// What members and agents may ask for beside the models of this machine.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) toolbox: Arc<dyn Toolbox>,
    pub(crate) providers: ProviderDesk,
    pub(crate) routing: Routing,
}

impl App {
    /// Plugs the parts together. Call [`App::recover_runs`] before the first request.
    pub fn new(parts: AppParts) -> Arc<Self> {
        let AppParts { db, agents, catalog, installer, adapters, chat, embedder, reranker, host, .. } = parts;
        let (tariff, gateways, clock, rng, options) =
            (parts.tariff, parts.gateways, parts.clock, parts.rng, parts.options);
        let log = RequestLog::new(options.requests, Arc::clone(&clock), parts.collector);
        Arc::new(Self {
            ids: IdMaker::new(Arc::clone(&clock), Arc::clone(&rng)),
            live: LiveRuns::new(options.most_live_runs),
            doors: parts.doors,
            noted: Noted {
                spenders: Spenders::default(),
                tallies: Tallies::default(),
                lasts: Lasts::default(),
                requests: NotedRequests::new(log),
                watched: Watched::default(),
            },
            tasks: TaskTracker::new(),
            db,
            agents,
            catalog,
            installer,
            adapters,
            offer: Offer { toolbox: parts.toolbox, providers: parts.providers, routing: parts.routing },
            chat,
            embedder,
            reranker,
            host,
            tariff,
            gateways,
            clock,
            rng,
            options,
        })
    }

    /// The model agents use unless they say otherwise.
    pub fn default_model(&self) -> &str {
        self.catalog.default_id()
    }

    /// The language of the machine.
    pub fn default_locale(&self) -> Locale {
        self.options.default_locale
    }

    /// The currency that members pay in.
    pub fn currency(&self) -> money::Currency {
        self.tariff.currency
    }

    /// A fresh identifier for a document that is not stored.
    pub fn fresh_id(&self) -> RunId {
        self.ids.make()
    }

    /// A fresh identifier for callers that have none of their own to make.
    pub fn fresh_id_of<I: EntityId>(&self) -> I {
        self.ids.make()
    }

    /// Now, in whole seconds since 1970.
    pub fn unix_seconds(&self) -> u64 {
        u64::try_from(self.clock.now().as_micros() / 1_000_000).unwrap_or(0)
    }

    /// True when the database answers.
    pub async fn is_ready(&self) -> bool {
        store::workspaces::first(&self.db).await.is_ok()
    }

    /// The models in memory.
    pub fn ready_models(&self) -> Vec<(String, ReadyModel)> {
        let ready = |id: &String| match self.host.residency(id) {
            Residency::Ready(ready) => Some((id.clone(), ready)),
            Residency::Absent | Residency::Loading | Residency::Unloading | Residency::Failed(_) => None,
        };
        self.catalog.iter().filter_map(|spec| ready(&spec.id)).collect()
    }

    /// A place among the answers that are being made at once.
    pub(crate) fn slot(&self) -> Result<OwnedSemaphorePermit, AppError> {
        let full = || AppError::new(ErrorCode::Overloaded, "Too many answers are being written at once.");
        self.live.slot().ok_or_else(full)
    }

    /// How many runs are being driven.
    pub fn live_run_count(&self) -> usize {
        self.live.count()
    }

    /// Ends all live runs as interrupted, keeps what they wrote, and waits until that is stored. No run begins after.
    pub async fn shut_down(&self) {
        self.live.close();
        self.tasks.close();
        self.tasks.wait().await;
        if let Err(error) = self.store_requests().await {
            tracing::warn!(%error, "the last requests were not kept");
        }
    }
}
