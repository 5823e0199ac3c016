//! Changes the password of the signed-in member.

use stdx::Secret;
use store::{Batch, Durability, members, recovery, sessions};

use crate::sign_in::used_before;
use crate::{Accounts, Actor, AppError, Carrier};
use doors::check_new_password;

impl Accounts {
    /// Changes the password, and ends all sessions but the one the request came with: whoever knew the old one is out.
    ///
    /// # Errors
    /// `wrong_credentials`, `second_factor_required`, `rate_limited`, `invalid_request` for the new password.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: Secret<String>,
        code: Option<&Secret<String>>,
        new: Secret<String>,
    ) -> Result<(), AppError> {
        check_new_password(&new).map_err(AppError::invalid)?;
        let member = self.me(actor).await?.member;
        let proof = self.prove_again(&member, current, code).await?;
        let hash = self.doors.hash(new, self.rng.as_ref()).await?;
        let kept = match actor.carrier {
            Carrier::Session(id) => Some(id),
            Carrier::Key(_) | Carrier::Local => None,
        };
        let mut batch = Batch::new(Durability::Full);
        batch.extend(proof);
        batch.push(members::set_password(actor.scope(), &hash));
        batch.push(sessions::delete_others(actor.scope(), kept));
        batch.push(recovery::delete_of(actor.scope()));
        self.db.write(batch).await.map_err(used_before)?;
        Ok(())
    }
}
