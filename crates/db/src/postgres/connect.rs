//! Reaching the server.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use stdx::Secret;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, Statement};

use crate::StoreError;
use crate::db::Link;
use crate::error::Cause;
use crate::value::Value;

use super::encrypted::Connector;
use super::failure::{Failure, classify_connecting, classify_setup};
use super::statement::Statements;
use super::tls::{Mode, Wish};

/// How long the server may take to answer a new connection, unless the address says otherwise (`connect_timeout`).
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The oldest server that tells what became of a transaction: 13.
const OLDEST: i64 = 130_000;

/// Where the server is, how it is reached, and how long a statement waits for a lock.
pub(super) struct Server {
    config: Config,
    mode: Mode,
    connector: Connector,
    patience: Duration,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("mode", &self.mode).finish_non_exhaustive()
    }
}

/// A connection and the statements that were prepared on it.
#[derive(Debug)]
pub(super) struct Connection {
    client: Client,
    statements: Statements,
    server_since: String,
}

impl Connection {
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn is_open(&self) -> bool {
        !self.client.is_closed()
    }

    /// When the server was started: another time, another server.
    pub(super) fn server_since(&self) -> &str {
        &self.server_since
    }

    /// The statement `name` for these parameters.
    pub(super) async fn prepare(
        &mut self,
        name: &'static str,
        sql: &'static str,
        params: &[Value],
    ) -> Result<Statement, Failure> {
        self.statements.get(&self.client, sql, params).await.map_err(|error| Failure::of(error, name))
    }
}

impl Server {
    pub(super) fn new(url: &Secret<String>, patience: Duration) -> Result<Self, StoreError> {
        let (wish, rest) = Wish::take(url.expose())?;
        let mut config: Config = rest.parse().map_err(|error| StoreError::CannotOpen(Cause::new(error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(StoreError::CannotOpen(Cause::new("the address of the database names no host")));
        }
        config.ssl_mode(wish.mode.of_driver());
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_LIMIT);
        }
        if config.get_application_name().is_none() {
            config.application_name("hutong");
        }
        Ok(Self { config, mode: wish.mode, connector: wish.connector()?, patience })
    }

    /// How the way there is kept from others; nothing when only a connection can tell.
    pub(super) fn link(&self) -> Option<Link> {
        link(&self.config, self.mode)
    }

    /// A new connection, ready for work.
    pub(super) async fn connect(&self) -> Result<Connection, StoreError> {
        let (client, connection) =
            self.config.connect(self.connector.clone()).await.map_err(classify_connecting)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "A connection to the database ended.");
            }
        });
        client.batch_execute(&self.settings()).await.map_err(classify_setup)?;
        let about = "SELECT current_setting('server_encoding'), current_setting('server_version'),
                            current_setting('server_version_num')::bigint >= $1, pg_postmaster_start_time()::text";
        let row = client.query_one(about, &[&OLDEST]).await.map_err(classify_setup)?;
        let column = |at| row.try_get::<_, String>(at).map_err(classify_setup);
        let (encoding, version, server_since) = (column(0)?, column(1)?, column(3)?);
        if encoding != "UTF8" {
            let cause = format!("the database keeps text as {encoding}; make one with ENCODING 'UTF8'");
            return Err(StoreError::CannotOpen(Cause::new(cause)));
        }
        if !row.try_get::<_, bool>(2).map_err(classify_setup)? {
            let cause = format!("the server is Postgres {version}; 13 or newer is needed");
            return Err(StoreError::CannotOpen(Cause::new(cause)));
        }
        Ok(Connection { client, statements: Statements::default(), server_since })
    }

    /// A lock that is held too long is an overload; a transaction whose program hangs is given up by the server; and what is
    /// said to be on the disk is there, whatever the server's own default is.
    ///
    /// Tables are not scanned. Every statement of a repository has an index, but a server that has not yet looked at a table
    /// takes it for small, and a plan that is made then is used until it looks: a minute in which each hold reads all of them.
    /// And a transaction that scanned a table is in conflict with everybody who writes to it.
    fn settings(&self) -> String {
        format!(
            "SET lock_timeout = {}; SET idle_in_transaction_session_timeout = 60000; SET jit = off; SET enable_seqscan = off;
             SET plan_cache_mode = force_generic_plan;
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
            self.patience.as_millis()
        )
    }
}

/// Asks a connection whether others can read it.
pub(crate) const IS_ENCRYPTED: &str =
    "SELECT CAST(CAST(s.ssl AS INT) AS BIGINT) FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()";

fn link(config: &Config, mode: Mode) -> Option<Link> {
    let is_loopback = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    let is_local = match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(is_loopback),
        addresses => addresses.iter().all(IpAddr::is_loopback),
    };
    match mode {
        _ if is_local => Some(Link::Local),
        Mode::Disable => Some(Link::Plain),
        Mode::Prefer => None,
        Mode::Require => Some(Link::Encrypted),
        Mode::VerifyCa | Mode::VerifyFull => Some(Link::Proven),
    }
}

/// An address without what is secret in it.
pub(crate) fn shown(url: &Secret<String>) -> String {
    let config = Wish::take(url.expose()).ok().and_then(|(_, rest)| rest.parse::<Config>().ok());
    let Some(config) = config else { return "postgres://…".to_owned() };
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    format!("postgres://{host}:{port}/{}", config.get_dbname().or(config.get_user()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(
            shown(&url("postgres://lane:hunter2@db.example:5433/hutong")),
            "postgres://db.example:5433/hutong"
        );
        assert_eq!(shown(&url("postgres://lane@db.example")), "postgres://db.example:5432/lane");
        assert_eq!(shown(&url("postgres://lane@db.example/x?sslmode=what")), "postgres://…");
    }

    #[test]
    fn a_way_over_the_network_is_told_by_the_address() {
        let of = |address: &str| Server::new(&url(address), Duration::ZERO).unwrap().link();
        for local in
            ["postgres://a@localhost/b", "postgres://a@127.0.0.9/b?sslmode=disable", "postgres://a@[::1]/b"]
        {
            assert_eq!(of(local), Some(Link::Local), "{local}");
        }
        assert_eq!(of("postgres://a@db.example/b"), None, "the server decides");
        assert_eq!(of("postgres://a@db.example/b?sslmode=disable"), Some(Link::Plain));
        assert_eq!(of("postgres://a@db.example/b?sslmode=require"), Some(Link::Encrypted));
        assert_eq!(of("postgres://a@db.example/b?hostaddr=127.0.0.1"), Some(Link::Local));
    }
}
