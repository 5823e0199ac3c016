use std::collections::BTreeSet;

use plans::{Redeemed, Voucher, VoucherError, VoucherLimit, Worth};
use proptest::prelude::*;

use crate::support::{at, yuan};

fn voucher(limit: VoucherLimit) -> Voucher {
    Voucher {
        worth: Worth::Credit(yuan("10").of("CNY".parse().unwrap())),
        limit,
        valid_from: at("2026-11-01T00:00:00Z"),
        expires_at: Some(at("2026-12-01T00:00:00Z")),
    }
}

const NOBODY: Redeemed = Redeemed { own: None, members: 0 };

fn mine() -> Redeemed {
    Redeemed { own: Some(at("2026-11-05T00:00:00Z")), members: 1 }
}

fn by_others(members: u32) -> Redeemed {
    Redeemed { own: None, members }
}

#[test]
fn a_voucher_for_once_is_for_whoever_comes_first() {
    let once = voucher(VoucherLimit::Once);
    let now = at("2026-11-10T00:00:00Z");
    assert_eq!(once.redeem(NOBODY, now), Ok(&once.worth));
    assert_eq!(once.redeem(by_others(1), now), Err(VoucherError::UsedUp));
    let yours = VoucherError::AlreadyYours { at: at("2026-11-05T00:00:00Z") };
    assert_eq!(once.redeem(mine(), now), Err(yours));
    assert_eq!(once.redeem(mine(), at("2027-01-01T00:00:00Z")), Err(yours), "a late repeat");
}

#[test]
fn a_voucher_is_valid_from_one_instant_until_before_another() {
    let once = voucher(VoucherLimit::Once);
    let redeem = |now| once.redeem(NOBODY, at(now)).is_ok();
    assert!(!redeem("2026-10-31T23:59:59Z") && redeem("2026-11-01T00:00:00Z"));
    assert!(redeem("2026-11-30T23:59:59Z") && !redeem("2026-12-01T00:00:00Z"));
    let error = once.redeem(NOBODY, at("2026-12-01T00:00:00Z")).unwrap_err().to_string();
    assert!(error.contains("until 2026-12-01T00:00:00Z"), "{error}");
    let forever = Voucher { expires_at: None, ..once };
    assert!(forever.redeem(NOBODY, at("2099-01-01T00:00:00Z")).is_ok());
}

#[test]
fn a_voucher_can_be_worth_a_plan() {
    let worth = Worth::Plan { plan: "plus".to_owned(), days: 30 };
    let gift = Voucher { worth: worth.clone(), ..voucher(VoucherLimit::Members(2)) };
    assert_eq!(gift.redeem(by_others(1), at("2026-11-10T00:00:00Z")), Ok(&worth));
}

proptest! {
    #[test]
    fn however_many_ask_no_more_get_it_than_it_is_for(most in 0_u32..20, tries in prop::collection::vec(0_u64..30, 0..100)) {
        let many = voucher(VoucherLimit::Members(most));
        let now = at("2026-11-10T00:00:00Z");
        let (mut members, mut given) = (BTreeSet::new(), 0_u32);
        for member in tries {
            let before = Redeemed { own: members.contains(&member).then_some(now), members: given };
            if many.redeem(before, now).is_ok() {
                members.insert(member);
                given += 1;
            }
        }
        prop_assert!(given <= most);
        prop_assert_eq!(members.len(), usize::try_from(given).unwrap());
    }
}
