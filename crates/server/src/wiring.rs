//! Plugs the crates together.

use std::sync::Arc;

use agent::{Agent, Locale, PackageText};
use anyhow::Context;
use app::{App, AppOptions, AppParts, Routing, Tariff, TokenHash};
use catalog::{DataTree, ModelCatalog};
use engine::{
    AdapterFile, Engine, EngineConfig, EngineLimits, FixedPrompts, ModelFile, ModelFiles, ModelSettings,
    NoFixedPrompts, WorkerCommand, WorkerPrograms,
};
use gateways::{Gateways, HttpsClient, Surroundings};
use levels::Workers;
use models::{AdapterStore, Installer, InstallerOptions, ModelStore, RegisteredAdapter};
use plans::{Plans, Thresholds};
use ports::ChatMessage;
use stdx::{Clock, OsRng, Rng, SystemClock};
use store::{Db, OpenOptions, Place};
use upstreams::Dispatcher;
use wire::Role;

use crate::commands::ENGINE_WORKER;
use crate::config::Config;
use crate::paths::{Paths, key_variable, machine_locale, machine_offset_minutes, model_caches};
use crate::sealing;
use crate::vendors::{Around, Vendors};

/// The most answers being written at once.
const MOST_LIVE_RUNS: usize = 256;

/// Everything but the database: what commands need that do not touch people's data.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) paths: Paths,
    pub(crate) config: Config,
    pub(crate) data: DataTree,
    pub(crate) catalog: ModelCatalog,
    pub(crate) installer: Installer,
    pub(crate) adapters: AdapterStore,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
}

impl House {
    /// Reads the configuration and the facts.
    pub(crate) fn open(paths: Paths) -> anyhow::Result<Self> {
        paths.make()?;
        let config = Config::read(&paths.config())?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let rng: Arc<dyn Rng> = Arc::new(OsRng);
        let data = DataTree::embedded().overlay(read_overlay(&paths.overlay())?);
        let catalog = catalog::models(&data)?;
        let store = ModelStore::new(paths.models(), model_caches(), Arc::clone(&clock));
        let mut options = InstallerOptions::new(Arc::clone(&rng));
        if let Some(endpoint) = &config.models.hf_endpoint {
            options.hf_endpoint.clone_from(endpoint);
        }
        let installer = Installer::new(store, options);
        let adapters = AdapterStore::new(paths.adapters(), Arc::clone(&clock));
        Ok(Self { paths, config, data, catalog, installer, adapters, clock, rng })
    }

    /// The agents of the lane; the default one first, then by category and name of their folders.
    pub(crate) fn agents(&self) -> anyhow::Result<Vec<Agent>> {
        let mut agents = Vec::new();
        for files in catalog::agent_files(&self.data)? {
            agents.push(Agent::parse(PackageText {
                folder: &files.id,
                agent_toml: &files.agent_toml,
                prompt_zh: &files.prompt_zh,
                prompt_en: &files.prompt_en,
            })?);
        }
        anyhow::ensure!(
            agents.iter().filter(|agent| agent.default).count() == 1,
            "exactly one agent must have `default = true` in its agent.toml"
        );
        agents.sort_by_key(|agent| !agent.default);
        Ok(agents)
    }

    /// What things cost here, and the plans.
    pub(crate) fn tariff(&self) -> anyhow::Result<Tariff> {
        let plans = self.plans()?;
        Ok(Tariff {
            currency: plans.currency(),
            plans,
            prices: catalog::prices(&self.data)?,
            alert_at: self.thresholds()?,
            exchange: catalog::exchange(&self.data)?,
            price_lists: self.vendors()?.price_lists(&catalog::providers(&self.data)?),
            offset_minutes: self
                .config
                .money
                .utc_offset_minutes
                .unwrap_or_else(|| machine_offset_minutes(self.clock.now())),
        })
    }

    /// By what it is chosen who answers. A policy is asked for like a model, so none may have a model's name.
    pub(crate) fn routing(&self) -> anyhow::Result<Routing> {
        let routing = Routing::read(&self.data)?;
        let taken = routing.policies.iter().find(|policy| self.catalog.get(&policy.id).is_some());
        if let Some(policy) = taken {
            anyhow::bail!(
                "data/routing/{0}.toml: there is a model `{0}`; call the policy otherwise",
                policy.id
            );
        }
        Ok(routing)
    }

    /// How members pay here. What is written down and cannot be right is an error.
    pub(crate) fn gateways(&self) -> anyhow::Result<Gateways> {
        let around = Surroundings {
            http: Arc::new(HttpsClient::new()),
            clock: Arc::clone(&self.clock),
            rng: Arc::clone(&self.rng),
        };
        Gateways::open(&self.config.payments, &around)
            .with_context(|| format!("{} cannot be used", self.paths.config().display()))
    }

    /// The providers of models that can be asked here.
    pub(crate) fn vendors(&self) -> anyhow::Result<Vendors> {
        let around = Around { variable: &key_variable, read: &|path| std::fs::read_to_string(path) };
        Vendors::open(&catalog::providers(&self.data)?, &self.config.providers, around)
            .with_context(|| format!("{} cannot be used", self.paths.config().display()))
    }

    /// What members are offered.
    pub(crate) fn plans(&self) -> anyhow::Result<Plans> {
        let files: Vec<(String, &str)> =
            self.data.below("plans").map(|(name, text)| (format!("plans/{name}"), text)).collect();
        Ok(Plans::read(files.iter().map(|(name, text)| (name.as_str(), *text)))?)
    }

    /// When people are told how much they used.
    fn thresholds(&self) -> anyhow::Result<Thresholds> {
        let path = "alerts/thresholds.toml";
        let text = self.data.get(path).with_context(|| format!("data/{path} is missing"))?;
        Ok(Thresholds::read(path, text)?)
    }

    /// How local models run here.
    pub(crate) fn settings(&self) -> ModelSettings {
        let engine = &self.config.engine;
        let usual = ModelSettings::default();
        ModelSettings { threads: engine.threads, nice: engine.nice.unwrap_or(usual.nice), ..usual }
    }

    /// The workers that this program carries, and which of them is for this machine.
    pub(crate) fn workers(&self) -> Workers {
        Workers::carried(self.paths.workers(), self.config.engine.level.as_deref())
    }

    /// The engine, without any model in memory.
    pub(crate) fn engine(&self) -> anyhow::Result<Engine> {
        let workers = self.workers();
        let calibration = self.paths.calibration(workers.choice().level.as_deref());
        Ok(Engine::new(EngineConfig {
            workers: Arc::new(Programs { workers, own: own_worker()? }),
            models: Arc::new(Installed {
                catalog: self.catalog.clone(),
                installer: self.installer.clone(),
                adapters: self.adapters.clone(),
            }),
            clock: Arc::clone(&self.clock),
            rng: Arc::clone(&self.rng),
            settings: self.settings(),
            limits: EngineLimits {
                memory: self.config.engine.memory_mb.map(|mb| mb.saturating_mul(1_000_000)),
                ..EngineLimits::default()
            },
            adapters: Some(self.paths.adapters()),
            cache: Some(self.paths.prefixes()),
            calibration: Some(calibration),
            prompts: self.ahead()?,
        }))
    }

    /// What models compute ahead.
    fn ahead(&self) -> anyhow::Result<Arc<dyn FixedPrompts>> {
        Ok(if self.config.engine.warm_up.unwrap_or(true) {
            Arc::new(AgentPrompts(self.agents()?))
        } else {
            Arc::new(NoFixedPrompts)
        })
    }

    /// What is kept of requests.
    fn requests(&self) -> anyhow::Result<app::Keeping> {
        let keeping = self.config.requests;
        match keeping.problem() {
            Some(problem) => anyhow::bail!("`[requests]` in {}: {problem}", self.paths.config().display()),
            None => Ok(keeping),
        }
    }

    /// Where the database is.
    pub(crate) fn place(&self) -> anyhow::Result<Place> {
        self.config.database.place(self.paths.database())
    }

    /// A database there.
    pub(crate) fn database_at(&self, place: Place) -> OpenOptions {
        OpenOptions::new(place, Arc::clone(&self.clock))
    }

    /// Opens the database.
    pub(crate) async fn database(&self) -> anyhow::Result<Db> {
        let place = self.place()?;
        let shown = place.to_string();
        let opened = Db::open(self.database_at(place)).await;
        opened.with_context(|| format!("{shown} cannot be used"))
    }

    /// The application on top of all that.
    pub(crate) async fn application(&self, engine: &Engine, tokens: Tokens) -> anyhow::Result<Arc<App>> {
        let (vendors, tariff) = (self.vendors()?, self.tariff()?);
        let providers = catalog::providers(&self.data)?;
        let remote = vendors.models(&providers, &tariff.prices, self.clock.now());
        let upstreams = vendors.upstreams(&self.clock, &self.rng);
        Ok(App::new(AppParts {
            db: self.database().await?,
            agents: self.agents()?,
            catalog: self.catalog.clone(),
            installer: self.installer.clone(),
            adapters: self.adapters.clone(),
            remote,
            chat: Arc::new(recall::Recalling::new(
                Arc::new(Dispatcher::new(Arc::new(engine.clone()), Arc::new(upstreams))),
                Arc::clone(&self.clock),
            )),
            embedder: Arc::new(engine.clone()),
            reranker: Arc::new(engine.clone()),
            host: Arc::new(engine.clone()),
            tariff,
            routing: self.routing()?,
            gateways: self.gateways()?,
            clock: Arc::clone(&self.clock),
            rng: Arc::clone(&self.rng),
            seal_key: sealing::key(&self.paths.seal_key(), self.rng.as_ref())?,
            options: AppOptions {
                setup_token: tokens.setup,
                local_token: tokens.local,
                default_locale: machine_locale(),
                context_tokens: self.settings().context_tokens,
                most_live_runs: MOST_LIVE_RUNS,
                requests: self.requests()?,
                response_days: self.config.responses.keep_days,
            },
        }))
    }
}

/// The tokens a server hands out when it starts; commands have none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) setup: Option<TokenHash>,
    pub(crate) local: Option<TokenHash>,
}

/// This program as a worker.
fn own_worker() -> anyhow::Result<WorkerCommand> {
    let program = std::env::current_exe().context("this program cannot find itself")?;
    Ok(WorkerCommand { program, args: vec![ENGINE_WORKER.into()] })
}

/// The worker for this machine's level, or this program itself where that cannot be used.
#[derive(Debug)]
struct Programs {
    workers: Workers,
    own: WorkerCommand,
}

impl WorkerPrograms for Programs {
    fn next(&self) -> WorkerCommand {
        match self.workers.executable() {
            Ok(Some(program)) => WorkerCommand { program, args: Vec::new() },
            Ok(None) => self.own.clone(),
            Err(error) => {
                tracing::warn!(%error, "A model runs on the program's own worker, which is slower.");
                self.own.clone()
            }
        }
    }
}

/// Finds the files of installed models for the engine.
#[derive(Debug)]
struct Installed {
    catalog: ModelCatalog,
    installer: Installer,
    adapters: AdapterStore,
}

impl ModelFiles for Installed {
    fn locate(&self, model: &str) -> Option<ModelFile> {
        let spec = self.catalog.get(model)?;
        let path = self.installer.store().path(spec)?;
        Some(ModelFile { path, sha256: Some(spec.sha256.clone()), kind: spec.kind })
    }

    fn adapter(&self, id: &str) -> Option<AdapterFile> {
        let adapter = self.adapters.get(id)?;
        let path = self.adapters.path(&adapter);
        let RegisteredAdapter { sha256, model, scale, .. } = adapter;
        Some(AdapterFile { path, sha256, model, scale })
    }
}

/// What every conversation with an agent begins with.
#[derive(Debug)]
struct AgentPrompts(Vec<Agent>);

impl FixedPrompts for AgentPrompts {
    /// The machine's own language first: most who use it speak it.
    fn of(&self, _model: &str) -> Vec<Vec<ChatMessage>> {
        let own = machine_locale();
        let mut locales = [Locale::Chinese, Locale::English];
        locales.sort_by_key(|locale| *locale != own);
        let prompt = |(locale, agent): (Locale, &Agent)| {
            vec![ChatMessage::text(Role::System, agent.prompt.get(locale).to_owned())]
        };
        locales
            .into_iter()
            .flat_map(|locale| self.0.iter().map(move |agent| (locale, agent)))
            // What is computed ahead is computed by the model alone.
            .filter(|(_, agent)| agent.model.adapters.is_empty())
            .map(prompt)
            .collect()
    }
}

/// Text files below the overlay folder; an absent folder is an empty one.
fn read_overlay(root: &std::path::Path) -> anyhow::Result<DataTree> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", folder.display())),
        };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let (Ok(text), Ok(name)) = (std::fs::read_to_string(&path), path.strip_prefix(root)) {
                files.push((name.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    Ok(DataTree::from_files(files))
}
