//! Sign-up: who may become a member, and those who ask to.

use stdx::{JoinRequestId, Secret};
use store::{Batch, Durability, Member, MemberKind, StoreError, join_requests, workspaces};
use wire::ErrorCode;

pub use store::{JoinRequest, SignUp};

use crate::accept_invitation::login_taken;
use crate::sign_in::check_login;
use crate::update_me::{check_locale, check_name};
use crate::{Accounts, Actor, AppError, MemberInfo, Role};
use doors::check_new_password;

const SUBJECT: &str = "join requests";
/// Characters of what somebody says about themselves.
const LONGEST_NOTE: usize = 500;

/// Somebody who asks to be let in.
#[derive(Debug)]
pub struct AskToJoin {
    /// The name to sign in with.
    pub login: String,
    /// The password.
    pub password: Secret<String>,
    /// The name others see.
    pub name: String,
    /// `zh-CN` or `en`.
    pub locale: String,
    /// What they say about themselves; at most 500 characters.
    pub note: String,
}

impl Accounts {
    /// Who may become a member of the installation's first workspace.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn sign_up(&self) -> Result<SignUp, AppError> {
        let workspace = workspaces::first(&self.db).await?;
        Ok(workspace.map_or(SignUp::Closed, |workspace| workspace.sign_up))
    }

    /// Says who may become a member.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn set_sign_up(&self, actor: &Actor, sign_up: SignUp) -> Result<(), AppError> {
        actor.must_administer()?;
        let write = workspaces::set_sign_up(actor.workspace_id, sign_up);
        let written = self.db.write(Batch::new(Durability::Full).with(write)).await;
        written.map_err(AppError::gone("workspace"))?;
        Ok(())
    }

    /// Asks to be let in. The answer is the same whether the name is free or not: who is there is nobody's business.
    ///
    /// # Errors
    /// `forbidden` where sign-up is not open, `rate_limited` after ten within five minutes, `invalid_request` naming the
    /// field.
    pub async fn ask_to_join(&self, wish: AskToJoin) -> Result<(), AppError> {
        check_login(&wish.login)?;
        check_name(&wish.name)?;
        check_locale(&wish.locale)?;
        check_new_password(&wish.password).map_err(AppError::invalid)?;
        check_note(&wish.note)?;
        let closed =
            || AppError::new(ErrorCode::Forbidden, "Sign-up is not open here; ask for an invitation.");
        let workspace = workspaces::first(&self.db).await?.ok_or_else(closed)?;
        if workspace.sign_up != SignUp::Open {
            return Err(closed());
        }
        // None of these is given back: each costs a hash and a place in the list.
        if !self.doors.attempts.begin(SUBJECT, self.clock.monotonic()) {
            return Err(AppError::new(ErrorCode::RateLimited, "Many ask to be let in; wait five minutes."));
        }
        let password_hash = self.doors.hash(wish.password, self.rng.as_ref()).await?;
        let request = JoinRequest {
            id: self.ids.make(),
            workspace_id: workspace.id,
            login: wish.login.trim().to_owned(),
            name: wish.name.trim().to_owned(),
            locale: wish.locale,
            note: wish.note.trim().to_owned(),
            created_at: self.clock.now(),
        };
        let write = join_requests::insert(&request, &password_hash);
        self.db.write(Batch::new(Durability::Full).with(write)).await?;
        Ok(())
    }

    /// Who waits to be let in, the oldest first.
    ///
    /// # Errors
    /// `forbidden` for members and guests.
    pub async fn join_requests(&self, actor: &Actor) -> Result<Vec<JoinRequest>, AppError> {
        actor.must_administer()?;
        Ok(join_requests::list(&self.db, actor.workspace_id).await?)
    }

    /// Lets somebody in who asked.
    ///
    /// # Errors
    /// `forbidden` for members and guests, and for admins who would make owners; `not_found`; `login_taken` when somebody
    /// else came in by that name; `invalid_request` naming the field.
    pub async fn approve_join_request(
        &self,
        actor: &Actor,
        id: JoinRequestId,
        role: Role,
        agents: Option<Vec<String>>,
    ) -> Result<MemberInfo, AppError> {
        actor.must_give(role)?;
        let agents = self.agents_for(role, agents, None)?;
        let none = || AppError::not_found("request");
        let request = join_requests::get(&self.db, actor.workspace_id, id).await?.ok_or_else(none)?;
        let member = Member {
            id: self.ids.make(),
            workspace_id: request.workspace_id,
            login: request.login,
            name: request.name,
            role,
            locale: request.locale,
            created_at: self.clock.now(),
            kind: MemberKind::Person,
            suspended_at: None,
            agents,
        };
        let batch = Batch::new(Durability::Full)
            .with(join_requests::admit(id, &member))
            .with(join_requests::delete(actor.workspace_id, id));
        self.db.write(batch).await.map_err(|error| match error {
            StoreError::Expectation { .. } => none(),
            other => login_taken(other),
        })?;
        Ok(MemberInfo { member, group_ids: Vec::new(), has_second_factor: false })
    }

    /// Turns somebody away who asked. They may ask again.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`.
    pub async fn refuse_join_request(&self, actor: &Actor, id: JoinRequestId) -> Result<(), AppError> {
        actor.must_administer()?;
        let batch = Batch::new(Durability::Full).with(join_requests::delete(actor.workspace_id, id));
        self.db.write(batch).await.map_err(AppError::gone("request"))?;
        Ok(())
    }
}

fn check_note(note: &str) -> Result<(), AppError> {
    if note.chars().count() > LONGEST_NOTE {
        return Err(AppError::invalid(format!("note: at most {LONGEST_NOTE} characters")));
    }
    Ok(())
}
