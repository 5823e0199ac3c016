//! What was asked of models, and what came of it.

use std::time::Duration;

use stdx::Timestamp;
use store::requests::{self, Failed, Filter};
use store::{Scope, charges};
use traffic::{Came, Record, RecordedAttempt, Texts};
use wire::{ErrorCode, FinishReason, RunState};

use super::money::{charge, used};
use crate::world::World;

fn record(world: &World, scope: Scope) -> Record {
    Record {
        id: world.id(),
        workspace_id: scope.workspace_id,
        member_id: scope.member_id,
        key_id: None,
        at: world.now(),
        face: "chat/completions".to_owned(),
        agent_id: None,
        asked: "toy/m".to_owned(),
        model: "toy/m".to_owned(),
        vendor: Some("toy".to_owned()),
        policy: None,
        came: Came { state: RunState::Succeeded, finish: Some(FinishReason::Stop), error: None },
        first_token_ms: Some(40),
        took_ms: 900,
        usage: None,
        attempts: Vec::new(),
        trace_id: None,
        parent: None,
        texts: None,
    }
}

async fn kept(world: &World, scope: Scope, change: impl FnOnce(&mut Record)) -> Record {
    let mut record = record(world, scope);
    change(&mut record);
    world.keep([requests::insert(&record)]).await;
    record
}

async fn found(world: &World, scope: Scope, filter: &Filter) -> Vec<Record> {
    let page = requests::page(&world.db, scope.workspace_id, filter, None, 50).await.unwrap();
    page.items.into_iter().map(|kept| kept.record).collect()
}

pub(crate) async fn a_request_is_read_as_it_was_kept_with_what_it_cost(world: World) {
    let alice = world.alice;
    let charge = charge(&world, alice, 1_000);
    let settled = used(&world, 30, 12);
    world.keep([charges::insert(&charge), charges::settle(alice, charge.run_id, &settled)]).await;
    let attempt = RecordedAttempt {
        deployment: "toy/m".to_owned(),
        vendor: "toy".to_owned(),
        after_ms: 1,
        first_token_ms: None,
        took_ms: 7,
        error: Some(ErrorCode::UpstreamBusy),
        is_left: false,
        tokens: None,
        request_id: Some("theirs".to_owned()),
        span: None,
    };
    let texts = Texts { asked: "[]".to_owned(), answered: "你好".to_owned() };
    let record = kept(&world, alice, |record| {
        record.id = charge.run_id;
        record.attempts = vec![attempt];
        record.texts = Some(texts.clone());
    })
    .await;
    // Again, and with its texts: it is there once.
    world.keep([requests::insert(&record), requests::insert_texts(&record, &texts)]).await;
    let read = requests::get(&world.db, alice.workspace_id, record.id).await.unwrap().unwrap();
    assert_eq!(read.record, record);
    assert_eq!(read.member_name.as_deref(), Some("ALICE"));
    assert_eq!(read.settled, Some((settled.amount.of(charge.currency), settled.usage)));

    let refused = kept(&world, alice, |record| record.came = Came::failed(ErrorCode::QuotaExceeded)).await;
    assert_eq!(
        found(&world, alice, &Filter::default()).await,
        [refused, Record { texts: None, ..record.clone() }]
    );
    let (glances, more) = requests::glances(&world.db, alice.workspace_id, record.at, None, 9).await.unwrap();
    let shown: Vec<_> = glances.iter().map(|it| (it.error, it.took_ms, it.micros)).collect();
    assert_eq!(shown, [(Some(ErrorCode::QuotaExceeded), None, 0), (None, Some(900), 300)]);
    assert_eq!(more, None);
}

pub(crate) async fn they_are_found_by_what_is_known_of_them(world: World) {
    let key = Some(world.id());
    let plain = kept(&world, world.alice, |_| {}).await;
    let keyed = kept(&world, world.alice, |record| record.key_id = key).await;
    let bobs = kept(&world, world.bob, |record| record.model = "own".to_owned()).await;
    let run = kept(&world, world.bob, |record| record.face = "runs".to_owned()).await;
    let failed = kept(&world, world.bob, |record| record.came = Came::failed(ErrorCode::UpstreamDown)).await;
    let (all, home) = (Filter::default(), world.alice);
    let member = Some(world.bob.member_id);
    let with = |code: &str| Failed::With(code.to_owned());
    for (filter, expected) in [
        (all.clone(), vec![&failed, &run, &bobs, &keyed, &plain]),
        (Filter { member, ..all.clone() }, vec![&failed, &run, &bobs]),
        (Filter { key, ..all.clone() }, vec![&keyed]),
        (Filter { model: Some("own".to_owned()), ..all.clone() }, vec![&bobs]),
        (Filter { face: Some("runs".to_owned()), member, ..all.clone() }, vec![&run]),
        (Filter { failed: Failed::Somehow, ..all.clone() }, vec![&failed]),
        (Filter { failed: with("upstream_down"), member, ..all.clone() }, vec![&failed]),
        (Filter { failed: with("internal"), ..all.clone() }, vec![]),
        (Filter { from: Some(keyed.at), until: Some(run.at), ..all }, vec![&bobs, &keyed]),
    ] {
        let found = found(&world, home, &filter).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter:?}");
    }
    let all = Filter::default();
    let first = requests::page(&world.db, home.workspace_id, &all, None, 3).await.unwrap();
    let rest = requests::page(&world.db, home.workspace_id, &all, first.next.as_ref(), 3).await.unwrap();
    assert_eq!((first.items.len(), rest.items.len(), rest.next), (3, 2, None));
    let from = Timestamp::from_micros(0);
    let (first, more) = requests::glances(&world.db, home.workspace_id, from, None, 3).await.unwrap();
    let (rest, end) = requests::glances(&world.db, home.workspace_id, from, more.as_ref(), 3).await.unwrap();
    assert_eq!((first.len(), rest.len(), end), (3, 2, None));
}

pub(crate) async fn old_requests_go_with_what_was_said(world: World) {
    let texts = Texts { asked: "[]".to_owned(), answered: String::new() };
    let mut all = Vec::new();
    for _ in 0..5 {
        let record = kept(&world, world.alice, |_| {}).await;
        world.keep([requests::insert_texts(&record, &texts)]).await;
        all.push(record);
    }
    let others = kept(&world, world.carol, |_| {}).await;
    let (home, last) = (world.alice.workspace_id, all[4].at);
    let changes = world.write([requests::prune_texts(home, last, 3)]).await.unwrap();
    assert_eq!(changes.total(), 3);
    let read = async |record: &Record| requests::get(&world.db, home, record.id).await.unwrap();
    assert_eq!(read(&all[2]).await.unwrap().record.texts, None);
    assert_eq!(read(&all[3]).await.unwrap().record.texts, Some(texts.clone()));

    let pruned = async |most| world.write([requests::prune(home, last, most)]).await.unwrap().total();
    assert_eq!((pruned(3).await, pruned(3).await, pruned(3).await), (3, 1, 0));
    assert_eq!(found(&world, world.alice, &Filter::default()).await, [all[4].clone()]);
    assert_eq!(read(&all[3]).await, None);
    assert_eq!(found(&world, world.carol, &Filter::default()).await, [others]);
    // What was said went along: nothing is left to delete but what belongs to the one that stays.
    let ever = last.plus(Duration::from_secs(1));
    assert_eq!(world.write([requests::prune_texts(home, ever, 9)]).await.unwrap().total(), 1);
}

pub(crate) async fn strangers_see_no_requests(world: World) {
    let record = kept(&world, world.alice, |_| {}).await;
    let elsewhere = world.carol.workspace_id;
    assert_eq!(requests::get(&world.db, elsewhere, record.id).await.unwrap(), None);
    assert_eq!(found(&world, world.carol, &Filter::default()).await, []);
    let from = Timestamp::from_micros(0);
    assert_eq!(requests::glances(&world.db, elsewhere, from, None, 9).await.unwrap().0, []);
    let bob = Filter { member: Some(world.bob.member_id), ..Filter::default() };
    assert_eq!(found(&world, world.alice, &bob).await, []);
}
