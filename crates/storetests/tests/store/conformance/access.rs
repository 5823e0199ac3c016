//! Roles, sign-up, invitations, groups, join requests, recovery links and second factors.

use std::time::Duration;

use stdx::{Secret, Timestamp};
use store::{
    Group, Invitation, JoinRequest, Member, MemberKind, MemberRole, RecoveryLink, Scope, SecondFactor,
    SignUp, StoreError, groups, invitations, join_requests, members, recovery, second_factors, sessions,
    threads, workspaces,
};

use crate::world::World;

async fn seen(world: &World, scope: Scope) -> Member {
    members::get(&world.db, scope).await.unwrap().unwrap()
}

fn invitation(world: &World, maker: Scope) -> Invitation {
    let now = world.now();
    Invitation {
        id: world.id(),
        workspace_id: maker.workspace_id,
        role: MemberRole::Guest,
        agents: Some(vec!["tutor".to_owned()]),
        group_ids: vec![world.id()],
        most_uses: 2,
        uses: 0,
        made_by: maker.member_id,
        created_at: now,
        expires_at: now.plus(Duration::from_secs(60)),
        revoked_at: None,
    }
}

fn group(world: &World, scope: Scope, name: &str) -> Group {
    Group { id: world.id(), workspace_id: scope.workspace_id, name: name.to_owned(), created_at: world.now() }
}

fn request(world: &World, scope: Scope, login: &str) -> JoinRequest {
    JoinRequest {
        id: world.id(),
        workspace_id: scope.workspace_id,
        login: login.to_owned(),
        name: login.to_uppercase(),
        locale: "en".to_owned(),
        note: "hello".to_owned(),
        created_at: world.now(),
    }
}

fn link(scope: Scope, made_by: Scope, now: Timestamp) -> RecoveryLink {
    RecoveryLink {
        scope,
        drops_second_factor: true,
        made_by: made_by.member_id,
        created_at: now,
        expires_at: now.plus(Duration::from_secs(60)),
    }
}

pub(crate) async fn roles_change_as_they_were_seen(world: World) {
    let before = seen(&world, world.alice).await;
    let agents = vec!["ask".to_owned(), "tutor".to_owned()];
    world.keep([members::set_role(&before, MemberRole::Guest, Some(&agents))]).await;
    let after = seen(&world, world.alice).await;
    assert_eq!((after.role, after.agents.as_ref()), (MemberRole::Guest, Some(&agents)));
    // Whoever saw another role changes nothing.
    for write in [
        members::set_role(&before, MemberRole::Admin, None),
        members::set_suspended(&before, None),
        members::delete(&before),
    ] {
        let failed = world.write([write]).await;
        assert!(matches!(failed, Err(StoreError::Expectation { name: members::FOUND })), "{failed:?}");
    }
    assert_eq!(seen(&world, world.alice).await, after);
}

pub(crate) async fn the_last_owner_is_guarded(world: World) {
    let guard = async |seen: &Member| {
        let guarded = [workspaces::lock(seen.workspace_id), members::another_owner(seen)];
        world.write(guarded).await.map_err(|error| match error {
            StoreError::Expectation { name } => name,
            other => panic!("{other}"),
        })
    };
    let (alice, bob) = (seen(&world, world.alice).await, seen(&world, world.bob).await);
    world.keep([members::set_role(&alice, MemberRole::Owner, None)]).await;
    let alice = seen(&world, world.alice).await;
    assert_eq!(guard(&alice).await, Err(members::ANOTHER_OWNER), "an owner elsewhere does not count");
    world.keep([members::set_role(&bob, MemberRole::Owner, None)]).await;
    let bob = seen(&world, world.bob).await;
    guard(&alice).await.unwrap();
    world.keep([members::set_suspended(&bob, Some(world.now()))]).await;
    assert_eq!(guard(&alice).await, Err(members::ANOTHER_OWNER), "nor one who cannot sign in");
}

pub(crate) async fn a_removed_member_takes_everything_along(world: World) {
    let thread = world.begin(world.alice).await;
    let (session, token, key) = (world.session(world.alice), world.token(), world.token());
    let group = group(&world, world.alice, "staff");
    let mut writes = vec![
        sessions::insert(&session, token),
        store::keys::insert(&world.key(world.alice, "one"), key),
        groups::insert(&group),
        invitations::insert(&invitation(&world, world.alice), world.token()),
        recovery::put(&link(world.alice, world.bob, world.now()), world.token()),
        second_factors::begin(world.alice, "sealed", world.now()),
    ];
    writes.extend(groups::join(world.alice, group.id));
    writes.extend(second_factors::replace_codes(world.alice, &[world.token()]));
    world.keep(writes).await;
    world.keep([members::delete(&seen(&world, world.alice).await)]).await;

    assert_eq!(members::get(&world.db, world.alice).await.unwrap(), None);
    assert_eq!(threads::get(&world.db, world.alice, thread.id).await.unwrap(), None);
    assert!(sessions::by_token(&world.db, token, world.now()).await.unwrap().is_none());
    assert!(store::keys::by_token(&world.db, key, world.now()).await.unwrap().is_none());
    let home = world.bob.workspace_id;
    assert_eq!(groups::memberships(&world.db, home).await.unwrap(), []);
    assert_eq!(invitations::list(&world.db, home).await.unwrap(), []);
    assert_eq!(second_factors::get(&world.db, world.alice).await.unwrap(), None);
    assert_eq!(second_factors::codes_left(&world.db, world.alice).await.unwrap(), 0);
}

pub(crate) async fn passwords_change(world: World) {
    world.keep([members::set_password(world.alice, &Secret::new("another hash".to_owned()))]).await;
    let hash = members::password(&world.db, world.alice).await.unwrap().unwrap();
    assert_eq!(hash.expose(), "another hash");
    let bobs = members::password(&world.db, world.bob).await.unwrap().unwrap();
    assert_eq!(bobs.expose(), "hash of bob");
}

pub(crate) async fn sign_up_is_said(world: World) {
    let home = world.alice.workspace_id;
    let of = async |id| workspaces::get(&world.db, id).await.unwrap().unwrap().sign_up;
    for policy in [SignUp::Open, SignUp::Closed, SignUp::Invite] {
        world.keep([workspaces::set_sign_up(home, policy)]).await;
        assert_eq!((of(home).await, of(world.carol.workspace_id).await), (policy, SignUp::Invite));
    }
    let failed = world.write([workspaces::set_sign_up(world.id(), SignUp::Open)]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: workspaces::FOUND })), "{failed:?}");
}

pub(crate) async fn invitations_let_in_as_many_as_they_say(world: World) {
    let (made, token) = (invitation(&world, world.alice), world.token());
    world.keep([invitations::insert(&made, token)]).await;
    let now = world.now();
    let (found, home, alice) = invitations::by_token(&world.db, token, now).await.unwrap().unwrap();
    assert_eq!((found, home.id, alice.scope()), (made.clone(), made.workspace_id, world.alice));

    assert!(world.write([invitations::take_one(made.id, made.expires_at)]).await.is_err());
    world.keep([invitations::take_one(made.id, now), invitations::take_one(made.id, now)]).await;
    let failed = world.write([invitations::take_one(made.id, now)]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: invitations::USE })), "{failed:?}");
    assert!(invitations::by_token(&world.db, token, now).await.unwrap().is_none());
    let listed = invitations::list(&world.db, made.workspace_id).await.unwrap();
    assert_eq!(listed, [Invitation { uses: 2, ..made }]);
}

pub(crate) async fn an_invitation_of_a_closed_workspace_opens_nothing(world: World) {
    let (made, token) = (invitation(&world, world.alice), world.token());
    world.keep([invitations::insert(&made, token)]).await;
    let now = world.now();
    world.keep([workspaces::set_sign_up(made.workspace_id, SignUp::Closed)]).await;
    assert!(invitations::by_token(&world.db, token, now).await.unwrap().is_none());
    assert!(world.write([invitations::take_one(made.id, now)]).await.is_err());
    world.keep([workspaces::set_sign_up(made.workspace_id, SignUp::Open)]).await;
    world.keep([invitations::take_one(made.id, now)]).await;
    assert!(invitations::by_token(&world.db, token, made.expires_at).await.unwrap().is_none());
}

pub(crate) async fn what_a_member_invited_is_taken_back(world: World) {
    let (of_alice, of_bob) = (invitation(&world, world.alice), invitation(&world, world.bob));
    let (one, two) = (world.token(), world.token());
    world.keep([invitations::insert(&of_alice, one), invitations::insert(&of_bob, two)]).await;
    let now = world.now();
    world.keep([invitations::revoke_of(world.alice, now)]).await;
    assert!(invitations::by_token(&world.db, one, now).await.unwrap().is_none());
    assert!(invitations::by_token(&world.db, two, now).await.unwrap().is_some());
    assert!(world.write([invitations::take_one(of_alice.id, now)]).await.is_err());
    let again = world.write([invitations::revoke(of_alice.workspace_id, of_alice.id, now)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: invitations::LIVE })), "{again:?}");
    world.keep([members::set_suspended(&seen(&world, world.bob).await, Some(now))]).await;
    assert!(invitations::by_token(&world.db, two, now).await.unwrap().is_none());
}

/// Whatever language a server thinks it is in.
pub(crate) async fn names_are_in_the_order_of_their_bytes(world: World) {
    let names = ["\"", "B", "Z", "_", "a", "a b", "aB", "ab", "é", "甲", "🌱"];
    for name in ["ab", "Z", "甲", "a", "🌱", "B", "é", "a b", "_", "aB", "\""] {
        world.keep([groups::insert(&group(&world, world.alice, name))]).await;
    }
    let listed = groups::list(&world.db, world.alice.workspace_id).await.unwrap();
    assert_eq!(listed.into_iter().map(|group| group.name).collect::<Vec<_>>(), names);
}

pub(crate) async fn groups_have_members(world: World) {
    let (staff, guests) = (group(&world, world.alice, "staff"), group(&world, world.alice, "guests"));
    world.keep([groups::insert(&staff), groups::insert(&guests)]).await;
    let twin = group(&world, world.alice, "staff");
    let failed = world.write([groups::insert(&twin)]).await;
    assert!(matches!(failed, Err(StoreError::Conflict { name: groups::INSERT })), "{failed:?}");
    world.keep([groups::insert(&group(&world, world.carol, "staff"))]).await;

    let home = world.alice.workspace_id;
    for scope in [world.alice, world.bob, world.alice] {
        world.keep(groups::join(scope, staff.id)).await;
    }
    world
        .keep([groups::join_if_there(world.bob, guests.id), groups::join_if_there(world.bob, world.id())])
        .await;
    assert_eq!(groups::memberships(&world.db, home).await.unwrap().len(), 3);
    let mut of_bob = [staff.id, guests.id];
    of_bob.sort();
    assert_eq!(groups::of_member(&world.db, world.bob).await.unwrap(), of_bob);
    world.keep([groups::leave(world.bob, guests.id), groups::set_name(home, guests.id, "a guest")]).await;
    assert_eq!(groups::of_member(&world.db, world.bob).await.unwrap(), [staff.id]);
    let names = async || {
        let groups = groups::list(&world.db, home).await.unwrap();
        groups.into_iter().map(|group| group.name).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["a guest", "staff"]);
    world.keep([groups::delete(home, staff.id)]).await;
    assert_eq!(names().await, ["a guest"]);
    assert_eq!(groups::memberships(&world.db, home).await.unwrap(), []);
}

pub(crate) async fn those_who_ask_wait_once(world: World) {
    let home = world.alice.workspace_id;
    let hash = Secret::new("hash".to_owned());
    let ask = async |login: &str| {
        let write = join_requests::insert(&request(&world, world.alice, login), &hash);
        world.write([write]).await.unwrap().total()
    };
    assert_eq!(ask("dan").await, 0, "by invitation only");
    world.keep([workspaces::set_sign_up(home, SignUp::Open)]).await;
    assert_eq!((ask("dan").await, ask("DAN").await, ask("Alice").await, ask("erin").await), (1, 0, 0, 1));
    let waiting = join_requests::list(&world.db, home).await.unwrap();
    assert_eq!(waiting.iter().map(|it| it.login.as_str()).collect::<Vec<_>>(), ["dan", "erin"]);
    assert_eq!(join_requests::list(&world.db, world.carol.workspace_id).await.unwrap(), []);
    for number in 0..join_requests::MOST {
        ask(&number.to_string()).await;
    }
    assert_eq!(join_requests::list(&world.db, home).await.unwrap().len(), 200);
}

pub(crate) async fn a_request_becomes_a_member(world: World) {
    let home = world.alice.workspace_id;
    world.keep([workspaces::set_sign_up(home, SignUp::Open)]).await;
    let asked = request(&world, world.alice, "Dan");
    world.keep([join_requests::insert(&asked, &Secret::new("hash of dan".to_owned()))]).await;
    let got = join_requests::get(&world.db, home, asked.id).await.unwrap();
    assert_eq!(got, Some(asked.clone()));
    let dan = Member {
        id: world.id(),
        workspace_id: home,
        login: "Dan".to_owned(),
        name: "DAN".to_owned(),
        role: MemberRole::Guest,
        locale: "en".to_owned(),
        created_at: world.now(),
        kind: MemberKind::Person,
        suspended_at: None,
        agents: Some(vec!["ask".to_owned()]),
    };
    let elsewhere = Member { workspace_id: world.carol.workspace_id, ..dan.clone() };
    let failed = world.write([join_requests::admit(asked.id, &elsewhere)]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: join_requests::FOUND })), "{failed:?}");
    world.keep([join_requests::admit(asked.id, &dan), join_requests::delete(home, asked.id)]).await;
    let (found, hash) = members::by_login(&world.db, home, "dan").await.unwrap().unwrap();
    assert_eq!((found, hash.expose().as_str()), (dan, "hash of dan"));
    assert_eq!(join_requests::list(&world.db, home).await.unwrap(), []);
}

pub(crate) async fn a_recovery_link_is_spent_once(world: World) {
    let (old, new) = (world.token(), world.token());
    let made = link(world.alice, world.bob, world.now());
    let now = made.created_at;
    world.keep([recovery::put(&made, old)]).await;
    let (found, alice) = recovery::by_token(&world.db, old, now).await.unwrap().unwrap();
    assert_eq!((&found, alice.scope()), (&made, world.alice));
    world.keep([recovery::put(&RecoveryLink { drops_second_factor: false, ..made.clone() }, new)]).await;
    assert!(recovery::by_token(&world.db, old, now).await.unwrap().is_none());
    assert!(world.write([recovery::spend(old, now)]).await.is_err());
    assert!(recovery::by_token(&world.db, new, made.expires_at).await.unwrap().is_none());
    assert!(world.write([recovery::spend(new, made.expires_at)]).await.is_err());
    world.keep([recovery::spend(new, now)]).await;
    let again = world.write([recovery::spend(new, now)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: recovery::USE })), "{again:?}");

    world.keep([recovery::put(&made, old), recovery::delete_of(world.bob)]).await;
    assert!(recovery::by_token(&world.db, old, now).await.unwrap().is_some());
    world.keep([recovery::delete_made_by(world.bob)]).await;
    assert!(recovery::by_token(&world.db, old, now).await.unwrap().is_none());
}

pub(crate) async fn a_second_factor_waits_for_its_first_code(world: World) {
    let get = async || second_factors::get(&world.db, world.alice).await.unwrap();
    assert_eq!(get().await, None);
    let now = world.now();
    world.keep([second_factors::begin(world.alice, "one", now)]).await;
    world.keep([second_factors::begin(world.alice, "two", now)]).await;
    let waiting = get().await.unwrap();
    let expected = SecondFactor { sealed_secret: "two".to_owned(), confirmed_at: None, last_step: None };
    assert_eq!(waiting, expected);
    let home = world.alice.workspace_id;
    assert_eq!(second_factors::confirmed(&world.db, home).await.unwrap(), []);

    let other = SecondFactor { sealed_secret: "one".to_owned(), ..waiting.clone() };
    assert!(world.write([second_factors::confirm(world.alice, &other, now)]).await.is_err());
    world.keep([second_factors::confirm(world.alice, &waiting, now)]).await;
    let again = world.write([second_factors::begin(world.alice, "three", now)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: second_factors::BEGIN })), "{again:?}");
    assert_eq!(get().await, Some(SecondFactor { confirmed_at: Some(now), ..waiting }));
    assert_eq!(second_factors::confirmed(&world.db, home).await.unwrap(), [world.alice.member_id]);
    world.keep(second_factors::delete(world.alice)).await;
    assert_eq!(get().await, None);
}

pub(crate) async fn a_code_works_once(world: World) {
    world.keep([second_factors::begin(world.alice, "one", world.now())]).await;
    world.keep([second_factors::use_step(world.alice, 7)]).await;
    for step in [7, 6] {
        let failed = world.write([second_factors::use_step(world.alice, step)]).await;
        assert!(matches!(failed, Err(StoreError::Expectation { name: second_factors::STEP })), "{failed:?}");
    }
    world.keep([second_factors::use_step(world.alice, 8)]).await;

    let codes = [world.token(), world.token()];
    world.keep(second_factors::replace_codes(world.alice, &[world.token()])).await;
    world.keep(second_factors::replace_codes(world.alice, &codes)).await;
    world.keep([second_factors::spend_code(world.alice, codes[0])]).await;
    let again = world.write([second_factors::spend_code(world.alice, codes[0])]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: second_factors::CODE })), "{again:?}");
    assert_eq!(second_factors::codes_left(&world.db, world.alice).await.unwrap(), 1);
}

pub(crate) async fn strangers_have_no_access(world: World) {
    let elsewhere = world.carol.workspace_id;
    let (made, staff) = (invitation(&world, world.alice), group(&world, world.alice, "staff"));
    let code = world.token();
    let mut writes = vec![invitations::insert(&made, world.token()), groups::insert(&staff)];
    writes.push(second_factors::begin(world.alice, "one", world.now()));
    writes.extend(second_factors::replace_codes(world.alice, &[code]));
    world.keep(writes).await;
    let now = world.now();

    assert_eq!(invitations::list(&world.db, elsewhere).await.unwrap(), []);
    assert!(world.write([invitations::revoke(elsewhere, made.id, now)]).await.is_err());
    assert_eq!(groups::list(&world.db, elsewhere).await.unwrap(), []);
    assert!(world.write([groups::delete(elsewhere, staff.id)]).await.is_err());
    assert!(world.write([groups::set_name(elsewhere, staff.id, "x")]).await.is_err());
    let failed = world.write(groups::join(world.carol, staff.id)).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: groups::JOIN })), "{failed:?}");
    world.keep([groups::join_if_there(world.carol, staff.id)]).await;
    assert_eq!(groups::memberships(&world.db, world.alice.workspace_id).await.unwrap(), []);

    // The right member in the wrong workspace is nobody, and neither is somebody else in the right one.
    let forged = Scope { workspace_id: elsewhere, ..world.alice };
    let forged_link = link(forged, world.carol, now);
    for write in [
        members::set_password(forged, &Secret::default()),
        recovery::put(&forged_link, world.token()),
        second_factors::begin(forged, "x", now),
        second_factors::use_step(forged, 9),
        second_factors::spend_code(forged, code),
        second_factors::spend_code(world.bob, code),
        invitations::insert(&Invitation { workspace_id: elsewhere, id: world.id(), ..made }, world.token()),
    ] {
        assert!(world.write([write]).await.is_err());
    }
    world.keep(second_factors::delete(forged)).await;
    assert_eq!(second_factors::get(&world.db, forged).await.unwrap(), None);
    assert!(second_factors::get(&world.db, world.alice).await.unwrap().is_some());
    assert_eq!(second_factors::codes_left(&world.db, world.alice).await.unwrap(), 1);
}
