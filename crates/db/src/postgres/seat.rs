//! The one server of a database.
//!
//! A server takes the seat when it starts: a lock of the session on a connection of its own, which the database lets go when
//! that connection ends, however it ends. Whoever takes it raises the term, a number that every batch of a server looks at
//! in its own transaction, below a lock that raising it waits for. So nothing has to be noticed in time: a server that loses
//! its connection goes on while nobody else took the seat, and from the moment when somebody does none of its batches is kept.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::StoreError;
use crate::batch::{Expect, Write};
use crate::params;

use super::connect::{Connection, Server};
use super::failure::classify_setup;

/// Half of the lock's name; the other half is the schema. "HuSe" in ASCII.
const LOCK: i32 = 0x4875_5365;
/// How often the connection is looked at, and how long it may take to answer.
const LOOK: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(10);
/// How long between two tries to take the seat again.
const PAUSE: Duration = Duration::from_secs(1);

/// What this program is to the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Seating {
    /// A command beside the server, or a server that has not taken the seat yet.
    #[default]
    Beside,
    /// The server, in this term.
    Seated(i64),
    /// It was the server; another one is now.
    Unseated,
}

/// What everybody who writes knows of the seat.
#[derive(Debug)]
pub(super) struct Seat {
    seating: watch::Sender<Seating>,
    keeper: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl Default for Seat {
    fn default() -> Self {
        Self { seating: watch::Sender::new(Seating::Beside), keeper: std::sync::Mutex::default() }
    }
}

impl Seat {
    /// Takes the seat, and keeps it until [`Seat::leave`].
    ///
    /// # Errors
    /// `SeatTaken` when another server has it.
    pub(super) async fn take(self: &Arc<Self>, server: &Arc<Server>) -> Result<(), StoreError> {
        let connection = server.connect().await?;
        sit(connection.client()).await?;
        let term = raise(connection.client()).await?;
        self.seating.send_replace(Seating::Seated(term));
        let keeping = keep(Arc::clone(self), Arc::clone(server), connection, term);
        if let Some(before) = super::lock(&self.keeper).replace(tokio::spawn(keeping)) {
            before.abort();
        }
        Ok(())
    }

    /// What this program is now.
    pub(super) fn now(&self) -> Seating {
        *self.seating.borrow()
    }

    /// Another server has the seat: nothing of this one is kept any more.
    pub(super) fn lose(&self) {
        if self.seating.send_replace(Seating::Unseated) != Seating::Unseated {
            tracing::error!("Another server has taken this database over. This one writes nothing any more.");
        }
    }

    /// Waits until the seat is lost.
    pub(super) async fn lost(&self) {
        // It cannot fail: the sender is ours.
        drop(self.seating.subscribe().wait_for(|seating| *seating == Seating::Unseated).await);
    }

    /// Lets somebody else have it.
    pub(super) async fn leave(&self) {
        let keeper = super::lock(&self.keeper).take();
        if let Some(keeper) = keeper {
            keeper.abort();
            drop(keeper.await); // ended as it was told to
        }
    }

    /// The same without waiting for it.
    pub(super) fn let_go(&self) {
        if let Some(keeper) = super::lock(&self.keeper).take() {
            keeper.abort();
        }
    }
}

/// Fails in a transaction of another term.
pub(super) const TERM: &str = "seat_term";

/// What a transaction of the server waits with, before it looks at anything: raising the term waits for it in turn.
pub(super) const WAIT: &str = "LOCK TABLE hutong_seat IN ROW SHARE MODE";

/// What it looks at first.
pub(super) fn is_in_term(term: i64) -> Write {
    Write {
        name: TERM,
        sql: "SELECT 1 FROM hutong_seat s WHERE s.term = ?1",
        params: params![term],
        expect: Expect::Changed(1),
    }
}

/// Holds the seat, and takes it again when the connection was lost and nobody sat on it meanwhile.
async fn keep(seat: Arc<Seat>, server: Arc<Server>, mut connection: Connection, term: i64) {
    loop {
        while is_there(&connection).await {
            tokio::time::sleep(LOOK).await;
        }
        tracing::warn!(
            "The connection that keeps other servers off this database was lost; it is made again."
        );
        // When it was only slow, it would be in our own way.
        drop(connection);
        connection = loop {
            tokio::time::sleep(PAUSE).await;
            match again(&server, term).await {
                Ok(Some(connection)) => break connection,
                Ok(None) => return seat.lose(),
                Err(error) => tracing::debug!(%error, "The seat is not ours again yet."),
            }
        };
        tracing::info!("No other server was on this database meanwhile; this one goes on.");
    }
}

async fn is_there(connection: &Connection) -> bool {
    let answer = tokio::time::timeout(ANSWER, connection.client().batch_execute("SELECT 1")).await;
    matches!(answer, Ok(Ok(())))
}

/// Takes the seat again; gives nothing when somebody else has sat there meanwhile.
async fn again(server: &Server, term: i64) -> Result<Option<Connection>, StoreError> {
    let connection = server.connect().await?;
    let seated = sit(connection.client()).await;
    let row = connection.client().query_opt("SELECT term FROM hutong_seat", &[]).await;
    let found: Option<i64> = match row.map_err(classify_setup)? {
        Some(row) => Some(row.try_get(0).map_err(classify_setup)?),
        None => None,
    };
    if found != Some(term) {
        return Ok(None);
    }
    // While the term is the same, it is our own old connection that sits there, or somebody who is about to raise it.
    seated.map(|()| Some(connection))
}

/// Takes the lock.
async fn sit(client: &Client) -> Result<(), StoreError> {
    // The machine may go away without a word; the database is to notice soon.
    let notice =
        "SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";
    client.batch_execute(notice).await.map_err(classify_setup)?;
    let sit = "SELECT pg_try_advisory_lock($1, hashtext(CAST(current_schema() AS TEXT)))";
    let row = client.query_one(sit, &[&LOCK]).await.map_err(classify_setup)?;
    if row.try_get(0).map_err(classify_setup)? {
        return Ok(());
    }
    Err(StoreError::SeatTaken { by: sitter(client).await.unwrap_or_default() })
}

/// Who has the lock, as far as the database says.
async fn sitter(client: &Client) -> Option<String> {
    let about = "SELECT host(a.client_addr), to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
                 FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                 JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
                 WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND CAST(l.classid AS BIGINT) = $1
                 AND CAST(l.objid AS BIGINT) = CAST(hashtext(CAST(current_schema() AS TEXT)) AS BIGINT) & 4294967295";
    let row = client.query_opt(about, &[&i64::from(LOCK)]).await.ok()??;
    let (address, since): (Option<String>, Option<String>) = (row.try_get(0).ok()?, row.try_get(1).ok()?);
    Some(format!(
        " (from {}, since {} UTC)",
        address.as_deref().unwrap_or("the database's own machine"),
        since?
    ))
}

/// True when a server has sat here before.
async fn was_taken(client: &Client) -> Result<bool, StoreError> {
    let there = "SELECT to_regclass(quote_ident(current_schema()) || '.hutong_seat') IS NOT NULL";
    let row = client.query_one(there, &[]).await.map_err(classify_setup)?;
    row.try_get(0).map_err(classify_setup)
}

/// Begins a new term. Whoever has the lock is alone here; batches of the term before are waited for.
async fn raise(client: &Client) -> Result<i64, StoreError> {
    if !was_taken(client).await? {
        // Counted from the time, so that a database that was emptied has no term again that it had before.
        let make = "BEGIN; CREATE TABLE hutong_seat (term BIGINT NOT NULL);
                    INSERT INTO hutong_seat SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS BIGINT); COMMIT";
        client.batch_execute(make).await.map_err(classify_setup)?;
    }
    let raise =
        "BEGIN; LOCK TABLE hutong_seat IN EXCLUSIVE MODE; UPDATE hutong_seat SET term = term + 1; COMMIT";
    client.batch_execute(raise).await.map_err(classify_setup)?;
    let row = client.query_one("SELECT term FROM hutong_seat", &[]).await.map_err(classify_setup)?;
    row.try_get(0).map_err(classify_setup)
}

/// Keeps servers off the data while it is taken in or out, also one that was cut off and comes back; until this connection
/// ends.
///
/// # Errors
/// `SeatTaken` when a server has the seat.
pub(super) async fn keep_off(client: &Client) -> Result<(), StoreError> {
    sit(client).await?;
    if was_taken(client).await? {
        raise(client).await?;
    }
    Ok(())
}
