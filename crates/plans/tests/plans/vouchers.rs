use plans::{Redemption, Voucher, VoucherError, VoucherLimit, Worth};
use proptest::prelude::*;
use stdx::MemberId;

use crate::support::{at, yuan};

fn member(n: u64) -> MemberId {
    format!("019aab5e-8c00-7000-8000-{n:012x}").parse().unwrap()
}

fn voucher(limit: VoucherLimit) -> Voucher {
    Voucher {
        worth: Worth::Credit(yuan("10").of("CNY".parse().unwrap())),
        limit,
        valid_from: at("2026-11-01T00:00:00Z"),
        expires_at: Some(at("2026-12-01T00:00:00Z")),
    }
}

fn redeemed(n: u64) -> Redemption {
    Redemption { member: member(n), at: at("2026-11-05T00:00:00Z") }
}

#[test]
fn a_voucher_for_once_is_for_whoever_comes_first() {
    let once = voucher(VoucherLimit::Once);
    let now = at("2026-11-10T00:00:00Z");
    assert_eq!(once.redeem(&[], member(1), now), Ok(&once.worth));
    assert_eq!(once.redeem(&[redeemed(1)], member(2), now), Err(VoucherError::UsedUp));
    let yours = VoucherError::AlreadyYours { at: redeemed(1).at };
    assert_eq!(once.redeem(&[redeemed(1)], member(1), now), Err(yours));
    assert_eq!(
        once.redeem(&[redeemed(1)], member(1), at("2027-01-01T00:00:00Z")),
        Err(yours),
        "a late repeat"
    );
}

#[test]
fn a_voucher_is_valid_from_one_instant_until_before_another() {
    let once = voucher(VoucherLimit::Once);
    let redeem = |now| once.redeem(&[], member(1), at(now)).is_ok();
    assert!(!redeem("2026-10-31T23:59:59Z") && redeem("2026-11-01T00:00:00Z"));
    assert!(redeem("2026-11-30T23:59:59Z") && !redeem("2026-12-01T00:00:00Z"));
    let error = once.redeem(&[], member(1), at("2026-12-01T00:00:00Z")).unwrap_err().to_string();
    assert!(error.contains("until 2026-12-01T00:00:00Z"), "{error}");
    let forever = Voucher { expires_at: None, ..once };
    assert!(forever.redeem(&[], member(1), at("2099-01-01T00:00:00Z")).is_ok());
}

#[test]
fn a_voucher_can_be_worth_a_plan() {
    let worth = Worth::Plan { plan: "plus".to_owned(), days: 30 };
    let gift = Voucher { worth: worth.clone(), ..voucher(VoucherLimit::Members(2)) };
    assert_eq!(gift.redeem(&[redeemed(1)], member(2), at("2026-11-10T00:00:00Z")), Ok(&worth));
}

proptest! {
    #[test]
    fn however_many_ask_no_more_get_it_than_it_is_for(most in 0_u32..20, tries in prop::collection::vec(0_u64..30, 0..100)) {
        let many = voucher(VoucherLimit::Members(most));
        let mut before: Vec<Redemption> = Vec::new();
        for n in tries {
            if many.redeem(&before, member(n), at("2026-11-10T00:00:00Z")).is_ok() {
                before.push(redeemed(n));
            }
        }
        prop_assert!(before.len() <= usize::try_from(most).unwrap());
        let mut members: Vec<MemberId> = before.iter().map(|redemption| redemption.member).collect();
        members.sort_unstable();
        members.dedup();
        prop_assert_eq!(members.len(), before.len());
    }
}
