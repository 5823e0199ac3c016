//! Answers that programs can come back to.

use std::time::Duration;

use stdx::ResponseId;
use store::responses::{self, Response};
use store::{Scope, StoreError, members};

use crate::world::World;

fn begun(world: &World, previous_id: Option<ResponseId>, days: u64) -> Response {
    let created_at = world.now();
    Response {
        id: world.id(),
        previous_id,
        asked: r#"{"input": "你好"}"#.to_owned(),
        told: "{}".to_owned(),
        is_over: false,
        created_at,
        expires_at: created_at.plus(Duration::from_secs(days * 86_400)),
    }
}

async fn get(world: &World, scope: Scope, id: ResponseId) -> Option<Response> {
    responses::get(&world.db, scope, id).await.unwrap()
}

pub(crate) async fn a_response_ends_once(world: World) {
    let open = begun(&world, None, 30);
    world.keep([responses::insert(world.alice, &open)]).await;
    assert_eq!(get(&world, world.alice, open.id).await, Some(open.clone()));
    world.keep([responses::end(world.alice, open.id, "over")]).await;
    let over = Response { told: "over".to_owned(), is_over: true, ..open.clone() };
    assert_eq!(get(&world, world.alice, open.id).await, Some(over.clone()));
    let again = world.write([responses::end(world.alice, open.id, "again")]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: responses::OPEN })), "{again:?}");
    let twice = world.write([responses::insert(world.alice, &open)]).await;
    assert!(matches!(twice, Err(StoreError::Conflict { name: responses::INSERT })), "{twice:?}");
    world.keep([responses::delete(world.alice, open.id)]).await;
    let gone = world.write([responses::delete(world.alice, open.id)]).await;
    assert!(matches!(gone, Err(StoreError::Expectation { name: responses::FOUND })), "{gone:?}");
    assert_eq!(get(&world, world.alice, open.id).await, None);
}

pub(crate) async fn a_chain_is_as_long_as_it_may_be(world: World) {
    let mut chain = vec![begun(&world, None, 30)];
    for _ in 0..3 {
        let next = begun(&world, chain.last().map(|one| one.id), 30);
        chain.push(next);
    }
    for one in &chain {
        world.keep([responses::insert(world.alice, one)]).await;
    }
    let last = chain[3].id;
    assert_eq!(responses::chain(&world.db, world.alice, last, 9).await.unwrap(), chain);
    assert_eq!(responses::chain(&world.db, world.alice, last, 2).await.unwrap(), chain[2..]);
    world.keep([responses::delete(world.alice, chain[1].id)]).await;
    assert_eq!(responses::chain(&world.db, world.alice, last, 9).await.unwrap(), chain[2..]);
}

pub(crate) async fn responses_are_deleted_when_their_time_is_over(world: World) {
    let (short, long) = (begun(&world, None, 1), begun(&world, None, 3));
    world.keep([responses::insert(world.alice, &short), responses::insert(world.bob, &long)]).await;
    let two_days = world.now().plus(Duration::from_secs(2 * 86_400));
    world.keep([responses::expire(two_days, 9)]).await;
    assert_eq!(get(&world, world.alice, short.id).await, None);
    assert_eq!(get(&world, world.bob, long.id).await.map(|one| one.id), Some(long.id));
}

pub(crate) async fn strangers_see_no_responses(world: World) {
    let own = begun(&world, None, 30);
    world.keep([responses::insert(world.alice, &own)]).await;
    let elsewhere = Scope { workspace_id: world.carol.workspace_id, ..world.alice };
    for stranger in [world.bob, world.carol, elsewhere] {
        assert_eq!(get(&world, stranger, own.id).await, None);
        assert_eq!(responses::chain(&world.db, stranger, own.id, 9).await.unwrap(), []);
        for write in [responses::end(stranger, own.id, "theirs"), responses::delete(stranger, own.id)] {
            let failed = world.write([write]).await;
            assert!(matches!(failed, Err(StoreError::Expectation { .. })), "{failed:?}");
        }
    }
    // Whoever goes on from somebody else's answer sees nothing of it.
    let theirs = begun(&world, Some(own.id), 30);
    world.keep([responses::insert(world.bob, &theirs)]).await;
    assert_eq!(responses::chain(&world.db, world.bob, theirs.id, 9).await.unwrap(), [theirs]);
    let bob = members::get(&world.db, world.bob).await.unwrap().unwrap();
    world.keep([members::delete(&bob)]).await;
    assert_eq!(get(&world, world.alice, own.id).await, Some(own));
}
