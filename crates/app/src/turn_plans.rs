//! Sees to the plans whose period is over.

use store::subscriptions;

use crate::{App, AppError};

/// Plans that one look sees to at most.
const MOST_AT_ONCE: u32 = 200;

impl App {
    /// Renews, changes or ends every plan whose period is over, each exactly once whoever else looks at the same moment.
    /// Answers how many there were. One that cannot be seen to now does not hold up the others.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn turn_plans(&self) -> Result<usize, AppError> {
        let due = subscriptions::due(&self.db, self.clock.now(), MOST_AT_ONCE).await?;
        for held in &due {
            if let Err(error) = self.turn_subscription(held).await {
                tracing::warn!(member = %held.scope.member_id, %error, "a plan whose period is over waits");
            }
        }
        Ok(due.len())
    }
}
