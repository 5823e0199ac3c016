//! Changes the signed-in member.

use store::{Batch, Durability, members};

use crate::{Accounts, Actor, AppError, Me};

/// What to change; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateMe {
    /// The name others see.
    pub name: Option<String>,
    /// `zh-CN` or `en`.
    pub locale: Option<String>,
}

impl Accounts {
    /// Changes the signed-in member.
    ///
    /// # Errors
    /// `invalid_request` naming the field.
    pub async fn update_me(&self, actor: &Actor, change: UpdateMe) -> Result<Me, AppError> {
        let mut batch = Batch::new(Durability::Full);
        if let Some(name) = &change.name {
            check_name(name)?;
            batch.push(members::set_name(actor.scope(), name.trim()));
        }
        if let Some(locale) = &change.locale {
            check_locale(locale)?;
            batch.push(members::set_locale(actor.scope(), locale));
        }
        self.db.write(batch).await?;
        self.me(actor).await
    }
}

pub(crate) fn check_name(name: &str) -> Result<(), AppError> {
    if !(1..=100).contains(&name.trim().chars().count()) || name.chars().any(char::is_control) {
        return Err(AppError::invalid("name: 1 to 100 characters"));
    }
    Ok(())
}

pub(crate) fn check_locale(locale: &str) -> Result<(), AppError> {
    if matches!(locale, "zh-CN" | "en") {
        return Ok(());
    }
    Err(AppError::invalid("locale: `zh-CN` or `en`"))
}
