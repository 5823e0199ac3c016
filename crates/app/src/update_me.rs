//! Changes the signed-in member.

use store::{Batch, Durability, members};

use crate::{Actor, App, AppError, Me};

/// What to change; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UpdateMe {
    /// The name others see.
    pub name: Option<String>,
    /// `zh-CN` or `en`.
    pub locale: Option<String>,
}

impl App {
    /// Changes the signed-in member.
    ///
    /// # Errors
    /// `invalid_request` naming the field.
    pub async fn update_me(&self, actor: &Actor, change: UpdateMe) -> Result<Me, AppError> {
        let member = self.me(actor).await?.member;
        let name = change.name.map_or(member.name, |name| name.trim().to_owned());
        let locale = change.locale.unwrap_or(member.locale);
        check_name(&name)?;
        check_locale(&locale)?;
        let batch = Batch::new(Durability::Full).with(members::update(actor.scope(), &name, &locale));
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
