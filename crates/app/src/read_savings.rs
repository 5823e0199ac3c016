//! What policies saved: by policy and by who answered.

use ledger::SavedSum;
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
        let sum = |rows: &[Saved]| SavedSum::of(rows, currency).map_err(AppError::internal);
        let total = sum(&found)?;
        let row = |row: Saved| {
            let sum = sum(std::slice::from_ref(&row))?;
            Ok::<SavedRow, AppError>(SavedRow { policy: row.policy, model: row.model, sum })
        };
        Ok(Savings { from, until, rows: found.into_iter().map(row).collect::<Result<_, _>>()?, total })
    }
}
