//! Plugs the crates together.

use std::sync::Arc;

use accounts::{Accounts, AccountsParts, Doors, TokenHash};
use agent::{Agent, PackageText};
use anyhow::Context;
use api::UseCases;
use app::{App, AppOptions, AppParts, ProviderDesk, ProviderFacts, Routing, Tariff};
use catalog::{DataTree, ModelCatalog};
use engine::{Engine, EngineConfig, EngineLimits, FixedPrompts, ModelSettings, NoFixedPrompts};
use gateways::{Gateways, HttpsClient, Surroundings};
use levels::Workers;
use models::{AdapterStore, Installer, InstallerOptions, ModelStore};
use plans::{Plans, Thresholds};
use ports::Toolbox;
use stdx::{Clock, OsRng, Rng, SystemClock};
use store::{Db, OpenOptions, Place};
use telemetry::{Collector, Exporter};
use tools::{Builtins, Several};
use upstreams::{Dispatcher, EmbedDispatcher, Options, Upstreams, Vendors};
use web::{Internet, WebTools};

use crate::config::Config;
use crate::demo::{self, Demo};
use crate::here::{AgentPrompts, Installed, Programs, own_worker};
use crate::paths::{Paths, key_variable, machine_locale, machine_offset_minutes, model_caches};
use crate::sealing;
use crate::vendors::{self, Around};

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
    /// A provider that plays a script, where one was asked for.
    demo: Option<Demo>,
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
        Ok(Self { paths, config, data, catalog, installer, adapters, clock, rng, demo: None })
    }

    /// The same with a provider that plays a script.
    pub(crate) async fn with_demo(mut self) -> anyhow::Result<Self> {
        let demo = Demo::open(Arc::clone(&self.clock)).await?;
        self.data = self.data.overlay(demo.files());
        self.demo = Some(demo);
        Ok(self)
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
            price_lists: vendors::price_lists(&catalog::providers(&self.data)?),
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
        match &self.config.routing.watch {
            Some(id) => routing
                .watching(id)
                .with_context(|| format!("`[routing] watch` in {} cannot be", self.paths.config().display())),
            None => Ok(routing),
        }
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

    /// What is known of providers of models outside the database.
    pub(crate) fn providers(&self) -> anyhow::Result<ProviderFacts> {
        let around = Around { variable: &key_variable, read: &|path| std::fs::read_to_string(path) };
        let mut facts = vendors::facts(catalog::providers(&self.data)?, &self.config.providers, around)
            .with_context(|| format!("{} cannot be used", self.paths.config().display()))?;
        if self.demo.is_some() {
            facts.variables.insert(demo::ID.to_owned(), Demo::key());
            facts.scripted = Some(demo::ID.to_owned());
        }
        Ok(facts)
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

    /// Begins to tell a collector of requests, where one is named.
    fn collector(&self) -> anyhow::Result<Option<Exporter>> {
        let telemetry = &self.config.telemetry;
        let Some(endpoint) = telemetry.otlp_endpoint.clone() else { return Ok(None) };
        let collector = Collector {
            endpoint,
            headers: telemetry.otlp_headers.clone().into_iter().collect(),
            service: telemetry.service_name.clone().unwrap_or_else(|| "hutong".to_owned()),
            tells_words: telemetry.prompts,
        };
        let wrong =
            |problem| anyhow::anyhow!("`[telemetry]` in {}: {problem}", self.paths.config().display());
        Exporter::start(collector).map(Some).map_err(wrong)
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

    /// What agents may call.
    pub(crate) fn toolbox(&self) -> anyhow::Result<Arc<dyn Toolbox>> {
        let web = WebTools::new(&self.data, Arc::new(Internet), &[])?;
        let own = Builtins::new(&self.data, Arc::clone(&self.clock))?;
        Ok(Arc::new(Several::new(vec![Arc::new(own), Arc::new(web)])))
    }

    /// The use cases on top of all that.
    pub(crate) async fn use_cases(&self, engine: &Engine, tokens: Tokens) -> anyhow::Result<UseCases> {
        let upstreams =
            Upstreams::new([], Options::default(), Arc::clone(&self.clock), Arc::clone(&self.rng));
        let facts = self.providers()?;
        let (db, agents) = (self.database().await?, self.agents()?);
        let chat = Arc::new(recall::Recalling::new(
            Arc::new(Dispatcher::new(Arc::new(engine.clone()), Arc::new(upstreams.clone()))),
            Arc::clone(&self.clock),
        ));
        let seal_key = sealing::key(&self.paths.seal_key(), self.rng.as_ref())?;
        let doors = Arc::new(Doors::new(tokens.setup, seal_key));
        let accounts = Accounts::new(AccountsParts {
            db: db.clone(),
            doors: Arc::clone(&doors),
            agents: agents.iter().map(|agent| agent.id.clone()).collect(),
            chat: chat.clone(),
            local_token: tokens.local,
            default_locale: machine_locale(),
            clock: Arc::clone(&self.clock),
            rng: Arc::clone(&self.rng),
        });
        let app = App::new(AppParts {
            db,
            agents,
            catalog: self.catalog.clone(),
            installer: self.installer.clone(),
            adapters: self.adapters.clone(),
            chat,
            embedder: Arc::new(EmbedDispatcher::new(Arc::new(engine.clone()), Arc::new(upstreams.clone()))),
            providers: ProviderDesk::new(facts.clone(), Arc::new(Vendors::new(facts.shipped, upstreams))),
            reranker: Arc::new(engine.clone()),
            host: Arc::new(engine.clone()),
            tariff: self.tariff()?,
            routing: self.routing()?,
            toolbox: self.toolbox()?,
            gateways: self.gateways()?,
            collector: self.collector()?,
            clock: Arc::clone(&self.clock),
            rng: Arc::clone(&self.rng),
            doors,
            options: AppOptions {
                default_locale: machine_locale(),
                context_tokens: self.settings().context_tokens,
                most_live_runs: MOST_LIVE_RUNS,
                requests: self.requests()?,
                response_days: self.config.responses.keep_days,
            },
        });
        app.open_providers().await?;
        Ok(UseCases { accounts, app })
    }
}

/// The tokens a server hands out when it starts; commands have none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) setup: Option<TokenHash>,
    pub(crate) local: Option<TokenHash>,
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
