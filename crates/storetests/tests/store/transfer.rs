//! Data moves between engines, into a file and back, and is the same on the other side.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use store::transfer::{Digest, back_up, copy, restore};
use store::{Db, OpenOptions, StoreError, TransferError, messages, threads};
use wire::{Part, Role};

use crate::conformance::money;
use crate::postgres::schema::Schema;
use crate::world::{Opened, World, options};

/// People who talked and paid. Their ids are those of the seed.
async fn lived_in(at: OpenOptions, seed: u64) -> World {
    let db = Db::open(at).await.unwrap();
    let world = World::with_seed(Opened { db, keep: Box::new(()) }, seed).await;
    let thread = world.begin(world.alice).await;
    for _ in 0..300 {
        world.keep(messages::insert(world.alice, &world.message(&thread, None, Role::User))).await;
    }
    let mut odd = world.message(&thread, None, Role::User);
    odd.parts = vec![Part::Text { text: "\u{2028}\\ \"' \u{1F914} 胡同\r\n\t\0".to_owned() }];
    world.keep(messages::insert(world.alice, &odd)).await;
    world.ask(world.bob, &world.begin(world.bob).await, None).await;
    money::perform(&world.db, world.alice, &money::top_up(&world, world.alice, 7_000_000_000), &[])
        .await
        .unwrap();
    assert!(money::is_admitted(&world, world.alice, 4_000_000_000).await);
    world
}

/// The same lists and the same money on the other side.
async fn is_the_same(world: &World, place: OpenOptions) {
    let db = Db::open(place).await.unwrap();
    for scope in [world.alice, world.bob, world.carol] {
        let (here, there) = (threads::page(&world.db, scope, None, 50), threads::page(&db, scope, None, 50));
        assert_eq!(here.await.unwrap(), there.await.unwrap());
    }
    let other = World::with_seed(Opened { db, keep: Box::new(()) }, 77).await;
    assert_eq!(money::wallet(&other, world.alice).await, money::wallet(world, world.alice).await);
    money::is_sound(&other, world.alice).await;
}

fn rows(digest: &Digest, table: &str) -> u64 {
    digest.tables.iter().find(|found| found.table == table).unwrap().rows
}

#[tokio::test]
async fn a_copy_goes_to_the_other_engine_and_back() {
    let Some(schema) = Schema::new().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.db"), folder.path().join("second.db"));
    let world = lived_in(options(&first), 1).await;
    let there = copy(options(&first), schema.options()).await.unwrap();
    assert_eq!(
        (rows(&there, "messages"), rows(&there, "members"), rows(&there, "ledger_entries")),
        (303, 3, 4)
    );
    assert_eq!(there.ledger().map(|ledger| ledger.rows), Some(4));
    let back = copy(schema.options(), options(&second)).await.unwrap();
    assert_eq!(back, there);
    is_the_same(&world, options(&second)).await;
    is_the_same(&world, schema.options()).await;
}

#[tokio::test]
async fn data_is_only_brought_to_an_empty_place() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.db"), folder.path().join("second.db"));
    lived_in(options(&first), 1).await;
    let theirs = lived_in(options(&second), 2).await;
    let refused = copy(options(&first), options(&second)).await.unwrap_err();
    assert!(matches!(refused, TransferError::Occupied(_)), "{refused:?}");
    assert_eq!(threads::page(&theirs.db, theirs.alice, None, 50).await.unwrap().items.len(), 1);
    // A place that was opened once and where nobody lives is empty.
    let third = folder.path().join("third.db");
    Db::open(options(&third)).await.unwrap().close().await;
    copy(options(&first), options(&third)).await.unwrap();
    let Some(schema) = Schema::new().await else { return };
    Db::open(schema.options()).await.unwrap().close().await;
    copy(options(&first), schema.options()).await.unwrap();
    let refused = copy(options(&first), schema.options()).await.unwrap_err();
    assert!(matches!(refused, TransferError::Occupied(_)), "{refused:?}");
}

/// The drill: a backup while others write, everything lost, and brought back on either engine.
async fn drill(from: OpenOptions) {
    let folder = tempfile::tempdir().unwrap();
    let world = Arc::new(lived_in(from.clone(), 1).await);
    let stop = Arc::new(AtomicBool::new(false));
    let busy = {
        let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
        tokio::spawn(async move {
            let mut written = 0_u64;
            while !stop.load(Ordering::Acquire) || written == 0 {
                world.begin(world.carol).await;
                written += 1;
            }
            written
        })
    };
    let file = folder.path().join("hutong.backup");
    let digest = back_up(from, &file).await.unwrap();
    stop.store(true, Ordering::Release);
    assert!(rows(&digest, "threads") <= 2 + busy.await.unwrap());
    money::is_sound(&world, world.alice).await;

    let restored = folder.path().join("restored.db");
    assert_eq!(restore(&file, options(&restored)).await.unwrap(), digest);
    let db = Db::open(options(&restored)).await.unwrap();
    assert_eq!(threads::page(&db, world.alice, None, 9).await.unwrap().items.len(), 1);
    db.close().await;
    let again = folder.path().join("again.backup");
    assert_eq!(back_up(options(&restored), &again).await.unwrap(), digest);

    let Some(schema) = Schema::new().await else { return };
    assert_eq!(restore(&file, schema.options()).await.unwrap(), digest);
    let third = folder.path().join("third.backup");
    assert_eq!(back_up(schema.options(), &third).await.unwrap(), digest);
    let lines = |path: &Path| {
        fs::read_to_string(path).unwrap().lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(lines(&third), lines(&file), "the same bytes from both engines");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_on_a_file() {
    let folder = tempfile::tempdir().unwrap();
    drill(options(&folder.path().join("hutong.db"))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_on_a_server() {
    let Some(schema) = Schema::new().await else { return };
    drill(schema.options()).await;
}

#[tokio::test]
async fn a_backup_that_is_not_whole_brings_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (at, file) = (folder.path().join("hutong.db"), folder.path().join("hutong.backup"));
    lived_in(options(&at), 1).await;
    back_up(options(&at), &file).await.unwrap();
    let whole = fs::read_to_string(&file).unwrap();
    let last = whole.lines().last().unwrap().to_owned();
    let damages = [
        ("its end is missing", whole.replace(&format!("{last}\n"), "")),
        ("its end is missing", whole[..whole.len() / 2].rsplit_once('\n').unwrap().0.to_owned()),
        ("is not as it was written", whole.replacen("ALICE", "MALLORY", 1)),
        ("is not one of a backup", whole.replacen("[\"", "{\"", 1)),
        ("does not begin", whole.lines().skip(1).collect::<Vec<_>>().join("\n")),
        ("does not begin", "a letter".to_owned()),
        ("names a table", whole.replacen("\"table\":\"members\"", "\"table\":\"nobody\"", 1)),
        ("its form is 2", whole.replacen("\"hutong_backup\":1", "\"hutong_backup\":2", 1)),
    ];
    for (expected, text) in damages {
        assert_ne!(text, whole, "{expected}");
        let target = folder.path().join("target.db");
        fs::write(&file, text).unwrap();
        let failed = restore(&file, options(&target)).await.unwrap_err();
        assert!(matches!(failed, TransferError::Damaged(_)), "{failed:?}");
        assert!(failed.to_string().contains(expected), "{failed}");
        let db = Db::open(options(&target)).await.unwrap();
        assert_eq!(store::workspaces::all(&db).await.unwrap(), []);
    }
    fs::write(&file, whole.replacen("\"data_version\":", "\"data_version\":9", 1)).unwrap();
    let newer = restore(&file, options(&folder.path().join("target.db"))).await.unwrap_err();
    assert!(matches!(newer, TransferError::Store(StoreError::Newer { .. })), "{newer:?}");
}

#[tokio::test]
async fn a_backup_is_for_its_owner_and_takes_nobodys_place() {
    let folder = tempfile::tempdir().unwrap();
    let (at, file) = (folder.path().join("hutong.db"), folder.path().join("hutong.backup"));
    lived_in(options(&at), 1).await;
    back_up(options(&at), &file).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o077, 0);
    }
    let before = fs::read(&file).unwrap();
    let refused = back_up(options(&at), &file).await.unwrap_err();
    assert!(matches!(refused, TransferError::File(..)), "{refused:?}");
    assert_eq!(fs::read(&file).unwrap(), before);
    let absent: PathBuf = folder.path().join("absent/hutong.backup");
    assert!(back_up(options(&at), &absent).await.is_err());
    assert!(matches!(restore(&absent, options(&at)).await, Err(TransferError::File(..))));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains(".part")), "{left:?}");
}
