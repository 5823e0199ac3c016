//! API keys, which only the command line makes.

use app::Role;
use stdx::Secret;
use testkit::{Client, TestApp};
use wire::ErrorCode;

async fn actor(app: &TestApp, client: &Client) -> app::Actor {
    app.app.actor_of_session(&Secret::new(client.session())).await.unwrap()
}

#[tokio::test]
async fn a_key_acts_as_its_maker_until_it_is_revoked() {
    let app = TestApp::start().await;
    let lin = actor(&app, &app.owner().await).await;
    let key = app.app.create_key(&lin, " laptop ").await.unwrap();
    let by_key = app.app.actor_of_key(&key.token).await.unwrap();
    assert_eq!((by_key.member_id, by_key.role), (lin.member_id, Role::Owner));
    let listed = app.app.keys(&lin).await.unwrap();
    assert_eq!(
        listed.iter().map(|key| (key.id, key.name.as_str())).collect::<Vec<_>>(),
        [(key.id, "laptop")]
    );

    app.app.revoke_key(&lin, key.id).await.unwrap();
    assert_eq!(app.app.actor_of_key(&key.token).await.unwrap_err().code, ErrorCode::Unauthenticated);
    assert_eq!(app.app.revoke_key(&lin, key.id).await.unwrap_err().code, ErrorCode::NotFound);
    assert!(app.app.keys(&lin).await.unwrap()[0].revoked_at.is_some());
}

#[tokio::test]
async fn members_see_and_revoke_no_keys_and_strangers_only_their_own() {
    let app = TestApp::start().await;
    let lin = actor(&app, &app.owner().await).await;
    let key = app.app.create_key(&lin, "laptop").await.unwrap();
    let mei = actor(&app, &app.member("mei", Role::Member).await).await;
    assert_eq!(app.app.keys(&mei).await.unwrap_err().code, ErrorCode::Forbidden);
    assert_eq!(app.app.revoke_key(&mei, key.id).await.unwrap_err().code, ErrorCode::Forbidden);
    let wang = actor(&app, &app.stranger().await).await;
    assert_eq!(app.app.keys(&wang).await.unwrap(), []);
    assert_eq!(app.app.revoke_key(&wang, key.id).await.unwrap_err().code, ErrorCode::NotFound);
    app.app.actor_of_key(&key.token).await.unwrap();
}

#[tokio::test]
async fn a_key_needs_a_name() {
    let app = TestApp::start().await;
    let lin = actor(&app, &app.owner().await).await;
    for name in ["", "  ", "two\nlines", &"x".repeat(101)] {
        let error = app.app.create_key(&lin, name).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidRequest, "{name:?}");
    }
    assert_eq!(app.app.keys(&lin).await.unwrap(), []);
}

#[tokio::test]
async fn before_there_is_an_owner_nobody_is() {
    let app = TestApp::start().await;
    assert_eq!(app.app.owner().await.unwrap_err().code, ErrorCode::Unauthenticated);
    let token = Secret::new(testkit::LOCAL_TOKEN.to_owned());
    assert_eq!(app.app.actor_of_local_token(&token).await.unwrap_err().code, ErrorCode::Unauthenticated);
}
