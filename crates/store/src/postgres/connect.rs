//! Reaching the server.

use std::time::Duration;

use stdx::Secret;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{Client, Config, NoTls, Statement};

use crate::StoreError;
use crate::error::Cause;
use crate::value::Value;

use super::failure::{Failure, classify_connecting, classify_setup};
use super::statement::Statements;

/// How long the server may take to answer a new connection, unless the address says otherwise (`connect_timeout`).
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// The oldest server that tells what became of a transaction: 13.
const OLDEST: i64 = 130_000;

/// Where the server is, and how long a statement waits for a lock.
#[derive(Debug)]
pub(super) struct Server {
    config: Config,
    patience: Duration,
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
        let mut config: Config =
            url.expose().parse().map_err(|error| StoreError::CannotOpen(Cause::new(error)))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(StoreError::CannotOpen(Cause::new("the address of the database names no host")));
        }
        if config.get_ssl_mode() == SslMode::Require {
            let cause = "this version has no TLS to databases and was asked for it (sslmode=require); \
                         reach the server over loopback or a tunnel, with sslmode=disable";
            return Err(StoreError::CannotOpen(Cause::new(cause)));
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_LIMIT);
        }
        if config.get_application_name().is_none() {
            config.application_name("hutong");
        }
        Ok(Self { config, patience })
    }

    /// A new connection, ready for work.
    pub(super) async fn connect(&self) -> Result<Connection, StoreError> {
        let (client, connection) = self.config.connect(NoTls).await.map_err(classify_connecting)?;
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
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
            self.patience.as_millis()
        )
    }
}

/// An address without what is secret in it.
pub(crate) fn shown(url: &Secret<String>) -> String {
    let Ok(config) = url.expose().parse::<Config>() else { return "postgres://…".to_owned() };
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
    fn tls_that_is_asked_for_and_not_there_is_refused() {
        let refused = Server::new(&url("postgres://db.example/hutong?sslmode=require"), Duration::ZERO);
        assert!(
            matches!(refused, Err(StoreError::CannotOpen(cause)) if cause.to_string().contains("sslmode=require"))
        );
    }
}
