//! The second factor of the signed-in member: a secret in an authenticator, and recovery codes for when it is lost.

use doors::totp::{SECRET_BYTES, base32, step_of, uri};
use stdx::Secret;
use store::{
    Batch, Durability, Scope, SecondFactor, StoreError, TokenHash as StoredHash, Write, second_factors,
};
use wire::ErrorCode;

use crate::hash_of::hash_of;
use crate::sign_in::{used_before, wrong};
use crate::{Accounts, Actor, AppError};

/// Recovery codes a member has at first.
const CODES: usize = 10;
/// Letters and digits that nobody takes for each other (Crockford's base 32).
const CODE_LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Of 5 bits each: 80 bits, so that a fast hash keeps them.
const CODE_LENGTH: usize = 16;

/// How it stands with a member's second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecondFactorState {
    /// True when sign-in asks for a code.
    pub is_on: bool,
    /// Recovery codes that were not used yet.
    pub codes_left: u64,
}

/// A secret that waits for its first code; it is shown now and never again.
#[derive(Debug)]
pub struct BegunSecondFactor {
    /// To be typed into an authenticator, in base 32.
    pub secret: Secret<String>,
    /// The same for its camera.
    pub uri: Secret<String>,
}

impl Accounts {
    /// How it stands with the actor's second factor.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn second_factor(&self, actor: &Actor) -> Result<SecondFactorState, AppError> {
        let factor = second_factors::get(&self.db, actor.scope()).await?;
        let is_on = factor.is_some_and(|factor| factor.confirmed_at.is_some());
        Ok(SecondFactorState {
            is_on,
            codes_left: second_factors::codes_left(&self.db, actor.scope()).await?,
        })
    }

    /// Makes a secret for the actor's authenticator. Nothing asks for it before [`Accounts::confirm_second_factor`].
    ///
    /// # Errors
    /// `wrong_credentials` for the password, `rate_limited`, `conflict` when there is a second factor already.
    pub async fn begin_second_factor(
        &self,
        actor: &Actor,
        password: Secret<String>,
    ) -> Result<BegunSecondFactor, AppError> {
        let me = self.me(actor).await?;
        let there =
            || AppError::new(ErrorCode::Conflict, "There is a second factor already; remove it first.");
        if self.second_factor(actor).await?.is_on {
            return Err(there());
        }
        self.prove_again(&me.member, password, None).await?;
        let mut secret = [0; SECRET_BYTES];
        self.rng.fill(&mut secret);
        let owner = actor.member_id.to_string();
        let sealed = self.doors.seal.seal(&secret, &owner, self.rng.as_ref());
        let write = second_factors::begin(actor.scope(), &sealed, self.clock.now());
        self.db.write(Batch::new(Durability::Full).with(write)).await.map_err(|error| match error {
            StoreError::Expectation { .. } => there(),
            other => other.into(),
        })?;
        let secret = base32(&secret);
        let uri = uri("Hutong", &me.member.login, &secret);
        Ok(BegunSecondFactor { secret: Secret::new(secret), uri: Secret::new(uri) })
    }

    /// Turns the second factor on with its first code and gives the recovery codes, which are shown now and never again.
    ///
    /// # Errors
    /// `wrong_credentials` for the code, `rate_limited`, `conflict` when nothing waits for a code.
    pub async fn confirm_second_factor(
        &self,
        actor: &Actor,
        code: &Secret<String>,
    ) -> Result<Vec<Secret<String>>, AppError> {
        let none = || AppError::new(ErrorCode::Conflict, "No second factor waits for its first code.");
        let member = self.me(actor).await?.member;
        let begun = self.begin_try(&member.login)?;
        let factor = second_factors::get(&self.db, actor.scope()).await?;
        let factor = factor.filter(|factor| factor.confirmed_at.is_none()).ok_or_else(none)?;
        let step = self.step(actor.scope(), &factor, code)?.ok_or_else(wrong)?;
        let (codes, hashes) = self.fresh_codes();
        let mut batch = Batch::new(Durability::Full)
            .with(second_factors::confirm(actor.scope(), &factor, self.clock.now()))
            .with(second_factors::use_step(actor.scope(), step));
        batch.extend(second_factors::replace_codes(actor.scope(), &hashes));
        self.db.write(batch).await.map_err(|error| match error {
            StoreError::Expectation { name: second_factors::CONFIRM } => none(),
            other => used_before(other),
        })?;
        self.doors.attempts.succeeded(&begun.subject, begun.at);
        Ok(codes)
    }

    /// Makes new recovery codes in the place of all there are.
    ///
    /// # Errors
    /// `wrong_credentials`, `rate_limited`, `conflict` without a second factor.
    pub async fn renew_recovery_codes(
        &self,
        actor: &Actor,
        password: Secret<String>,
        code: &Secret<String>,
    ) -> Result<Vec<Secret<String>>, AppError> {
        let proof = self.prove_with_factor(actor, password, code).await?;
        let (codes, hashes) = self.fresh_codes();
        let mut batch = Batch::new(Durability::Full).with(proof);
        batch.extend(second_factors::replace_codes(actor.scope(), &hashes));
        self.db.write(batch).await.map_err(used_before)?;
        Ok(codes)
    }

    /// Takes the second factor away.
    ///
    /// # Errors
    /// `wrong_credentials`, `rate_limited`, `conflict` without a second factor.
    pub async fn remove_second_factor(
        &self,
        actor: &Actor,
        password: Secret<String>,
        code: &Secret<String>,
    ) -> Result<(), AppError> {
        let proof = self.prove_with_factor(actor, password, code).await?;
        let mut batch = Batch::new(Durability::Full).with(proof);
        batch.extend(second_factors::delete(actor.scope()));
        self.db.write(batch).await.map_err(used_before)?;
        Ok(())
    }

    async fn prove_with_factor(
        &self,
        actor: &Actor,
        password: Secret<String>,
        code: &Secret<String>,
    ) -> Result<Write, AppError> {
        let none = || AppError::new(ErrorCode::Conflict, "There is no second factor.");
        let member = self.me(actor).await?.member;
        self.prove_again(&member, password, Some(code)).await?.ok_or_else(none)
    }

    /// The write that uses a code up, when it is a right one.
    pub(crate) fn use_of_code(
        &self,
        scope: Scope,
        factor: &SecondFactor,
        code: &Secret<String>,
    ) -> Result<Write, AppError> {
        if let Some(step) = self.step(scope, factor, code)? {
            return Ok(second_factors::use_step(scope, step));
        }
        let code = plain(code);
        if code.len() == CODE_LENGTH {
            // Whether there is such a code, the write finds out.
            return Ok(second_factors::spend_code(scope, hash(&code)));
        }
        Err(wrong())
    }

    /// The time step whose code it is, if none as late was used before.
    fn step(
        &self,
        scope: Scope,
        factor: &SecondFactor,
        code: &Secret<String>,
    ) -> Result<Option<u64>, AppError> {
        let owner = scope.member_id.to_string();
        let foreign =
            || AppError::internal(std::io::Error::other("a secret was sealed with another key file"));
        let secret = self.doors.seal.open(&factor.sealed_secret, &owner).ok_or_else(foreign)?;
        let step = step_of(secret.expose(), &plain(code), self.clock.now());
        Ok(step.filter(|step| factor.last_step.is_none_or(|last| *step > last)))
    }

    fn fresh_codes(&self) -> (Vec<Secret<String>>, Vec<StoredHash>) {
        let fresh = || {
            let mut bytes = [0; CODE_LENGTH];
            self.rng.fill(&mut bytes);
            let letters = bytes.iter().filter_map(|byte| CODE_LETTERS.get(usize::from(byte % 32)));
            letters.map(|letter| char::from(*letter)).collect::<String>()
        };
        let codes: Vec<String> = (0..CODES).map(|_| fresh()).collect();
        let hashes = codes.iter().map(|code| hash(code)).collect();
        (codes.iter().map(|code| Secret::new(in_fours(code))).collect(), hashes)
    }
}

/// A code as it is kept, however it was typed: without spaces and hyphens, in capitals, with digits for the letters that
/// look like them.
fn plain(code: &Secret<String>) -> String {
    let letters = code.expose().chars().filter(|c| !c.is_whitespace() && *c != '-');
    let letters = letters.map(|letter| match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    letters.take(64).collect()
}

fn in_fours(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

fn hash(code: &str) -> StoredHash {
    hash_of(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        for typed in ["0123-ABCD-1111-WXYZ", " o123 abcd iLl1 wxyz "] {
            assert_eq!(plain(&Secret::new(typed.to_owned())), "0123ABCD1111WXYZ", "{typed}");
        }
        assert_eq!(in_fours("0123ABCD1111WXYZ"), "0123-ABCD-1111-WXYZ");
        assert_eq!(plain(&Secret::new("x".repeat(1_000))).len(), 64);
    }
}
