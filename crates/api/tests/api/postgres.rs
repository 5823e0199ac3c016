//! The server on Postgres: one conversation, one bill, and a second life.

use std::sync::Arc;

use serde_json::json;
use store::transfer::copy;
use store::{OpenOptions, Place};
use testkit::{Home, Schema, Script, TestApp};

#[tokio::test]
async fn a_conversation_is_kept_and_paid_for_on_postgres() {
    let Some(schema) = Schema::new().await else { return };
    let home = Home::new();
    let start =
        || TestApp::build().home(&home).place(schema.place()).prices(["3.00", "0.30", "15.00"]).start();
    let app = start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("tutor").await;
    app.model.next(Script::new().started().text("Went").text(", not goed.").done());
    let end = lin.finished(&lin.ask(&thread, "I goed home").await).await;
    assert_eq!((&end["state"], &end["cost"]["is_unpriced"]), (&json!("succeeded"), &json!(false)), "{end}");
    let (before, scope) = (lin.messages(&thread).await, app.scope_of(&lin).await);
    is_sound(&app).await;
    app.app.shut_down().await;
    app.db.close().await;

    let again = start().await;
    let lin = again.session_of(scope).await;
    assert_eq!(lin.messages(&thread).await, before);
    is_sound(&again).await;
}

/// What was begun in a file goes on on a server.
#[tokio::test]
async fn an_installation_moves_to_postgres() {
    let Some(schema) = Schema::new().await else { return };
    let home = Home::new();
    let app = TestApp::build().home(&home).start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("tutor").await;
    lin.finished(&lin.ask(&thread, "hello").await).await;
    let (before, scope) = (lin.messages(&thread).await, app.scope_of(&lin).await);
    app.app.shut_down().await;
    app.db.close().await;

    let clock: Arc<dyn stdx::Clock> = Arc::new(app.clock.clone());
    let options = |place: Place| OpenOptions::new(place, Arc::clone(&clock));
    copy(options(home.path().join("hutong.db").into()), options(schema.place())).await.unwrap();
    let moved = TestApp::build().home(&home).place(schema.place()).start().await;
    let lin = moved.session_of(scope).await;
    assert_eq!(lin.messages(&thread).await, before);
    let reply = before["items"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap();
    let more = lin.ask_below(&thread, Some(reply), "and again").await;
    assert_eq!(lin.finished(&more).await["state"], "succeeded");
}

async fn is_sound(app: &TestApp) {
    let books = app::check_books(&app.db, stdx::Clock::now(&app.clock)).await.unwrap();
    assert!(books.breaches.is_empty() && books.open_holds == 0 && books.entries > 0, "{books:?}");
}
