//! The server: opened by many, by another version, lost.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::{Batch, Db, Durability, OpenOptions, Place, StoreError, messages, threads};
use wire::Role;

use super::proxy::{Fate, Proxy};
use super::schema::{Schema, options};
use crate::world::{Opened, World};

async fn world(options: OpenOptions) -> World {
    World::new(Opened { db: Db::open(options).await.unwrap(), keep: Box::new(()) }).await
}

#[tokio::test]
async fn everything_is_there_after_opening_again() {
    let Some(schema) = Schema::new().await else { return };
    let world = world(schema.options()).await;
    let thread = world.begin(world.alice).await;
    world.db.close().await;
    let failed = threads::get(&world.db, world.alice, thread.id).await;
    assert!(matches!(failed, Err(StoreError::Closed)), "{failed:?}");
    let failed = world.write([threads::insert(&world.thread(world.alice, "ask"))]).await;
    assert!(matches!(failed, Err(StoreError::Closed)), "{failed:?}");
    let db = Db::open(schema.options()).await.unwrap();
    assert_eq!(threads::get(&db, world.alice, thread.id).await.unwrap(), Some(thread));
}

#[tokio::test]
async fn what_waits_is_kept_before_closing() {
    let Some(schema) = Schema::new().await else { return };
    let world = world(schema.options()).await;
    let thread = world.thread(world.alice, "ask");
    let (db, write) = (world.db.clone(), threads::insert(&thread));
    let waiting = tokio::spawn(async move { db.write(Batch::new(Durability::Full).with(write)).await });
    tokio::task::yield_now().await;
    world.db.close().await;
    waiting.await.unwrap().unwrap();
    let db = Db::open(schema.options()).await.unwrap();
    assert_eq!(threads::get(&db, world.alice, thread.id).await.unwrap(), Some(thread));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_make_the_same_new_schema_at_once() {
    let Some(schema) = Schema::new().await else { return };
    let opening: Vec<_> = (0..8).map(|_| tokio::spawn(Db::open(schema.options()))).collect();
    for opened in opening {
        opened.await.unwrap().unwrap().check().await.unwrap();
    }
}

#[tokio::test]
async fn newer_data_is_refused_and_left_alone() {
    let Some(schema) = Schema::new().await else { return };
    drop(world(schema.options()).await);
    let client = schema.client().await;
    let known: i64 = client.query_one("SELECT version FROM hutong_data", &[]).await.unwrap().get(0);
    client.batch_execute("UPDATE hutong_data SET version = 1000").await.unwrap();
    let failed = Db::open(schema.options()).await.unwrap_err();
    let known = u32::try_from(known).unwrap();
    assert!(matches!(failed, StoreError::Newer { found: 1_000, known: k } if k == known), "{failed:?}");
}

#[tokio::test]
async fn the_tables_of_another_program_are_refused_and_left_alone() {
    let Some(schema) = Schema::new().await else { return };
    let client = schema.client().await;
    client.batch_execute("CREATE TABLE notes (text TEXT)").await.unwrap();
    let failed = Db::open(schema.options()).await.unwrap_err();
    assert!(matches!(failed, StoreError::Corrupt(_)), "{failed:?}");
    let tables =
        "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'";
    assert_eq!(client.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 1);
}

#[tokio::test]
async fn every_text_is_compared_byte_by_byte() {
    let Some(schema) = Schema::new().await else { return };
    drop(world(schema.options()).await);
    let others =
        "SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                  WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0
                  AND NOT (a.atttypid = 'bigint'::regtype
                           OR a.atttypid = 'text'::regtype AND a.attcollation = '\"C\"'::regcollation)";
    let others = schema.client().await.query(others, &[]).await.unwrap();
    assert!(others.is_empty(), "{:?}", others.iter().map(|row| row.get(0)).collect::<Vec<String>>());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_clear_error() {
    let failed = Db::open(options("postgres://hutong@127.0.0.1:1/hutong")).await.unwrap_err();
    assert!(matches!(failed, StoreError::Unreachable(_)), "{failed:?}");
    for bad in ["postgres://", "postgres://a@b/c?nothing=1", "postgres://a@b/c?sslmode=allow"] {
        let failed = Db::open(options(bad)).await.unwrap_err();
        assert!(matches!(failed, StoreError::CannotOpen(_)), "{bad}: {failed:?}");
    }
}

#[test]
fn a_place_is_a_server_by_its_beginning() {
    let place = |text| Place::parse(text).to_string();
    assert_eq!(place("postgres://lane:hunter2@db.example/hutong"), "postgres://db.example:5432/hutong");
    assert_eq!(place("postgresql://db.example:1/hutong"), "postgres://db.example:1/hutong");
    assert_eq!(place("/var/lib/postgres://x"), "/var/lib/postgres://x");
}

/// Ends the connections of this test's store. Those of others are on other schemas, of which their statements tell nothing,
/// so each test's store has a name.
async fn terminate(schema: &Schema) {
    let end =
        "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = $1";
    let ended: i64 = schema.client().await.query_one(end, &[&schema.name()]).await.unwrap().get(0);
    assert!(ended > 0);
}

/// How many of this test's connections wait for a lock.
async fn waiting_for_locks(schema: &Schema) -> i64 {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = 'Lock'";
    schema.client().await.query_one(waiting, &[&schema.name()]).await.unwrap().get(0)
}

#[tokio::test]
async fn connections_that_were_lost_are_replaced() {
    let Some(schema) = Schema::new().await else { return };
    let world = world(schema.options()).await;
    let before = world.begin(world.alice).await;
    for _ in 0..3 {
        terminate(&schema).await;
        let thread = world.begin(world.alice).await;
        assert_eq!(threads::get(&world.db, world.alice, thread.id).await.unwrap(), Some(thread));
    }
    assert_eq!(threads::get(&world.db, world.alice, before.id).await.unwrap(), Some(before));
}

/// A batch that waited for a lock when its connection was lost is begun anew, and kept once.
#[tokio::test]
async fn a_batch_outlives_its_connection() {
    let Some(schema) = Schema::new().await else { return };
    let world = world(schema.options()).await;
    let thread = world.begin(world.alice).await;
    let other = schema.client().await;
    other.batch_execute("BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let message = world.message(&thread, None, Role::User);
    let (db, mut batch) = (world.db.clone(), Batch::new(Durability::Full));
    batch.extend(messages::insert(world.alice, &message));
    let waiting = tokio::spawn(async move { db.write(batch).await });
    while waiting_for_locks(&schema).await == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    terminate(&schema).await;
    other.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(messages::get(&world.db, world.alice, message.id).await.unwrap(), Some(message));
}

#[tokio::test]
async fn a_lock_held_too_long_is_an_overload() {
    let Some(schema) = Schema::new().await else { return };
    let impatient = OpenOptions { busy_timeout: Duration::from_millis(50), ..schema.options() };
    let world = world(impatient).await;
    let other = schema.client().await;
    other.batch_execute("BEGIN; LOCK TABLE threads IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let thread = world.thread(world.alice, "ask");
    let failed = world.write([threads::insert(&thread)]).await;
    assert!(matches!(failed, Err(StoreError::Overloaded)), "{failed:?}");
    other.batch_execute("COMMIT").await.unwrap();
    world.keep([threads::insert(&thread)]).await;
}

/// When the answer to a `COMMIT` is lost, the server is asked what became of it.
#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for() {
    for fate in [Fate::Heard, Fate::Unheard] {
        let Some(schema) = Schema::new().await else { return };
        let proxy = Proxy::new(schema.address(), fate).await;
        let world = world(options(&schema.url_through(proxy.port))).await;
        for _ in 0..3 {
            let thread = world.thread(world.alice, "ask");
            proxy.armed.store(true, Ordering::Release);
            let changes = world.write([threads::insert(&thread)]).await.unwrap();
            assert!(!proxy.armed.load(Ordering::Acquire));
            assert_eq!(changes.total(), 1);
            assert_eq!(threads::get(&world.db, world.alice, thread.id).await.unwrap(), Some(thread));
        }
    }
}

/// When nobody can be asked, nobody may say that the batch was not kept.
#[tokio::test]
async fn an_answer_that_nobody_can_give_leaves_the_fate_unknown() {
    for fate in [Fate::Heard, Fate::Unheard] {
        let Some(schema) = Schema::new().await else { return };
        let proxy = Proxy::new(schema.address(), fate).await;
        let one = OpenOptions { writers: NonZeroUsize::MIN, ..options(&schema.url_through(proxy.port)) };
        let world = world(one).await;
        let thread = world.thread(world.alice, "ask");
        proxy.shuts.store(true, Ordering::Release);
        proxy.armed.store(true, Ordering::Release);
        let failed = world.write([threads::insert(&thread)]).await;
        assert!(matches!(failed, Err(StoreError::Unknown(_))), "{failed:?}");
        let failed = world.write([threads::insert(&thread)]).await;
        assert!(matches!(failed, Err(StoreError::Unreachable(_))), "{failed:?}");
        proxy.shut.store(false, Ordering::Release);
        match (fate, world.write([threads::insert(&thread)]).await) {
            (Fate::Heard, Err(StoreError::Conflict { name: threads::INSERT })) | (Fate::Unheard, Ok(_)) => {}
            (_, other) => panic!("{fate:?}: {other:?}"),
        }
        assert_eq!(threads::get(&world.db, world.alice, thread.id).await.unwrap(), Some(thread));
    }
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let Some(schema) = Schema::new().await else { return };
    let small = OpenOptions { queue: NonZeroUsize::new(4).unwrap(), ..schema.options() };
    let world = Arc::new(world(small).await);
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..400 {
        let world = Arc::clone(&world);
        set.spawn(async move { world.write([threads::insert(&world.thread(world.alice, "ask"))]).await });
    }
    let outcomes = set.join_all().await;
    let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Overloaded))).count();
    assert_eq!(kept + refused, 400);
    assert!(kept >= 4 && refused > 0, "{kept} kept, {refused} refused");
    let found = threads::page(&world.db, world.alice, None, 200).await.unwrap().items.len();
    assert_eq!(found, kept.min(200));
    assert_eq!(world.db.stats().waiting, 0);
}
