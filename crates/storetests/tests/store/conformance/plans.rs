//! Plans that are held, vouchers, wallets and what admins did: what many at once may do to them.

use std::sync::Arc;
use std::time::Duration;

use ledger::{Account, Act, Command, Reason};
use money::{Amount, Usage};
use plans::{Every, Next, Pay, Period, Redeemed, Subscription, Voucher, VoucherLimit, Worth};
use stdx::{EntityId, VoucherId};
use store::admin_acts::{ActCarrier, AdminAct, Done};
use store::charges::{Charge, Settled};
use store::ledger::Sheet;
use store::spending::Stretch;
use store::subscriptions::{self, Because, Ended, Held, HeldKind, SUBSCRIPTION};
use store::vouchers::VoucherRow;
use store::wallet::Note;
use store::{
    Scope, StoreError, Write, admin_acts, charges, ledger as books, members, spending, vouchers, wallet,
};

use crate::world::World;

fn yuan(micros: i64) -> money::Money {
    Amount::from_micros(micros).of("CNY".parse().unwrap())
}

fn held(world: &World, scope: Scope) -> Held {
    let now = world.now();
    let period = Period { begin: now, end: now.plus(Duration::from_secs(60)) };
    let subscription = Subscription {
        plan: "plus".to_owned(),
        anchor: now,
        every: Every::Month,
        period,
        paid: Amount::from_micros(39),
        next: Next::Renew,
    };
    Held { scope, version: 1, kind: HeldKind::Paid, subscription, currency: yuan(0).currency, ended: None }
}

fn voucher(world: &World, scope: Scope, most: u32) -> VoucherRow {
    let now = world.now();
    VoucherRow {
        id: world.id(),
        workspace_id: scope.workspace_id,
        voucher: Voucher {
            worth: Worth::Credit(yuan(5)),
            limit: if most == 1 { VoucherLimit::Once } else { VoucherLimit::Members(most) },
            valid_from: now,
            expires_at: Some(now.plus(Duration::from_secs(60))),
        },
        redeemed: 0,
        sealed_code: "sealed".to_owned(),
        note: "for spring".to_owned(),
        made_by: scope.member_id,
        created_at: now,
        removed_at: None,
    }
}

async fn transfer(world: &World, scope: Scope, micros: i64, note: Option<&str>) {
    let act = Act::Transfer {
        reason: Reason::TopUp,
        from: Account::Cash,
        to: Account::Wallet(scope.member_id),
        money: yuan(micros),
    };
    let command = Command { id: world.id(), at: world.now(), act };
    let mut sheet = Sheet::read(&world.db, scope.workspace_id, std::slice::from_ref(&command)).await.unwrap();
    let mut writes = sheet.perform(&command).unwrap();
    let said = Note { plan: None, text: note };
    writes.extend(note.map(|_| wallet::note(scope.workspace_id, command.id, &said)));
    world.keep(writes).await;
}

pub(crate) async fn a_plan_changes_as_it_was_seen(world: World) {
    let alice = world.alice;
    assert_eq!(subscriptions::standing(&world.db, alice).await.unwrap().held, None);
    let first = held(&world, alice);
    world.keep([subscriptions::insert(&first)]).await;
    let twice = world.write([subscriptions::insert(&first)]).await;
    assert!(matches!(twice, Err(StoreError::Conflict { name: SUBSCRIPTION })), "{twice:?}");
    assert_eq!(subscriptions::standing(&world.db, alice).await.unwrap().held, Some(first.clone()));

    let second = Held {
        version: 2,
        subscription: Subscription { next: Next::Change("pro".to_owned()), ..first.subscription.clone() },
        ..first.clone()
    };
    world.keep([subscriptions::update(&second)]).await;
    for late in [&second, &Held { version: 4, ..second.clone() }] {
        let refused = world.write([subscriptions::update(late)]).await;
        assert!(matches!(refused, Err(StoreError::Expectation { name: SUBSCRIPTION })), "{refused:?}");
    }
    let ended = Some(Ended { at: world.now(), because: Because::Unpaid });
    let third = Held { version: 3, ended, ..second };
    world.keep([subscriptions::update(&third)]).await;
    assert_eq!(subscriptions::standing(&world.db, alice).await.unwrap().held, Some(third));
}

pub(crate) async fn of_many_changes_at_once_one_is_made(world: World) {
    let world = Arc::new(world);
    let first = held(&world, world.alice);
    world.keep([subscriptions::insert(&first)]).await;
    let changes: Vec<_> = (0..64)
        .map(|n| {
            let (world, first) = (Arc::clone(&world), first.clone());
            let subscription = Subscription { plan: format!("p{n}"), ..first.subscription.clone() };
            let held = Held { version: 2, subscription, ..first };
            tokio::spawn(async move { world.write([subscriptions::update(&held)]).await.is_ok() })
        })
        .collect();
    let mut made = 0;
    for change in changes {
        made += usize::from(change.await.unwrap());
    }
    assert_eq!(made, 1);
}

pub(crate) async fn plans_that_are_due_are_found_everywhere(world: World) {
    let (alice, bob, carol) = (world.alice, world.bob, world.carol);
    for scope in [carol, alice, bob] {
        world.keep([subscriptions::insert(&held(&world, scope))]).await;
    }
    let due = |scopes: Vec<Held>| -> Vec<Scope> { scopes.into_iter().map(|held| held.scope).collect() };
    let later = world.now().plus(Duration::from_secs(60));
    assert_eq!(due(subscriptions::due(&world.db, world.now(), 9).await.unwrap()), []);
    assert_eq!(due(subscriptions::due(&world.db, later, 9).await.unwrap()), [carol, alice, bob]);
    assert_eq!(due(subscriptions::due(&world.db, later, 2).await.unwrap()), [carol, alice]);

    let mei = members::get(&world.db, bob).await.unwrap().unwrap();
    world.keep([members::set_suspended(&mei, Some(later))]).await;
    let seen = subscriptions::standing(&world.db, alice).await.unwrap().held;
    let ended = Some(Ended { at: later, because: Because::Cancelled });
    world.keep([subscriptions::update(&Held { version: 2, ended, ..seen.unwrap() })]).await;
    assert_eq!(due(subscriptions::due(&world.db, later, 9).await.unwrap()), [carol]);
}

pub(crate) async fn a_plan_is_tried_once(world: World) {
    let alice = world.alice;
    world.keep([subscriptions::insert_trial(alice, "plus", world.now())]).await;
    let again = world.write([subscriptions::insert_trial(alice, "plus", world.now())]).await;
    assert!(matches!(again, Err(StoreError::Conflict { name: subscriptions::TRIAL })), "{again:?}");
    world.keep([subscriptions::insert_trial(alice, "pro", world.now())]).await;
    assert_eq!(subscriptions::tried(&world.db, alice).await.unwrap(), ["plus", "pro"]);
    assert!(subscriptions::tried(&world.db, world.bob).await.unwrap().is_empty());
}

pub(crate) async fn a_voucher_is_redeemed_as_often_as_it_says(world: World) {
    let (alice, bob, carol) = (world.alice, world.bob, world.carol);
    let (row, code) = (voucher(&world, alice, 2), world.token());
    world.keep([vouchers::insert(&row, code)]).await;
    let found = vouchers::by_code(&world.db, alice, code).await.unwrap();
    assert_eq!(found, Some((row.clone(), Redeemed::default())));
    assert_eq!(vouchers::by_code(&world.db, carol, code).await.unwrap(), None, "elsewhere it is nothing");

    let redeem = |id: VoucherId, scope: Scope| vouchers::redeem(id, scope, row.created_at);
    world.keep(redeem(row.id, alice)).await;
    let again = world.write(redeem(row.id, alice)).await;
    assert!(matches!(again, Err(StoreError::Conflict { name: vouchers::REDEEM })), "{again:?}");
    let elsewhere = world.write(redeem(row.id, carol)).await;
    assert!(matches!(elsewhere, Err(StoreError::Expectation { name: vouchers::REDEEM })), "{elsewhere:?}");
    world.keep(redeem(row.id, bob)).await;
    let third = Scope { member_id: world.id(), ..alice };
    let full = world.write(redeem(row.id, third)).await;
    assert!(matches!(full, Err(StoreError::Expectation { name: vouchers::TAKE })), "{full:?}");
    let (row, before) = vouchers::by_code(&world.db, bob, code).await.unwrap().unwrap();
    assert_eq!((row.redeemed, before.members, before.own), (2, 2, Some(row.created_at)));
}

pub(crate) async fn a_voucher_ends(world: World) {
    let alice = world.alice;
    let (row, code) = (voucher(&world, alice, 9), world.token());
    let plan = Worth::Plan { plan: "plus".to_owned(), days: 30 };
    let plan = Voucher { worth: plan, expires_at: None, ..row.voucher.clone() };
    let other = VoucherRow { id: world.id(), voucher: plan, created_at: world.now(), ..row.clone() };
    world.keep([vouchers::insert(&row, code), vouchers::insert(&other, world.token())]).await;
    let taken = world.write([vouchers::insert(&VoucherRow { id: world.id(), ..row.clone() }, code)]).await;
    assert!(matches!(taken, Err(StoreError::Conflict { name: vouchers::INSERT })), "{taken:?}");
    for at in [row.voucher.expires_at.unwrap(), stdx::Timestamp::from_micros(0)] {
        let refused = world.write(vouchers::redeem(row.id, alice, at)).await;
        assert!(matches!(refused, Err(StoreError::Expectation { name: vouchers::TAKE })), "{refused:?}");
    }
    let removed_at = world.now();
    let elsewhere = world.write([vouchers::remove(world.carol.workspace_id, row.id, removed_at)]).await;
    assert!(matches!(elsewhere, Err(StoreError::Expectation { name: vouchers::LIVE })), "{elsewhere:?}");
    world.keep([vouchers::remove(alice.workspace_id, row.id, removed_at)]).await;
    let refused = world.write(vouchers::redeem(row.id, alice, row.created_at)).await;
    assert!(matches!(refused, Err(StoreError::Expectation { name: vouchers::TAKE })), "{refused:?}");
    let gone = VoucherRow { removed_at: Some(removed_at), ..row };
    assert_eq!(vouchers::list(&world.db, alice.workspace_id).await.unwrap(), [gone, other.clone()]);
    assert_eq!(vouchers::get(&world.db, alice.workspace_id, other.id).await.unwrap(), Some(other.clone()));
    assert_eq!(vouchers::get(&world.db, world.carol.workspace_id, other.id).await.unwrap(), None);
}

/// A run that the wallet paid, and what it did cost, if it is over.
async fn paid_run(world: &World, scope: Scope, model: &str, cost: Option<i64>) {
    let charge = Charge {
        run_id: world.id(),
        scope,
        key_id: None,
        began_at: world.now(),
        agent_id: Some("ask".to_owned()),
        model: model.to_owned(),
        plan: "free".to_owned(),
        pay: Pay::Wallet,
        currency: yuan(0).currency,
        ceiling: Amount::from_micros(100),
        tokens: 9,
        price: None,
    };
    let settled = cost.map(|cost| Settled {
        at: world.now(),
        amount: Amount::from_micros(cost),
        basis: ledger::Basis::Reported,
        usage: Usage::default(),
        costs: Vec::new(),
    });
    let mut writes: Vec<Write> = vec![charges::insert(&charge)];
    writes.extend(settled.map(|settled| charges::settle(scope, charge.run_id, &settled)));
    world.keep(writes).await;
}

pub(crate) async fn a_wallet_is_told_in_pages(world: World) {
    let alice = world.alice;
    transfer(&world, alice, 900, Some("cash")).await;
    paid_run(&world, alice, "m", Some(40)).await;
    transfer(&world, alice, 7, None).await;
    paid_run(&world, alice, "m", Some(0)).await;
    paid_run(&world, alice, "m", None).await;
    transfer(&world, world.bob, 5, None).await;
    paid_run(&world, world.bob, "m", None).await;

    let (mut told, mut before) = (Vec::new(), None);
    loop {
        let currency = yuan(0).currency;
        let page = wallet::movements(&world.db, alice, currency, before.as_ref(), 1).await.unwrap();
        assert!(page.items.len() <= 1);
        told.extend(page.items);
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    let rows: Vec<_> = told.iter().map(|it| (it.reason, it.amount.micros(), it.note.as_deref())).collect();
    assert_eq!(
        rows,
        [
            (Reason::Hold, -100, None),
            (Reason::TopUp, 7, None),
            (Reason::Settlement, -40, None),
            (Reason::TopUp, 900, Some("cash")),
        ]
    );
}

pub(crate) async fn what_was_spent_is_read_in_pieces(world: World) {
    let (alice, bob) = (world.alice, world.bob);
    let from = world.now();
    for (scope, cost) in
        [(alice, Some(1)), (bob, Some(2)), (alice, None), (alice, Some(3)), (world.carol, Some(9))]
    {
        paid_run(&world, scope, "m", cost).await;
    }
    let until = world.now();
    paid_run(&world, alice, "m", Some(50)).await;
    let stretch = Stretch { from, until, currency: yuan(0).currency };
    let spent = async |member, after, most| {
        let home = alice.workspace_id;
        spending::spent(&world.db, home, member, stretch, after, most).await.unwrap()
    };
    let sums =
        |rows: &[spending::Spent]| -> Vec<i64> { rows.iter().map(|row| row.amount.micros()).collect() };
    let all = spent(None, None, 9).await;
    assert_eq!(sums(&all), [1, 2, 3]);
    assert_eq!(sums(&spent(None, Some((all[0].began_at, all[0].run_id)), 1).await), [2]);
    assert_eq!(sums(&spent(Some(alice.member_id), None, 9).await), [1, 3]);
}

pub(crate) async fn a_statement_has_its_rows(world: World) {
    let alice = world.alice;
    transfer(&world, alice, 900, None).await;
    let from = world.now();
    transfer(&world, alice, 7, Some("cash")).await;
    transfer(&world, world.bob, 8, Some("hers")).await;
    let until = world.now();
    transfer(&world, alice, 50, None).await;
    let rows = books::statement_rows(&world.db, alice, yuan(0).currency, from, until).await.unwrap();
    assert_eq!(rows.opening.micros(), 900);
    assert_eq!(rows.entries.iter().map(|entry| entry.money.amount.micros()).collect::<Vec<_>>(), [7]);
    assert_eq!(rows.notes, [(rows.entries[0].command, None, Some("cash".to_owned()))]);
    assert!(books::first_entry_at(&world.db, alice).await.unwrap().is_some_and(|first| first < from));
    assert_eq!(books::first_entry_at(&world.db, world.carol).await.unwrap(), None);
}

pub(crate) async fn what_admins_did_is_kept(world: World) {
    let (alice, bob) = (world.alice, world.bob);
    let act = |done: Done| AdminAct {
        id: world.id(),
        workspace_id: alice.workspace_id,
        at: world.now(),
        actor: alice.member_id,
        carrier: ActCarrier::Local,
        subject: bob.member_id.to_string(),
        done,
    };
    let acts = [
        act(Done::MoveWallet { command: world.id(), micros: -5, currency: yuan(0).currency }),
        act(Done::AssignPlan { plan: "pro".to_owned(), until: None }),
        act(Done::AddVoucher),
        act(Done::RemoveVoucher),
    ];
    world.keep(acts.iter().map(admin_acts::insert)).await;
    let page = admin_acts::page(&world.db, alice.workspace_id, None, 3).await.unwrap();
    let newest: Vec<_> = acts.iter().rev().cloned().collect();
    assert_eq!(page.items, newest[..3]);
    let rest = admin_acts::page(&world.db, alice.workspace_id, page.next.as_ref(), 3).await.unwrap();
    assert_eq!((rest.items.as_slice(), rest.next), (&newest[3..], None));
    let elsewhere = admin_acts::page(&world.db, world.carol.workspace_id, None, 3).await.unwrap();
    assert!(elsewhere.items.is_empty());
    assert_eq!(world.id::<VoucherId>().uuid().get_version_num(), 7);
}
