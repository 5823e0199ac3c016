//! A schema of a Postgres server for a test.

use std::sync::atomic::{AtomicU32, Ordering};

use stdx::Secret;
use store::Place;
use tokio_postgres::config::Host;
use tokio_postgres::{Config, NoTls};

const URL: &str = "HUTONG_TEST_POSTGRES";

/// A schema that goes away with this.
#[derive(Debug)]
pub struct Schema {
    url: String,
    name: String,
}

impl Schema {
    /// A new one; nothing, and a word about it, when there is no server to test on.
    #[expect(clippy::disallowed_methods, reason = "how tests are told where the server is")]
    pub async fn new() -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(URL) else {
            println!("skipped, no Postgres: {URL} is not set");
            return None;
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("hutong_app_{}_{number}", std::process::id());
        let joint = if server.contains('?') { '&' } else { '?' };
        let schema = Self { url: format!("{server}{joint}options=-c%20search_path%3D{name}"), name };
        run(&schema.url, &format!("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", schema.name)).await;
        Some(schema)
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        Place::Server(Secret::new(self.url.clone()))
    }

    /// The host and port of its server.
    pub fn address(&self) -> (String, u16) {
        let config: Config = self.url.parse().unwrap();
        let Some(Host::Tcp(host)) = config.get_hosts().first().cloned() else { panic!("a socket") };
        (host, config.get_ports().first().copied().unwrap_or(5432))
    }

    /// The same place by another port of this machine.
    pub fn place_through(&self, port: u16) -> Place {
        let (host, old) = self.address();
        let url = self.url.replacen(&format!("@{host}:{old}/"), &format!("@127.0.0.1:{port}/"), 1);
        assert_ne!(url, self.url, "an address with user, port and database");
        Place::Server(Secret::new(url))
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let (url, sql) = (self.url.clone(), format!("DROP SCHEMA {} CASCADE", self.name));
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&url, &sql));
        });
        assert!(dropping.join().is_ok() || std::thread::panicking(), "the schema stays");
    }
}

async fn run(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}
