//! API keys: who makes them, for whom, and what they may do.

use std::time::Duration;

use accounts::{KeyScope, KeyWish};
use app::{Actor, Face, Role};
use stdx::{Clock, MemberId, Secret};
use testkit::{Client, TestApp};
use wire::ErrorCode;

async fn actor(app: &TestApp, client: &Client) -> Actor {
    app.accounts.actor_of_session(&Secret::new(client.session())).await.unwrap()
}

fn wish(name: &str) -> KeyWish {
    KeyWish { name: name.to_owned(), ..KeyWish::default() }
}

async fn create(app: &TestApp, actor: &Actor, wish: KeyWish) -> accounts::CreatedKey {
    app.accounts.create_key(actor, app.id(), None, wish).await.unwrap()
}

async fn service(app: &TestApp, actor: &Actor) -> MemberId {
    let wish = accounts::CreateServiceAccount {
        login: "robot".to_owned(),
        name: "Robot".to_owned(),
        role: Role::Member,
        agents: None,
    };
    app.accounts.create_service_account(actor, app.id(), wish).await.unwrap().member.id
}

#[tokio::test]
async fn a_key_acts_as_its_maker_until_it_is_revoked() {
    let app = TestApp::start().await;
    let lin = actor(&app, &app.owner().await).await;
    let key = create(&app, &lin, wish(" laptop ")).await;
    let by_key = app.accounts.actor_of_program(&key.token, None).await.unwrap();
    assert_eq!((by_key.member_id, by_key.role), (lin.member_id, Role::Owner));
    let listed = app.accounts.keys(&lin).await.unwrap();
    assert_eq!(
        listed.iter().map(|key| (key.id, key.name.as_str())).collect::<Vec<_>>(),
        [(key.key.id, "laptop")]
    );

    app.accounts.revoke_key(&lin, key.key.id).await.unwrap();
    let refused = app.accounts.actor_of_program(&key.token, None).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Unauthenticated);
    assert_eq!(app.accounts.revoke_key(&lin, key.key.id).await.unwrap_err().code, ErrorCode::NotFound);
    assert!(app.accounts.keys(&lin).await.unwrap()[0].revoked_at.is_some());
}

#[tokio::test]
async fn members_manage_their_own_keys_and_admins_all_but_those_of_owners() {
    let app = TestApp::start().await;
    let lin = actor(&app, &app.owner().await).await;
    let mei = actor(&app, &app.member("mei", Role::Member).await).await;
    let admin = actor(&app, &app.member("zhao", Role::Admin).await).await;
    let wang = actor(&app, &app.stranger().await).await;
    let (of_lin, of_mei) = (create(&app, &lin, wish("lin's")).await, create(&app, &mei, wish("mei's")).await);

    let names = async |actor: &Actor| {
        let keys = app.accounts.keys(actor).await.unwrap();
        keys.into_iter().map(|key| key.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&mei).await, ["mei's"]);
    assert_eq!(names(&admin).await.len(), 2);
    assert_eq!(names(&wang).await, Vec::<String>::new());

    let code = async |actor: &Actor, key: &accounts::CreatedKey| {
        let updated = app.accounts.update_key(actor, key.key.id, wish("other")).await;
        let rotated = app.accounts.rotate_key(actor, key.key.id, Duration::ZERO).await;
        let revoked = app.accounts.revoke_key(actor, key.key.id).await;
        [updated.err(), rotated.err(), revoked.err()].map(|error| error.map(|error| error.code))
    };
    assert_eq!(code(&mei, &of_lin).await, [Some(ErrorCode::NotFound); 3]);
    assert_eq!(code(&wang, &of_lin).await, [Some(ErrorCode::NotFound); 3]);
    assert_eq!(code(&admin, &of_lin).await, [Some(ErrorCode::Forbidden); 3]);
    // An admin ends a member's key, and never holds its token.
    assert_eq!(code(&admin, &of_mei).await, [None, Some(ErrorCode::Forbidden), None]);
    app.accounts.actor_of_program(&of_lin.token, None).await.unwrap();
}

#[tokio::test]
async fn only_admins_make_keys_of_service_accounts_and_nobody_those_of_people() {
    let app = TestApp::start().await;
    let lin = actor(&app, &app.owner().await).await;
    let mei = actor(&app, &app.member("mei", Role::Member).await).await;
    let wang = actor(&app, &app.stranger().await).await;
    let robot = service(&app, &lin).await;
    let make = async |actor: &Actor, account| {
        app.accounts.create_key(actor, app.id(), Some(account), wish("a key")).await
    };
    let key = make(&lin, robot).await.unwrap();
    let by_key = app.accounts.actor_of_program(&key.token, None).await.unwrap();
    assert_eq!((by_key.member_id, by_key.role), (robot, Role::Member));
    app.accounts.rotate_key(&lin, key.key.id, Duration::ZERO).await.unwrap();

    for other in [&mei, &wang] {
        assert_eq!(make(other, robot).await.unwrap_err().code, ErrorCode::NotFound);
    }
    assert_eq!(make(&lin, mei.member_id).await.unwrap_err().code, ErrorCode::Forbidden);
    assert_eq!(make(&mei, lin.member_id).await.unwrap_err().code, ErrorCode::NotFound);
    make(&mei, mei.member_id).await.unwrap();
}

#[tokio::test]
async fn a_key_needs_a_name_and_a_fresh_id() {
    let app = TestApp::start().await;
    let lin = actor(&app, &app.owner().await).await;
    for name in ["", "  ", "two\nlines", &"x".repeat(101)] {
        let error = app.accounts.create_key(&lin, app.id(), None, wish(name)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{name:?}");
    }
    assert_eq!(app.accounts.keys(&lin).await.unwrap(), []);
    let id = app.id();
    app.accounts.create_key(&lin, id, None, wish("one")).await.unwrap();
    let again = app.accounts.create_key(&lin, id, None, wish("one")).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::Conflict);
}

#[tokio::test]
async fn a_key_changes_over_without_a_pause() {
    let app = TestApp::start().await;
    let lin = actor(&app, &app.owner().await).await;
    let old = create(&app, &lin, wish("a key")).await;
    let opens = async |token: &Secret<String>| app.accounts.actor_of_program(token, None).await.is_ok();
    let new = app.accounts.rotate_key(&lin, old.key.id, Duration::from_secs(60)).await.unwrap();
    assert!(opens(&old.token).await && opens(&new.token).await);
    app.clock.advance(Duration::from_secs(59));
    assert!(opens(&old.token).await);
    app.clock.advance(Duration::from_secs(1));
    assert!(!opens(&old.token).await && opens(&new.token).await);

    let newest = app.accounts.rotate_key(&lin, old.key.id, Duration::ZERO).await.unwrap();
    assert!(!opens(&new.token).await && opens(&newest.token).await, "one that got out stops at once");
    let forever = app.accounts.rotate_key(&lin, old.key.id, Duration::from_secs(31 * 24 * 3_600)).await;
    assert_eq!(forever.unwrap_err().code, ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn what_a_key_may_do_holds_from_its_next_request() {
    let app = TestApp::start().await;
    let lin = actor(&app, &app.owner().await).await;
    let key = create(&app, &lin, wish("a key")).await;
    let of = async || app.accounts.actor_of_program(&key.token, None).await;
    assert!(of().await.unwrap().may_call_model("tiny-chat"));

    let scope = KeyScope {
        faces: Some(vec![Face::Embeddings]),
        models: Some(vec!["*-embed".to_owned()]),
        agents: Some(vec![]),
        origins: None,
        rate_per_minute: None,
    };
    let expires_at = Some(app.clock.now().plus(Duration::from_secs(5)));
    let narrow = KeyWish { scope, expires_at, ..wish("narrow") };
    app.accounts.update_key(&lin, key.key.id, narrow).await.unwrap();
    let by_key = of().await.unwrap();
    assert!(by_key.may_call_model("tiny-embed") && !by_key.may_call_model("tiny-chat"));
    assert!(!by_key.may_use_agent("ask"));
    app.clock.advance(Duration::from_secs(5));
    assert_eq!(of().await.unwrap_err().code, ErrorCode::Unauthenticated);
}

#[tokio::test]
async fn before_there_is_an_owner_nobody_is() {
    let app = TestApp::start().await;
    assert_eq!(app.accounts.owner().await.unwrap_err().code, ErrorCode::Unauthenticated);
    let token = Secret::new(testkit::LOCAL_TOKEN.to_owned());
    assert_eq!(app.accounts.actor_of_local_token(&token).await.unwrap_err().code, ErrorCode::Unauthenticated);
}
