//! Batches.

use store::{Batch, Durability, StoreError, messages, sessions, threads};
use wire::Role;

use crate::world::World;

pub(crate) async fn all_or_nothing(world: World) {
    let (good, missing) = (world.thread(world.alice, "ask"), world.thread(world.alice, "ask"));
    let now = world.now();
    let failed = world
        .write([
            threads::insert(&good),
            threads::touch(world.alice, missing.id, now),
            threads::insert(&missing),
        ])
        .await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: threads::FOUND })), "{failed:?}");
    assert_eq!(threads::get(&world.db, world.alice, good.id).await.unwrap(), None);
    assert_eq!(threads::get(&world.db, world.alice, missing.id).await.unwrap(), None);
}

pub(crate) async fn a_failure_names_its_write(world: World) {
    let thread = world.begin(world.alice).await;
    let orphan = world.message(&thread, Some(world.id()), Role::User);
    let failed = world.write(messages::insert(world.alice, &orphan)).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: messages::PARENT })), "{failed:?}");
    let elsewhere = world.message(&world.thread(world.alice, "ask"), None, Role::User);
    let failed = world.write(messages::insert(world.alice, &elsewhere)).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: messages::INSERT })), "{failed:?}");
}

pub(crate) async fn later_writes_see_earlier_ones(world: World) {
    let thread = world.thread(world.alice, "ask");
    let first = world.message(&thread, None, Role::User);
    let second = world.message(&thread, Some(first.id), Role::Assistant);
    let mut batch = Batch::new(Durability::Relaxed).with(threads::insert(&thread));
    batch.extend(messages::insert(world.alice, &first));
    batch.extend(messages::insert(world.alice, &second));
    batch.push(threads::set_leaf(world.alice, thread.id, second.id));
    world.db.write(batch).await.unwrap();
    let kept = threads::get(&world.db, world.alice, thread.id).await.unwrap().unwrap();
    assert_eq!(kept.leaf_id, Some(second.id));
}

pub(crate) async fn an_empty_batch_is_kept(world: World) {
    assert_eq!(world.write([]).await.unwrap().total(), 0);
}

pub(crate) async fn changes_are_counted(world: World) {
    let (one, two) = (world.thread(world.alice, "ask"), world.id());
    let later = world.now();
    let changes = world
        .write([sessions::delete(world.alice, two), threads::insert(&one), sessions::delete_expired(later)])
        .await
        .unwrap();
    assert_eq!((changes.of(0), changes.of(1), changes.of(2), changes.of(3)), (0, 1, 0, 0));
    assert_eq!(changes.total(), 1);
}

/// What a client repeats is told apart from what it asks for the first time, also when both race.
pub(crate) async fn the_same_id_twice_is_a_conflict(world: World) {
    let thread = world.thread(world.alice, "ask");
    let tries = (0..64).map(|_| {
        let (db, write) = (world.db.clone(), threads::insert(&thread));
        tokio::spawn(async move { db.write(Batch::new(Durability::Full).with(write)).await })
    });
    let tries: Vec<_> = tries.collect();
    let mut kept = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => kept += 1,
            Err(StoreError::Conflict { name: threads::INSERT }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(kept, 1);
    assert_eq!(threads::get(&world.db, world.alice, thread.id).await.unwrap(), Some(thread));
}
