//! What is held for a run: all of it follows from its charge.

use ledger::{Account, Hold, HoldState, Leg};
use plans::Pay;
use stdx::{EntityId, HoldId, RunId, Timestamp};
use store::charges::Charge;

/// How long a run may go on before what was held for it is given back: longer than any limit of a run.
pub(crate) const HOLD_SECONDS: u32 = 6 * 3_600;

/// The hold of a run: a run has one, so it has the run's own id.
pub(super) fn hold_of(run: RunId) -> HoldId {
    HoldId::from_uuid(run.uuid()).unwrap_or_else(|_| unreachable!("both are UUIDs of version 7"))
}

/// What it takes, and from where.
pub(super) fn legs_of(charge: &Charge) -> Vec<Leg> {
    let member = charge.scope.member_id;
    let account = match charge.pay {
        Pay::Allowance if charge.ceiling.is_positive() => Account::Allowance(member),
        Pay::Wallet => Account::Wallet(member),
        Pay::Allowance | Pay::Included => return Vec::new(),
    };
    vec![Leg { account, amount: charge.ceiling }]
}

/// From when on it can only be expired.
pub(super) fn expiry(charge: &Charge) -> Timestamp {
    charge.began_at.plus(std::time::Duration::from_secs(HOLD_SECONDS.into()))
}

/// The hold as it was placed.
pub(super) fn placed(charge: &Charge) -> Hold {
    Hold {
        id: hold_of(charge.run_id),
        run: charge.run_id,
        currency: charge.currency,
        legs: legs_of(charge),
        expires_at: expiry(charge),
        state: HoldState::Open,
    }
}
