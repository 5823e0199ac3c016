//! What a reader is told about limits.

use std::collections::HashSet;
use std::time::Duration;

use stdx::{AlertId, Timestamp};
use store::alerts::{self, Reader};
use store::{Alert, Batch, Durability};

use crate::{Actor, App, AppError, Role};

/// Older ones are history.
const SHOWN_FOR: Duration = Duration::from_secs(31 * 86_400);

/// The most that are read at once.
const MOST: u32 = 200;

impl App {
    /// The actor's alerts that they have not put away, the newest first: what is theirs, and for those who run the
    /// workspace every budget of it. Of the thresholds of one limit in one period only the highest is told.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn alerts(&self, actor: &Actor) -> Result<Vec<Alert>, AppError> {
        let shown_for = i64::try_from(SHOWN_FOR.as_micros()).unwrap_or(i64::MAX);
        let since = Timestamp::from_micros(self.clock.now().as_micros().saturating_sub(shown_for));
        let mut all = alerts::list(&self.db, reader(actor), since, MOST).await?;
        all.sort_by_key(|alert| (std::cmp::Reverse(alert.at), std::cmp::Reverse(alert.percent)));
        let mut told = HashSet::new();
        all.retain(|alert| {
            let period = alert.period.map(|period| period.begin);
            let limit = (alert.subject_id.clone(), alert.stretch.clone(), alert.measure, alert.most, period);
            told.insert((alert.scope, limit))
        });
        Ok(all)
    }

    /// Puts an alert away, for the actor alone, with those of lower thresholds of the same limit and period.
    ///
    /// # Errors
    /// `not_found`.
    pub async fn dismiss_alert(&self, actor: &Actor, id: AlertId) -> Result<(), AppError> {
        let mut batch = Batch::new(Durability::Full);
        batch.extend(alerts::dismiss(reader(actor), id));
        self.db.write(batch).await.map_err(AppError::gone("alert"))?;
        Ok(())
    }
}

fn reader(actor: &Actor) -> Reader {
    match actor.role {
        Role::Owner | Role::Admin => Reader::Admin(actor.scope()),
        Role::Member | Role::Guest => Reader::Member(actor.scope()),
    }
}
