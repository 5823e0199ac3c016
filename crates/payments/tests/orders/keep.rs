//! What was paid beyond an order and is credited instead of given back.

use money::Amount;
use payments::{KeepError, PlanNow, Status};

use crate::shop::*;

fn keeps(shop: &mut Shop, payment: &str) -> Result<bool, KeepError> {
    let Some((_, change)) = shop.order.keep(payment, shop.now())? else { return Ok(false) };
    shop.carry_out(&change.effects);
    shop.order = change.order;
    Ok(true)
}

#[test]
fn money_that_came_twice_is_credited_once() {
    for mut shop in [Shop::top_up(), Shop::plan(PlanNow::Fits)] {
        shop.hears(&paid("p", yuan(10)));
        assert_eq!(keeps(&mut shop, "p"), Err(KeepError::Counted));
        shop.hears(&paid("q", yuan(10)));
        let before = shop.wallet();
        assert_eq!((keeps(&mut shop, "q"), keeps(&mut shop, "q")), (Ok(true), Ok(false)));
        assert_eq!(shop.wallet(), Amount::sum([before, yuan(10).amount]).unwrap());
        assert!(shop.order.flags().unwrap().is_empty(), "nobody has to look any more");
        assert_eq!(keeps(&mut shop, "p"), Err(KeepError::Counted));
        // It is credit like any other: what goes back comes out of the wallet.
        shop.hears(&refunded_in_all("q", 4));
        assert_eq!(shop.wallet(), Amount::sum([before, yuan(6).amount]).unwrap());
        assert_eq!(shop.status(), Status::Paid);
    }
}

#[test]
fn another_amount_is_credited_and_the_order_waits_for_its_own() {
    let mut shop = Shop::top_up();
    shop.hears(&paid("p", yuan(9)));
    assert_eq!(keeps(&mut shop, "p"), Ok(true));
    assert_eq!((shop.wallet(), shop.status()), (yuan(9).amount, Status::Open));
    shop.hears(&paid("q", yuan(10)));
    assert_eq!((shop.wallet(), shop.status()), (yuan(19).amount, Status::Paid));
    assert!(shop.order.flags().unwrap().is_empty());
}

#[test]
fn what_is_not_there_or_not_ours_to_count_is_not_credited() {
    let mut shop = Shop::top_up();
    assert!(matches!(keeps(&mut shop, "p"), Err(KeepError::NotPaid { .. })));
    shop.hears(&paid("p", dollars(10)));
    assert_eq!(keeps(&mut shop, "p"), Err(KeepError::OtherCurrency { paid: dollars(10) }));
    shop.hears(&paid("q", yuan(3)));
    shop.hears(&refunded_in_all("q", 3));
    assert!(matches!(keeps(&mut shop, "q"), Err(KeepError::NotPaid { .. })));
    assert_eq!(shop.wallet(), Amount::ZERO);
}
