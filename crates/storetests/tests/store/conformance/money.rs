//! Money: the ledger, the charges of runs, and what many at once may do to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::{
    Account, Act, Basis, Bill, Book, Command, Floors, History, Hold, HoldState, LedgerError, Leg, Reason,
    breaches,
};
use money::{Amount, Currency, Money, Unit, Usage};
use plans::{Measure, Pay};
use stdx::{HoldId, RunId, Timestamp};
use store::charges::{Charge, Counted, Limit, Settled};
use store::ledger::Sheet;
use store::{Db, Scope, StoreError, Write, charges, ledger as books, subscriptions};

use crate::world::World;

fn yuan() -> Currency {
    "CNY".parse().unwrap()
}

fn micros(micros: i64) -> Amount {
    Amount::from_micros(micros)
}

fn command(world: &World, act: Act) -> Command {
    Command { id: world.id(), at: world.now(), act }
}

pub(crate) fn top_up(world: &World, scope: Scope, amount: i64) -> Command {
    let to = Account::Wallet(scope.member_id);
    let act =
        Act::Transfer { reason: Reason::TopUp, from: Account::Cash, to, money: micros(amount).of(yuan()) };
    command(world, act)
}

fn hold(world: &World, scope: Scope, amount: i64) -> (Command, HoldId, RunId) {
    let (hold, run) = (world.id(), world.id());
    let legs = vec![Leg { account: Account::Wallet(scope.member_id), amount: micros(amount) }];
    (command(world, Act::Hold { hold, run, currency: yuan(), legs, ttl_seconds: 3_600 }), hold, run)
}

fn settle(world: &World, hold: HoldId, charge: i64) -> Command {
    let bill = Bill { charge: micros(charge), ..Bill::default() };
    command(world, Act::Settle { hold, bill })
}

/// Decides and keeps, and again on a new sheet when somebody else was faster.
pub(crate) async fn perform(db: &Db, scope: Scope, command: &Command, more: &[Write]) -> Result<(), Refused> {
    loop {
        let mut sheet = Sheet::read(db, scope.workspace_id, std::slice::from_ref(command)).await?;
        let mut batch = store::Batch::new(store::Durability::Full);
        batch.extend(more.iter().cloned());
        batch.extend(sheet.perform(command)?);
        match db.write(batch).await {
            Err(error) if books::is_outdated(&error) => {}
            other => return Ok(other.map(|_| ())?),
        }
    }
}

/// Why money was not moved.
#[derive(Debug)]
pub(crate) enum Refused {
    Ledger(LedgerError),
    Store(StoreError),
}

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(crate) async fn wallet(world: &World, scope: Scope) -> i64 {
    let sheet = subscriptions::standing(&world.db, scope).await.unwrap().sheet;
    sheet.balance_of(Account::Wallet(scope.member_id), yuan()).micros()
}

/// No invariant is broken and no balance has drifted.
pub(crate) async fn is_sound(world: &World, scope: Scope) {
    let audit = books::audit(&world.db, scope.workspace_id).await.unwrap();
    let history = History {
        entries: &audit.entries,
        holds: &audit.holds,
        charges: &audit.charges,
        floors: &audit.floors,
        now: Timestamp::from_micros(0),
    };
    let broken: Vec<_> = breaches(&history)
        .into_iter()
        // These scenes settle holds of runs that have no charge.
        .filter(|breach| !matches!(breach, ledger::Breach::ChargeDiffers { .. }))
        .collect();
    assert_eq!(broken, []);
    assert_eq!(audit.drift(), []);
}

pub(crate) async fn a_run_is_held_and_settled_once(world: World) {
    let alice = world.alice;
    perform(&world.db, alice, &top_up(&world, alice, 5_000_000), &[]).await.unwrap();
    let (held, id, run) = hold(&world, alice, 1_000_000);
    perform(&world.db, alice, &held, &[]).await.unwrap();
    assert_eq!(wallet(&world, alice).await, 4_000_000);

    let first = settle(&world, id, 250_000);
    perform(&world.db, alice, &first, &[]).await.unwrap();
    perform(&world.db, alice, &first, &[]).await.unwrap();
    let second = perform(&world.db, alice, &settle(&world, id, 1), &[]).await.unwrap_err();
    assert!(matches!(second, Refused::Ledger(LedgerError::Closed { hold }) if hold == id), "{second:?}");
    assert_eq!(wallet(&world, alice).await, 4_750_000);
    is_sound(&world, alice).await;

    let entries = books::audit(&world.db, alice.workspace_id).await.unwrap().entries;
    let revenue: Vec<&ledger::Entry> =
        entries.iter().filter(|entry| entry.account == Account::Revenue).collect();
    assert_eq!((revenue.len(), revenue[0].run, revenue[0].money), (1, Some(run), micros(250_000).of(yuan())));
}

/// Grant and hold, settlement and lapse: each pair moves what it brings, and is ended without a look at the hold.
pub(crate) async fn an_allowance_is_lent_to_a_run_and_ended_as_it_was_placed(world: World) {
    let scope = world.alice;
    let allowance = Account::Allowance(scope.member_id);
    let transfer = |reason, from, to, amount: i64| {
        command(&world, Act::Transfer { reason, from, to, money: micros(amount).of(yuan()) })
    };
    let (id, run): (HoldId, RunId) = (world.id(), world.id());
    let legs = vec![Leg { account: allowance, amount: micros(700) }];
    let begin = [
        transfer(Reason::Grant, Account::Promotions, allowance, 700),
        command(
            &world,
            Act::Hold { hold: id, run, currency: yuan(), legs: legs.clone(), ttl_seconds: 3_600 },
        ),
    ];
    let expires_at = begin[1].at.plus(std::time::Duration::from_secs(3_600));
    let mut sheet = subscriptions::standing(&world.db, scope).await.unwrap().sheet;
    world.keep(sheet.perform_all(&begin).unwrap()).await;
    let held = books::audit(&world.db, scope.workspace_id).await.unwrap();
    assert_eq!((held.holds.len(), held.balances.len(), held.entries.len()), (1, 0, 4));

    let placed = Hold { id, run, currency: yuan(), legs, expires_at, state: HoldState::Open };
    let end = || [settle(&world, id, 300), transfer(Reason::Lapse, allowance, Account::Promotions, 400)];
    let end_it = async |placed: &Hold| {
        let mut sheet = Sheet::of_hold(scope.workspace_id, placed.clone());
        world.write(sheet.perform_all(&end()).unwrap()).await
    };
    let other = Hold { legs: vec![Leg { account: allowance, amount: micros(701) }], ..placed.clone() };
    for (hold, fits) in [(&other, false), (&placed, true), (&placed, false)] {
        let ended = end_it(hold).await;
        assert_eq!(ended.is_ok(), fits, "{ended:?}");
        assert!(ended.is_ok() || ended.is_err_and(|error| books::is_outdated(&error)));
    }
    let mut read = Sheet::read_hold(&world.db, scope.workspace_id, id).await.unwrap();
    assert!(matches!(read.perform_all(&end()), Err(LedgerError::Closed { hold }) if hold == id));
    is_sound(&world, scope).await;
}

pub(crate) async fn an_id_that_says_something_else_is_refused(world: World) {
    let first = top_up(&world, world.alice, 10);
    perform(&world.db, world.alice, &first, &[]).await.unwrap();
    let other = Command { act: top_up(&world, world.alice, 11).act, ..first.clone() };
    let refused = perform(&world.db, world.alice, &other, &[]).await.unwrap_err();
    assert!(
        matches!(refused, Refused::Ledger(LedgerError::Conflict { id }) if id == first.id),
        "{refused:?}"
    );
    assert_eq!(wallet(&world, world.alice).await, 10);
}

pub(crate) async fn strangers_see_no_money(world: World) {
    perform(&world.db, world.alice, &top_up(&world, world.alice, 900), &[]).await.unwrap();
    let (held, id, _) = hold(&world, world.alice, 400);
    perform(&world.db, world.alice, &held, &[]).await.unwrap();
    assert_eq!((wallet(&world, world.bob).await, wallet(&world, world.carol).await), (0, 0));
    let theirs = perform(&world.db, world.carol, &settle(&world, id, 1), &[]).await.unwrap_err();
    assert!(matches!(theirs, Refused::Ledger(LedgerError::UnknownHold { .. })), "{theirs:?}");
    let elsewhere = books::audit(&world.db, world.carol.workspace_id).await.unwrap();
    assert!(elsewhere.entries.is_empty() && elsewhere.holds.is_empty() && elsewhere.balances.is_empty());
}

/// True when a hold of so much has room.
pub(crate) async fn is_admitted(world: &World, scope: Scope, amount: i64) -> bool {
    let (held, ..) = hold(world, scope, amount);
    loop {
        match perform(&world.db, scope, &held, &[]).await {
            Ok(()) => return true,
            Err(Refused::Ledger(LedgerError::BelowFloor { .. })) => return false,
            Err(Refused::Store(StoreError::Overloaded)) => tokio::task::yield_now().await,
            Err(other) => panic!("{other:?}"),
        }
    }
}

/// The case of money.md: a cap of 5.00 has room for exactly fifty times 0.10, whoever comes first.
pub(crate) async fn of_a_thousand_holds_exactly_fifty_fit(world: World) {
    perform(&world.db, world.alice, &top_up(&world, world.alice, 5_000_000), &[]).await.unwrap();
    let world = Arc::new(world);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let world = Arc::clone(&world);
        tasks.spawn(async move { is_admitted(&world, world.alice, 100_000).await });
    }
    let admitted = tasks.join_all().await.into_iter().filter(|admitted| *admitted).count();
    assert_eq!((admitted, wallet(&world, world.alice).await), (50, 0));
    is_sound(&world, world.alice).await;
}

/// Whatever is done to the ledger on disk is done to one in memory, too, and they agree.
pub(crate) async fn a_random_history_is_the_same_on_disk_and_in_memory(world: World) {
    let mut book = Book::new(Floors::default());
    let mut open: Vec<(HoldId, i64)> = Vec::new();
    let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
    let mut roll = |sides: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        i64::try_from(dice % sides).unwrap()
    };
    for _ in 0..300 {
        let scope = if roll(2) == 0 { world.alice } else { world.bob };
        let next = match roll(5) {
            0 => top_up(&world, scope, roll(1_000) + 1),
            1 | 2 => {
                let amount = roll(900);
                let (command, id, _) = hold(&world, scope, amount);
                open.push((id, amount));
                command
            }
            3 if !open.is_empty() => {
                let (id, amount) = open[usize::try_from(roll(u64::try_from(open.len()).unwrap())).unwrap()];
                settle(&world, id, roll(u64::try_from(amount).unwrap() + 2))
            }
            _ => match open.last() {
                Some((id, _)) => {
                    command(&world, Act::Release { hold: *id, costs: vec![micros(3).of(yuan())] })
                }
                None => continue,
            },
        };
        let in_memory = book.apply(&next).map(|_| ());
        let on_disk = match perform(&world.db, scope, &next, &[]).await {
            Ok(()) => Ok(()),
            Err(Refused::Ledger(error)) => Err(error),
            Err(Refused::Store(error)) => panic!("{error:?}"),
        };
        assert_eq!(on_disk, in_memory, "{next:?}");
    }
    let audit = books::audit(&world.db, world.alice.workspace_id).await.unwrap();
    let sums = |entries: &[ledger::Entry]| {
        let mut sums: BTreeMap<(Account, Currency), i64> = BTreeMap::new();
        for entry in entries {
            *sums.entry((entry.account, entry.money.currency)).or_default() += entry.money.amount.micros();
        }
        sums
    };
    assert_eq!(sums(&audit.entries), sums(book.entries()));
    assert_eq!(audit.entries.len(), book.entries().len());
    assert!(audit.entries.len() > 200, "{}", audit.entries.len());
    let mut holds: Vec<ledger::Hold> = book.holds().cloned().collect();
    holds.sort_by_key(|hold| hold.id);
    assert_eq!(audit.holds, holds);
    is_sound(&world, world.alice).await;
}

pub(crate) fn charge(world: &World, scope: Scope, tokens: u64) -> Charge {
    Charge {
        run_id: world.id(),
        scope,
        key_id: None,
        began_at: world.now(),
        agent_id: Some("tutor".to_owned()),
        model: "qwen2.5-coder-0.5b-instruct".to_owned(),
        plan: "free".to_owned(),
        pay: Pay::Allowance,
        currency: yuan(),
        ceiling: micros(700),
        tokens,
        price: None,
    }
}

pub(crate) fn used(world: &World, input: u64, output: u64) -> Settled {
    Settled {
        at: world.now(),
        amount: micros(300),
        basis: Basis::Reported,
        usage: Usage::of([(Unit::Input, input), (Unit::Output, output)]).unwrap(),
        costs: vec![Money { currency: "USD".parse().unwrap(), amount: micros(40) }],
    }
}

pub(crate) async fn a_charge_counts_with_its_ceiling_until_it_is_settled(world: World) {
    let (alice, before) = (world.alice, world.now());
    let first = charge(&world, alice, 1_000);
    world.keep([charges::insert(&first)]).await;
    let (uses, running) = charges::uses(&world.db, alice, before).await.unwrap();
    assert_eq!((uses.len(), uses[0].tokens, uses[0].credits, running), (1, 1_000, 700, 1));

    let settled = used(&world, 200, 30);
    world.keep([charges::settle(alice, first.run_id, &settled)]).await;
    let again = world.write([charges::settle(alice, first.run_id, &settled)]).await;
    assert!(matches!(again, Err(StoreError::Expectation { name: charges::OPEN })), "{again:?}");
    let (uses, running) = charges::uses(&world.db, alice, before).await.unwrap();
    assert_eq!((uses[0].tokens, uses[0].credits, uses[0].requests, running), (230, 300, 1, 0));
    let state = charges::get(&world.db, alice, first.run_id).await.unwrap().unwrap();
    assert_eq!(state.settled, Some(settled));
    assert_eq!(Charge { ceiling: micros(700), tokens: 1_000, ..state.charge }, first);

    assert_eq!(charges::get(&world.db, world.bob, first.run_id).await.unwrap(), None);
    assert_eq!(charges::uses(&world.db, world.carol, before).await.unwrap(), (Vec::new(), 0));
    let theirs = world.write([charges::settle(world.bob, first.run_id, &used(&world, 1, 1))]).await;
    assert!(matches!(theirs, Err(StoreError::Expectation { name: charges::OPEN })), "{theirs:?}");
}

pub(crate) async fn a_window_is_never_fuller_than_it_may_be(world: World) {
    let since = world.now();
    let world = Arc::new(world);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let world = Arc::clone(&world);
        tasks.spawn(async move {
            let limit = Limit { measure: Measure::Tokens, since, most: 1_000 - 100 };
            let guard = charges::must_have_room(Counted::Member(world.alice), limit);
            match world.write([guard, charges::insert(&charge(&world, world.alice, 100))]).await {
                Ok(_) => true,
                Err(StoreError::Expectation { name: charges::ROOM }) => false,
                Err(other) => panic!("{other:?}"),
            }
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|fits| *fits).count(), 10);
    let limit = |measure, most| Limit { measure, since, most };
    for (counted, limit, fits) in [
        (Counted::Member(world.alice), limit(Measure::Requests, 10), true),
        (Counted::Member(world.alice), limit(Measure::Requests, 9), false),
        (Counted::Member(world.alice), limit(Measure::Credits, 7_000), true),
        (Counted::Member(world.alice), limit(Measure::Credits, 6_999), false),
        (Counted::Member(world.bob), limit(Measure::Requests, 0), true),
        (Counted::Workspace(world.alice.workspace_id), limit(Measure::Tokens, 999), false),
        (Counted::Workspace(world.carol.workspace_id), limit(Measure::Tokens, 0), true),
    ] {
        let found = world.write([charges::must_have_room(counted, limit)]).await;
        assert_eq!(found.is_ok(), fits, "{counted:?} {limit:?}");
    }
    let (requests, credits) = (limit(Measure::Requests, 10), limit(Measure::Credits, 7_000));
    for (runs, limits, fits) in [
        (10, vec![], false),
        (11, vec![], true),
        (11, vec![requests, credits], true),
        (10, vec![requests, credits], false),
        (11, vec![limit(Measure::Requests, 9), credits], false),
        (11, vec![requests, limit(Measure::Credits, 6_999)], false),
        (11, vec![requests, credits, limit(Measure::Tokens, 999)], false),
        (11, vec![requests; 9], true),
        (11, [vec![requests; 8], vec![limit(Measure::Credits, 6_999)]].concat(), false),
    ] {
        let found = world.write(charges::member_must_have_room(world.alice, runs, &limits)).await;
        let is_refused = matches!(found, Err(StoreError::Expectation { name: charges::ROOM }));
        assert_eq!((found.is_ok(), is_refused), (fits, !fits), "{runs} {limits:?}");
    }
    world.keep(charges::member_must_have_room(world.bob, 1, &[limit(Measure::Requests, 0)])).await;
}

pub(crate) async fn a_floor_is_kept_by_the_data_itself(world: World) {
    let account = Account::Wallet(world.alice.member_id);
    let floor =
        |micros_below: i64| books::set_floor(world.alice.workspace_id, account, yuan(), micros(micros_below));
    world.keep([floor(-50)]).await;
    let (held, ..) = hold(&world, world.alice, 50);
    perform(&world.db, world.alice, &held, &[]).await.unwrap();
    let (more, ..) = hold(&world, world.alice, 1);
    let refused = perform(&world.db, world.alice, &more, &[]).await.unwrap_err();
    assert!(
        matches!(refused, Refused::Ledger(LedgerError::BelowFloor { missing, .. }) if missing == micros(1))
    );
    let raised = world.write([floor(0)]).await;
    assert!(matches!(raised, Err(StoreError::Expectation { name: books::BALANCE })), "{raised:?}");
    is_sound(&world, world.alice).await;
}

/// Deeper than 32 bits of micro-units.
pub(crate) async fn a_credit_line_may_be_long(world: World) {
    let account = Account::Wallet(world.alice.member_id);
    let floor = books::set_floor(world.alice.workspace_id, account, yuan(), micros(-9_000_000_000));
    world.keep([floor]).await;
    assert!(is_admitted(&world, world.alice, 8_999_999_999).await);
    assert_eq!(wallet(&world, world.alice).await, -8_999_999_999);
    assert!(!is_admitted(&world, world.alice, 2).await);
    is_sound(&world, world.alice).await;
}
