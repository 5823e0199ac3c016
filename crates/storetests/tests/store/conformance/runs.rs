//! Runs and their events.

use store::{Finish, LiveRun, Scope, Segment, StoreError, events, runs, threads};
use wire::{ErrorCode, FinishReason, Run, RunError, RunState, Timings, Usage};

use crate::world::{World, frames};

fn segment(seqs: std::ops::RangeInclusive<u64>) -> Segment {
    Segment::new(frames(seqs)).unwrap()
}

pub(crate) async fn a_run_lives_and_ends_once(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, reply, run) = world.ask(world.alice, &thread, None).await;
    assert_eq!(runs::get(&world.db, world.alice, run.id).await.unwrap(), Some(run.clone()));
    world.keep([runs::set_running(world.alice, run.id)]).await;
    let started = runs::of_reply(&world.db, world.alice, reply.id).await.unwrap().unwrap();
    assert_eq!(started, Run { state: RunState::Running, ..run.clone() });
    let again = world.write([runs::set_running(world.alice, run.id)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: runs::QUEUED })), "{again:?}");

    let finish = world.finish(RunState::Succeeded);
    world.keep([runs::finish(world.alice, run.id, &finish)]).await;
    let late = world.finish(RunState::Interrupted);
    let again = world.write([runs::finish(world.alice, run.id, &late)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: runs::LIVE })), "{again:?}");
    let ended = runs::get(&world.db, world.alice, run.id).await.unwrap().unwrap();
    assert_eq!(ended, Run { state: RunState::Succeeded, finished_at: Some(finish.at), ..run });
}

pub(crate) async fn the_end_is_kept_whole(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, _, run) = world.ask(world.alice, &thread, None).await;
    let finish = Finish {
        state: RunState::Failed,
        finish_reason: Some(FinishReason::Length),
        usage: Some(Usage { input_tokens: 9, cached_tokens: 0, output_tokens: 3, reasoning_tokens: 2 }),
        timings: Some(Timings { first_token_ms: 120, decode_ms: 900 }),
        error: Some(RunError { code: ErrorCode::EngineFailed, detail: "it stopped".to_owned() }),
        at: world.now(),
    };
    world.keep([runs::finish(world.alice, run.id, &finish)]).await;
    let expected = Run {
        state: finish.state,
        finish_reason: finish.finish_reason,
        usage: finish.usage,
        timings: finish.timings,
        error: finish.error,
        finished_at: Some(finish.at),
        ..run
    };
    assert_eq!(runs::get(&world.db, world.alice, expected.id).await.unwrap(), Some(expected));
}

pub(crate) async fn live_runs_are_found_everywhere(world: World) {
    let (at_home, elsewhere) = (world.begin(world.alice).await, world.begin(world.carol).await);
    let (_, _, ended) = world.ask(world.alice, &at_home, None).await;
    let (_, _, first) = world.ask(world.alice, &at_home, None).await;
    let (_, _, second) = world.ask(world.carol, &elsewhere, None).await;
    let (now, finish) = (world.now(), world.finish(RunState::Cancelled));
    world
        .keep([
            runs::finish(world.alice, ended.id, &finish),
            runs::set_running(world.carol, second.id),
            runs::request_cancel(world.carol, second.id, now),
        ])
        .await;
    let second = Run { state: RunState::Running, ..second };
    let expected = [
        LiveRun { scope: world.alice, run: first.clone(), cancel_requested: false },
        LiveRun { scope: world.carol, run: second, cancel_requested: true },
    ];
    assert_eq!(runs::live_everywhere(&world.db).await.unwrap(), expected);
    assert_eq!(runs::live_in_thread(&world.db, world.alice, at_home.id).await.unwrap(), [first]);
}

pub(crate) async fn the_active_run_is_the_newest_live_one(world: World) {
    let thread = world.begin(world.alice).await;
    let active =
        async || threads::get(&world.db, world.alice, thread.id).await.unwrap().unwrap().active_run_id;
    assert_eq!(active().await, None);
    let (_, _, first) = world.ask(world.alice, &thread, None).await;
    let (_, _, second) = world.ask(world.alice, &thread, None).await;
    assert_eq!(active().await, Some(second.id));
    let finish = world.finish(RunState::Succeeded);
    world.keep([runs::finish(world.alice, second.id, &finish)]).await;
    assert_eq!(active().await, Some(first.id));
    let listed = threads::page(&world.db, world.alice, None, 1).await.unwrap();
    assert_eq!(listed.items[0].active_run_id, Some(first.id));
    world.keep([runs::finish(world.alice, first.id, &finish)]).await;
    assert_eq!(active().await, None);
}

pub(crate) async fn cancelling_is_remembered(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, _, run) = world.ask(world.alice, &thread, None).await;
    let requested = async || runs::is_cancel_requested(&world.db, world.alice, run.id).await.unwrap();
    assert!(!requested().await);
    for _ in 0..2 {
        let now = world.now();
        world.keep([runs::request_cancel(world.alice, run.id, now)]).await;
        assert!(requested().await);
    }
    let (now, finish) = (world.now(), world.finish(RunState::Cancelled));
    world.keep([runs::finish(world.alice, run.id, &finish)]).await;
    let changes = world.write([runs::request_cancel(world.alice, run.id, now)]).await.unwrap();
    assert_eq!(changes.total(), 0);
}

pub(crate) async fn events_follow_without_a_gap(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, _, run) = world.ask(world.alice, &thread, None).await;
    let refused = async |seqs| {
        let failed = world.write([events::append(world.alice, run.id, &segment(seqs))]).await;
        assert!(matches!(failed, Err(StoreError::Expectation { name: events::NEXT })), "{failed:?}");
    };
    refused(2..=3).await;
    world.keep([events::append(world.alice, run.id, &segment(1..=3))]).await;
    refused(1..=3).await;
    refused(3..=4).await;
    refused(5..=5).await;
    world.keep([4..=4, 5..=9].map(|seqs| events::append(world.alice, run.id, &segment(seqs)))).await;

    for after in [0, 2, 3, 8, 9, 100] {
        let expected: Vec<_> = frames(1..=9).into_iter().filter(|frame| frame.seq > after).collect();
        assert_eq!(events::after(&world.db, world.alice, run.id, after).await.unwrap(), expected, "{after}");
    }
}

pub(crate) async fn a_final_run_takes_no_events(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, _, run) = world.ask(world.alice, &thread, None).await;
    let finish = world.finish(RunState::Succeeded);
    let (last, end) =
        (events::append(world.alice, run.id, &segment(1..=2)), runs::finish(world.alice, run.id, &finish));
    world.keep([last, end]).await;
    let failed = world.write([events::append(world.alice, run.id, &segment(3..=3))]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: events::NEXT })), "{failed:?}");
    assert_eq!(events::after(&world.db, world.alice, run.id, 0).await.unwrap(), frames(1..=2));
}

pub(crate) async fn strangers_see_no_runs(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, reply, run) = world.ask(world.alice, &thread, None).await;
    world.keep([events::append(world.alice, run.id, &segment(1..=2))]).await;
    let forged = Scope { workspace_id: world.carol.workspace_id, ..world.alice };
    for stranger in [world.bob, world.carol, forged] {
        assert_eq!(runs::get(&world.db, stranger, run.id).await.unwrap(), None);
        assert_eq!(runs::of_reply(&world.db, stranger, reply.id).await.unwrap(), None);
        assert_eq!(runs::live_in_thread(&world.db, stranger, thread.id).await.unwrap(), []);
        assert_eq!(events::after(&world.db, stranger, run.id, 0).await.unwrap(), []);
        let (now, finish) = (world.now(), world.finish(RunState::Failed));
        let cancelled = world.write([runs::request_cancel(stranger, run.id, now)]).await.unwrap();
        assert_eq!(cancelled.total(), 0);
        let (_, _, other) = world.turn(&thread, None);
        for write in [
            runs::set_running(stranger, run.id),
            runs::finish(stranger, run.id, &finish),
            runs::insert(stranger, &other),
            events::append(stranger, run.id, &segment(3..=3)),
        ] {
            let failed = world.write([write]).await;
            assert!(matches!(failed, Err(StoreError::Expectation { .. })), "{failed:?}");
        }
    }
    assert!(!runs::is_cancel_requested(&world.db, world.alice, run.id).await.unwrap());
    assert_eq!(runs::get(&world.db, world.alice, run.id).await.unwrap(), Some(run));
}

pub(crate) async fn a_live_state_is_not_an_end(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, _, run) = world.ask(world.alice, &thread, None).await;
    let not_an_end = world.finish(RunState::Running);
    let failed = world.write([runs::finish(world.alice, run.id, &not_an_end)]).await;
    assert!(matches!(failed, Err(StoreError::Other(_))), "{failed:?}");
    assert_eq!(runs::get(&world.db, world.alice, run.id).await.unwrap(), Some(run));
}
