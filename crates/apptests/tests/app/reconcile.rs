//! A provider's bill against the books: entries made as settlements make them, since no provider is called yet.

use app::{Actor, Booked, ProviderBill};
use ledger::{Account, Act, Agreement, Basis, Bill, Command, DayCost};
use money::{Amount, Money, Usage};
use plans::Pay;
use stdx::{Clock, HoldId, RunId};
use store::charges::{self, Charge, Settled};
use store::ledger::Sheet;
use store::{Batch, Durability};
use testkit::TestApp;
use wire::ErrorCode;

fn dollars(micros: i64) -> Money {
    Amount::from_micros(micros).of("USD".parse().unwrap())
}

/// A run that cost its provider so much.
async fn run_that_costs(app: &TestApp, owner: &Actor, vendor: &str, micros: i64) {
    let (hold, run): (HoldId, RunId) = (app.id(), app.id());
    let price = serde_json::json!({"vendor": vendor, "model": "m", "currency": "USD", "rates": {}});
    let charge = Charge {
        run_id: run,
        scope: store::Scope { workspace_id: owner.workspace_id, member_id: owner.member_id },
        key_id: None,
        began_at: app.clock.now(),
        agent_id: None,
        model: "m".to_owned(),
        plan: "house".to_owned(),
        pay: Pay::Allowance,
        currency: "CNY".parse().unwrap(),
        ceiling: Amount::ZERO,
        tokens: 0,
        price: Some(serde_json::from_value(price).unwrap()),
    };
    let costs = vec![dollars(micros)];
    let settled = Settled {
        at: app.clock.now(),
        amount: Amount::ZERO,
        basis: Basis::Nothing,
        usage: Usage::default(),
        costs: costs.clone(),
    };
    let currency = charge.currency;
    let acts = [
        Act::Hold { hold, run, currency, legs: Vec::new(), ttl_seconds: 60 },
        Act::Settle { hold, bill: Bill { costs, ..Bill::default() } },
    ];
    let commands = acts.map(|act| Command { id: app.id(), at: app.clock.now(), act });
    let mut sheet = Sheet::read(&app.db, owner.workspace_id, &commands).await.unwrap();
    let mut batch = Batch::new(Durability::Full);
    batch.push(charges::insert(&charge));
    for command in &commands {
        batch.extend(sheet.perform(command).unwrap());
    }
    batch.push(charges::settle(charge.scope, run, &settled));
    app.db.write(batch).await.unwrap();
}

fn bill(lines: &[(&str, i64)]) -> ProviderBill {
    let line = |(day, micros): &(&str, i64)| DayCost {
        day: (*day).to_owned(),
        model: "m".to_owned(),
        cost: dollars(*micros),
    };
    ProviderBill {
        vendor: "toy".to_owned(),
        month: "2026-11".to_owned(),
        offset_minutes: 480,
        lines: lines.iter().map(line).collect(),
    }
}

/// What is owed to providers, in dollars.
async fn owed(app: &TestApp, owner: &Actor) -> i64 {
    let audit = store::ledger::audit(&app.db, owner.workspace_id).await.unwrap();
    let of_dollars = audit.entries.iter().filter(|entry| entry.money.currency == dollars(0).currency);
    let payable = of_dollars.filter(|entry| entry.account == Account::Payable);
    payable.map(|entry| entry.money.amount.micros()).sum()
}

#[tokio::test]
async fn a_bill_is_compared_by_day_and_booked_once() {
    let app = TestApp::start().await;
    app.owner().await;
    let owner = app.accounts.owner().await.unwrap();
    // 2026-11-22T08:00Z, and after midnight where the provider is.
    run_that_costs(&app, &owner, "toy", 700_000).await;
    run_that_costs(&app, &owner, "toy", 300_000).await;
    run_that_costs(&app, &owner, "another", 5).await;
    app.clock.advance(std::time::Duration::from_secs(9 * 3_600));
    run_that_costs(&app, &owner, "toy", 40_000).await;

    let bill_of_toy = bill(&[("2026-11-22", 1_000_004), ("2026-11-24", 2_000_000), ("2026-12-01", 9)]);
    let matches = app.app.reconcile(&owner, &bill_of_toy).await.unwrap();
    let found: Vec<(&str, Agreement)> =
        matches.iter().map(|it| (it.day.as_str(), it.agreement().unwrap())).collect();
    let expected = [
        ("2026-11-22", Agreement::Rounding),
        ("2026-11-23", Agreement::MissingThere),
        ("2026-11-24", Agreement::MissingHere),
    ];
    assert_eq!(found, expected);
    assert_eq!(owed(&app, &owner).await, 1_040_005);

    assert_eq!(app.app.book_bill(&owner, &bill_of_toy).await.unwrap(), Booked { new: 3, before: 0 });
    assert_eq!(
        owed(&app, &owner).await,
        3_000_004 + 5,
        "what is billed, and what another provider will bill"
    );
    assert_eq!(app.app.book_bill(&owner, &bill_of_toy).await.unwrap(), Booked { new: 0, before: 3 });
    let other = bill(&[("2026-11-22", 1_000_005), ("2026-11-24", 2_000_000)]);
    let refused = app.app.book_bill(&owner, &other).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict);
    assert!(refused.detail.contains("m of 2026-11-22 was booked before"), "{refused}");
    assert_eq!(owed(&app, &owner).await, 3_000_009);
    let books = app::check_books(&app.db, app.clock.now()).await.unwrap();
    assert_eq!(books.breaches, Vec::<String>::new());
}

#[tokio::test]
async fn a_month_is_a_month_and_only_those_who_run_the_workspace_see_bills() {
    let app = TestApp::start().await;
    app.owner().await;
    let owner = app.accounts.owner().await.unwrap();
    let wrong = ProviderBill { month: "2026-13".to_owned(), ..bill(&[]) };
    assert_eq!(app.app.reconcile(&owner, &wrong).await.unwrap_err().code, ErrorCode::InvalidRequest);
    let mei = app.member("mei", app::Role::Member).await;
    let mei = app.accounts.actor_of_session(&stdx::Secret::new(mei.session())).await.unwrap();
    assert_eq!(app.app.reconcile(&mei, &bill(&[])).await.unwrap_err().code, ErrorCode::Forbidden);
}
