//! What a policy would have saved that is only watched.

use ledger::WouldSum;
use plans::Day;
use store::routes::{self, Shadows};

use crate::{Actor, App, AppError};

/// What watched policies would have saved in some days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WouldSave {
    /// The policy that is watched now.
    pub watched: Option<String>,
    /// The first day where the workspace is.
    pub from: Day,
    /// The last day.
    pub until: Day,
    /// The policies that were watched, in the order of their names.
    pub policies: Vec<WatchedPolicy>,
}

/// What a watched policy would have saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedPolicy {
    /// The policy.
    pub policy: String,
    /// The days on which something was answered, in their order.
    pub days: Vec<(Day, WouldSum)>,
    /// All of them together.
    pub total: WouldSum,
}

impl App {
    /// What watched policies would have saved from the first of these days to the last: this month, when absent.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `invalid_request` for days that cannot be.
    pub async fn read_watched(
        &self,
        actor: &Actor,
        from: Option<&str>,
        until: Option<&str>,
    ) -> Result<WouldSave, AppError> {
        actor.must_administer()?;
        self.store_watched().await?;
        let (from, until) = self.days(from, until)?;
        let (offset, currency) = (self.tariff.offset_minutes, self.tariff.currency);
        let stretch = (from.begin(offset), until.end(offset));
        let found = routes::shadows_by_day(&self.db, actor.workspace_id, stretch, offset, currency).await?;
        let would = |rows: &[Shadows]| WouldSum::of(rows, currency).map_err(AppError::internal);
        let mut policies = Vec::new();
        for rows in found.chunk_by(|one, other| one.watched == other.watched) {
            let Some(first) = rows.first() else { continue };
            let days =
                rows.iter().map(|row| Ok((Day::of(row.at, offset), would(std::slice::from_ref(row))?)));
            policies.push(WatchedPolicy {
                policy: first.watched.clone(),
                days: days.collect::<Result<_, AppError>>()?,
                total: would(rows)?,
            });
        }
        let watched = self.watched_policy().map(|policy| policy.id.clone());
        Ok(WouldSave { watched, from, until, policies })
    }
}
