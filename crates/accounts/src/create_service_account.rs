//! Makes a service account: a member that is a program.

use stdx::{MemberId, Secret};
use store::{Batch, Durability, Member, MemberKind, members};

use crate::accept_invitation::login_taken;
use crate::sign_in::check_login;
use crate::update_me::check_name;
use crate::{Accounts, Actor, AppError, MemberInfo, Role};

/// A service account to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateServiceAccount {
    /// A short name that nobody signs in with, and nobody else has.
    pub login: String,
    /// The name others see.
    pub name: String,
    /// What it may do; never an owner.
    pub role: Role,
    /// The agents of one that is a guest.
    pub agents: Option<Vec<String>>,
}

impl Accounts {
    /// Makes a service account. It has no password, nobody can sign in as it, and what it does it does by its keys, which
    /// admins make.
    ///
    /// # Errors
    /// `forbidden` for members and guests; `login_taken`; `invalid_request` naming the field.
    pub async fn create_service_account(
        &self,
        actor: &Actor,
        id: MemberId,
        wish: CreateServiceAccount,
    ) -> Result<MemberInfo, AppError> {
        actor.must_give(wish.role)?;
        if wish.role == Role::Owner {
            return Err(AppError::invalid("role: a service account owns nothing"));
        }
        check_login(&wish.login)?;
        check_name(&wish.name)?;
        let member = Member {
            id,
            workspace_id: actor.workspace_id,
            login: wish.login.trim().to_owned(),
            name: wish.name.trim().to_owned(),
            role: wish.role,
            locale: self.default_locale.tag().to_owned(),
            created_at: self.clock.now(),
            kind: MemberKind::Service,
            suspended_at: None,
            agents: self.agents_for(wish.role, wish.agents, None)?,
        };
        // No text is the hash of a password.
        let batch = Batch::new(Durability::Full).with(members::insert(&member, &Secret::default()));
        self.db.write(batch).await.map_err(login_taken)?;
        Ok(MemberInfo { member, group_ids: Vec::new(), has_second_factor: false })
    }
}
