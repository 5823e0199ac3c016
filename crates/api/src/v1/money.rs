//! Amounts of money.

use app::AppError;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An amount of money.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Money)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoneyDocument {
    /// Micro-units (1e-6) of the currency.
    micros: i64,
    /// Three letters (ISO 4217).
    currency: String,
}

impl MoneyDocument {
    /// What was sent.
    pub(crate) fn read(&self, field: &str) -> Result<money::Money, AppError> {
        let currency = self.currency.parse();
        let currency = currency
            .map_err(|_| AppError::invalid(format!("{field}.currency: three letters such as CNY")))?;
        Ok(money::Amount::from_micros(self.micros).of(currency))
    }
}

impl From<money::Money> for MoneyDocument {
    fn from(money: money::Money) -> Self {
        Self { micros: money.amount.micros(), currency: money.currency.to_string() }
    }
}
