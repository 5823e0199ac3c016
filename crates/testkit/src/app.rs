//! One life of a server.

use std::sync::Arc;
use std::time::Duration;

use accounts::{Accounts, AccountsParts, Doors, SealKey, TokenHash};
use api::{ApiOptions, TrustedHosts, UseCases};
use app::{App, AppOptions, AppParts, ProviderDesk, ProviderFacts, RemoteModels};
use axum::Router;
use catalog::ModelCatalog;
use gateways::{Gateways, HttpsClient, PaymentsConfig, Surroundings};
use models::{AdapterStore, Installer, InstallerOptions, ModelStore};
use ports::{ChatModel, Embedder};
use stdx::{Clock, EntityId, IdMaker, MockClock, OsRng, Rng, SystemClock, Timestamp};
use store::{Db, OpenOptions, Place};
use telemetry::{Collector, Exporter};
use upstreams::{Dispatcher, EmbedDispatcher, Options, Upstreams, Vendors};

use crate::client::Client;
use crate::encoder::CountingEncoder;
use crate::hands::ScriptedTools;
use crate::home::Home;
use crate::host::ScriptedHost;
use crate::house::{self, DEFAULT_MODEL, EMBEDDING_MODEL, RERANK_MODEL};
use crate::model::ScriptedModel;

/// The token of the link that the server printed.
pub const SETUP_TOKEN: &str = "the-token-of-the-printed-link";
/// The token that lets programs of the machine's user act as the owner.
pub const LOCAL_TOKEN: &str = "hl_the-token-in-the-data-folder";

/// How long a body may take on its way.
const BODY_PATIENCE: Duration = Duration::from_millis(500);

/// 2026-11-22T08:00:00Z, where every test begins.
const START: i64 = 1_795_334_400_000_000;

/// One life of a server.
#[derive(Debug)]
pub struct TestApp {
    /// The use cases about who there is, for what has no route.
    pub accounts: Arc<Accounts>,
    /// The other use cases.
    pub app: Arc<App>,
    /// Who answers.
    pub model: ScriptedModel,
    /// What agents may call.
    pub hands: ScriptedTools,
    /// Who turns texts into vectors and compares documents.
    pub encoder: CountingEncoder,
    /// The memory that holds models.
    pub host: ScriptedHost,
    /// The time, which stands still until a test moves it.
    pub clock: MockClock,
    /// What is kept, for what has no use case.
    pub db: Db,
    /// Where it is kept.
    pub home: Home,
    ids: IdMaker,
    router: Router,
}

/// What the agent `tutor` can do beside talking.
#[derive(Debug, Default)]
struct Acting {
    /// More of its package.
    tutor: String,
    hands: ScriptedTools,
}

/// What differs from the usual server.
#[derive(Debug)]
pub struct TestAppBuilder {
    home: Home,
    model: ScriptedModel,
    encoder: CountingEncoder,
    host: ScriptedHost,
    installs: bool,
    place: Option<Place>,
    max_bytes: Option<u64>,
    most_live_runs: usize,
    requests: app::Keeping,
    collector: Option<Collector>,
    response_days: u32,
    acting: Acting,
    https: bool,
    prices: Option<(String, String)>,
    files: Vec<(String, String)>,
    remote: Option<(RemoteModels, Arc<dyn ChatModel>)>,
    remote_embedder: Option<Arc<dyn Embedder>>,
    providers: Option<ProviderFacts>,
    payments: String,
    watch: Option<&'static str>,
}

impl TestApp {
    /// The usual server, nobody in it yet.
    pub async fn start() -> Self {
        Self::build().start().await
    }

    /// A server that differs in something.
    pub fn build() -> TestAppBuilder {
        TestAppBuilder {
            home: Home::new(),
            model: ScriptedModel::new(),
            encoder: CountingEncoder::default(),
            host: ScriptedHost::default(),
            installs: true,
            place: None,
            max_bytes: None,
            most_live_runs: 256,
            requests: app::Keeping::default(),
            collector: None,
            response_days: 30,
            acting: Acting::default(),
            https: false,
            prices: None,
            files: Vec::new(),
            remote: None,
            remote_embedder: None,
            providers: None,
            payments: String::new(),
            watch: None,
        }
    }

    /// A client without a session.
    pub fn anonymous(&self) -> Client {
        Client::new(self.router.clone(), self.ids.clone())
    }

    /// All routes, to be served on a real socket.
    pub fn router(&self) -> Router {
        self.router.clone()
    }

    /// A fresh id.
    pub fn id<I: EntityId>(&self) -> I {
        self.ids.make()
    }
}

impl TestAppBuilder {
    /// On a folder where a server lived before.
    #[must_use]
    pub fn home(self, home: &Home) -> Self {
        Self { home: home.clone(), ..self }
    }

    /// With a model that the test has already.
    #[must_use]
    pub fn model(self, model: &ScriptedModel) -> Self {
        Self { model: model.clone(), ..self }
    }

    /// Without any model on the machine.
    #[must_use]
    pub fn without_model(self) -> Self {
        Self { installs: false, ..self }
    }

    /// On a database elsewhere than in the home's file.
    #[must_use]
    pub fn place(self, place: Place) -> Self {
        Self { place: Some(place), ..self }
    }

    /// On a disk where the database finds room for so many bytes.
    #[must_use]
    pub fn max_bytes(self, bytes: u64) -> Self {
        Self { max_bytes: Some(bytes), ..self }
    }

    /// With so many runs at once.
    #[must_use]
    pub fn most_live_runs(self, most: usize) -> Self {
        Self { most_live_runs: most, ..self }
    }

    /// Lets the agent `tutor` give answers again, as its package says.
    #[must_use]
    pub fn recall(self, policy: &str) -> Self {
        let tutor = format!("recall = {policy}");
        Self { acting: Acting { tutor, ..self.acting }, ..self }
    }

    /// With tools for the agent `tutor`: its policy, as an inline table of TOML.
    #[must_use]
    pub fn tools(self, policy: &str) -> Self {
        let tutor = format!("tools = {policy}");
        Self { acting: Acting { tutor, ..self.acting }, ..self }
    }

    /// With tools that the test has already.
    #[must_use]
    pub fn hands(self, hands: &ScriptedTools) -> Self {
        Self { acting: Acting { hands: hands.clone(), ..self.acting }, ..self }
    }

    /// Keeps answers of the face of responses for so many days; 0: not at all.
    #[must_use]
    pub fn response_days(self, response_days: u32) -> Self {
        Self { response_days, ..self }
    }

    /// Where models of this machine cost so much for a million tokens: uncached input, cached input, output.
    #[must_use]
    pub fn prices(self, rates: [&str; 3]) -> Self {
        self.prices_in("CNY", rates)
    }

    /// The same in another currency.
    #[must_use]
    pub fn prices_in(self, currency: &str, [input, cached, output]: [&str; 3]) -> Self {
        let rates = format!("input = \"{input}\", cache_read = \"{cached}\", output = \"{output}\"");
        Self { prices: Some((currency.to_owned(), rates)), ..self }
    }

    /// With a plan in the place of the one of its name, or beside the others.
    #[must_use]
    pub fn plan(self, name: &str, toml: &str) -> Self {
        self.file(&format!("plans/{name}.toml"), toml)
    }

    /// With models of providers, which somebody answers for.
    #[must_use]
    pub fn remote(self, models: RemoteModels, chat: Arc<dyn ChatModel>) -> Self {
        Self { remote: Some((models, chat)), ..self }
    }

    /// With vectors of providers' models, which somebody makes.
    #[must_use]
    pub fn remote_embedder(self, embedder: Arc<dyn Embedder>) -> Self {
        Self { remote_embedder: Some(embedder), ..self }
    }

    /// With providers that are really asked, and that whoever runs the workspace may change.
    #[must_use]
    pub fn providers(self, facts: ProviderFacts) -> Self {
        Self { providers: Some(facts), ..self }
    }

    /// With a provider's prices, in the place of those of its name, or beside the others.
    #[must_use]
    pub fn price_list(self, vendor: &str, toml: &str) -> Self {
        self.file(&format!("prices/{vendor}.toml"), toml)
    }

    /// With a file of `data/` in the place of the one of its path, or beside the others.
    #[must_use]
    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    /// Where this policy is watched without being acted on.
    #[must_use]
    pub fn watch(self, policy: &'static str) -> Self {
        Self { watch: Some(policy), ..self }
    }

    /// Where members pay as this `[payments]` says.
    #[must_use]
    pub fn payments(self, config: &str) -> Self {
        Self { payments: config.to_owned(), ..self }
    }

    /// Keeps so much of requests.
    #[must_use]
    pub fn requests(self, requests: app::Keeping) -> Self {
        Self { requests, ..self }
    }

    /// Tells a collector of requests.
    #[must_use]
    pub fn collector(self, collector: Collector) -> Self {
        Self { collector: Some(collector), ..self }
    }

    /// Behind HTTPS.
    #[must_use]
    pub fn https(self) -> Self {
        Self { https: true, ..self }
    }

    /// Starts it: opens the database, installs the default model, ends what a crash left behind.
    pub async fn start(self) -> TestApp {
        let clock = MockClock::at(Timestamp::from_micros(START));
        let shared_clock: Arc<dyn Clock> = Arc::new(clock.clone());
        let rng: Arc<dyn Rng> = Arc::new(OsRng);
        let db = self.database(&shared_clock).await;
        let catalog = house::catalog(self.home.path());
        let installer = self.installer(&catalog, &shared_clock, &rng).await;
        let local: Arc<dyn ChatModel> = Arc::new(self.model.clone());
        let facts = self.providers.clone().unwrap_or_else(house::providers);
        let upstreams =
            Upstreams::new([], Options::default(), Arc::new(SystemClock::new()), Arc::clone(&rng));
        let (remote, model): (RemoteModels, Arc<dyn ChatModel>) = match &self.remote {
            Some((models, model)) => (models.clone(), Arc::clone(model)),
            None => (RemoteModels::default(), Arc::new(upstreams.clone())),
        };
        let chat: Arc<dyn ChatModel> = Arc::new(Dispatcher::new(local, model));
        let data = house::data(self.prices.as_ref(), &self.files);
        let chat = Arc::new(recall::Recalling::new(chat, Arc::clone(&shared_clock)));
        let doors = Arc::new(Doors::new(Some(TokenHash::of(SETUP_TOKEN)), SealKey::new(&[7; 32])));
        let agents = house::agents(&self.acting.tutor);
        let accounts = Accounts::new(AccountsParts {
            db: db.clone(),
            doors: Arc::clone(&doors),
            agents: agents.iter().map(|agent| agent.id.clone()).collect(),
            chat: chat.clone(),
            local_token: Some(TokenHash::of(LOCAL_TOKEN)),
            default_locale: agent::Locale::English,
            clock: Arc::clone(&shared_clock),
            rng: Arc::clone(&rng),
        });
        let app = App::new(AppParts {
            db: db.clone(),
            agents,
            toolbox: Arc::new(self.acting.hands.clone()),
            catalog,
            installer,
            adapters: AdapterStore::new(self.home.path().join("adapters"), Arc::clone(&shared_clock)),
            providers: ProviderDesk::with_models(
                facts.clone(),
                Arc::new(Vendors::new(facts.shipped, upstreams)),
                remote,
            ),
            chat,
            embedder: self.embedder(),
            reranker: Arc::new(self.encoder.clone()),
            host: Arc::new(self.host.clone()),
            tariff: house::tariff(&data),
            routing: house::routing(&data, self.watch),
            gateways: gateways(&self.payments, &shared_clock, &rng),
            collector: self.collector.clone().map(|collector| Exporter::start(collector).unwrap()),
            clock: Arc::clone(&shared_clock),
            rng: Arc::clone(&rng),
            doors,
            options: self.options(),
        });
        if self.remote.is_none() {
            app.open_providers().await.unwrap();
        }
        app.recover_runs().await.unwrap();
        app.release_holds().await.unwrap();
        app.load_pinned().await.unwrap();
        let router = api::router(
            UseCases { accounts: Arc::clone(&accounts), app: Arc::clone(&app) },
            ApiOptions {
                hosts: TrustedHosts::new([]),
                https: self.https,
                stream_heartbeat: Duration::from_secs(15),
                body_patience: BODY_PATIENCE,
            },
        );
        let ids = IdMaker::new(Arc::new(Ticking::default()), rng);
        let Self { model, acting: Acting { hands, .. }, encoder, host, home, .. } = self;
        TestApp { accounts, app, model, hands, encoder, host, clock, db, home, ids, router }
    }

    async fn database(&self, clock: &Arc<dyn Clock>) -> Db {
        let place = self.place.clone().unwrap_or_else(|| self.home.database().into());
        let options = OpenOptions { max_bytes: self.max_bytes, ..OpenOptions::new(place, Arc::clone(clock)) };
        Db::open(options).await.unwrap()
    }

    async fn installer(
        &self,
        catalog: &ModelCatalog,
        clock: &Arc<dyn Clock>,
        rng: &Arc<dyn Rng>,
    ) -> Installer {
        let models = ModelStore::new(self.home.path().join("models"), Vec::new(), Arc::clone(clock));
        let installer = Installer::new(models, InstallerOptions::new(Arc::clone(rng)));
        if self.installs {
            for id in [DEFAULT_MODEL, EMBEDDING_MODEL, RERANK_MODEL] {
                installer.pull(catalog.get(id).unwrap()).done().await.unwrap();
            }
        }
        installer
    }

    fn embedder(&self) -> Arc<dyn Embedder> {
        let own = Arc::new(self.encoder.clone());
        match &self.remote_embedder {
            Some(remote) => Arc::new(EmbedDispatcher::new(own, Arc::clone(remote))),
            None => own,
        }
    }

    fn options(&self) -> AppOptions {
        AppOptions {
            default_locale: agent::Locale::English,
            context_tokens: 4_096,
            most_live_runs: self.most_live_runs,
            requests: self.requests,
            response_days: self.response_days,
        }
    }
}

fn gateways(config: &str, clock: &Arc<dyn Clock>, rng: &Arc<dyn Rng>) -> Gateways {
    let config: PaymentsConfig = toml::from_str(config).unwrap();
    let http = Arc::new(HttpsClient::for_a_fake());
    Gateways::open(&config, &Surroundings { http, clock: Arc::clone(clock), rng: Arc::clone(rng) }).unwrap()
}

/// A clock for ids: a millisecond later at each look, so that ids sort in the order they were made.
#[derive(Debug, Default)]
struct Ticking(std::sync::atomic::AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let ticks = self.0.fetch_add(1_000, std::sync::atomic::Ordering::Relaxed);
        Timestamp::from_micros(START + ticks)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}
