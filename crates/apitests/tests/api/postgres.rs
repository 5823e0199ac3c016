//! The server on Postgres: one conversation, one bill, and a second life.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;
use store::transfer::copy;
use store::{OpenOptions, Place};
use testkit::{Home, Schema, Script, TestApp};

use proxy::{Fate, Proxy};

#[path = "../../../storetests/tests/store/postgres/proxy.rs"]
mod proxy;

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

/// The answer to the `COMMIT` of a run is lost, and nobody can be asked for a while. The same request with the same id finds
/// out: the run happens once, and is answered, whether it was kept or not.
#[tokio::test]
async fn a_run_in_doubt_is_asked_for_by_its_id() {
    for fate in [Fate::Heard, Fate::Unheard] {
        let Some(schema) = Schema::new().await else { return };
        let proxy = Proxy::new(schema.address(), fate).await;
        let app = TestApp::build()
            .place(schema.place_through(proxy.port))
            .prices(["3.00", "0.30", "15.00"])
            .start()
            .await;
        let mut lin = app.owner().await;
        let thread = lin.open_thread("tutor").await;
        let (path, wish) = (format!("/api/v1/threads/{thread}/runs"), lin.question(None, "I goed home"));
        proxy.shuts.store(true, Ordering::Release);
        proxy.armed.store(true, Ordering::Release);
        let doubtful = lin.post(&path, wish.clone()).await;
        assert_eq!(doubtful.problem(503), "outcome_unknown", "{fate:?}");
        assert!(doubtful.header("retry-after").is_some());
        proxy.shut.store(false, Ordering::Release);
        let run = lin.post(&path, wish.clone()).await.expect(202).json();
        assert_eq!(lin.finished(&run).await["state"], "succeeded", "{fate:?}");
        let items = lin.messages(&thread).await["items"].as_array().unwrap().len();
        assert_eq!(items, 2, "{fate:?}: a question and its answer");
        is_sound(&app).await;
        app.app.shut_down().await;
        app.db.close().await;
    }
}

async fn is_sound(app: &TestApp) {
    let books = app::check_books(&app.db, stdx::Clock::now(&app.clock)).await.unwrap();
    assert!(books.breaches.is_empty() && books.open_holds == 0 && books.entries > 0, "{books:?}");
}
