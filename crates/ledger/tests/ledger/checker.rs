use ledger::{Account, Breach, Entry, Floors, History, Hold, HoldState, breaches};
use money::{Amount, Money};
use proptest::prelude::*;
use stdx::{RunId, Timestamp};

use crate::support::{Desk, cny, hold, id, second, settle, top_up, wallet, yuan};

/// Rows of a sound ledger: one run settled, one still open.
#[derive(Clone)]
struct Rows {
    entries: Vec<Entry>,
    holds: Vec<Hold>,
    charges: Vec<(RunId, Money)>,
    floors: Floors,
}

impl Rows {
    fn sound() -> Self {
        let mut desk = Desk::default();
        for act in [
            top_up(1, "5.00"),
            hold(1, &[(wallet(1), "1.00")]),
            settle(1, "0.40"),
            hold(2, &[(wallet(1), "2.00")]),
        ] {
            desk.act(act).unwrap();
        }
        Self {
            entries: desk.book.entries().to_vec(),
            holds: desk.book.holds().cloned().collect(),
            charges: vec![(id(1), yuan("0.40").of(cny()))],
            floors: Floors::default(),
        }
    }

    fn breaches(&self, now: Timestamp) -> Vec<Breach> {
        let Self { entries, holds, charges, floors } = self;
        breaches(&History { entries, holds, charges, floors, now })
    }

    /// Puts the entries of the settlement there once more, as another command.
    fn settled_again(mut self) -> Self {
        let again = self.entries.clone().into_iter().filter(|entry| entry.command == id(3));
        self.entries.extend(again.map(|entry| Entry { command: id(30), ..entry }));
        self
    }
}

#[test]
fn a_sound_ledger_has_no_breach() {
    assert_eq!(Rows::sound().breaches(second(0)), []);
}

#[test]
fn a_second_settlement_shows_everywhere() {
    let found = Rows::sound().settled_again().breaches(second(0));
    assert!(found.contains(&Breach::SettledTwice { run: id(1), times: 2 }), "{found:?}");
    let charged = Breach::ChargeDiffers { run: id(1), expected: yuan("0.40"), found: yuan("0.80") };
    assert!(found.contains(&charged), "{found:?}");
    let below =
        found.iter().any(|breach| matches!(breach, Breach::BelowFloor { account: Account::Held(_), .. }));
    assert!(below, "{found:?}");
}

#[test]
fn a_hold_past_its_time_is_told_with_its_time() {
    let found = Rows::sound().breaches(second(600));
    assert_eq!(found, [Breach::PastExpiry { hold: id(2), expires_at: second(600) }]);
    assert!(found[0].to_string().ends_with("expire it"), "{}", found[0]);
}

#[test]
fn a_charge_without_usage_and_usage_without_a_charge_are_both_told() {
    let mut rows = Rows::sound();
    rows.charges.clear();
    assert!(matches!(rows.breaches(second(0)).as_slice(), [Breach::ChargeDiffers { .. }]));
    rows = Rows::sound();
    rows.charges.push((id(2), yuan("0.01").of(cny())));
    let differs = Breach::ChargeDiffers { run: id(2), expected: yuan("0.01"), found: Amount::ZERO };
    assert_eq!(rows.breaches(second(0)), [differs]);
}

#[test]
fn a_lost_hold_and_a_forged_one_are_told() {
    let mut rows = Rows::sound();
    rows.holds[1].legs[0].amount = yuan("1.99");
    let differs = Breach::HeldDiffers { hold: id(2), expected: yuan("1.99"), found: yuan("2.00") };
    assert_eq!(rows.breaches(second(0)), [differs]);
    let mut rows = Rows::sound();
    rows.holds[1].run = id(1);
    assert!(rows.breaches(second(0)).contains(&Breach::HeldTwice { run: id(1), holds: 2 }));
    let mut rows = Rows::sound();
    rows.holds[1].state = HoldState::Released;
    assert!(matches!(rows.breaches(second(0)).as_slice(), [Breach::HeldDiffers { .. }]));
}

#[test]
fn a_raised_floor_is_a_breach_until_it_is_met() {
    let mut rows = Rows::sound();
    rows.floors.set(wallet(1), yuan("3.00"));
    let balance = yuan("2.60").of(cny());
    let below = Breach::BelowFloor { account: wallet(1), balance, floor: yuan("3.00") };
    assert_eq!(rows.breaches(second(0)), [below]);
}

proptest! {
    #[test]
    fn whatever_is_done_to_one_entry_is_found(index in 0_usize..9, micros in any::<i32>(), lose: bool) {
        let mut rows = Rows::sound();
        prop_assert_eq!(rows.entries.len(), 9);
        if lose {
            rows.entries.remove(index);
        } else {
            prop_assume!(micros != 0);
            let amount = &mut rows.entries[index].money.amount;
            *amount = amount.checked_add(Amount::from_micros(i64::from(micros))).unwrap();
        }
        let found = rows.breaches(second(0));
        prop_assert!(found.iter().any(|breach| matches!(breach, Breach::Unbalanced { .. })), "{:?}", found);
    }
}
