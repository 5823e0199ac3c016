//! Signs a member in.

use std::time::Duration;

use stdx::Secret;
use store::{
    Batch, Durability, Member, MemberKind, Scope, Session, StoreError, Write, members, second_factors,
    sessions, workspaces,
};
use wire::ErrorCode;

use crate::hash_of::hash_of;
use crate::{Accounts, AppError, Me, fresh_token};

/// How long a session lasts.
const SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 3_600);
/// The longest text by which a browser calls itself, in characters.
const MOST_CLIENT: usize = 200;

/// Who signs in.
#[derive(Debug)]
pub struct SignIn {
    /// The name to sign in with.
    pub login: String,
    /// The password.
    pub password: Secret<String>,
    /// The code of a second factor, or a recovery code.
    pub code: Option<Secret<String>>,
    /// What the browser calls itself.
    pub client: Option<String>,
}

/// A member who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who it is.
    pub me: Me,
    /// The session's token, for the client alone.
    pub token: Secret<String>,
    /// How long it lasts.
    pub lifetime: Duration,
}

impl Accounts {
    /// Signs a member in by name and password, and by a code where they have a second factor.
    ///
    /// # Errors
    /// `wrong_credentials` (the same for a wrong name, a wrong password, a wrong code and a code that was used before),
    /// `second_factor_required` and `suspended` to whoever knows the password, `rate_limited` after ten failures for a
    /// name within five minutes.
    pub async fn sign_in(&self, wish: SignIn) -> Result<SignedIn, AppError> {
        let SignIn { login, password, code, client } = wish;
        if check_login(&login).is_err() || password.expose().len() > crate::LONGEST_PASSWORD {
            return Err(wrong());
        }
        let workspace = workspaces::first(&self.db).await?.ok_or_else(wrong)?;
        let found = members::by_login(&self.db, workspace.id, login.trim()).await?;
        // Programs have no password.
        let (member, hash) = found.filter(|(member, _)| member.kind == MemberKind::Person).unzip();
        let begun = self.begin_try(&login)?;
        let is_right = self.doors.verify(password, hash).await?;
        let member = member.filter(|_| is_right).ok_or_else(wrong)?;
        if member.suspended_at.is_some() {
            self.doors.attempts.succeeded(&begun.subject, begun.at);
            return Err(AppError::new(ErrorCode::Suspended, "This account is suspended."));
        }
        let proof = match self.prove(&member, code.as_ref()).await {
            // Whoever knows the password may be asked for the code as often as they come without one.
            Err(error) if error.code == ErrorCode::SecondFactorRequired => {
                self.doors.attempts.succeeded(&begun.subject, begun.at);
                return Err(error);
            }
            proof => proof?,
        };
        let fresh = self.fresh_session(member.scope(), client);
        let mut batch = Batch::new(Durability::Full).with(sessions::delete_expired(self.clock.now()));
        batch.extend(proof);
        batch.push(fresh.write.clone());
        self.db.write(batch).await.map_err(used_before)?;
        self.doors.attempts.succeeded(&begun.subject, begun.at);
        Ok(fresh.for_member(Me { member, workspace }))
    }

    /// Counts a try at a member's password or code; it stays counted unless it is said to have succeeded.
    pub(crate) fn begin_try(&self, login: &str) -> Result<Begun, AppError> {
        let begun = Begun { subject: login.trim().to_lowercase(), at: self.clock.monotonic() };
        if self.doors.attempts.begin(&begun.subject, begun.at) {
            return Ok(begun);
        }
        Err(AppError::new(ErrorCode::RateLimited, "Too many failed tries for this name; wait five minutes."))
    }

    /// Checks the password of a member who is signed in already, and their code where they have a second factor; gives
    /// the write that uses the code up.
    pub(crate) async fn prove_again(
        &self,
        member: &Member,
        password: Secret<String>,
        code: Option<&Secret<String>>,
    ) -> Result<Option<Write>, AppError> {
        if password.expose().len() > crate::LONGEST_PASSWORD {
            return Err(wrong());
        }
        let begun = self.begin_try(&member.login)?;
        let hash = members::password(&self.db, member.scope()).await?;
        let hash = hash.filter(|_| member.kind == MemberKind::Person);
        if !self.doors.verify(password, hash).await? {
            return Err(wrong());
        }
        let proof = self.prove(member, code).await;
        if !matches!(&proof, Err(error) if error.code == ErrorCode::WrongCredentials) {
            self.doors.attempts.succeeded(&begun.subject, begun.at);
        }
        proof
    }

    /// Checks the code of a member who has a second factor; gives the write that uses the code up.
    async fn prove(&self, member: &Member, code: Option<&Secret<String>>) -> Result<Option<Write>, AppError> {
        let factor = second_factors::get(&self.db, member.scope()).await?;
        let Some(factor) = factor.filter(|factor| factor.confirmed_at.is_some()) else { return Ok(None) };
        let Some(code) = code else {
            let detail = "The password is right; a code of the second factor is needed beside it.";
            return Err(AppError::new(ErrorCode::SecondFactorRequired, detail));
        };
        self.use_of_code(member.scope(), &factor, code).map(Some)
    }

    pub(crate) fn fresh_session(&self, scope: Scope, client: Option<String>) -> FreshSession {
        let token = fresh_token("", self.rng.as_ref());
        let now = self.clock.now();
        let session = Session {
            id: self.ids.make(),
            scope,
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(SESSION_LIFETIME),
            client: client.map(|text| text.chars().filter(|c| !c.is_control()).take(MOST_CLIENT).collect()),
        };
        let write = sessions::insert(&session, hash_of(token.expose()));
        FreshSession { token, write }
    }
}

/// A try that is counted.
pub(crate) struct Begun {
    pub(crate) subject: String,
    pub(crate) at: Duration,
}

/// A session that is not stored yet.
pub(crate) struct FreshSession {
    pub(crate) write: Write,
    token: Secret<String>,
}

impl FreshSession {
    pub(crate) fn for_member(self, me: Me) -> SignedIn {
        SignedIn { me, token: self.token, lifetime: SESSION_LIFETIME }
    }
}

pub(crate) fn wrong() -> AppError {
    AppError::new(ErrorCode::WrongCredentials, "The name, the password or the code is wrong.")
}

/// A code that somebody else used in the meantime is a wrong one.
pub(crate) fn used_before(error: StoreError) -> AppError {
    match error {
        StoreError::Expectation { name: second_factors::STEP | second_factors::CODE } => wrong(),
        other => other.into(),
    }
}

/// What is wrong with a name to sign in with, if anything.
pub(crate) fn check_login(login: &str) -> Result<(), AppError> {
    let login = login.trim();
    let length = login.chars().count();
    if !(1..=100).contains(&length) || login.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(AppError::invalid("login: 1 to 100 characters without spaces"));
    }
    Ok(())
}
