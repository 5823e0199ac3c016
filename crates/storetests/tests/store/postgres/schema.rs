//! A schema for each test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use stdx::{Secret, SystemClock};
use store::{OpenOptions, Place};
use tokio_postgres::{Client, NoTls};

const URL: &str = "HUTONG_TEST_POSTGRES";

/// A schema that goes away with this.
pub(crate) struct Schema {
    server: String,
    name: String,
}

impl Schema {
    /// Nothing when there is no server to test on.
    #[expect(clippy::disallowed_methods, reason = "how tests are told where the server is")]
    pub(crate) async fn new() -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(URL) else {
            println!("skipped, no Postgres: {URL} is not set");
            return None;
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let schema = Self { server, name: format!("hutong_test_{}_{number}", std::process::id()) };
        let sql = format!("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", schema.name);
        schema.client().await.batch_execute(&sql).await.unwrap();
        Some(schema)
    }

    /// What it is called, and the connections of a store on it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// An address whose first schema this is.
    pub(crate) fn url(&self) -> String {
        with_schema(&self.server, &self.name)
    }

    pub(crate) fn options(&self) -> OpenOptions {
        options(&format!("{}&application_name={}", self.url(), self.name))
    }

    /// A connection past the store.
    pub(crate) async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// The host and port of the server.
    pub(crate) fn address(&self) -> (String, u16) {
        let config: tokio_postgres::Config = self.server.parse().unwrap();
        let tokio_postgres::config::Host::Tcp(host) = &config.get_hosts()[0] else { panic!("a socket") };
        (host.clone(), config.get_ports()[0])
    }

    /// The same database by another way.
    pub(crate) fn url_through(&self, port: u16) -> String {
        let config: tokio_postgres::Config = self.server.parse().unwrap();
        let (user, dbname) = (config.get_user().unwrap(), config.get_dbname().unwrap());
        let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).unwrap();
        with_schema(&format!("postgres://{user}:{password}@127.0.0.1:{port}/{dbname}"), &self.name)
    }
}

/// The usual options for an address.
pub(crate) fn options(url: &str) -> OpenOptions {
    OpenOptions::new(Place::Server(Secret::new(url.to_owned())), Arc::new(SystemClock::new()))
}

fn with_schema(server: &str, name: &str) -> String {
    let joint = if server.contains('?') { '&' } else { '?' };
    format!("{server}{joint}options=-c%20search_path%3D{name}")
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (url, sql) = (self.url(), format!("DROP SCHEMA {} CASCADE", self.name));
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
                tokio::spawn(connection);
                client.batch_execute(&sql).await.unwrap();
            });
        });
        assert!(dropping.join().is_ok() || std::thread::panicking(), "the schema stays");
    }
}
