//! How a server is set up, and the hand that holds it while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use catalog::{CatalogError, Dialect, Endpoint};
use stdx::Clock;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::invoice::{Books, Entry, Invoice};
use crate::manners::Manners;
use crate::server::{Inside, run};

/// Connections at a time, where nobody says how many.
const USUAL_CONNECTIONS: usize = 1_024;
/// How long it runs, where nobody says how long.
const USUAL_LIFE: Duration = Duration::from_secs(600);

/// All dialects, by the names that files have for them.
const DIALECTS: [(&str, Dialect); 4] = [
    ("chat-completions", Dialect::ChatCompletions),
    ("responses", Dialect::Responses),
    ("messages", Dialect::Messages),
    ("generate-content", Dialect::GenerateContent),
];

/// A server that is being set up.
#[derive(Debug)]
pub struct House {
    keys: BTreeSet<String>,
    models: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
    connections: usize,
    life: Duration,
    clock: Arc<dyn Clock>,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum HouseError {
    /// The address cannot be had.
    #[error("the port on loopback cannot be had: {0}; give another one, or 0 for any")]
    Port(#[source] io::Error),
    /// Nobody takes what it says at its beginning.
    #[error("where the vendors are cannot be told: {0}; leave its output open until it has been read")]
    Greeting(#[source] io::Error),
    /// The shipped vendors cannot be read.
    #[error("the shipped vendors cannot be read: {0}")]
    Catalog(#[from] CatalogError),
}

impl House {
    /// The usual one: keys that begin with `fake-`, models by their knobs, 1,024 connections, ten minutes. The clock
    /// tells when answers were made and when it is worth coming again.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            keys: BTreeSet::new(),
            models: BTreeMap::new(),
            texts: BTreeMap::new(),
            connections: USUAL_CONNECTIONS,
            life: USUAL_LIFE,
            clock,
        }
    }

    /// Takes this key, too.
    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        self.keys.insert(key.to_owned());
        self
    }

    /// Has a model of this name, which does what the knobs say.
    #[must_use]
    pub fn with_model(mut self, name: &str, knobs: &str) -> Self {
        self.models.insert(name.to_owned(), knobs.to_owned());
        self
    }

    /// Has a model of this name, which says this text and otherwise does what the knobs say.
    #[must_use]
    pub fn with_text(mut self, name: &str, knobs: &str, text: &str) -> Self {
        self.texts.insert(name.to_owned(), text.to_owned());
        self.with_model(name, knobs)
    }

    /// Takes at most so many connections at a time; more wait until one is closed.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Stops by itself after so long, whatever is being told then.
    #[must_use]
    pub fn with_life(mut self, life: Duration) -> Self {
        self.life = life;
        self
    }

    /// Opens on loopback; port 0 is any.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn open(self, port: u16) -> Result<FakeVendors, HouseError> {
        let listener =
            TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await.map_err(HouseError::Port)?;
        let address = listener.local_addr().map_err(HouseError::Port)?;
        let mut manners = BTreeMap::new();
        for (_, dialect) in DIALECTS {
            manners.insert(dialect, Manners::of(dialect)?);
        }
        let books = Books::new();
        let inside = Inside {
            keys: self.keys,
            models: self.models,
            texts: self.texts,
            manners: manners.clone(),
            clock: self.clock,
            books: Arc::clone(&books),
        };
        let task = tokio::spawn(run(listener, Arc::new(inside), self.connections, self.life));
        Ok(FakeVendors { address, manners, books, task })
    }
}

/// A running server. It stops when this is dropped.
#[derive(Debug)]
pub struct FakeVendors {
    address: SocketAddr,
    manners: BTreeMap<Dialect, Manners>,
    books: Arc<Books>,
    task: JoinHandle<()>,
}

impl FakeVendors {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What an endpoint of this dialect has as its address.
    pub fn base_url(&self, dialect: Dialect) -> String {
        let version = match dialect {
            Dialect::ChatCompletions | Dialect::Responses => "/v1",
            Dialect::Messages => "",
            Dialect::GenerateContent => "/v1beta",
        };
        format!("http://{}{version}", self.address)
    }

    /// A vendor's endpoint, but here.
    #[must_use]
    pub fn endpoint(&self, vendor: &Endpoint) -> Endpoint {
        let mut endpoint = vendor.clone();
        endpoint.base_url = self.base_url(vendor.dialect);
        endpoint
    }

    /// All of it as a file for `data/providers/` or an overlay: an endpoint a dialect.
    pub fn provider(&self, id: &str) -> String {
        let mut file = format!(
            "[provider]\nid = \"{id}\"\nname = \"Fake vendors\"\nkey_env = [\"FAKE_VENDORS_API_KEY\"]\nsource_url = \"https://localhost/invoice\"\nchecked_on = \"2026-11-23\"\n"
        );
        for (name, dialect) in DIALECTS {
            let base_url = self.base_url(dialect);
            file.push_str(&format!(
                "\n[[endpoint]]\nid = \"{name}\"\ndialect = \"{name}\"\nbase_url = \"{base_url}\"\n"
            ));
            for (header, value) in self.manners.get(&dialect).map_or(&[][..], Manners::must) {
                file.push_str(&format!("headers = {{ {header} = \"{value}\" }}\n"));
            }
        }
        file
    }

    /// What was answered so far.
    pub fn invoice(&self) -> Invoice {
        self.books.invoice()
    }

    /// The latest 10,000 answers, one by one.
    pub fn entries(&self) -> Vec<Entry> {
        self.books.entries()
    }

    /// Waits until no answer is being told: then the invoice is complete. A client that left is noticed late.
    pub async fn settled(&self) {
        self.books.settled().await;
    }

    /// Waits until its life is over.
    pub async fn ended(mut self) {
        // It ends, or was told to: both are an end.
        let _ = (&mut self.task).await;
    }
}

impl Drop for FakeVendors {
    fn drop(&mut self) {
        self.task.abort();
    }
}
