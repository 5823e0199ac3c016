//! Passwords: Argon2id with the parameters OWASP recommends (19 MiB, two passes, one lane; the library's default).

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use stdx::{Rng, Secret};

use crate::Unhashed;

/// The shortest password, in characters (NIST SP 800-63B rev. 4 asks for 8 at least).
pub const SHORTEST_PASSWORD: usize = 8;
/// The longest password, in bytes; longer ones only cost time.
pub const LONGEST_PASSWORD: usize = 1_024;

/// Hashes a password on a thread that may block.
pub(crate) async fn hash_password(
    password: Secret<String>,
    rng: &dyn Rng,
) -> Result<Secret<String>, Unhashed> {
    let mut salt = [0; 16];
    rng.fill(&mut salt);
    let work = move || {
        let hash: Result<PasswordHash, _> =
            Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
        hash.map(|hash| Secret::new(hash.to_string()))
    };
    tokio::task::spawn_blocking(work).await.map_err(Unhashed::because)?.map_err(Unhashed::because)
}

/// Checks a password. When there is no such member a hash is computed all the same, so that the time of the answer
/// does not tell which names exist.
pub(crate) async fn verify_password(
    password: Secret<String>,
    hash: Option<Secret<String>>,
) -> Result<bool, Unhashed> {
    let work = move || {
        let bytes = password.expose().as_bytes();
        match hash {
            Some(hash) => Argon2::default().verify_password(bytes, hash.expose().as_str()).is_ok(),
            None => {
                let _: Result<PasswordHash, _> = Argon2::default().hash_password_with_salt(bytes, &[0; 16]);
                false
            }
        }
    };
    tokio::task::spawn_blocking(work).await.map_err(Unhashed::because)
}

/// Refuses a password that nobody should have.
///
/// # Errors
/// What is wrong with it.
pub fn check_new_password(password: &Secret<String>) -> Result<(), String> {
    let text = password.expose();
    if text.chars().count() < SHORTEST_PASSWORD {
        return Err(format!("password: at least {SHORTEST_PASSWORD} characters"));
    }
    if text.len() > LONGEST_PASSWORD {
        return Err(format!("password: at most {LONGEST_PASSWORD} bytes"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use stdx::SeededRng;

    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_right_password_opens() {
        let hash = hash_password(secret("correct horse"), &SeededRng::new(1)).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$"));
        assert!(verify_password(secret("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!verify_password(secret("wrong horse"), Some(hash)).await.unwrap());
        assert!(!verify_password(secret("correct horse"), None).await.unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(check_new_password(&secret("七个字的密码啊")).is_err());
        assert!(check_new_password(&secret("八个字的密码好啊")).is_ok());
        assert!(check_new_password(&secret(&"x".repeat(1_025))).is_err());
    }
}
