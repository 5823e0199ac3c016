//! Workspaces, members, sessions, keys, layouts and pins.

use std::time::Duration;

use stdx::Secret;
use store::{
    ApiKey, MemberRole, Scope, Session, StoreError, keys, layouts, members, pins, sessions, workspaces,
};

use crate::world::World;

fn session(world: &World, scope: Scope) -> Session {
    let now = world.now();
    Session {
        id: world.id(),
        scope,
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(Duration::from_secs(60)),
    }
}

fn key(world: &World, scope: Scope, name: &str) -> ApiKey {
    ApiKey {
        id: world.id(),
        workspace_id: scope.workspace_id,
        member_id: scope.member_id,
        name: name.to_owned(),
        created_at: world.now(),
        revoked_at: None,
    }
}

pub(crate) async fn one_first_workspace(world: World) {
    let late = world.workspace("Late");
    let failed = world.write([workspaces::insert_first(&late)]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: workspaces::FIRST })), "{failed:?}");
    assert_eq!(workspaces::get(&world.db, late.id).await.unwrap(), None);
    let first = workspaces::first(&world.db).await.unwrap().unwrap();
    assert_eq!((first.id, first.name.as_str()), (world.alice.workspace_id, "Home"));
    assert_eq!(workspaces::get(&world.db, first.id).await.unwrap(), Some(first));
}

pub(crate) async fn logins_ignore_case(world: World) {
    let (alice, hash) =
        members::by_login(&world.db, world.alice.workspace_id, " ALICE ").await.unwrap().unwrap();
    assert_eq!((alice.scope(), alice.login.as_str()), (world.alice, "alice"));
    assert_eq!(hash.expose(), "hash of alice");
    let twin = world.member(world.alice.workspace_id, "Alice");
    let failed = world.write([members::insert(&twin, &Secret::new(String::new()))]).await;
    assert!(matches!(failed, Err(StoreError::Conflict { name: members::INSERT })), "{failed:?}");
}

pub(crate) async fn a_login_may_be_used_in_another_workspace(world: World) {
    let other = world.member(world.carol.workspace_id, "alice");
    world.keep([members::insert(&other, &Secret::new("other".to_owned()))]).await;
    let (found, hash) = members::by_login(&world.db, other.workspace_id, "alice").await.unwrap().unwrap();
    assert_eq!((found, hash.expose().as_str()), (other, "other"));
}

pub(crate) async fn members_change(world: World) {
    world.keep([members::set_name(world.alice, "爱丽丝"), members::set_locale(world.alice, "en")]).await;
    let alice = members::get(&world.db, world.alice).await.unwrap().unwrap();
    assert_eq!((alice.name.as_str(), alice.locale.as_str()), ("爱丽丝", "en"));
    assert_eq!((alice.login.as_str(), alice.role), ("alice", MemberRole::Member));
    let nobody = Scope { member_id: world.id(), ..world.alice };
    let failed = world.write([members::set_name(nobody, "x")]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: members::FOUND })), "{failed:?}");
}

pub(crate) async fn sessions_open_until_they_expire(world: World) {
    let (session, token) = (session(&world, world.alice), world.token());
    world.keep([sessions::insert(&session, token)]).await;
    let (found, alice) = sessions::by_token(&world.db, token, session.created_at).await.unwrap().unwrap();
    assert_eq!((&found, alice.scope()), (&session, world.alice));
    assert!(sessions::by_token(&world.db, token, session.expires_at).await.unwrap().is_none());
    assert!(sessions::by_token(&world.db, world.token(), session.created_at).await.unwrap().is_none());

    let (seen, later) = (world.now(), session.expires_at.plus(Duration::from_secs(60)));
    world.keep([sessions::touch(world.alice, session.id, seen, later)]).await;
    let (found, _) = sessions::by_token(&world.db, token, session.expires_at).await.unwrap().unwrap();
    assert_eq!(found, Session { last_seen_at: seen, expires_at: later, ..session });

    world.keep([sessions::delete(world.alice, found.id)]).await;
    assert!(sessions::by_token(&world.db, token, session.created_at).await.unwrap().is_none());
}

pub(crate) async fn sessions_are_cleared_away(world: World) {
    let (old, old_token) = (session(&world, world.alice), world.token());
    let (new, new_token) = (session(&world, world.carol), world.token());
    world.keep([sessions::insert(&old, old_token), sessions::insert(&new, new_token)]).await;
    let changes = world.write([sessions::delete_expired(old.expires_at)]).await.unwrap();
    assert_eq!(changes.total(), 1);
    assert!(sessions::by_token(&world.db, old_token, old.created_at).await.unwrap().is_none());
    assert!(sessions::by_token(&world.db, new_token, new.created_at).await.unwrap().is_some());
}

pub(crate) async fn keys_open_until_revoked(world: World) {
    let (key_one, token) = (key(&world, world.alice, "one"), world.token());
    let key_two = key(&world, world.bob, "two");
    world.keep([keys::insert(&key_one, token), keys::insert(&key_two, world.token())]).await;
    let (found, alice) = keys::by_token(&world.db, token).await.unwrap().unwrap();
    assert_eq!((&found, alice.scope()), (&key_one, world.alice));

    let now = world.now();
    world.keep([keys::revoke(key_one.workspace_id, key_one.id, now)]).await;
    assert!(keys::by_token(&world.db, token).await.unwrap().is_none());
    let again = world.write([keys::revoke(key_one.workspace_id, key_one.id, now)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: keys::LIVE })), "{again:?}");
    let listed = keys::list(&world.db, world.alice.workspace_id).await.unwrap();
    assert_eq!(listed, [ApiKey { revoked_at: Some(now), ..key_one }, key_two]);
}

pub(crate) async fn layouts_replace_each_other(world: World) {
    assert_eq!(layouts::get(&world.db, world.alice).await.unwrap(), None);
    for layout in [serde_json::json!({"windows": ["tutor", "家"]}), serde_json::Value::Null] {
        let now = world.now();
        world.keep([layouts::put(world.alice, &layout, now)]).await;
        assert_eq!(layouts::get(&world.db, world.alice).await.unwrap(), Some(layout));
    }
    assert_eq!(layouts::get(&world.db, world.bob).await.unwrap(), None);
}

/// Pins are of the machine: there is nobody they could be hidden from.
pub(crate) async fn pins_stay_in_the_order_they_came(world: World) {
    let list = async || pins::list(&world.db).await.unwrap();
    assert_eq!(list().await, Vec::<String>::new());
    world.keep([pins::put("large", world.now())]).await;
    world.keep([pins::put("a small one", world.now())]).await;
    world.keep([pins::put("large", world.now())]).await;
    assert_eq!(list().await, ["large", "a small one"]);
    world.keep([pins::delete("large"), pins::delete("unknown")]).await;
    assert_eq!(list().await, ["a small one"]);
}

pub(crate) async fn strangers_see_no_people(world: World) {
    let (session, token) = (session(&world, world.alice), world.token());
    let key = key(&world, world.alice, "one");
    world.keep([sessions::insert(&session, token), keys::insert(&key, world.token())]).await;
    let now = world.now();

    for stranger in [world.bob, world.carol] {
        let changes = world
            .write([sessions::delete(stranger, session.id), sessions::touch(stranger, session.id, now, now)])
            .await;
        assert_eq!(changes.unwrap().total(), 0);
    }
    assert!(sessions::by_token(&world.db, token, now).await.unwrap().is_some());

    let elsewhere = world.carol.workspace_id;
    assert!(members::by_login(&world.db, elsewhere, "alice").await.unwrap().is_none());
    assert_eq!(keys::list(&world.db, elsewhere).await.unwrap(), []);
    assert!(world.write([keys::revoke(elsewhere, key.id, now)]).await.is_err());
    assert_eq!(members::count(&world.db, elsewhere).await.unwrap(), 1);
    assert_eq!(members::count(&world.db, world.alice.workspace_id).await.unwrap(), 2);
    let logins: Vec<String> = members::list(&world.db, world.alice.workspace_id)
        .await
        .unwrap()
        .into_iter()
        .map(|m| m.login)
        .collect();
    assert_eq!(logins, ["alice", "bob"]);

    // The right member in the wrong workspace is nobody.
    let forged = Scope { workspace_id: elsewhere, ..world.alice };
    assert_eq!(members::get(&world.db, forged).await.unwrap(), None);
    assert!(world.write([layouts::put(forged, &serde_json::Value::Null, now)]).await.is_err());
    let forged = Session { id: world.id(), scope: forged, ..session };
    let failed = world.write([sessions::insert(&forged, world.token())]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: sessions::INSERT })), "{failed:?}");
}
