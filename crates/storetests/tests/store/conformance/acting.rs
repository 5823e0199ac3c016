//! What agents that act leave: answers that are decided about, leave for a thread, and the steps of a turn.

use ledger::Basis;
use money::{Amount, Unit, Usage};
use plans::Pay;
use stdx::RunId;
use store::charges::{Charge, Settled};
use store::{Scope, StoreError, charges, messages, runs, threads, tool_leaves};
use wire::Part;

use crate::world::World;

fn said(text: &str) -> Vec<Part> {
    vec![Part::Text { text: text.to_owned() }]
}

pub(crate) async fn an_answer_is_decided_about_as_it_was_seen(world: World) {
    let thread = world.begin(world.alice).await;
    let (_, reply, _) = world.ask(world.alice, &thread, None).await;
    let decide =
        |scope, old: &str, new: &str| messages::replace_parts(scope, reply.id, &said(old), &said(new));
    world.keep([messages::set_parts(world.alice, reply.id, &said("允许吗？ \"a\"\n"))]).await;
    for stranger in [world.bob, world.carol] {
        let failed = world.write([decide(stranger, "允许吗？ \"a\"\n", "no")]).await;
        assert!(matches!(failed, Err(StoreError::Expectation { name: messages::UNCHANGED })), "{failed:?}");
    }
    world.keep([decide(world.alice, "允许吗？ \"a\"\n", "yes")]).await;
    let failed = world.write([decide(world.alice, "允许吗？ \"a\"\n", "no")]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: messages::UNCHANGED })), "{failed:?}");
    let kept = messages::get(&world.db, world.alice, reply.id).await.unwrap().unwrap();
    assert_eq!(kept.parts, said("yes"));
}

pub(crate) async fn leave_is_for_one_thread_and_goes_with_it(world: World) {
    let alice = world.alice;
    let (thread, other) = (world.begin(alice).await, world.begin(alice).await);
    let leaves = async |scope: Scope, thread| tool_leaves::of_thread(&world.db, scope, thread).await.unwrap();
    for tool in ["note", "draw", "note"] {
        world.keep([tool_leaves::give(alice, thread.id, tool, world.now())]).await;
    }
    let both = ["draw", "note"].map(str::to_owned);
    assert_eq!(leaves(alice, thread.id).await, both.into());
    assert!(leaves(alice, other.id).await.is_empty());
    for stranger in [world.bob, world.carol] {
        assert!(leaves(stranger, thread.id).await.is_empty());
        let failed = world.write([tool_leaves::give(stranger, thread.id, "pay", world.now())]).await;
        assert!(matches!(failed, Err(StoreError::Expectation { name: tool_leaves::THREAD })), "{failed:?}");
    }
    world.keep([threads::delete(alice, thread.id)]).await;
    assert!(leaves(alice, thread.id).await.is_empty());
}

fn charge(world: &World, run_id: RunId) -> Charge {
    Charge {
        run_id,
        scope: world.alice,
        key_id: None,
        began_at: world.now(),
        agent_id: None,
        model: "a-model".to_owned(),
        plan: "free".to_owned(),
        pay: Pay::Allowance,
        currency: "CNY".parse().unwrap(),
        ceiling: Amount::from_micros(100),
        tokens: 100,
        price: None,
    }
}

fn settled(world: &World, amount: i64) -> Settled {
    Settled {
        at: world.now(),
        amount: Amount::from_micros(amount),
        basis: Basis::Reported,
        usage: Usage::of([(Unit::Input, 7)]).unwrap(),
        costs: Vec::new(),
    }
}

pub(crate) async fn a_run_costs_what_its_steps_did(world: World) {
    let alice = world.alice;
    let thread = world.begin(alice).await;
    let (_, _, run) = world.ask(alice, &thread, None).await;
    let (first, second) = (charge(&world, run.id), charge(&world, world.id()));
    world.keep([charges::insert(&first), charges::settle(alice, run.id, &settled(&world, 30))]).await;
    let open = async || charges::open_of_turn(&world.db, alice, run.id).await.unwrap();
    assert_eq!(open().await, None);
    let step = second.run_id;
    world.keep([charges::insert(&second), charges::set_turn(alice, step, run.id)]).await;
    assert_eq!(open().await.unwrap().charge, second);
    assert_eq!(charges::open_of_turn(&world.db, world.bob, run.id).await.unwrap(), None);
    world.keep([charges::settle(alice, step, &settled(&world, 12))]).await;
    assert_eq!(open().await, None);
    let kept = runs::get(&world.db, alice, run.id).await.unwrap().unwrap();
    assert_eq!(kept.cost.unwrap().micros, 42);
    let failed = world.write([charges::set_turn(alice, step, run.id)]).await;
    assert!(matches!(failed, Err(StoreError::Expectation { name: charges::OPEN })), "{failed:?}");
}
