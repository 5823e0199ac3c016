//! How models were chosen, and what that saved.

use money::Amount;
use stdx::Timestamp;
use store::charges::Charge;
use store::routes::{self, Saved, Shadow, Shadows};
use store::{StoreError, runs};
use wire::{Route, RouteEnding, RouteSaving, RouteTried, TaskKind};

use crate::world::World;

fn route(policy: &str) -> Route {
    Route {
        policy: policy.to_owned(),
        class: TaskKind::Code,
        currency: "CNY".to_owned(),
        chosen: None,
        runner_up: None,
        excluded: Vec::new(),
        more_excluded: 3,
        expected_micros: Some(7),
        reference: Some("toy/large".to_owned()),
        saving: RouteSaving::NoReference,
        ending: None,
    }
}

fn ending(model: &str, figures: Option<(i64, i64)>) -> RouteEnding {
    RouteEnding {
        draft: None,
        tried: vec![RouteTried { model: "toy/sick".to_owned(), code: wire::ErrorCode::UpstreamDown }],
        model: model.to_owned(),
        cost_micros: figures.map(|(cost, _)| cost),
        reference_micros: figures.map(|(_, reference)| reference),
        saved_micros: figures.map(|(cost, reference)| reference - cost),
    }
}

pub(crate) async fn a_route_is_told_with_its_run_and_ends_once(world: World) {
    let (alice, thread) = (world.alice, world.begin(world.alice).await);
    let (_, _, run) = world.ask(alice, &thread, None).await;
    let route = route("auto");
    world.keep([routes::insert(alice, run.id, world.now(), &route)]).await;
    let again = world.write([routes::insert(alice, run.id, world.now(), &route)]).await;
    assert!(matches!(again, Err(StoreError::Conflict { name: routes::INSERT })), "{again:?}");
    let told = async || runs::get(&world.db, alice, run.id).await.unwrap().unwrap().route;
    assert_eq!(told().await.as_deref(), Some(&route));

    let first = ending("toy/large", Some((40, 100)));
    world.keep([routes::end(world.bob, run.id, &ending("theirs", None), None)]).await;
    world.keep([routes::end(alice, run.id, &first, Some("toy/large"))]).await;
    world.keep([routes::end(alice, run.id, &ending("late", None), None)]).await;
    assert_eq!(told().await.as_deref(), Some(&Route { ending: Some(first), ..route }));

    world.keep([runs::set_model(alice, run.id, "toy/large")]).await;
    assert_eq!(runs::get(&world.db, alice, run.id).await.unwrap().unwrap().model, "toy/large");
    let theirs = world.write([runs::set_model(world.bob, run.id, "x")]).await;
    assert!(matches!(theirs, Err(StoreError::Expectation { name: runs::LIVE })), "{theirs:?}");
}

pub(crate) async fn savings_are_sums_of_what_is_known(world: World) {
    let from = world.now();
    let keep = async |policy: &str, model: Option<&str>, figures: Option<(i64, i64)>| {
        let id = world.id();
        let ended = ending(model.unwrap_or("nobody"), figures);
        let inserted = routes::insert(world.alice, id, world.now(), &route(policy));
        world.keep([inserted, routes::end(world.alice, id, &ended, model)]).await;
    };
    keep("auto", Some("small"), Some((40, 100))).await;
    keep("auto", Some("small"), Some((90, 60))).await;
    keep("auto", Some("small"), None).await;
    keep("auto", Some("large"), Some((1, 2))).await;
    keep("best", Some("large"), None).await;
    keep("best", None, None).await;
    let until = world.now();
    keep("auto", Some("late"), Some((1, 2))).await;
    let home = world.alice.workspace_id;
    let currency = "CNY".parse().unwrap();
    let saved = |policy: &str, model: &str, [answers, known]: [u64; 2], [cost, reference]: [i64; 2]| Saved {
        policy: policy.to_owned(),
        model: model.to_owned(),
        answers,
        known,
        cost: Amount::from_micros(cost),
        reference: Amount::from_micros(reference),
        saved: Amount::from_micros(reference - cost),
    };
    let expected = [
        saved("auto", "large", [1, 1], [1, 2]),
        saved("auto", "small", [3, 2], [130, 160]),
        saved("best", "large", [1, 0], [0, 0]),
    ];
    assert_eq!(routes::saved(&world.db, home, from, until, currency).await.unwrap(), expected);
    let elsewhere = world.carol.workspace_id;
    assert_eq!(routes::saved(&world.db, elsewhere, from, until, currency).await.unwrap(), []);
}

pub(crate) async fn shadows_are_told_by_day_and_go_when_they_are_old(world: World) {
    const DAY: i64 = 86_400_000_000;
    let (home, currency) = (world.alice.workspace_id, "CNY".parse().unwrap());
    let keep = async |at: i64, choice: Option<&str>, figures: Option<(i64, i64)>| {
        let shadow = Shadow {
            watched: "cheap".to_owned(),
            asked: "best".to_owned(),
            model: "toy/large".to_owned(),
            choice: choice.map(str::to_owned),
            cost: figures.map(|(cost, _)| Amount::from_micros(cost)),
            would_cost: figures.map(|(_, would)| Amount::from_micros(would)),
        };
        let began_at = Timestamp::from_micros(at);
        let charge = Charge { began_at, ..super::money::charge(&world, world.alice, 1) };
        let again = Shadow { choice: None, ..shadow.clone() };
        world.keep([routes::insert_shadow(&charge, &shadow), routes::insert_shadow(&charge, &again)]).await;
    };
    keep(DAY, Some("toy/small"), Some((100, 40))).await;
    keep(DAY + 1, Some("toy/large"), Some((100, 100))).await;
    keep(DAY + 2, None, None).await;
    // An hour before midnight in UTC is the next day where clocks are ahead.
    keep(2 * DAY - DAY / 24, Some("toy/dear"), Some((10, 30))).await;
    let day = |at: i64, counts: [u64; 4], [cost, would]: [i64; 2]| Shadows {
        watched: "cheap".to_owned(),
        at: Timestamp::from_micros(at),
        answers: counts[0],
        elsewhere: counts[1],
        nobody: counts[2],
        known: counts[3],
        cost: Amount::from_micros(cost),
        would_cost: Amount::from_micros(would),
    };
    let always = (Timestamp::from_micros(0), Timestamp::from_micros(9 * DAY));
    let told =
        async |offset| routes::shadows_by_day(&world.db, home, always, offset, currency).await.unwrap();
    assert_eq!(told(0).await, [day(DAY, [4, 2, 1, 3], [210, 170])]);
    let first = day(DAY, [3, 1, 1, 2], [200, 140]);
    assert_eq!(told(480).await, [first, day(2 * DAY - DAY / 24, [1, 1, 0, 1], [10, 30])]);
    let elsewhere = world.carol.workspace_id;
    assert_eq!(routes::shadows_by_day(&world.db, elsewhere, always, 0, currency).await.unwrap(), []);

    world.keep([routes::prune_shadows(elsewhere, Timestamp::from_micros(9 * DAY), 9)]).await;
    world.keep([routes::prune_shadows(home, Timestamp::from_micros(DAY + 2), 1)]).await;
    assert_eq!(told(0).await[0].answers, 3);
    world.keep([routes::prune_shadows(home, Timestamp::from_micros(DAY + 2), 9)]).await;
    assert_eq!(told(0).await, [day(DAY + 2, [2, 1, 1, 1], [10, 30])]);
}
