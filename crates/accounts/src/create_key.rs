//! Makes an API key.

use stdx::{KeyId, MemberId, Secret, Timestamp};
use store::{ApiKey, Batch, Durability, KeyBudget, KeyScope, Member, MemberKind, keys};
use wire::ErrorCode;

use crate::hash_of::hash_of;
use crate::update_me::check_name;
use crate::{Accounts, Actor, AppError, fresh_token};

/// Patterns, or pages, of one list.
const MOST_IN_LIST: usize = 100;
const LONGEST_PATTERN: usize = 200;
const MOST_PER_MINUTE: u32 = 100_000;

/// A key to make.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyWish {
    /// What people call it.
    pub name: String,
    /// What of its member's rights it has.
    pub scope: KeyScope,
    /// The most that may be spent by it.
    pub budget: Option<KeyBudget>,
    /// When it stops opening anything by itself.
    pub expires_at: Option<Timestamp>,
}

/// A fresh token of a key. It is shown now and never again: only its hash is kept.
#[derive(Debug)]
pub struct CreatedKey {
    /// What is kept.
    pub key: ApiKey,
    /// For the one who asked.
    pub token: Secret<String>,
}

impl Accounts {
    /// Makes a key that acts as the actor, or, made by an admin, as a service account.
    ///
    /// # Errors
    /// `not_found` for a member the actor may not make keys for, `forbidden` for a service account with more rights than
    /// the actor's, `invalid_request` naming the field, `conflict` for a used id.
    pub async fn create_key(
        &self,
        actor: &Actor,
        id: KeyId,
        account: Option<MemberId>,
        wish: KeyWish,
    ) -> Result<CreatedKey, AppError> {
        let account = account.filter(|account| *account != actor.member_id);
        if let Some(account) = account {
            self.service_account(actor, account).await?;
        }
        let now = self.clock.now();
        check_wish(&wish, now)?;
        let key = ApiKey {
            id,
            workspace_id: actor.workspace_id,
            member_id: account.unwrap_or(actor.member_id),
            name: wish.name.trim().to_owned(),
            created_at: now,
            revoked_at: None,
            scope: wish.scope,
            budget: wish.budget,
            expires_at: wish.expires_at,
            previous_until: None,
        };
        let token = fresh_token("hk_", self.rng.as_ref());
        let write = keys::insert(&key, hash_of(token.expose()));
        self.db.write(Batch::new(Durability::Full).with(write)).await.map_err(AppError::used)?;
        Ok(CreatedKey { key, token })
    }

    /// A service account that the actor may make keys for. Nobody makes keys for other people: a key is as good as they
    /// are.
    async fn service_account(&self, actor: &Actor, id: MemberId) -> Result<Member, AppError> {
        let none = || AppError::not_found("service account");
        if actor.must_administer().is_err() {
            return Err(none());
        }
        let member = self.administered(actor, id).await?;
        if member.kind != MemberKind::Service {
            return Err(AppError::new(ErrorCode::Forbidden, "People make their own keys."));
        }
        Ok(member)
    }
}

/// What is wrong with a key, if anything.
pub(crate) fn check_wish(wish: &KeyWish, now: Timestamp) -> Result<(), AppError> {
    check_name(&wish.name)?;
    let KeyScope { faces, models, agents, origins, rate_per_minute } = &wish.scope;
    if faces.as_ref().is_some_and(|faces| faces.len() > 3) {
        return Err(AppError::invalid("scope.faces: each once"));
    }
    for (name, list) in [("models", models), ("agents", agents), ("origins", origins)] {
        let list = list.as_deref().unwrap_or_default();
        let is_fit =
            |text: &String| (1..=LONGEST_PATTERN).contains(&text.len()) && !text.contains(char::is_control);
        if list.len() > MOST_IN_LIST || !list.iter().all(is_fit) {
            return Err(AppError::invalid(format!(
                "scope.{name}: at most {MOST_IN_LIST} texts of 1 to {LONGEST_PATTERN} bytes"
            )));
        }
    }
    if let Some(bad) = origins.iter().flatten().find(|origin| !is_origin(origin)) {
        return Err(AppError::invalid(format!(
            "scope.origins: `{bad}` is no origin such as https://lane.example"
        )));
    }
    if rate_per_minute.is_some_and(|rate| !(1..=MOST_PER_MINUTE).contains(&rate)) {
        return Err(AppError::invalid(format!("scope.rate_per_minute: from 1 to {MOST_PER_MINUTE}")));
    }
    if wish.expires_at.is_some_and(|at| at <= now) {
        return Err(AppError::invalid("expires_at: in the future"));
    }
    Ok(())
}

/// Scheme, host and perhaps port, as browsers write them: no path, no pattern, nothing that every page could be.
fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(change: impl FnOnce(&mut KeyWish)) -> Result<(), AppError> {
        let mut wish = KeyWish { name: "a program".to_owned(), ..KeyWish::default() };
        change(&mut wish);
        check_wish(&wish, Timestamp::from_micros(1_000))
    }

    #[test]
    fn an_origin_is_what_a_browser_writes() {
        for good in ["https://lane.example", "http://localhost:5173", "http://[::1]:80", "https://1.2.3.4"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "*",
            "null",
            "https://",
            "https://*",
            "https://a.example/",
            "lane.example",
            "https://A.example",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn limits_that_cannot_be_are_named() {
        wish(|_| {}).unwrap();
        let texts = |text: &str, count: usize| Some(vec![text.to_owned(); count]);
        for (field, result) in [
            ("name", wish(|wish| wish.name.clear())),
            ("scope.models", wish(|wish| wish.scope.models = texts("", 1))),
            ("scope.agents", wish(|wish| wish.scope.agents = texts("x", 101))),
            ("scope.models", wish(|wish| wish.scope.models = texts(&"x".repeat(201), 1))),
            ("scope.origins", wish(|wish| wish.scope.origins = texts("*", 1))),
            ("scope.rate_per_minute", wish(|wish| wish.scope.rate_per_minute = Some(0))),
            ("expires_at", wish(|wish| wish.expires_at = Some(Timestamp::from_micros(1_000)))),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidRequest);
            assert!(error.detail.starts_with(field), "{field}: {}", error.detail);
        }
        wish(|wish| wish.scope.models = Some(Vec::new())).unwrap();
    }
}
