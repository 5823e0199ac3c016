//! Callers who go away before their answer: what was stored goes on, what was not can be sent again.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use app::{RunInput, StartRun};
use stdx::{RunId, Secret};
use testkit::{Client, Script, TestApp};
use wire::RunState;

/// Polls a future so many times, with time for others between, and drops it.
async fn abandon<T>(future: impl Future<Output = T>, polls: usize) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let is_over = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if is_over {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn opened(app: &TestApp, lin: &Client) -> (app::Actor, StartRun) {
    let actor = app.accounts.actor_of_session(&Secret::new(lin.session())).await.unwrap();
    let thread_id = lin.open_thread("ask").await.parse().unwrap();
    let text = "hello".to_owned();
    let input = RunInput::Ask { message_id: app.id(), parent_id: None, text };
    (actor, StartRun { id: app.id(), thread_id, reply_id: app.id(), input, model: None, locale: None })
}

async fn end_of(app: &TestApp, lin: &Client, actor: &app::Actor, id: RunId) -> RunState {
    lin.finished(&serde_json::json!({"id": id})).await;
    app.app.run(actor, id).await.unwrap().state
}

#[tokio::test]
async fn a_caller_who_leaves_at_any_moment_leaves_no_run_that_hangs() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    app.model.always(Script::says(["ok"]));
    let moments: Vec<usize> = (0..40).chain([60, 100, 200, 400, 800]).collect();
    for polls in &moments {
        let (actor, wish) = opened(&app, &lin).await;
        abandon(app.app.start_run(&actor, wish.clone()), *polls).await;
        // The client comes back and sends the same again.
        let run = app.app.start_run(&actor, wish).await.unwrap();
        assert_eq!(end_of(&app, &lin, &actor, run.id).await, RunState::Succeeded, "after {polls} polls");
    }
    assert_eq!(app.model.requests().len(), moments.len(), "each was driven once");
}

#[tokio::test]
async fn a_caller_who_never_comes_back_is_answered_all_the_same() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let (actor, wish) = opened(&app, &lin).await;
    {
        let mut start = pin!(app.app.start_run(&actor, wish.clone()));
        let mut is_over = false;
        while app.app.run(&actor, wish.id).await.is_err() {
            assert!(!is_over, "accepted and not stored");
            is_over = poll_fn(|context| Poll::Ready(start.as_mut().poll(context).is_ready())).await;
        }
    }
    assert_eq!(end_of(&app, &lin, &actor, wish.id).await, RunState::Succeeded);
}

#[tokio::test]
async fn a_run_that_is_stopped_while_it_is_being_accepted_stops() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    app.model.always(Script::new().started().hangs());
    for _ in 0..20 {
        let (actor, wish) = opened(&app, &lin).await;
        let stop = async {
            while app.app.cancel_run(&actor, wish.id).await.is_err() {
                tokio::task::yield_now().await;
            }
        };
        let (run, ()) = tokio::join!(app.app.start_run(&actor, wish.clone()), stop);
        assert_eq!(end_of(&app, &lin, &actor, run.unwrap().id).await, RunState::Cancelled);
    }
}
