//! Codes that are worth something.

use money::Money;
use stdx::Timestamp;
use thiserror::Error;

/// A code that is worth something to whoever has it. One member redeems it at most once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// What it is worth.
    pub worth: Worth,
    /// How often it can be redeemed.
    pub limit: VoucherLimit,
    /// From when on.
    pub valid_from: Timestamp,
    /// Until before this instant; for ever, without one.
    pub expires_at: Option<Timestamp>,
}

/// What a voucher is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worth {
    /// Credit for the wallet.
    Credit(Money),
    /// A plan for so many days.
    Plan {
        /// The plan's id.
        plan: String,
        /// How long.
        days: u32,
    },
}

/// How often a voucher can be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VoucherLimit {
    /// By one member.
    Once,
    /// By so many members.
    Members(u32),
}

/// How far a voucher was redeemed before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redeemed {
    /// When by the member who comes with it now.
    pub own: Option<Timestamp>,
    /// By how many members.
    pub members: u32,
}

/// Why a voucher cannot be redeemed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum VoucherError {
    /// It is not valid yet.
    #[error("this voucher is valid from {from} on; try again then")]
    TooEarly {
        /// From when on.
        from: Timestamp,
    },
    /// It is not valid any more.
    #[error("this voucher was valid until {until}; ask whoever gave it for another one")]
    Expired {
        /// Until when.
        until: Timestamp,
    },
    /// The member has had it.
    #[error("you redeemed this voucher at {at}; it counts once for each member")]
    AlreadyYours {
        /// When.
        at: Timestamp,
    },
    /// Others have had it.
    #[error("this voucher has been redeemed as often as it can be; ask whoever gave it for another one")]
    UsedUp,
}

impl Voucher {
    /// What a member gets for it, given how far it was redeemed before.
    ///
    /// # Errors
    /// When it is not valid at the instant, or was redeemed by the member or often enough. That the member has had it is
    /// said before anything else: it is the answer to a request that is repeated.
    pub fn redeem(&self, before: Redeemed, now: Timestamp) -> Result<&Worth, VoucherError> {
        if let Some(at) = before.own {
            return Err(VoucherError::AlreadyYours { at });
        }
        if now < self.valid_from {
            return Err(VoucherError::TooEarly { from: self.valid_from });
        }
        if let Some(until) = self.expires_at.filter(|until| *until <= now) {
            return Err(VoucherError::Expired { until });
        }
        if before.members < self.limit.members() { Ok(&self.worth) } else { Err(VoucherError::UsedUp) }
    }
}

impl VoucherLimit {
    /// By how many members at most.
    pub const fn members(self) -> u32 {
        match self {
            Self::Once => 1,
            Self::Members(most) => most,
        }
    }
}
