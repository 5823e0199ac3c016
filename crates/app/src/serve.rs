//! Being the one server of a database.

use store::StoreError;

use crate::App;

impl App {
    /// Takes the database for this server. Commands beside it do not.
    ///
    /// # Errors
    /// [`StoreError::SeatTaken`] when another server runs on it.
    pub async fn take_seat(&self) -> Result<(), StoreError> {
        self.db.take_seat().await
    }

    /// Waits until another server has taken the database, after which this one can keep nothing; else for ever.
    pub async fn unseated(&self) {
        self.db.unseated().await;
    }
}
