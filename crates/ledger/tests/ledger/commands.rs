use ledger::{
    Account, Act, Applied, Bill, Book, Command, Floors, Hold, HoldState, Known, LedgerError, Leg, Reason,
};
use money::Amount;

use crate::support::{
    Desk, allowance, bill, cny, hold, hold_id, id, release, second, settle, top_up, transfer, wallet, yuan,
};

fn desk(wallet: &str) -> Desk {
    let mut desk = Desk::default();
    desk.act(top_up(1, wallet)).unwrap();
    desk
}

#[test]
fn a_run_is_held_charged_and_the_rest_comes_back() {
    let mut desk = desk("5.00");
    desk.act(hold(1, &[(wallet(1), "0.50")])).unwrap();
    assert_eq!(desk.balance(wallet(1)), "4.500000");
    desk.act(settle(1, "0.12")).unwrap();
    assert_eq!(desk.balance(wallet(1)), "4.880000");
    assert_eq!(desk.balance(Account::Revenue), "0.120000");
    assert_eq!(desk.balance(Account::Held(hold_id(1))), "0.000000");
    assert_eq!(desk.breaches(), []);
}

#[test]
fn of_a_thousand_holds_exactly_those_are_admitted_that_fit() {
    // The benchmark that peers without holds fail twentyfold: 1,000 of 0.10 against 5.00.
    let mut desk = desk("5.00");
    let admitted = (1..=1_000).filter(|n| desk.act(hold(*n, &[(wallet(1), "0.10")])).is_ok()).count();
    assert_eq!(admitted, 50);
    assert_eq!(desk.balance(wallet(1)), "0.000000");
    assert_eq!(desk.breaches(), []);
}

#[test]
fn the_allowance_is_spent_before_the_wallet_and_each_gets_its_own_back() {
    let mut desk = desk("1.00");
    desk.act(transfer(Reason::Grant, Account::Promotions, allowance(1), yuan("0.30"))).unwrap();
    desk.act(hold(1, &[(allowance(1), "0.30"), (wallet(1), "0.70")])).unwrap();
    desk.act(settle(1, "0.40")).unwrap();
    assert_eq!((desk.balance(allowance(1)), desk.balance(wallet(1))), ("0.000000".into(), "0.900000".into()));
    desk.act(top_up(1, "0.10")).unwrap();
    desk.act(hold(2, &[(wallet(1), "1.00")])).unwrap();
    desk.act(release(2)).unwrap();
    assert_eq!(desk.balance(wallet(1)), "1.000000");
    assert_eq!(desk.breaches(), []);
}

#[test]
fn a_command_that_comes_again_changes_nothing_whenever_it_comes() {
    let mut desk = desk("5.00");
    let act = hold(1, &[(wallet(1), "0.50")]);
    assert_eq!(desk.act_as(77, act.clone()), Ok(Applied::Changed));
    for _ in 0..64 {
        desk.wait(1);
        assert_eq!(desk.act_as(77, act.clone()), Ok(Applied::Replayed));
    }
    desk.act(settle(1, "0.10")).unwrap();
    desk.wait(100_000);
    assert_eq!(desk.act_as(77, act), Ok(Applied::Replayed), "also after its hold has ended");
    assert_eq!(desk.balance(wallet(1)), "4.900000");
}

#[test]
fn an_id_stands_for_one_content() {
    let mut desk = desk("5.00");
    desk.act_as(77, top_up(1, "1.00")).unwrap();
    let error = desk.act_as(77, top_up(1, "1.01")).unwrap_err();
    assert_eq!(error, LedgerError::Conflict { id: id(77) });
    assert!(error.to_string().contains("give a new instruction an id of its own"), "{error}");
}

#[test]
fn a_hold_is_taken_whole_or_not_at_all_and_says_what_is_missing() {
    let mut desk = desk("0.50");
    desk.act(transfer(Reason::Grant, Account::Promotions, allowance(1), yuan("0.10"))).unwrap();
    let error = desk.act(hold(1, &[(allowance(1), "0.10"), (wallet(1), "0.60")])).unwrap_err().to_string();
    assert!(error.contains("has 0.500000 CNY and may not fall below 0.000000; 0.100000 more"), "{error}");
    assert_eq!(desk.balance(allowance(1)), "0.100000");
    let twice = hold(1, &[(wallet(1), "0.30"), (wallet(1), "0.30")]);
    assert!(matches!(desk.act(twice), Err(LedgerError::BelowFloor { .. })), "legs of one account add up");
}

#[test]
fn what_is_charged_beyond_the_hold_needs_an_extension() {
    let mut desk = desk("1.00");
    desk.act(hold(1, &[(wallet(1), "0.20")])).unwrap();
    let error = desk.act(settle(1, "0.200001")).unwrap_err();
    assert_eq!(error, LedgerError::BeyondHold { held: yuan("0.20"), charge: yuan("0.200001") });
    let more = |amount| Act::Extend {
        hold: id(1),
        legs: vec![Leg { account: wallet(1), amount: yuan(amount) }],
        ttl_seconds: 1,
    };
    assert!(matches!(desk.act(more("0.81")), Err(LedgerError::BelowFloor { .. })));
    desk.act(more("0.80")).unwrap();
    desk.wait(599);
    desk.act(settle(1, "0.200001")).unwrap();
    assert_eq!(desk.balance(wallet(1)), "0.799999");
    assert_eq!(desk.breaches(), []);
}

#[test]
fn a_run_ends_once() {
    let mut desk = desk("1.00");
    desk.act(hold(1, &[(wallet(1), "0.20")])).unwrap();
    desk.act(settle(1, "0.10")).unwrap();
    let closed = Err(LedgerError::Closed { hold: id(1) });
    assert_eq!(desk.act(settle(1, "0.10")), closed);
    assert_eq!(desk.act(release(1)), closed);
    desk.wait(1_000);
    assert_eq!(desk.act(Act::Expire { hold: id(1), bill: bill("0.00") }), closed);
    let again = Act::Hold { hold: id(2), run: id(1), currency: cny(), legs: Vec::new(), ttl_seconds: 60 };
    assert_eq!(desk.act(again), Err(LedgerError::RunHeld { run: id(1), hold: id(1) }));
    assert_eq!(desk.act(hold(1, &[])), Err(LedgerError::HoldExists { hold: id(1) }));
}

#[test]
fn a_hold_whose_time_is_over_is_expired_by_the_journal() {
    let mut desk = desk("1.00");
    desk.act(hold(1, &[(wallet(1), "0.20")])).unwrap();
    let expire = Act::Expire { hold: id(1), bill: bill("0.05") };
    desk.wait(599);
    assert_eq!(desk.act(expire.clone()), Err(LedgerError::TooEarly { hold: id(1), expires_at: second(600) }));
    assert_eq!(desk.book.overdue(desk.now()).count(), 0);
    desk.wait(1);
    assert_eq!(desk.book.overdue(desk.now()).map(|hold| hold.id).collect::<Vec<_>>(), [hold_id(1)]);
    assert_eq!(
        desk.act(settle(1, "0.05")),
        Err(LedgerError::TooLate { hold: id(1), expired_at: second(600) })
    );
    desk.act(expire).unwrap();
    assert_eq!(desk.balance(wallet(1)), "0.950000");
    assert_eq!(desk.breaches(), []);
}

#[test]
fn tax_and_the_costs_of_every_attempt_are_entered_with_the_settlement() {
    let mut desk = desk("10.00");
    desk.act(hold(1, &[(wallet(1), "5.00")])).unwrap();
    let dollars = |text: &str| yuan(text).of("USD".parse().unwrap());
    let costs = vec![dollars("0.10"), dollars("0.000001"), yuan("0.20").of(cny())];
    let bill = Bill { charge: yuan("1.06"), tax: yuan("0.06"), costs };
    desk.act(Act::Settle { hold: id(1), bill }).unwrap();
    assert_eq!(
        (desk.balance(Account::Revenue), desk.balance(Account::Tax)),
        ("1.000000".into(), "0.060000".into())
    );
    let owed = desk.book.balance(Account::Payable, "USD".parse().unwrap());
    assert_eq!((owed, desk.balance(Account::Payable)), (yuan("0.100001"), "0.200000".into()));
    assert_eq!(desk.breaches(), []);
}

#[test]
fn a_failed_run_is_released_and_still_costs_the_operator() {
    let mut desk = desk("1.00");
    desk.act(hold(1, &[(wallet(1), "0.20")])).unwrap();
    desk.act(Act::Release { hold: id(1), costs: vec![yuan("0.03").of(cny())] }).unwrap();
    assert_eq!(
        (desk.balance(wallet(1)), desk.balance(Account::Payable)),
        ("1.000000".into(), "0.030000".into())
    );
}

#[test]
fn what_is_free_is_held_and_settled_like_anything_else() {
    let mut desk = Desk::default();
    desk.act(hold(1, &[(wallet(1), "0.00")])).unwrap();
    desk.act(settle(1, "0.00")).unwrap();
    assert!(desk.act(settle(1, "0.00")).is_err());
    assert_eq!(desk.book.entries(), []);
    assert_eq!(desk.breaches(), []);
}

#[test]
fn no_amount_below_zero_moves_anything() {
    // A peer's balance grew from 0.5 to 485 million by a negative price.
    let mut desk = desk("1.00");
    desk.act(hold(1, &[(wallet(1), "0.20")])).unwrap();
    let negative = |charge: &str, tax: &str| Bill { charge: yuan(charge), tax: yuan(tax), costs: Vec::new() };
    for bad in [
        top_up(1, "-1.00"),
        top_up(1, "0.00"),
        hold(2, &[(wallet(1), "-0.10")]),
        settle(1, "-0.10"),
        Act::Settle { hold: id(1), bill: negative("0.10", "-0.10") },
        Act::Settle { hold: id(1), bill: negative("0.10", "0.11") },
        Act::Release { hold: id(1), costs: vec![yuan("-0.01").of(cny())] },
    ] {
        assert!(matches!(desk.act(bad.clone()), Err(LedgerError::NotAnAmount { .. })), "{bad:?}");
    }
}

#[test]
fn money_moves_only_where_its_reason_leads() {
    let mut desk = desk("1.00");
    desk.act(hold(1, &[(wallet(1), "0.20")])).unwrap();
    let held = Account::Held(hold_id(1));
    for (reason, from, to) in [
        (Reason::Correction, held, wallet(1)),
        (Reason::TopUp, wallet(1), wallet(2)),
        (Reason::Settlement, wallet(1), Account::Revenue),
    ] {
        let error = desk.act(transfer(reason, from, to, yuan("0.10"))).unwrap_err();
        assert_eq!(error, LedgerError::NotAllowed { reason, from, to });
    }
    let of_the_house = hold(2, &[(Account::Revenue, "0.10")]);
    assert_eq!(desk.act(of_the_house), Err(LedgerError::NotHoldable { account: Account::Revenue }));
    assert_eq!(desk.act(settle(9, "0.10")), Err(LedgerError::UnknownHold { hold: id(9) }));
}

#[test]
fn a_credit_line_is_a_floor_below_zero() {
    let mut floors = Floors::default();
    floors.set(wallet(1), yuan("-2.00"));
    let mut book = Book::new(floors);
    let mut command = |n, act| book.apply(&Command { id: id(n), at: second(0), act });
    assert_eq!(command(1, hold(1, &[(wallet(1), "2.00")])), Ok(Applied::Changed));
    assert!(matches!(command(2, hold(2, &[(wallet(1), "0.000001")])), Err(LedgerError::BelowFloor { .. })));
}

#[test]
fn sums_beyond_an_amount_are_refused_and_not_wrapped() {
    let mut desk = Desk::default();
    let most = Amount::from_micros(i64::MAX);
    desk.act(transfer(Reason::TopUp, Account::Cash, wallet(1), most)).unwrap();
    assert!(matches!(desk.act(top_up(1, "0.000001")), Err(LedgerError::Money(_))));
    assert_eq!(desk.breaches(), []);
}

#[test]
fn a_hold_covers_no_more_than_it_has() {
    let hold = Hold {
        id: id(1),
        run: id(1),
        currency: cny(),
        legs: vec![Leg { account: wallet(1), amount: yuan("0.20") }],
        expires_at: second(60),
        state: HoldState::Open,
    };
    assert_eq!(hold.covered(yuan("0.10")), Ok(yuan("0.10")));
    assert_eq!(hold.covered(yuan("0.30")), Ok(yuan("0.20")));
}

#[test]
fn a_command_is_stored_and_read_back() {
    let command = Command { id: id(1), at: second(0), act: hold(1, &[(wallet(1), "0.20")]) };
    let text = serde_json::to_string(&command).unwrap();
    assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), command);
}
