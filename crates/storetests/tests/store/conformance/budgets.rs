//! Budgets above the plans, sums of what was spent, and alerts.

use std::sync::Arc;

use ledger::Basis;
use money::{Amount, Unit, Usage};
use plans::{Measure, Pay, Period, Thresholds};
use stdx::{AlertId, GroupId, Timestamp};
use store::alerts::Reader;
use store::charges::{Charge, Counted, Limit, Settled};
use store::{
    Alert, AlertScope, Budget, BudgetOf, BudgetTerm, Group, Scope, StoreError, alerts, budgets, charges,
    groups, members,
};

use crate::world::World;

fn micros(micros: i64) -> Amount {
    Amount::from_micros(micros)
}

fn charge(world: &World, scope: Scope, ceiling: i64) -> Charge {
    Charge {
        run_id: world.id(),
        scope,
        key_id: None,
        began_at: world.now(),
        agent_id: None,
        model: "a-model".to_owned(),
        plan: "free".to_owned(),
        pay: Pay::Allowance,
        currency: "CNY".parse().unwrap(),
        ceiling: micros(ceiling),
        tokens: 100,
        price: None,
    }
}

fn settled(world: &World, amount: i64) -> Settled {
    Settled {
        at: world.now(),
        amount: micros(amount),
        basis: Basis::Reported,
        usage: Usage::of([(Unit::Input, 7)]).unwrap(),
        costs: Vec::new(),
    }
}

/// A group of some of Home's members.
async fn group(world: &World, of: &[Scope]) -> GroupId {
    let id: GroupId = world.id();
    let workspace_id = world.alice.workspace_id;
    let group = Group { id, workspace_id, name: format!("g-{id}"), created_at: world.now() };
    world.keep([groups::insert(&group)]).await;
    for scope in of {
        world.keep(groups::join(*scope, id)).await;
    }
    id
}

fn budget(world: &World, of: BudgetOf, most: i64) -> Budget {
    Budget { of, most: micros(most), term: BudgetTerm::Month, alert_at: None, changed_at: world.now() }
}

pub(crate) async fn a_budget_is_said_anew_and_taken_away(world: World) {
    let (home, alice) = (world.alice.workspace_id, world.alice);
    let team = group(&world, &[alice]).await;
    let of_group = BudgetOf::Group(team);
    let percents = Thresholds::try_from(vec![10, 90]).unwrap();
    let first =
        Budget { alert_at: Some(percents), ..budget(&world, BudgetOf::Member(alice.member_id), 5_000_000) };
    for said in [&first, &budget(&world, of_group, 7), &budget(&world, BudgetOf::Workspace, 9)] {
        world.keep([budgets::put(home, said)]).await;
    }
    let second = Budget { term: BudgetTerm::Once, ..budget(&world, BudgetOf::Workspace, 10) };
    world.keep([budgets::put(home, &second)]).await;
    let kept = budgets::list(&world.db, home).await.unwrap();
    assert_eq!((&kept[0].budget, kept[0].name.as_str()), (&first, "ALICE"));
    assert_eq!((kept[1].budget.of, &kept[2].budget, kept[2].name.as_str()), (of_group, &second, "Home"));

    world.keep([budgets::delete(home, BudgetOf::Workspace)]).await;
    let again = world.write([budgets::delete(home, BudgetOf::Workspace)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: budgets::FOUND })), "{again:?}");
    let seen = members::get(&world.db, alice).await.unwrap().unwrap();
    world.keep([groups::delete(home, team), members::delete(&seen)]).await;
    assert_eq!(budgets::list(&world.db, home).await.unwrap(), [], "they go with those whose they are");
}

pub(crate) async fn a_member_is_bound_by_their_own_their_groups_and_the_workspace(world: World) {
    let home = world.alice.workspace_id;
    let both = group(&world, &[world.alice, world.bob]).await;
    let of_bob = group(&world, &[world.bob]).await;
    for of in [
        BudgetOf::Member(world.alice.member_id),
        BudgetOf::Member(world.bob.member_id),
        BudgetOf::Group(both),
        BudgetOf::Group(of_bob),
        BudgetOf::Workspace,
    ] {
        world.keep([budgets::put(home, &budget(&world, of, 1))]).await;
    }
    let of = |scope| {
        let db = world.db.clone();
        async move {
            let found = budgets::of_member(&db, scope).await.unwrap();
            found.into_iter().map(|named| named.budget.of).collect::<Vec<_>>()
        }
    };
    let of_alice = [BudgetOf::Member(world.alice.member_id), BudgetOf::Group(both), BudgetOf::Workspace];
    assert_eq!(of(world.alice).await, of_alice);
    assert_eq!(of(world.bob).await.len(), 4);
    assert_eq!(of(world.carol).await, []);
}

pub(crate) async fn strangers_have_no_budgets_here(world: World) {
    let (home, elsewhere) = (world.alice.workspace_id, world.carol.workspace_id);
    let here = group(&world, &[world.alice]).await;
    for of in [BudgetOf::Member(world.alice.member_id), BudgetOf::Group(here)] {
        let put = world.write([budgets::put(elsewhere, &budget(&world, of, 1))]).await;
        assert!(matches!(put, Err(StoreError::Expectation { name: budgets::FOUND })), "{of:?}: {put:?}");
        world.keep([budgets::put(home, &budget(&world, of, 1))]).await;
        let gone = world.write([budgets::delete(elsewhere, of)]).await;
        assert!(matches!(gone, Err(StoreError::Expectation { name: budgets::FOUND })), "{of:?}: {gone:?}");
    }
    assert_eq!(budgets::list(&world.db, elsewhere).await.unwrap(), []);
}

/// The case of money.md, for budgets: 5.00 have room for exactly fifty times 0.10, whoever comes first.
pub(crate) async fn a_budget_has_room_for_exactly_what_fits(world: World) {
    let since = world.now();
    let home = world.alice.workspace_id;
    let both = group(&world, &[world.alice, world.bob]).await;
    let world = Arc::new(world);
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..1_000 {
        let world = Arc::clone(&world);
        tasks.spawn(async move {
            let scope = if number % 2 == 0 { world.alice } else { world.bob };
            let limit = Limit { measure: Measure::Credits, since, most: 5_000_000 - 100_000 };
            let guards = [Counted::Group(home, both), Counted::Workspace(home)]
                .map(|counted| charges::must_have_room(counted, limit));
            let insert = charges::insert(&charge(&world, scope, 100_000));
            match world.write(guards.into_iter().chain([insert])).await {
                Ok(_) => true,
                Err(StoreError::Expectation { name: charges::ROOM }) => false,
                Err(other) => panic!("{other:?}"),
            }
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|fits| *fits).count(), 50);
    let wanted = [
        (Counted::Group(home, both), since),
        (Counted::Workspace(home), since),
        (Counted::Workspace(home), world.now()),
        (Counted::Workspace(world.carol.workspace_id), since),
    ];
    let spent = charges::spent(&world.db, &wanted).await.unwrap();
    assert_eq!(spent, [5_000_000, 5_000_000, 0, 0].map(micros));
}

pub(crate) async fn only_what_is_over_counts_as_used(world: World) {
    let since = world.now();
    let home = world.alice.workspace_id;
    let of_alice = group(&world, &[world.alice]).await;
    let (first, second) = (charge(&world, world.alice, 700), charge(&world, world.bob, 800));
    world.keep([charges::insert(&first), charges::insert(&second)]).await;
    let wanted = [
        (Counted::Workspace(home), Measure::Credits, since),
        (Counted::Workspace(home), Measure::Tokens, since),
        (Counted::Workspace(home), Measure::Requests, since),
        (Counted::Group(home, of_alice), Measure::Credits, since),
        (Counted::Member(world.bob), Measure::Requests, since),
    ];
    assert_eq!(charges::settled_use(&world.db, &wanted).await.unwrap(), [0; 5]);
    world.keep([charges::settle(world.alice, first.run_id, &settled(&world, 300))]).await;
    assert_eq!(charges::settled_use(&world.db, &wanted).await.unwrap(), [300, 7, 1, 300, 0]);
    let held = charges::spent(&world.db, &[(Counted::Workspace(home), since)]).await.unwrap();
    assert_eq!(held, [micros(1_100)]);
    let busy = charges::busy_since(&world.db, home, since).await.unwrap();
    let free = "free".to_owned();
    let expected = [world.alice, world.bob].map(|scope| (scope.member_id, free.clone(), None));
    assert_eq!(busy, expected);
}

fn alert(world: &World, scope: AlertScope, member: Option<Scope>, percent: u32) -> Alert {
    let (begin, end) = (Timestamp::from_micros(10), Timestamp::from_micros(20));
    Alert {
        id: world.id(),
        workspace_id: world.alice.workspace_id,
        member_id: member.map(|scope| scope.member_id),
        scope,
        subject_id: "the subject".to_owned(),
        name: "its name".to_owned(),
        stretch: "month".to_owned(),
        measure: Measure::Credits,
        percent,
        used: 80,
        most: 100,
        period: Some(Period { begin, end }),
        at: world.now(),
    }
}

pub(crate) async fn an_alert_is_there_once_and_put_away_by_each_reader(world: World) {
    let since = Timestamp::from_micros(0);
    let (alice, bob) = (Reader::Member(world.alice), Reader::Member(world.bob));
    let admin = Reader::Admin(world.bob);
    let low = alert(&world, AlertScope::Member, Some(world.alice), 50);
    let high = alert(&world, AlertScope::Member, Some(world.alice), 80);
    let same = Alert { id: world.id(), used: 99, ..high.clone() };
    world.keep([alerts::insert(&low), alerts::insert(&high), alerts::insert(&same)]).await;
    let of_plan = alert(&world, AlertScope::Plan, Some(world.alice), 80);
    let next = Alert { id: world.id(), period: None, at: world.now(), ..high.clone() };
    world.keep([alerts::insert(&of_plan), alerts::insert(&next)]).await;
    assert_eq!(alerts::noted(&world.db, &same).await.unwrap(), [50, 80]);

    let list = |reader| alerts::list(&world.db, reader, since, 50);
    let all = [&next, &of_plan, &high, &low].map(Clone::clone);
    assert_eq!(list(alice).await.unwrap(), all);
    assert_eq!(list(bob).await.unwrap(), []);
    assert_eq!(list(Reader::Admin(world.carol)).await.unwrap(), []);
    let budgets = [&next, &high, &low].map(Clone::clone);
    assert_eq!(list(admin).await.unwrap(), budgets, "a plan's windows are its member's own affair");

    world.keep(alerts::dismiss(admin, high.id)).await;
    world.keep(alerts::dismiss(admin, high.id)).await;
    assert_eq!(list(admin).await.unwrap(), std::slice::from_ref(&next), "the lower threshold goes along");
    assert_eq!(list(alice).await.unwrap(), all);
    let unknown: AlertId = world.id();
    for (reader, id) in
        [(bob, high.id), (admin, of_plan.id), (Reader::Admin(world.carol), high.id), (alice, unknown)]
    {
        let refused = world.write(alerts::dismiss(reader, id)).await;
        assert!(matches!(refused, Err(StoreError::Expectation { name: alerts::FOUND })), "{refused:?}");
    }
    assert_eq!(
        alerts::list(&world.db, alice, low.at, 1).await.unwrap(),
        [next],
        "younger ones, as many as wanted"
    );
}
