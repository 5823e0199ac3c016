//! Messages.

use stdx::MessageId;
use store::{Cursor, Scope, StoreError, messages};
use wire::{Message, Part, Role, Run};

use crate::world::World;

fn ids(items: &[Message]) -> Vec<MessageId> {
    items.iter().map(|message| message.id).collect()
}

pub(crate) async fn what_is_kept_comes_back(world: World) {
    let thread = world.begin(world.alice).await;
    let mut message = world.message(&thread, None, Role::Assistant);
    message.parts = vec![
        Part::Reasoning { text: "想 \u{1F914}\n\"'\\\0".to_owned(), millis: Some(7) },
        Part::Text { text: "**好。**".to_owned() },
    ];
    message.run_id = Some(world.id());
    world.keep(messages::insert(world.alice, &message)).await;
    assert_eq!(messages::get(&world.db, world.alice, message.id).await.unwrap(), Some(message));
}

pub(crate) async fn pages_go_back_in_time(world: World) {
    let thread = world.begin(world.alice).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        let message = world.message(&thread, made.last().copied(), Role::User);
        made.push(message.id);
        world.keep(messages::insert(world.alice, &message)).await;
    }
    let newest = messages::page(&world.db, world.alice, thread.id, None, 2).await.unwrap();
    assert_eq!(ids(&newest.items), made[3..]);
    let middle = messages::page(&world.db, world.alice, thread.id, newest.next.as_ref(), 2).await.unwrap();
    assert_eq!(ids(&middle.items), made[1..3]);
    let oldest = messages::page(&world.db, world.alice, thread.id, middle.next.as_ref(), 2).await.unwrap();
    assert_eq!((ids(&oldest.items), oldest.next), (made[..1].to_vec(), None));
}

pub(crate) async fn equal_times_are_not_lost_between_pages(world: World) {
    let thread = world.begin(world.alice).await;
    let now = world.now();
    let mut made = Vec::new();
    for _ in 0..5 {
        let message = Message { created_at: now, ..world.message(&thread, None, Role::User) };
        made.push(message.id);
        world.keep(messages::insert(world.alice, &message)).await;
    }
    let mut seen = Vec::new();
    let mut before: Option<Cursor> = None;
    loop {
        let page = messages::page(&world.db, world.alice, thread.id, before.as_ref(), 2).await.unwrap();
        seen.extend(ids(&page.items));
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    made.sort();
    seen.sort();
    assert_eq!(seen, made);
}

pub(crate) async fn a_page_brings_its_runs(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, first_reply, first) = world.ask(world.alice, &thread, None).await;
    let (_, _, second) = world.ask(world.alice, &thread, Some(first_reply.id)).await;
    let runs_of = |runs: &[Run]| runs.iter().map(|run| run.id).collect::<Vec<_>>();

    let all = messages::page(&world.db, world.alice, thread.id, None, 50).await.unwrap();
    assert_eq!((all.items.len(), runs_of(&all.runs)), (4, vec![first.id, second.id]));
    assert_eq!(all.runs[0], first);
    let last = messages::page(&world.db, world.alice, thread.id, None, 2).await.unwrap();
    assert_eq!(runs_of(&last.runs), [second.id], "not the run of the message before the page");
}

pub(crate) async fn the_path_follows_one_branch(world: World) {
    let thread = world.begin(world.alice).await;
    let mut trunk: Vec<Message> = Vec::new();
    for _ in 0..4 {
        let message = world.message(&thread, trunk.last().map(|message| message.id), Role::User);
        world.keep(messages::insert(world.alice, &message)).await;
        trunk.push(message);
    }
    let branch = world.message(&thread, Some(trunk[1].id), Role::User);
    world.keep(messages::insert(world.alice, &branch)).await;

    let path = messages::path(&world.db, world.alice, thread.id, branch.id, 10).await.unwrap();
    assert_eq!(path, [trunk[0].clone(), trunk[1].clone(), branch.clone()]);
    let short = messages::path(&world.db, world.alice, thread.id, trunk[3].id, 2).await.unwrap();
    assert_eq!(ids(&short), [trunk[2].id, trunk[3].id]);
    let other = world.begin(world.alice).await;
    assert_eq!(messages::path(&world.db, world.alice, other.id, branch.id, 10).await.unwrap(), []);
}

pub(crate) async fn a_parent_is_in_the_thread(world: World) {
    let (thread, other) = (world.begin(world.alice).await, world.begin(world.alice).await);
    let root = world.message(&other, None, Role::User);
    world.keep(messages::insert(world.alice, &root)).await;
    let child = world.message(&thread, Some(root.id), Role::User);
    let failed = world.write(messages::insert(world.alice, &child)).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: messages::PARENT })), "{failed:?}");
}

pub(crate) async fn parts_are_replaced(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, reply, _) = world.ask(world.alice, &thread, None).await;
    let parts = [Part::Text { text: "答".to_owned() }];
    world.keep([messages::set_parts(world.alice, reply.id, &parts)]).await;
    let kept = messages::get(&world.db, world.alice, reply.id).await.unwrap().unwrap();
    assert_eq!(kept, Message { parts: parts.to_vec(), ..reply });
}

pub(crate) async fn strangers_see_no_messages(world: World) {
    let thread = world.begin(world.alice).await;
    let (ask, reply, _) = world.ask(world.alice, &thread, None).await;
    let forged = Scope { workspace_id: world.carol.workspace_id, ..world.alice };
    for stranger in [world.bob, world.carol, forged] {
        assert_eq!(messages::get(&world.db, stranger, ask.id).await.unwrap(), None);
        let page = messages::page(&world.db, stranger, thread.id, None, 50).await.unwrap();
        assert_eq!((page.items, page.runs), (vec![], vec![]));
        assert_eq!(messages::path(&world.db, stranger, thread.id, reply.id, 9).await.unwrap(), []);
        let failed = world.write([messages::set_parts(stranger, reply.id, &[])]).await;
        assert!(matches!(failed, Err(StoreError::Expectation { name: messages::FOUND })), "{failed:?}");
        let intruder = world.message(&thread, None, Role::User);
        let failed = world.write(messages::insert(stranger, &intruder)).await;
        assert!(matches!(failed, Err(StoreError::Expectation { name: messages::INSERT })), "{failed:?}");
    }
}
