//! Threads.

use store::Segment;
use store::{Page, Scope, StoreError, Thread, events, messages, runs, threads};
use wire::Role;

use crate::world::{World, frames};

fn ids(page: &Page<Thread>) -> Vec<stdx::ThreadId> {
    page.items.iter().map(|thread| thread.id).collect()
}

pub(crate) async fn newest_first_in_pages(world: World) {
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(world.begin(world.alice).await.id);
    }
    let now = world.now();
    world.keep([threads::touch(world.alice, made[1], now)]).await;

    let all = threads::page(&world.db, world.alice, None, 50).await.unwrap();
    assert_eq!(ids(&all), [made[1], made[4], made[3], made[2], made[0]]);
    assert_eq!(all.next, None);
    assert_eq!(all.items[0].updated_at, now);

    let first = threads::page(&world.db, world.alice, None, 2).await.unwrap();
    assert_eq!(ids(&first), [made[1], made[4]]);
    let cursor = first.next.unwrap().to_string().parse().unwrap();
    let second = threads::page(&world.db, world.alice, Some(&cursor), 2).await.unwrap();
    assert_eq!(ids(&second), [made[3], made[2]]);
    let third = threads::page(&world.db, world.alice, second.next.as_ref(), 2).await.unwrap();
    assert_eq!((ids(&third), third.next), (vec![made[0]], None));
}

pub(crate) async fn the_page_of_an_agent(world: World) {
    let mut coder = Vec::new();
    for agent in ["coder", "tutor", "coder", "coder"] {
        let thread = world.thread(world.alice, agent);
        world.keep([threads::insert(&thread)]).await;
        if agent == "coder" {
            coder.push(thread.id);
        }
    }
    let first = threads::page_of_agent(&world.db, world.alice, "coder", None, 2).await.unwrap();
    assert_eq!(ids(&first), [coder[2], coder[1]]);
    let rest = threads::page_of_agent(&world.db, world.alice, "coder", first.next.as_ref(), 2).await.unwrap();
    assert_eq!((ids(&rest), rest.next), (vec![coder[0]], None));
    assert_eq!(threads::page_of_agent(&world.db, world.bob, "coder", None, 2).await.unwrap().items, []);
}

pub(crate) async fn titles_and_leaves(world: World) {
    let thread = world.begin(world.alice).await;
    world.keep([threads::set_title_if_none(world.alice, thread.id, "first")]).await;
    world.keep([threads::set_title_if_none(world.alice, thread.id, "second")]).await;
    let message = world.message(&thread, None, Role::User);
    world.keep(messages::insert(world.alice, &message)).await;
    world.keep([threads::set_leaf(world.alice, thread.id, message.id)]).await;
    let kept = threads::get(&world.db, world.alice, thread.id).await.unwrap().unwrap();
    let expected = Thread { title: Some("first".to_owned()), leaf_id: Some(message.id), ..thread };
    assert_eq!(kept, expected, "neither moves the thread in the list");
    world.keep([threads::set_title(world.alice, kept.id, "third")]).await;
    let kept = threads::get(&world.db, world.alice, kept.id).await.unwrap().unwrap();
    assert_eq!(kept.title.as_deref(), Some("third"));
}

pub(crate) async fn a_leaf_is_in_the_thread(world: World) {
    let (thread, other) = (world.begin(world.alice).await, world.begin(world.alice).await);
    let message = world.message(&other, None, Role::User);
    world.keep(messages::insert(world.alice, &message)).await;
    let failed = world.write([threads::set_leaf(world.alice, thread.id, message.id)]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: threads::LEAF })), "{failed:?}");
}

pub(crate) async fn deleting_takes_everything_along(world: World) {
    let thread = world.begin(world.alice).await;
    let (ask, reply, run) = world.ask(world.alice, &thread, None).await;
    let segment = Segment::new(frames(1..=3)).unwrap();
    world.keep([events::append(world.alice, run.id, &segment)]).await;
    world.keep([threads::delete(world.alice, thread.id)]).await;
    assert_eq!(threads::get(&world.db, world.alice, thread.id).await.unwrap(), None);
    assert_eq!(messages::get(&world.db, world.alice, ask.id).await.unwrap(), None);
    assert_eq!(messages::get(&world.db, world.alice, reply.id).await.unwrap(), None);
    assert_eq!(runs::get(&world.db, world.alice, run.id).await.unwrap(), None);
    assert_eq!(runs::live_everywhere(&world.db).await.unwrap(), []);
    let again = world.write([threads::delete(world.alice, thread.id)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: threads::FOUND })), "{again:?}");
}

pub(crate) async fn strangers_see_no_threads(world: World) {
    let thread = world.begin(world.alice).await;
    let message = world.message(&thread, None, Role::User);
    world.keep(messages::insert(world.alice, &message)).await;
    let forged = Scope { workspace_id: world.carol.workspace_id, ..world.alice };
    for stranger in [world.bob, world.carol, forged] {
        assert_eq!(threads::get(&world.db, stranger, thread.id).await.unwrap(), None);
        assert_eq!(threads::page(&world.db, stranger, None, 50).await.unwrap().items, []);
        let now = world.now();
        for write in [
            threads::set_title(stranger, thread.id, "mine"),
            threads::set_title_if_none(stranger, thread.id, "mine"),
            threads::set_leaf(stranger, thread.id, message.id),
            threads::touch(stranger, thread.id, now),
            threads::delete(stranger, thread.id),
        ] {
            let failed = world.write([write]).await;
            assert!(matches!(failed, Err(StoreError::Expectation { .. })), "{failed:?}");
        }
    }
    let forged = Thread { id: world.id(), workspace_id: world.carol.workspace_id, ..thread.clone() };
    let failed = world.write([threads::insert(&forged)]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: threads::INSERT })), "{failed:?}");
    assert_eq!(threads::get(&world.db, world.alice, thread.id).await.unwrap(), Some(thread));
}
