//! One life of a server.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use api::{ApiOptions, TrustedHosts};
use app::{App, AppOptions, AppParts, RemoteModels, Routing, SealKey, TokenHash};
use axum::Router;
use gateways::{Gateways, HttpsClient, PaymentsConfig, Surroundings};
use models::{AdapterStore, Installer, InstallerOptions, ModelStore};
use ports::ChatModel;
use stdx::{Clock, EntityId, IdMaker, MockClock, OsRng, Rng, Timestamp};
use store::{Db, OpenOptions, Place};
use tempfile::TempDir;
use upstreams::Dispatcher;

use crate::client::Client;
use crate::encoder::CountingEncoder;
use crate::host::ScriptedHost;
use crate::house::{self, DEFAULT_MODEL, EMBEDDING_MODEL, RERANK_MODEL};
use crate::model::ScriptedModel;

/// The token of the link that the server printed.
pub const SETUP_TOKEN: &str = "the-token-of-the-printed-link";
/// The token that lets programs of the machine's user act as the owner.
pub const LOCAL_TOKEN: &str = "hl_the-token-in-the-data-folder";

/// 2026-11-22T08:00:00Z, where every test begins.
const START: i64 = 1_795_334_400_000_000;

/// A data folder; it is deleted when the last clone and every life on it are gone.
#[derive(Clone, Debug)]
pub struct Home(Arc<TempDir>);

impl Home {
    /// An empty folder.
    pub fn new() -> Self {
        Self(Arc::new(tempfile::tempdir().unwrap()))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Registers an adapter by its record alone: no engine looks at its file.
    pub fn register_adapter(&self, id: &str, model: &str) {
        let folder = self.path().join("adapters").join(id);
        let record = format!(
            "id = '{id}'\nmodel = '{model}'\nsha256 = '4f'\nbytes = 112\nscale = 0.5\nadded_at = '2026-11-22T08:00:00Z'\n"
        );
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("adapter.toml"), record).unwrap();
    }

    fn database(&self) -> PathBuf {
        self.path().join("hutong.db")
    }
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

/// One life of a server.
#[derive(Debug)]
pub struct TestApp {
    /// The use cases, for what has no route.
    pub app: Arc<App>,
    /// Who answers.
    pub model: ScriptedModel,
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
    response_days: u32,
    recall: Option<&'static str>,
    https: bool,
    prices: Option<(String, String)>,
    files: Vec<(String, String)>,
    remote: Option<(RemoteModels, Arc<dyn ChatModel>)>,
    payments: String,
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
            response_days: 30,
            recall: None,
            https: false,
            prices: None,
            files: Vec::new(),
            remote: None,
            payments: String::new(),
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
    pub fn recall(self, policy: &'static str) -> Self {
        Self { recall: Some(policy), ..self }
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
        let place = self.place.clone().unwrap_or_else(|| self.home.database().into());
        let options =
            OpenOptions { max_bytes: self.max_bytes, ..OpenOptions::new(place, Arc::clone(&shared_clock)) };
        let db = Db::open(options).await.unwrap();
        let catalog = house::catalog(self.home.path());
        let models = ModelStore::new(self.home.path().join("models"), Vec::new(), Arc::clone(&shared_clock));
        let installer = Installer::new(models, InstallerOptions::new(Arc::clone(&rng)));
        if self.installs {
            for id in [DEFAULT_MODEL, EMBEDDING_MODEL, RERANK_MODEL] {
                installer.pull(catalog.get(id).unwrap()).done().await.unwrap();
            }
        }
        let local: Arc<dyn ChatModel> = Arc::new(self.model.clone());
        let (remote, chat): (RemoteModels, Arc<dyn ChatModel>) = match &self.remote {
            Some((models, model)) => (models.clone(), Arc::new(Dispatcher::new(local, Arc::clone(model)))),
            None => (RemoteModels::default(), local),
        };
        let data = house::data(self.prices.as_ref(), &self.files);
        let chat = Arc::new(recall::Recalling::new(chat, Arc::clone(&shared_clock)));
        let app = App::new(AppParts {
            db: db.clone(),
            agents: house::agents(self.recall),
            catalog,
            installer,
            adapters: AdapterStore::new(self.home.path().join("adapters"), Arc::clone(&shared_clock)),
            remote,
            chat,
            embedder: Arc::new(self.encoder.clone()),
            reranker: Arc::new(self.encoder.clone()),
            host: Arc::new(self.host.clone()),
            tariff: house::tariff(&data),
            routing: Routing::read(&data).unwrap(),
            gateways: gateways(&self.payments, &shared_clock, &rng),
            clock: Arc::clone(&shared_clock),
            rng: Arc::clone(&rng),
            seal_key: SealKey::new(&[7; 32]),
            options: AppOptions {
                setup_token: Some(TokenHash::of(SETUP_TOKEN)),
                local_token: Some(TokenHash::of(LOCAL_TOKEN)),
                default_locale: agent::Locale::English,
                context_tokens: 4_096,
                most_live_runs: self.most_live_runs,
                requests: self.requests,
                response_days: self.response_days,
            },
        });
        app.recover_runs().await.unwrap();
        app.release_holds().await.unwrap();
        app.load_pinned().await.unwrap();
        let router = api::router(
            Arc::clone(&app),
            ApiOptions {
                hosts: TrustedHosts::new([]),
                https: self.https,
                stream_heartbeat: Duration::from_secs(15),
            },
        );
        let ids = IdMaker::new(Arc::new(Ticking::default()), rng);
        let Self { model, encoder, host, home, .. } = self;
        TestApp { app, model, encoder, host, clock, db, home, ids, router }
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
