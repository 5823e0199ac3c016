//! Makes the workspace and its owner, once.

use std::sync::PoisonError;

use stdx::Secret;
use store::{Batch, Durability, Member, MemberKind, SignUp, Workspace, members, workspaces};
use wire::ErrorCode;

use crate::sign_in::{SignedIn, check_login};
use crate::update_me::{check_locale, check_name};
use crate::{Accounts, AppError, Me, Role, TokenHash};
use doors::check_new_password;

/// The owner's account.
#[derive(Debug)]
pub struct SetUp {
    /// The one-time token of the printed link.
    pub token: Secret<String>,
    /// The name to sign in with.
    pub login: String,
    /// The password.
    pub password: Secret<String>,
    /// The name others see.
    pub name: String,
    /// `zh-CN` or `en`.
    pub locale: String,
    /// What the browser calls itself.
    pub client: Option<String>,
}

const SUBJECT: &str = "set-up";

impl Accounts {
    /// Makes the workspace and its owner and signs the owner in. The token is spent by this alone.
    ///
    /// # Errors
    /// `already_set_up`, `wrong_credentials` for a wrong token, `rate_limited` after many, `invalid_request` naming
    /// the field.
    pub async fn set_up(&self, wish: SetUp) -> Result<SignedIn, AppError> {
        if !self.setup_required().await? {
            return Err(AppError::new(ErrorCode::AlreadySetUp, "The workspace has an owner already."));
        }
        self.check_setup_token(&wish.token)?;
        check_login(&wish.login)?;
        check_name(&wish.name)?;
        check_locale(&wish.locale)?;
        check_new_password(&wish.password).map_err(AppError::invalid)?;
        let now = self.clock.now();
        let name = wish.name.trim().to_owned();
        let workspace = Workspace {
            id: self.ids.make(),
            name: name.clone(),
            created_at: now,
            sign_up: SignUp::default(),
        };
        let member = Member {
            id: self.ids.make(),
            workspace_id: workspace.id,
            login: wish.login.trim().to_owned(),
            name,
            role: Role::Owner,
            locale: wish.locale,
            created_at: now,
            kind: MemberKind::Person,
            suspended_at: None,
            agents: None,
        };
        let password_hash = self.doors.hash(wish.password, self.rng.as_ref()).await?;
        let fresh = self.fresh_session(member.scope(), wish.client);
        let batch = Batch::new(Durability::Full)
            .with(workspaces::insert_first(&workspace))
            .with(members::insert(&member, &password_hash))
            .with(fresh.write.clone());
        self.db.write(batch).await.map_err(|error| match error {
            store::StoreError::Expectation { .. } | store::StoreError::Conflict { .. } => {
                AppError::new(ErrorCode::AlreadySetUp, "The workspace has an owner already.")
            }
            other => other.into(),
        })?;
        *self.doors.setup.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(fresh.for_member(Me { member, workspace }))
    }

    fn check_setup_token(&self, token: &Secret<String>) -> Result<(), AppError> {
        let now = self.clock.monotonic();
        if !self.doors.attempts.begin(SUBJECT, now) {
            return Err(AppError::new(
                ErrorCode::RateLimited,
                "Too many wrong set-up links; wait five minutes.",
            ));
        }
        let expected: Option<TokenHash> = *self.doors.setup.lock().unwrap_or_else(PoisonError::into_inner);
        if expected.is_some_and(|hash| hash.matches(token.expose())) {
            self.doors.attempts.succeeded(SUBJECT, now);
            return Ok(());
        }
        Err(AppError::new(
            ErrorCode::WrongCredentials,
            "This set-up link is not the one the server printed last.",
        ))
    }
}
