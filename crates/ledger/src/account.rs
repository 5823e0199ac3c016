use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use stdx::{HoldId, MemberId};

/// Where money can be. A balance is credits less debits: what a member can spend is above zero, what came in from
/// outside and what providers cost is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Account {
    /// What a member has paid in.
    Wallet(MemberId),
    /// What a member's plan gives them to use.
    Allowance(MemberId),
    /// What is set aside for one run.
    Held(HoldId),
    /// The world outside: money that was paid in.
    Cash,
    /// What the workspace earned.
    Revenue,
    /// What was given away: vouchers, allowances of plans.
    Promotions,
    /// What is owed to the tax office.
    Tax,
    /// What providers cost.
    ProviderCost,
    /// What is owed to providers.
    Payable,
    /// What bills of providers differ by, because they round elsewhere.
    Rounding,
}

impl Account {
    /// True where a balance must not fall below a floor.
    pub const fn has_floor(self) -> bool {
        matches!(self, Self::Wallet(_) | Self::Allowance(_) | Self::Held(_))
    }

    /// The word for its kind, in storage and statements.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Wallet(_) => "wallet",
            Self::Allowance(_) => "allowance",
            Self::Held(_) => "held",
            Self::Cash => "cash",
            Self::Revenue => "revenue",
            Self::Promotions => "promotions",
            Self::Tax => "tax",
            Self::ProviderCost => "provider_cost",
            Self::Payable => "payable",
            Self::Rounding => "rounding",
        }
    }
}

/// `wallet:0192…`, `revenue`: how it is stored.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wallet(member) | Self::Allowance(member) => write!(f, "{}:{member}", self.kind()),
            Self::Held(hold) => write!(f, "{}:{hold}", self.kind()),
            _ => f.write_str(self.kind()),
        }
    }
}

impl FromStr for Account {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no account of the ledger");
        if let Some((kind, id)) = text.split_once(':') {
            let member = || id.parse::<MemberId>().map_err(|_| wrong());
            return match kind {
                "wallet" => member().map(Self::Wallet),
                "allowance" => member().map(Self::Allowance),
                "held" => id.parse().map(Self::Held).map_err(|_| wrong()),
                _ => Err(wrong()),
            };
        }
        let plain = [
            Self::Cash,
            Self::Revenue,
            Self::Promotions,
            Self::Tax,
            Self::ProviderCost,
            Self::Payable,
            Self::Rounding,
        ];
        plain.into_iter().find(|account| account.kind() == text).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Account {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Account> for String {
    fn from(account: Account) -> Self {
        account.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_back_from_its_name() {
        let id = "019aab5e-8c00-7000-8000-000000000001";
        for text in
            [format!("wallet:{id}"), format!("allowance:{id}"), format!("held:{id}"), "payable".to_owned()]
        {
            assert_eq!(text.parse::<Account>().unwrap().to_string(), text);
        }
        for bad in ["", "wallet", "wallet:", "wallet:x", "cash:", "purse:x", "Revenue"] {
            assert!(bad.parse::<Account>().is_err(), "{bad}");
        }
    }
}
