//! One server for each database, whatever becomes of its connections.

use std::sync::atomic::Ordering;
use std::time::Duration;

use store::transfer::{back_up, copy, restore};
use store::{Db, OpenOptions, StoreError, TransferError, threads};

use super::proxy::{Fate, Proxy};
use super::schema::{Schema, options};
use crate::world::{Opened, World};

async fn world(options: OpenOptions, seed: u64) -> World {
    let db = Db::open(options).await.unwrap();
    World::with_seed(Opened { db, keep: Box::new(()) }, seed).await
}

/// The seat as soon as it is free: the database hears a little later that a connection is gone.
async fn take_when_free(db: &Db) {
    while let Err(error) = db.take_seat().await {
        assert!(matches!(error, StoreError::SeatTaken { .. }), "{error:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn begins_a_thread(world: &World) -> Result<(), StoreError> {
    let thread = world.thread(world.alice, "ask");
    world.write([threads::insert(&thread)]).await.map(drop)
}

/// Ends all connections of the store with this name.
async fn end_connections(schema: &Schema, name: &str) {
    let end =
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = $1";
    let ended: i64 = schema.client().await.query_one(end, &[&name]).await.unwrap().get(0);
    assert!(ended > 0);
}

#[tokio::test]
async fn a_second_server_is_refused_until_the_first_one_ends() {
    let Some(schema) = Schema::new().await else { return };
    let (first, second) = (world(schema.options(), 1).await, world(schema.options(), 2).await);
    first.db.take_seat().await.unwrap();
    match second.db.take_seat().await {
        Err(StoreError::SeatTaken { by }) => {
            assert!(by.starts_with(" (from 127.0.0.1, since 20") && by.ends_with(" UTC)"), "{by}");
        }
        other => panic!("{other:?}"),
    }
    begins_a_thread(&first).await.unwrap();
    begins_a_thread(&second).await.expect("a command writes beside the server");
    first.db.close().await;
    take_when_free(&second.db).await;
    begins_a_thread(&second).await.unwrap();
}

#[tokio::test]
async fn servers_on_other_schemas_are_none_of_ours() {
    let (Some(one), Some(other)) = (Schema::new().await, Schema::new().await) else { return };
    for schema in [&one, &other] {
        world(schema.options(), 1).await.db.take_seat().await.unwrap();
    }
}

/// Nobody else came meanwhile, so nothing is lost.
#[tokio::test]
async fn a_server_that_lost_its_connections_goes_on() {
    let Some(schema) = Schema::new().await else { return };
    let (server, late) = (world(schema.options(), 1).await, world(options(&schema.url()), 2).await);
    server.db.take_seat().await.unwrap();
    end_connections(&schema, schema.name()).await;
    begins_a_thread(&server).await.unwrap();
    let sits = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
                WHERE l.locktype = 'advisory' AND a.application_name = $1";
    let client = schema.client().await;
    while client.query_one(sits, &[&schema.name()]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let refused = late.db.take_seat().await;
    assert!(matches!(refused, Err(StoreError::SeatTaken { .. })), "{refused:?}");
    begins_a_thread(&server).await.unwrap();
}

/// A server that cannot reach its database cannot know that another one has begun there; the database knows.
#[tokio::test]
async fn a_server_whose_place_was_taken_keeps_nothing() {
    let Some(schema) = Schema::new().await else { return };
    let proxy = Proxy::new(schema.address(), Fate::Unheard).await;
    let url = format!("{}&application_name={}_cut_off", schema.url_through(proxy.port), schema.name());
    let (old, new) = (world(options(&url), 1).await, world(schema.options(), 2).await);
    old.db.take_seat().await.unwrap();
    begins_a_thread(&old).await.unwrap();
    proxy.shut.store(true, Ordering::Release);
    end_connections(&schema, &format!("{}_cut_off", schema.name())).await;
    take_when_free(&new.db).await;
    proxy.shut.store(false, Ordering::Release);
    let failed = begins_a_thread(&old).await;
    assert!(matches!(failed, Err(StoreError::Unseated)), "{failed:?}");
    old.db.unseated().await;
    let failed = begins_a_thread(&old).await;
    assert!(matches!(failed, Err(StoreError::Unseated)), "{failed:?}");
    begins_a_thread(&new).await.unwrap();
}

#[tokio::test]
async fn data_is_not_taken_away_or_replaced_below_a_server() {
    let (Some(schema), Some(empty)) = (Schema::new().await, Schema::new().await) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (file, backup) = (folder.path().join("hutong.db"), folder.path().join("lane.backup"));
    let server = world(schema.options(), 1).await;
    server.db.take_seat().await.unwrap();
    back_up(schema.options(), &backup).await.unwrap();
    let is_refused = |outcome| matches!(outcome, Err(TransferError::Store(StoreError::SeatTaken { .. })));
    assert!(is_refused(copy(schema.options(), crate::world::options(&file)).await));
    let other = Db::open(empty.options()).await.unwrap();
    other.take_seat().await.unwrap();
    assert!(is_refused(restore(&backup, empty.options()).await));
    other.check().await.unwrap();
    other.close().await;
    server.db.close().await;
    while is_refused(copy(schema.options(), empty.options()).await) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let moved = Db::open(empty.options()).await.unwrap();
    assert!(threads::page(&moved, server.alice, None, 1).await.unwrap().items.is_empty());
}
