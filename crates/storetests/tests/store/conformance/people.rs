//! Workspaces, members, sessions, keys, layouts, pins and providers.

use std::collections::BTreeMap;
use std::time::Duration;

use ports::StoredSite;
use stdx::Secret;
use store::{
    ApiKey, Face, KeyBudget, KeyScope, MemberRole, Scope, Session, StoreError, keys, layouts, members, pins,
    providers, sessions, workspaces,
};

use crate::world::World;

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
    let (session, token) = (world.session(world.alice), world.token());
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
    let (old, old_token) = (world.session(world.alice), world.token());
    let (new, new_token) = (world.session(world.carol), world.token());
    world.keep([sessions::insert(&old, old_token), sessions::insert(&new, new_token)]).await;
    let changes = world.write([sessions::delete_expired(old.expires_at)]).await.unwrap();
    assert_eq!(changes.total(), 1);
    assert!(sessions::by_token(&world.db, old_token, old.created_at).await.unwrap().is_none());
    assert!(sessions::by_token(&world.db, new_token, new.created_at).await.unwrap().is_some());
}

pub(crate) async fn keys_open_until_revoked(world: World) {
    let (key_one, token) = (world.key(world.alice, "one"), world.token());
    let key_two = world.key(world.bob, "two");
    world.keep([keys::insert(&key_one, token), keys::insert(&key_two, world.token())]).await;
    let now = world.now();
    let (found, alice) = keys::by_token(&world.db, token, now).await.unwrap().unwrap();
    assert_eq!((&found, alice.scope()), (&key_one, world.alice));
    assert_eq!(keys::list_of(&world.db, world.alice).await.unwrap(), std::slice::from_ref(&key_one));

    world.keep([keys::revoke(key_one.workspace_id, key_one.id, now)]).await;
    assert!(keys::by_token(&world.db, token, now).await.unwrap().is_none());
    let again = world.write([keys::revoke(key_one.workspace_id, key_one.id, now)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: keys::LIVE })), "{again:?}");
    let listed = keys::list(&world.db, world.alice.workspace_id).await.unwrap();
    assert_eq!(listed, [ApiKey { revoked_at: Some(now), ..key_one }, key_two]);
}

pub(crate) async fn keys_expire_and_change(world: World) {
    let token = world.token();
    let soon = world.now().plus(Duration::from_secs(9));
    let before = ApiKey { expires_at: Some(soon), ..world.key(world.alice, "one") };
    world.keep([keys::insert(&before, token)]).await;
    assert!(keys::by_token(&world.db, token, world.now()).await.unwrap().is_some());
    assert!(keys::by_token(&world.db, token, soon).await.unwrap().is_none());

    let after = ApiKey {
        name: "two".to_owned(),
        scope: KeyScope {
            faces: Some(vec![Face::Chat, Face::Rerank]),
            models: Some(vec!["tiny-*".to_owned()]),
            agents: Some(Vec::new()),
            origins: Some(vec!["https://lane.example".to_owned()]),
            rate_per_minute: Some(60),
        },
        budget: Some(KeyBudget { micros: 5_000_000, term: store::BudgetTerm::Month }),
        expires_at: None,
        ..before
    };
    world.keep([keys::update(&after)]).await;
    let (found, _) = keys::by_token(&world.db, token, soon).await.unwrap().unwrap();
    assert_eq!(found, after);
    assert_eq!(keys::get(&world.db, after.workspace_id, after.id).await.unwrap(), Some(after.clone()));

    let elsewhere = ApiKey { workspace_id: world.carol.workspace_id, ..after };
    assert!(world.write([keys::update(&elsewhere)]).await.is_err());
    assert_eq!(keys::get(&world.db, elsewhere.workspace_id, elsewhere.id).await.unwrap(), None);
}

pub(crate) async fn two_tokens_open_while_a_key_changes_over(world: World) {
    let (key, tokens) = (world.key(world.alice, "one"), [world.token(), world.token(), world.token()]);
    world.keep([keys::insert(&key, tokens[0])]).await;
    let opens = async |token, at| keys::by_token(&world.db, token, at).await.unwrap().is_some();

    let now = world.now();
    let until = now.plus(Duration::from_secs(60));
    assert!(world.write([keys::rotate(world.carol.workspace_id, key.id, tokens[1], until)]).await.is_err());
    world.keep([keys::rotate(key.workspace_id, key.id, tokens[1], until)]).await;
    assert!(opens(tokens[0], now).await && opens(tokens[1], now).await);
    assert!(!opens(tokens[0], until).await && opens(tokens[1], until).await);

    world.keep([keys::rotate(key.workspace_id, key.id, tokens[2], until)]).await;
    assert!(!opens(tokens[0], now).await, "there are two tokens at most");
    assert!(opens(tokens[1], now).await && opens(tokens[2], now).await);
    world.keep([keys::revoke(key.workspace_id, key.id, now)]).await;
    assert!(!opens(tokens[1], now).await && !opens(tokens[2], now).await);
}

pub(crate) async fn a_suspended_member_has_neither_sessions_nor_keys(world: World) {
    let (session, token, key) = (world.session(world.alice), world.token(), world.token());
    world.keep([sessions::insert(&session, token), keys::insert(&world.key(world.alice, "one"), key)]).await;
    let alice = members::get(&world.db, world.alice).await.unwrap().unwrap();
    let now = world.now();
    let opens = async || {
        let by_session = sessions::by_token(&world.db, token, now).await.unwrap().is_some();
        (by_session, keys::by_token(&world.db, key, now).await.unwrap().is_some())
    };
    assert_eq!(opens().await, (true, true));
    world.keep([members::set_suspended(&alice, Some(now))]).await;
    assert_eq!(opens().await, (false, false));
    let suspended = members::get(&world.db, world.alice).await.unwrap().unwrap();
    assert_eq!(suspended.suspended_at, Some(now));
    world.keep([members::set_suspended(&suspended, None)]).await;
    assert_eq!(opens().await, (true, true));
}

pub(crate) async fn sessions_are_listed_and_ended(world: World) {
    let mine = [world.session(world.alice), world.session(world.alice), world.session(world.alice)];
    for session in mine.iter().chain([&world.session(world.bob)]) {
        world.keep([sessions::insert(session, world.token())]).await;
    }
    let now = mine[0].created_at;
    let list = async |scope| sessions::list(&world.db, scope, now).await.unwrap();
    assert_eq!(list(world.alice).await, mine);
    world.keep([sessions::delete_others(world.carol, None)]).await;
    world.keep([sessions::delete_others(world.alice, Some(mine[1].id))]).await;
    assert_eq!(list(world.alice).await, [mine[1].clone()]);
    assert_eq!(sessions::list(&world.db, world.alice, mine[1].expires_at).await.unwrap(), []);
    world.keep([sessions::delete_others(world.alice, None)]).await;
    assert_eq!(list(world.alice).await, []);
    assert_eq!(list(world.bob).await.len(), 1);
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

/// Like pins, providers are of the machine.
pub(crate) async fn providers_are_as_they_were_set_last(world: World) {
    let list = async || providers::list(&world.db).await.unwrap();
    assert_eq!(list().await, []);
    let first = StoredSite {
        site: "toy.cn".to_owned(),
        sealed_key: Some("c2VhbGVk".to_owned()),
        base_url: Some("https://toy.example/v1".to_owned()),
        blanks: BTreeMap::from([("region".to_owned(), "cn".to_owned())]),
        models: Some(vec!["a/b".to_owned(), "大".to_owned()]),
        is_on: true,
        changed_at: world.now(),
    };
    let second = StoredSite { site: "toy".to_owned(), models: Some(Vec::new()), ..first.clone() };
    world.keep([providers::put(&first), providers::put(&second)]).await;
    assert_eq!(list().await, [second.clone(), first.clone()]);
    let off = StoredSite {
        sealed_key: None,
        base_url: None,
        blanks: BTreeMap::new(),
        models: None,
        is_on: false,
        ..first
    };
    world.keep([providers::put(&off), providers::delete("toy")]).await;
    assert_eq!(list().await, [off]);
    let failed = world.write([providers::delete("toy")]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: providers::DELETE })), "{failed:?}");
}

pub(crate) async fn strangers_see_no_people(world: World) {
    let (session, token) = (world.session(world.alice), world.token());
    let key = world.key(world.alice, "one");
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
