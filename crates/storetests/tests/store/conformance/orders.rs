//! Orders, their payments, and what was said about them.

use std::time::Duration;

use ledger::Account;
use money::payment::{Fact, Happened};
use money::{Amount, Money};
use ports::NextStep;
use stdx::OrderId;
use store::order_refunds::{self, AskedRefund};
use store::orders::{self, OrderVersion, Standing};
use store::payment_messages::{self, Heard, Outcome};
use store::{OrderRow, Scope, StoreError, ledger as books};

use crate::world::World;

const LEARNED: &str = r#"{"failed":true}"#;

fn yuan(whole: i64) -> Money {
    Amount::from_micros(whole * 1_000_000).of("CNY".parse().unwrap())
}

fn standing() -> Standing {
    Standing { status: "open", look: false, ask_at: None }
}

fn order(world: &World, scope: Scope) -> OrderRow {
    let placed_at = world.now();
    OrderRow {
        workspace_id: scope.workspace_id,
        id: world.id(),
        member_id: scope.member_id,
        product: r#"{"product":"top_up"}"#.to_owned(),
        price: yuan(10),
        gateway: "toy".to_owned(),
        reference: None,
        next: None,
        placed_at,
        expires_at: placed_at.plus(Duration::from_secs(60)),
        evidence: "{}".to_owned(),
        delivery: None,
        version: 1,
        seen: "[]".to_owned(),
    }
}

async fn placed(world: &World, scope: Scope, standing: Standing) -> OrderRow {
    let order = order(world, scope);
    world.keep([orders::insert(&order, standing)]).await;
    order
}

fn version(order: &OrderRow) -> OrderVersion {
    OrderVersion { workspace_id: order.workspace_id, id: order.id, version: order.version }
}

fn paid(payment: &str) -> Fact {
    Fact {
        gateway: "toy".to_owned(),
        event: format!("paid {payment}"),
        payment: payment.to_owned(),
        order: None,
        what: Happened::Paid { money: yuan(10) },
    }
}

pub(crate) async fn an_order_comes_back_as_it_was_placed(world: World) {
    let state = placed(&world, world.alice, standing()).await;
    let found = orders::get(&world.db, world.alice, state.id).await.unwrap();
    assert_eq!(found.as_ref(), Some(&state));
    let again = world.write([orders::insert(&state, standing())]).await;
    assert!(matches!(again, Err(StoreError::Conflict { name: orders::INSERT })), "{again:?}");

    let next = NextStep::Visit("https://pay.example/1".to_owned());
    world.keep([orders::begun(world.alice, state.id, Some("cs_1"), &next)]).await;
    let begun = orders::find(&world.db, state.id).await.unwrap().unwrap();
    assert_eq!((begun.next, begun.reference.as_deref(), begun.version), (Some(next), Some("cs_1"), 1));
}

pub(crate) async fn an_order_learns_on_the_version_that_was_read(world: World) {
    let state = placed(&world, world.alice, standing()).await;
    let learn = || orders::learn(version(&state), LEARNED, Some("{}"), standing());
    world.keep([learn()]).await;
    let twice = world.write([learn()]).await;
    assert!(matches!(twice, Err(StoreError::Expectation { name: orders::VERSION })), "{twice:?}");
    let found = orders::find(&world.db, state.id).await.unwrap().unwrap();
    let has = (found.evidence.as_str(), found.delivery.as_deref(), found.version);
    assert_eq!(has, (LEARNED, Some("{}"), 2));

    world.keep([orders::set_seen(version(&found), "[1]", false)]).await;
    let found = orders::find(&world.db, state.id).await.unwrap().unwrap();
    assert_eq!((found.seen.as_str(), found.version), ("[1]", 3));
}

pub(crate) async fn a_payment_is_for_one_order(world: World) {
    let (first, second) =
        (placed(&world, world.alice, standing()).await, placed(&world, world.bob, standing()).await);
    for _ in 0..2 {
        world.keep([orders::claim_payment("toy", "p1", first.id)]).await;
    }
    let taken = world.write([orders::claim_payment("toy", "p1", second.id)]).await;
    assert!(matches!(taken, Err(StoreError::Expectation { name: orders::PAYMENT })), "{taken:?}");
    world.keep([orders::claim_payment("other", "p1", second.id)]).await;
    assert_eq!(orders::of_payment(&world.db, "toy", "p1").await.unwrap(), Some(first.id));
    assert_eq!(orders::of_payment(&world.db, "other", "p1").await.unwrap(), Some(second.id));
    assert_eq!(orders::of_payment(&world.db, "toy", "p2").await.unwrap(), None);
}

pub(crate) async fn those_who_ask_take_turns(world: World) {
    let due = Standing { ask_at: Some(world.now()), ..standing() };
    let (state, later) = (placed(&world, world.alice, due).await, order(&world, world.carol));
    let never = Standing { ask_at: Some(later.expires_at), ..standing() };
    world.keep([orders::insert(&later, never)]).await;
    placed(&world, world.bob, standing()).await;
    let ids = |found: Vec<OrderRow>| found.into_iter().map(|state| state.id).collect::<Vec<_>>();
    assert_eq!(ids(orders::due(&world.db, world.now(), 9).await.unwrap()), [state.id]);
    let all = orders::due(&world.db, later.expires_at, 9).await.unwrap();
    assert_eq!(ids(all), [state.id, later.id]);
    assert_eq!(orders::due(&world.db, later.expires_at, 1).await.unwrap().len(), 1);

    let now = world.now();
    world.keep([orders::claim_ask(version(&state), now, now, Some(later.expires_at))]).await;
    let again = world.write([orders::claim_ask(version(&state), world.now(), state.placed_at, None)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: orders::ASK })), "{again:?}");
    assert_eq!(orders::due(&world.db, world.now(), 9).await.unwrap(), []);
    world.keep([orders::claim_ask(version(&state), world.now(), now, None)]).await;
    assert_eq!(ids(orders::due(&world.db, later.expires_at, 9).await.unwrap()), [later.id]);
}

pub(crate) async fn orders_are_listed_newest_first(world: World) {
    let mut ids: Vec<OrderId> = Vec::new();
    for look in [true, false, true] {
        ids.push(placed(&world, world.alice, Standing { look, ..standing() }).await.id);
    }
    ids.push(placed(&world, world.bob, Standing { look: true, ..standing() }).await.id);
    let listed = |page: store::Page<OrderRow>| -> Vec<OrderId> {
        page.items.into_iter().map(|state| state.id).collect()
    };
    let home = world.alice.workspace_id;
    let first = orders::page(&world.db, world.alice, None, 2).await.unwrap();
    let next = first.next.clone();
    assert_eq!(listed(first), [ids[2], ids[1]]);
    assert_eq!(listed(orders::page(&world.db, world.alice, next.as_ref(), 2).await.unwrap()), [ids[0]]);
    let all = orders::page_of_workspace(&world.db, home, None, 3).await.unwrap();
    let next = all.next.clone();
    assert_eq!(listed(all), [ids[3], ids[2], ids[1]]);
    let rest = orders::page_of_workspace(&world.db, home, next.as_ref(), 3).await.unwrap();
    assert_eq!(listed(rest), [ids[0]]);
    let look = orders::page_to_look_at(&world.db, home, None, 2).await.unwrap();
    let next = look.next.clone();
    assert_eq!(listed(look), [ids[3], ids[2]]);
    let rest = orders::page_to_look_at(&world.db, home, next.as_ref(), 2).await.unwrap();
    assert_eq!(listed(rest), [ids[0]]);
}

pub(crate) async fn a_member_places_so_many_and_no_more(world: World) {
    let since = world.now();
    placed(&world, world.alice, standing()).await;
    world.keep([orders::must_be_fewer_than(world.alice, 2, since)]).await;
    let full = world.write([orders::must_be_fewer_than(world.alice, 1, since)]).await;
    assert!(matches!(full, Err(StoreError::Expectation { name: orders::ROOM })), "{full:?}");
    world
        .keep([
            orders::must_be_fewer_than(world.alice, 1, world.now()),
            orders::must_be_fewer_than(world.bob, 1, since),
        ])
        .await;
}

pub(crate) async fn what_was_said_is_kept_once(world: World) {
    let state = placed(&world, world.alice, standing()).await;
    let heard = |order_id, outcome| Heard {
        fact: paid("p1"),
        line: 0,
        order_id,
        said_by: None,
        outcome,
        at: state.placed_at,
    };
    let stray = heard(None, Outcome::UnknownOrder);
    world.keep([payment_messages::note(&stray), payment_messages::note(&stray)]).await;
    let strays = std::slice::from_ref(&stray);
    assert_eq!(payment_messages::strays(&world.db, 9).await.unwrap(), strays);
    assert_eq!(payment_messages::strays_of(&world.db, "toy", "p1").await.unwrap(), strays);
    assert_eq!(payment_messages::strays_of(&world.db, "toy", "p2").await.unwrap(), []);

    let learned = heard(Some(state.id), Outcome::Learned);
    world.keep([payment_messages::note(&learned), payment_messages::note(&stray)]).await;
    assert_eq!(payment_messages::strays(&world.db, 9).await.unwrap(), []);
    assert_eq!(payment_messages::of_order(&world.db, state.id).await.unwrap(), [learned]);
}

pub(crate) async fn a_stray_payment_is_put_away_once(world: World) {
    let (start, by) = (world.now(), world.bob.member_id);
    let at = |seconds| start.plus(Duration::from_secs(seconds));
    let heard = |payment: &str, seconds| Heard {
        fact: Fact { event: format!("{payment} {seconds}"), ..paid(payment) },
        line: 0,
        order_id: None,
        said_by: None,
        outcome: Outcome::UnknownOrder,
        at: at(seconds),
    };
    let [first, second, other] = [heard("p1", 1), heard("p1", 2), heard("p2", 1)];
    world.keep([&first, &other].map(payment_messages::note)).await;

    let put_away =
        |payment, seconds| payment_messages::put_away("toy", payment, (by, at(seconds)), "seen to");
    for late in [put_away("p1", 0), put_away("p3", 9)] {
        let nothing = world.write([late]).await;
        assert!(
            matches!(nothing, Err(StoreError::Expectation { name: payment_messages::PUT_AWAY })),
            "{nothing:?}"
        );
    }
    world.keep([put_away("p1", 1)]).await;
    let again = world.write([put_away("p1", 1)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: payment_messages::PUT_AWAY })), "{again:?}");
    let open = async |payment| payment_messages::is_stray(&world.db, "toy", payment).await.unwrap();
    assert_eq!((open("p1").await, open("p2").await, open("p3").await), (false, true, false));
    assert_eq!(payment_messages::strays(&world.db, 9).await.unwrap(), std::slice::from_ref(&other));
    assert_eq!(
        payment_messages::strays_of(&world.db, "toy", "p1").await.unwrap(),
        std::slice::from_ref(&first)
    );

    // The same said again is nothing new; something else is.
    world.keep([payment_messages::note(&first)]).await;
    assert!(!open("p1").await);
    world.keep([payment_messages::note(&second)]).await;
    assert_eq!(payment_messages::strays(&world.db, 9).await.unwrap(), [second, other]);
    world.keep([put_away("p1", 2)]).await;
    assert!(!open("p1").await);
}

pub(crate) async fn refunds_are_kept_with_who_asked(world: World) {
    let state = placed(&world, world.alice, standing()).await;
    let asked = AskedRefund {
        id: world.id(),
        order_id: state.id,
        payment: "p1".to_owned(),
        money: yuan(3),
        asked_by: world.bob.member_id,
        asked_at: world.now(),
    };
    world.keep([order_refunds::insert(&asked)]).await;
    let again = world.write([order_refunds::insert(&asked)]).await;
    assert!(matches!(again, Err(StoreError::Conflict { name: order_refunds::INSERT })), "{again:?}");
    assert_eq!(order_refunds::of_order(&world.db, state.id).await.unwrap(), [asked]);
    assert_eq!(order_refunds::of_order(&world.db, world.id()).await.unwrap(), []);
}

pub(crate) async fn strangers_see_no_orders(world: World) {
    let state = placed(&world, world.alice, Standing { look: true, ..standing() }).await;
    let (id, carols) = (state.id, world.carol.workspace_id);
    for other in [world.bob, world.carol] {
        assert_eq!(orders::get(&world.db, other, id).await.unwrap(), None);
        assert_eq!(orders::page(&world.db, other, None, 9).await.unwrap().items, []);
        let begun = world.write([orders::begun(other, id, None, &NextStep::Wait)]).await;
        assert!(matches!(begun, Err(StoreError::Expectation { .. })), "{begun:?}");
    }
    assert_eq!(orders::of_workspace(&world.db, carols, id).await.unwrap(), None);
    assert_eq!(orders::page_of_workspace(&world.db, carols, None, 9).await.unwrap().items, []);
    assert_eq!(orders::page_to_look_at(&world.db, carols, None, 9).await.unwrap().items, []);
    let theirs = OrderRow { workspace_id: carols, ..state.clone() };
    for write in [
        orders::learn(version(&theirs), LEARNED, None, standing()),
        orders::set_seen(version(&theirs), "[]", false),
        orders::claim_ask(version(&theirs), world.now(), world.now(), None),
    ] {
        assert!(matches!(world.write([write]).await, Err(StoreError::Expectation { .. })));
    }
    let wallet = Account::Wallet(world.alice.member_id);
    let spendable = |home| books::spendable(&world.db, home, wallet, yuan(0).currency);
    world.keep([books::set_floor(world.alice.workspace_id, wallet, yuan(0).currency, yuan(-2).amount)]).await;
    assert_eq!(spendable(world.alice.workspace_id).await.unwrap(), yuan(2).amount);
    assert_eq!(spendable(carols).await.unwrap(), Amount::ZERO);
}
