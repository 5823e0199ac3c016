//! Removes a registered adapter.

use models::AdapterError;
use wire::ErrorCode;

use crate::{Actor, App, AppError};

impl App {
    /// Removes an adapter. Answers that are being written with it end as if it were there.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn remove_adapter(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        actor.must_administer()?;
        let (adapters, id) = (self.adapters.clone(), id.to_owned());
        let removed = tokio::task::spawn_blocking(move || adapters.remove(&id)).await;
        match removed.map_err(AppError::internal)? {
            Err(AdapterError::Unknown(_)) => Err(AppError::not_found("adapter")),
            Err(error) if error.code() == ErrorCode::Internal => Err(AppError::internal(error)),
            Err(error) => Err(AppError::new(error.code(), error.to_string())),
            Ok(()) => Ok(()),
        }
    }
}
