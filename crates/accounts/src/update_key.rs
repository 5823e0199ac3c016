//! Changes what a key may do, and its token.

use std::time::Duration;

use stdx::KeyId;
use store::{Batch, Durability, MemberKind, Scope, keys, members};
use wire::ErrorCode;

use crate::create_key::{CreatedKey, KeyWish, check_wish};
use crate::hash_of::hash_of;
use crate::{Accounts, Actor, AppError, KeyInfo, fresh_token};

/// The longest time for which two tokens of a key open.
const LONGEST_GRACE: Duration = Duration::from_secs(30 * 24 * 3_600);

impl Accounts {
    /// Puts a wish in the place of what a key is called and may do. It holds from its next request on.
    ///
    /// # Errors
    /// `not_found`, also for a key of somebody else and a revoked one; `forbidden` for admins about keys of owners;
    /// `invalid_request` naming the field.
    pub async fn update_key(&self, actor: &Actor, id: KeyId, wish: KeyWish) -> Result<KeyInfo, AppError> {
        let key = self.managed_key(actor, id).await?;
        // One that has expired may be called otherwise all the same.
        let before = key.expires_at.filter(|at| Some(*at) == wish.expires_at);
        let now = before.map_or_else(|| self.clock.now(), |_| stdx::Timestamp::from_micros(0));
        check_wish(&wish, now)?;
        let KeyWish { name, scope, budget, expires_at } = wish;
        let key = KeyInfo { name: name.trim().to_owned(), scope, budget, expires_at, ..key };
        let batch = Batch::new(Durability::Full).with(keys::update(&key));
        self.db.write(batch).await.map_err(AppError::gone("key"))?;
        Ok(key)
    }

    /// Gives a key another token; the one it has opens for `grace` longer, so that programs can be changed over one by
    /// one. A token from an earlier rotation opens nothing from now on.
    ///
    /// # Errors
    /// As for [`Accounts::update_key`]; `forbidden` for admins about the keys of other people, since a token is as good as
    /// they are.
    pub async fn rotate_key(
        &self,
        actor: &Actor,
        id: KeyId,
        grace: Duration,
    ) -> Result<CreatedKey, AppError> {
        if grace > LONGEST_GRACE {
            return Err(AppError::invalid("grace_seconds: at most 30 days"));
        }
        let key = self.managed_key(actor, id).await?;
        self.must_hold(actor, &key).await?;
        let until = self.clock.now().plus(grace);
        let token = fresh_token("hk_", self.rng.as_ref());
        let write = keys::rotate(actor.workspace_id, key.id, hash_of(token.expose()), until);
        let written = self.db.write(Batch::new(Durability::Full).with(write)).await;
        written.map_err(AppError::gone("key"))?;
        Ok(CreatedKey { key: KeyInfo { previous_until: Some(until), ..key }, token })
    }

    /// Fails for an admin who would hold a token of another person.
    async fn must_hold(&self, actor: &Actor, key: &KeyInfo) -> Result<(), AppError> {
        if key.member_id == actor.member_id {
            return Ok(());
        }
        let scope = Scope { workspace_id: key.workspace_id, member_id: key.member_id };
        match members::get(&self.db, scope).await? {
            Some(member) if member.kind == MemberKind::Service => Ok(()),
            _ => Err(AppError::new(ErrorCode::Forbidden, "Only its owner gets a token of this key.")),
        }
    }
}
