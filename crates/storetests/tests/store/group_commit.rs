//! Many writers, one that writes for them.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use stdx::{Clock, MockClock, Timestamp};
use store::{Batch, Db, Durability, OpenOptions, StoreError, threads};

use crate::world::{Opened, World, open_temporary, options};

async fn every_engine() -> Vec<Opened> {
    [Some(open_temporary().await), crate::postgres::open().await].into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_writers_share_commits_and_lose_nothing() {
    for opened in every_engine().await {
        share_commits(Arc::new(World::new(opened).await)).await;
    }
}

async fn share_commits(world: Arc<World>) {
    let before = world.db.stats();
    let writers: Vec<_> = (0..64)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                for _ in 0..10 {
                    let thread = world.thread(world.alice, "ask");
                    world.keep([threads::insert(&thread)]).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let after = world.db.stats();
    assert_eq!(after.batches - before.batches, 640);
    assert_eq!(after.waiting, 0);
    assert!(after.commits - before.commits < 640, "{after:?}");
    assert_eq!(after.commits - before.commits, after.syncs - before.syncs, "all of them are durable");

    let mut found = 0;
    let mut next = None;
    loop {
        let page = threads::page(&world.db, world.alice, next.as_ref(), 200).await.unwrap();
        found += page.items.len();
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(found, 640);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_batch_takes_no_other_down() {
    for opened in every_engine().await {
        fail_alone(Arc::new(World::new(opened).await)).await;
    }
}

async fn fail_alone(world: Arc<World>) {
    let writers: Vec<_> = (0..64)
        .map(|number| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let thread = world.thread(world.alice, "ask");
                let mut batch = Batch::new(Durability::Full).with(threads::insert(&thread));
                if number % 2 == 1 {
                    batch.push(threads::set_title(world.bob, thread.id, "mine"));
                }
                let outcome = world.db.write(batch).await;
                let kept = threads::get(&world.db, world.alice, thread.id).await.unwrap();
                match outcome {
                    Ok(_) => assert!(number % 2 == 0 && kept == Some(thread)),
                    Err(StoreError::Expectation { name: threads::FOUND }) => {
                        assert!(number % 2 == 1 && kept.is_none());
                    }
                    Err(other) => panic!("{other}"),
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(world.db.stats().refused, 32);
}

#[tokio::test]
async fn relaxed_batches_wait_for_no_disk_but_not_for_ever() {
    let clock = MockClock::at(Timestamp::from_micros(1));
    let folder = tempfile::tempdir().unwrap();
    let injected: Arc<dyn Clock> = Arc::new(clock.clone());
    let db = Db::open(OpenOptions::new(folder.path().join("hutong.db"), injected)).await.unwrap();
    let world = World::new(Opened { db, keep: Box::new(folder) }).await;
    let relaxed = async || {
        let batch = Batch::new(Durability::Relaxed).with(threads::insert(&world.thread(world.alice, "ask")));
        world.db.write(batch).await.unwrap();
        world.db.stats()
    };

    let start = world.db.stats();
    relaxed().await;
    let stats = relaxed().await;
    assert_eq!((stats.commits - start.commits, stats.syncs - start.syncs), (2, 0));

    clock.advance(Duration::from_millis(500));
    let stats = relaxed().await;
    assert_eq!(stats.syncs - start.syncs, 1, "half a second later the next one takes the others to the disk");

    relaxed().await;
    clock.advance(Duration::from_millis(500));
    // Without a further batch the writer wakes up by itself.
    while world.db.stats().syncs == stats.syncs {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(world.db.stats().syncs - start.syncs, 2);
}

#[tokio::test]
async fn a_full_queue_refuses_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    let small = OpenOptions { queue: NonZeroUsize::new(4).unwrap(), ..options(&path) };
    let db = Db::open(small).await.unwrap();
    let world = World::new(Opened { db, keep: Box::new(folder) }).await;
    let threads: Vec<_> = (0..400).map(|_| world.thread(world.alice, "ask")).collect();
    // All are queued before any of them can be answered: this test has one thread.
    let waiting: Vec<_> = threads
        .iter()
        .map(|thread| {
            let (db, write) = (world.db.clone(), threads::insert(thread));
            async move { db.write(Batch::new(Durability::Full).with(write)).await }
        })
        .collect();
    let mut outcomes = Vec::new();
    let mut set = tokio::task::JoinSet::new();
    for write in waiting {
        set.spawn(write);
    }
    while let Some(outcome) = set.join_next().await {
        outcomes.push(outcome.unwrap());
    }
    let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(StoreError::Overloaded))).count();
    assert_eq!(kept + refused, 400);
    assert!(kept >= 4 && refused > 0, "{kept} kept, {refused} refused");
    let found = threads::page(&world.db, world.alice, None, 200).await.unwrap().items.len();
    assert_eq!(found, kept.min(200));
}
