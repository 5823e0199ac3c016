//! The data file: opened again, by two, by another version, damaged.

use std::fs;
use std::path::Path;
use std::time::Duration;

use store::{Db, OpenOptions, StoreError, keys, messages, threads};
use wire::Role;

use crate::world::{Opened, World, options};

async fn world(path: &Path) -> World {
    World::new(Opened { db: Db::open(options(path)).await.unwrap(), keep: Box::new(()) }).await
}

/// Overwrites bytes of a file.
fn patch(path: &Path, at: usize, bytes: &[u8]) {
    let mut content = fs::read(path).unwrap();
    content[at..at + bytes.len()].copy_from_slice(bytes);
    fs::write(path, content).unwrap();
}

#[tokio::test]
async fn everything_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("胡同 1.db");
    let world = world(&path).await;
    let thread = world.begin(world.alice).await;
    let scope = world.alice;
    drop(world);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["胡同 1.db"], "no log is left beside the file");
    let db = Db::open(options(&path)).await.unwrap();
    assert_eq!(threads::get(&db, scope, thread.id).await.unwrap(), Some(thread));
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let world = world(&folder.path().join("hutong.db")).await;
    world.db.close().await;
    let failed = world.write([threads::insert(&world.thread(world.alice, "ask"))]).await;
    assert!(matches!(failed, Err(StoreError::Closed)), "{failed:?}");
    let failed = threads::page(&world.db, world.alice, None, 1).await;
    assert!(matches!(failed, Err(StoreError::Closed)), "{failed:?}");
    let failed = store::room::look(&world.db, world.alice, world.now(), &[]).await;
    assert!(matches!(failed, Err(StoreError::Closed)), "{failed:?}");
    world.db.close().await;
}

#[tokio::test]
async fn what_waits_is_kept_before_closing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    let world = world(&path).await;
    let thread = world.thread(world.alice, "ask");
    let (db, write) = (world.db.clone(), threads::insert(&thread));
    let waiting =
        tokio::spawn(async move { db.write(store::Batch::new(store::Durability::Full).with(write)).await });
    tokio::task::yield_now().await;
    world.db.close().await;
    waiting.await.unwrap().unwrap();
    let db = Db::open(options(&path)).await.unwrap();
    assert_eq!(threads::get(&db, world.alice, thread.id).await.unwrap(), Some(thread));
}

/// The command line makes a key while the server runs: both have the file open and write.
#[tokio::test(flavor = "multi_thread")]
async fn two_handles_on_one_file_write_and_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    let server = std::sync::Arc::new(world(&path).await);
    let busy = {
        let server = std::sync::Arc::clone(&server);
        tokio::spawn(async move {
            for _ in 0..100 {
                server.begin(server.alice).await;
            }
        })
    };
    for number in 0..10 {
        let command_line = Db::open(options(&path)).await.unwrap();
        let key = server.key(server.alice, &number.to_string());
        let batch = store::Batch::new(store::Durability::Full).with(keys::insert(&key, server.token()));
        command_line.write(batch).await.unwrap();
        drop(command_line);
        let listed = keys::list(&server.db, server.alice.workspace_id).await.unwrap();
        assert_eq!(listed.last(), Some(&key));
    }
    busy.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_make_the_same_new_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    let opening: Vec<_> = (0..8).map(|_| tokio::spawn(Db::open(options(&path)))).collect();
    for opened in opening {
        opened.await.unwrap().unwrap().check().await.unwrap();
    }
}

#[tokio::test]
async fn a_lock_held_too_long_is_an_overload() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    drop(world(&path).await);
    let impatient = OpenOptions { busy_timeout: Duration::from_millis(10), ..options(&path) };
    let db = Db::open(impatient).await.unwrap();
    let world = World::with_seed(Opened { db, keep: Box::new(()) }, 2).await;
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let thread = world.thread(world.alice, "ask");
    let failed = world.write([threads::insert(&thread)]).await;
    assert!(matches!(failed, Err(StoreError::Overloaded)), "{failed:?}");
    other.execute_batch("ROLLBACK").unwrap();
    world.keep([threads::insert(&thread)]).await;
}

#[tokio::test]
async fn newer_data_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    drop(world(&path).await);
    patch(&path, 60, &1_000_u32.to_be_bytes()); // the header's user version
    let before = fs::read(&path).unwrap();
    let failed = Db::open(options(&path)).await.unwrap_err();
    assert!(matches!(failed, StoreError::Newer { found: 1_000, known: 17 }), "{failed:?}");
    assert_eq!(
        failed.to_string(),
        "the data was written by a newer version (data version 1000, this program knows 17)"
    );
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn the_file_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    let before = fs::read(&path).unwrap();
    let failed = Db::open(options(&path)).await.unwrap_err();
    assert!(matches!(failed, StoreError::Corrupt(_)), "{failed:?}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_damaged_file_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    fs::write(&path, "this is a letter, not a database\n".repeat(200)).unwrap();
    let failed = Db::open(options(&path)).await.unwrap_err();
    assert!(matches!(failed, StoreError::Corrupt(_)), "{failed:?}");

    fs::remove_file(&path).unwrap();
    drop(world(&path).await);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let failed = Db::open(options(&path)).await.unwrap_err();
    assert!(matches!(failed, StoreError::Corrupt(_)), "{failed:?}");
}

#[tokio::test]
async fn damage_inside_is_met_when_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    let world = world(&path).await;
    let thread = world.begin(world.alice).await;
    for _ in 0..600 {
        world.keep(messages::insert(world.alice, &world.message(&thread, None, Role::User))).await;
    }
    let scope = world.alice;
    drop(world);
    // All pages but the first ones, which hold the schema.
    let content = fs::read(&path).unwrap();
    let noise = vec![0xA5; content.len() - 150 * 4_096];
    patch(&path, 150 * 4_096, &noise);
    let db = Db::open(options(&path)).await.unwrap();
    let failed = messages::page(&db, scope, thread.id, None, 200).await;
    assert!(matches!(failed, Err(StoreError::Corrupt(_))), "{failed:?}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_cannot_be_opened() {
    let folder = tempfile::tempdir().unwrap();
    let failed = Db::open(options(&folder.path().join("absent/hutong.db"))).await.unwrap_err();
    assert!(matches!(failed, StoreError::CannotOpen(_)), "{failed:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let world = world(&folder.path().join("hutong.db")).await;
    world.begin(world.alice).await;
    for entry in fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.file_name());
    }
}
