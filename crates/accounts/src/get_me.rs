//! Who is signed in.

use store::members;

pub use store::members::Me;

use crate::{Accounts, Actor, AppError};

impl Accounts {
    /// Who is signed in.
    ///
    /// # Errors
    /// `not_found` when the member was removed in the meantime.
    pub async fn me(&self, actor: &Actor) -> Result<Me, AppError> {
        members::me(&self.db, actor.scope()).await?.ok_or_else(|| AppError::not_found("member"))
    }
}
