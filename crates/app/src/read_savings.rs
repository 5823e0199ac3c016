//! What policies saved: by policy and by who answered.

use money::{Amount, Money};
use plans::Day;
use store::routes::{self, Saved};

use crate::{Actor, App, AppError};

/// What policies saved in some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Savings {
    /// The first day where the workspace is.
    pub from: Day,
    /// The last day.
    pub until: Day,
    /// By policy and model, in the order of their names.
    pub rows: Vec<SavedRow>,
    /// Everything together.
    pub total: SavedSum,
}

/// What the choices of a policy saved where one model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedRow {
    /// The policy.
    pub policy: String,
    /// Who answered.
    pub model: String,
    /// The sum.
    pub sum: SavedSum,
}

/// Some answers together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SavedSum {
    /// How many.
    pub answers: u64,
    /// Those of which it is known what they saved; the amounts are theirs.
    pub known: u64,
    /// What was really used, failed attempts included.
    pub cost: Money,
    /// What the same tokens would have cost at the policies' references.
    pub at_reference: Money,
    /// That, less the cost; below zero it was dearer.
    pub saved: Money,
}

impl App {
    /// What policies saved from the first of these days to the last: this month, when absent.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `invalid_request` for days that cannot be.
    pub async fn read_savings(
        &self,
        actor: &Actor,
        from: Option<&str>,
        until: Option<&str>,
    ) -> Result<Savings, AppError> {
        actor.must_administer()?;
        let (from, until) = self.days(from, until)?;
        let (offset, currency) = (self.tariff.offset_minutes, self.tariff.currency);
        let stretch = from.begin(offset)..until.end(offset);
        let workspace = actor.workspace_id;
        let found = routes::saved(&self.db, workspace, stretch.start, stretch.end, currency).await?;
        let sum = |rows: &[Saved]| {
            let of = |amount: fn(&Saved) -> Amount| {
                let sum = Amount::sum(rows.iter().map(amount)).map_err(AppError::internal)?;
                Ok::<Money, AppError>(sum.of(currency))
            };
            Ok::<SavedSum, AppError>(SavedSum {
                answers: rows.iter().map(|row| row.answers).sum(),
                known: rows.iter().map(|row| row.known).sum(),
                cost: of(|row| row.cost)?,
                at_reference: of(|row| row.reference)?,
                saved: of(|row| row.saved)?,
            })
        };
        let total = sum(&found)?;
        let row = |row: Saved| {
            let sum = sum(std::slice::from_ref(&row))?;
            Ok::<SavedRow, AppError>(SavedRow { policy: row.policy, model: row.model, sum })
        };
        Ok(Savings { from, until, rows: found.into_iter().map(row).collect::<Result<_, _>>()?, total })
    }
}
