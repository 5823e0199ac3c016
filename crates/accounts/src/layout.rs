//! How a member's windows stand.

use serde_json::Value;
use store::{Batch, Durability, layouts};
use wire::ErrorCode;

use crate::{Accounts, Actor, AppError};

const MOST_LAYOUT_BYTES: usize = 64 * 1024;

impl Accounts {
    /// How the windows stood last; nothing before the first change.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn layout(&self, actor: &Actor) -> Result<Option<Value>, AppError> {
        Ok(layouts::get(&self.db, actor.scope()).await?.filter(|layout| !layout.is_null()))
    }

    /// Remembers how the windows stand.
    ///
    /// # Errors
    /// `too_large` above 64 KB.
    pub async fn save_layout(&self, actor: &Actor, layout: Option<&Value>) -> Result<(), AppError> {
        let layout = layout.unwrap_or(&Value::Null);
        if layout.to_string().len() > MOST_LAYOUT_BYTES {
            return Err(AppError::new(ErrorCode::TooLarge, "The layout is larger than 64 KB."));
        }
        let write = layouts::put(actor.scope(), layout, self.clock.now());
        self.db.write(Batch::new(Durability::Relaxed).with(write)).await?;
        Ok(())
    }
}
