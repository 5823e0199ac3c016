use serde::{Deserialize, Serialize};

use crate::Account;

/// Why money moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A member paid in.
    TopUp,
    /// A member was paid out.
    Payout,
    /// A voucher was redeemed.
    Voucher,
    /// A plan gave its allowance.
    Grant,
    /// What was left of an allowance at the end of its time.
    Lapse,
    /// A plan was bought from the wallet.
    Purchase,
    /// Something bought or used was given back.
    Refund,
    /// A mistake was put right; the entries that were wrong stay.
    Correction,
    /// A provider was paid.
    ProviderPayment,
    /// A provider's bill differed by less than a unit.
    Rounding,
    /// A run's ceiling was set aside.
    Hold,
    /// More was set aside for it.
    Extension,
    /// A run was charged; the rest went back.
    Settlement,
    /// A run was not charged; all went back.
    Release,
    /// A hold's time was over; it was charged by the journal, the rest went back.
    Expiry,
    /// What a run costs at the provider.
    Cost,
}

impl Reason {
    /// The word for it in storage and statements.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TopUp => "top_up",
            Self::Payout => "payout",
            Self::Voucher => "voucher",
            Self::Grant => "grant",
            Self::Lapse => "lapse",
            Self::Purchase => "purchase",
            Self::Refund => "refund",
            Self::Correction => "correction",
            Self::ProviderPayment => "provider_payment",
            Self::Rounding => "rounding",
            Self::Hold => "hold",
            Self::Extension => "extension",
            Self::Settlement => "settlement",
            Self::Release => "release",
            Self::Expiry => "expiry",
            Self::Cost => "cost",
        }
    }

    /// True for what ends a hold.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Settlement | Self::Release | Self::Expiry)
    }

    /// Whether a plain transfer may move money between these accounts for this reason. Money of a hold moves only by
    /// the commands of the hold.
    pub(crate) const fn allows(self, from: Account, to: Account) -> bool {
        use Account::{Allowance, Cash, Held, Payable, Promotions, ProviderCost, Revenue, Tax, Wallet};
        match (self, from, to) {
            (_, Held(_), _) | (_, _, Held(_)) => false,
            (Self::TopUp, Cash, Wallet(_))
            | (Self::Payout, Wallet(_), Cash)
            | (Self::Voucher, Promotions, Wallet(_))
            | (Self::Grant, Promotions, Allowance(_))
            | (Self::Lapse, Allowance(_), Promotions)
            | (Self::Purchase, Wallet(_), Revenue | Tax)
            | (Self::Refund, Revenue | Tax, Wallet(_) | Allowance(_))
            | (Self::ProviderPayment, Payable, Cash)
            | (Self::Rounding, Account::Rounding, Payable | ProviderCost)
            | (Self::Rounding, Payable | ProviderCost, Account::Rounding)
            | (Self::Correction, _, _) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_in_storage_is_the_word_in_statements() {
        for reason in [Reason::TopUp, Reason::ProviderPayment, Reason::Settlement, Reason::Cost] {
            assert_eq!(serde_json::to_string(&reason).unwrap(), format!("\"{}\"", reason.as_str()));
        }
    }

    #[test]
    fn a_reason_moves_money_one_way_only() {
        let wallet: Account = "wallet:019aab5e-8c00-7000-8000-000000000001".parse().unwrap();
        let held: Account = "held:019aab5e-8c00-7000-8000-000000000001".parse().unwrap();
        assert!(Reason::TopUp.allows(Account::Cash, wallet) && !Reason::TopUp.allows(wallet, Account::Cash));
        assert!(!Reason::Correction.allows(held, wallet) && !Reason::Correction.allows(wallet, held));
        assert!(!Reason::Hold.allows(wallet, Account::Revenue));
    }
}
