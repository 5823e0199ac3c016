//! What is kept of a wish about how a provider is asked.

use std::collections::BTreeMap;

use catalog::Endpoint;
use ports::{SiteRefusal, StoredSite};
use stdx::{Secret, Timestamp};

use crate::resolve::owner;
use crate::{ProviderDesk, ProviderError, Safe};

/// The longest key, and the longest address.
const LONGEST: usize = 4_096;
/// Models that can be named.
const MOST_MODELS: usize = 500;
/// Bytes of a model's name.
const LONGEST_NAME: usize = 200;

/// How a provider is to be asked.
#[derive(Clone, Debug, Default)]
pub struct SetProvider {
    /// A key; absent: the one that is kept stays.
    pub key: Option<Secret<String>>,
    /// Another address than the vendor's.
    pub base_url: Option<String>,
    /// What stands for the words in braces of the vendor's address.
    pub blanks: BTreeMap<String, String>,
    /// The models that are offered; absent: those that have a price.
    pub models: Option<Vec<String>>,
    /// False: it is not asked.
    pub is_on: bool,
}

impl ProviderDesk {
    /// Fails unless it is known, and may be changed here.
    ///
    /// # Errors
    /// When nobody knows it, or it is set in a file.
    pub fn must_be_ours(&self, id: &str) -> Result<(), ProviderError> {
        self.facts.find(id)?;
        match self.facts.written(id) {
            None => Ok(()),
            Some(_) => Err(ProviderError::Written(id.to_owned())),
        }
    }

    /// What is to be kept of a wish, after what was kept before. What is to be asked can be asked so.
    ///
    /// # Errors
    /// When nobody knows it, it is set in a file, or it cannot be asked so.
    pub fn setting(
        &self,
        id: &str,
        wish: SetProvider,
        before: Option<StoredSite>,
        at: Timestamp,
        safe: &dyn Safe,
    ) -> Result<StoredSite, ProviderError> {
        self.must_be_ours(id)?;
        let (_, endpoint) = self.facts.find(id)?;
        let row = self.row(endpoint, wish, (id, at, before), safe)?;
        if row.is_on {
            let wanted = self.wanted(endpoint, &row, safe);
            let wanted = wanted.map_err(|reason| ProviderError::Invalid(format!("`{id}`: {reason}.")))?;
            self.host.check(id, &wanted.account).map_err(refused)?;
        }
        Ok(row)
    }

    /// What is kept of a wish. The key is sealed together with the address that it is for.
    fn row(
        &self,
        endpoint: &Endpoint,
        wish: SetProvider,
        (id, changed_at, before): (&str, Timestamp, Option<StoredSite>),
        safe: &dyn Safe,
    ) -> Result<StoredSite, ProviderError> {
        let url = wish.base_url.map(|url| url.trim().trim_end_matches('/').to_owned());
        let base_url = url.filter(|url| !url.is_empty() && *url != endpoint.base_url);
        if base_url.as_ref().is_some_and(|url| url.len() > LONGEST) {
            return Err(ProviderError::Invalid(format!("base_url: at most {LONGEST} bytes")));
        }
        if let Some(blank) = wish.blanks.keys().find(|blank| !endpoint.blanks().any(|known| known == *blank))
        {
            return Err(ProviderError::Invalid(format!("blanks: the address of `{id}` has no `{blank}`")));
        }
        let mut row = StoredSite {
            site: id.to_owned(),
            sealed_key: before.and_then(|before| before.sealed_key),
            base_url,
            blanks: wish.blanks,
            models: wish.models.map(names).transpose()?,
            is_on: wish.is_on,
            changed_at,
        };
        let Some(key) = wish.key else { return Ok(row) };
        let key = key.expose().trim();
        if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail =
                format!("The key of `{id}` has characters that no key has; was it copied whole, and alone?");
            return Err(ProviderError::Invalid(detail));
        }
        let account = self.address_of(endpoint, &row);
        let address = self.host.address(id, &account).map_err(refused)?;
        row.sealed_key = Some(safe.seal(key.as_bytes(), &owner(id, &address)));
        Ok(row)
    }
}

fn names(models: Vec<String>) -> Result<Vec<String>, ProviderError> {
    let mut names: Vec<String> = models.into_iter().map(|name| name.trim().to_owned()).collect();
    names.sort();
    names.dedup();
    let is_name = |name: &String| {
        (1..=LONGEST_NAME).contains(&name.len()) && !name.chars().any(|c| c.is_whitespace() || c.is_control())
    };
    if names.len() > MOST_MODELS || !names.iter().all(is_name) {
        let detail =
            format!("models: at most {MOST_MODELS} names without spaces, of at most {LONGEST_NAME} bytes");
        return Err(ProviderError::Invalid(detail));
    }
    Ok(names)
}

fn refused(refusal: SiteRefusal) -> ProviderError {
    let here = if refusal.is_without_key { ", or entered here" } else { "" };
    ProviderError::Invalid(format!("{}{here}.", refusal.reason))
}
