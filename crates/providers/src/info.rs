//! How each provider stands.

use catalog::{Endpoint, Provider};
use ports::{Reach, SiteStanding, StoredSite};
use stdx::Timestamp;

use crate::{KeyFrom, Others, ProviderDesk, ProviderError};

/// A provider, or one of its endpoints, for whoever runs the workspace. Never has a key in it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderInfo {
    /// `vendor`, or `vendor.endpoint`: the first half of its models' ids.
    pub id: String,
    /// The vendor's id.
    pub provider: String,
    /// The vendor's name.
    pub name: String,
    /// The endpoint's id.
    pub endpoint: String,
    /// Whether it is asked.
    pub state: ProviderState,
    /// Where its key is.
    pub key: KeyFrom,
    /// True when it cannot be asked without a key.
    pub needs_key: bool,
    /// The environment's variables where a key is looked for.
    pub key_env: Vec<String>,
    /// True for what stands in hutong.toml: it is changed there.
    pub is_written: bool,
    /// True when something was set that can be removed.
    pub is_set: bool,
    /// Where the vendor is.
    pub usual_url: String,
    /// Another address that was set.
    pub base_url: Option<String>,
    /// The words in braces of the vendor's address, and what stands for them.
    pub blanks: Vec<(String, Option<String>)>,
    /// The models that are offered.
    pub models: Vec<String>,
    /// True when somebody said which; otherwise those that have a price.
    pub are_chosen: bool,
    /// What became of the last calls; absent where nobody is asked.
    pub standing: Option<SiteStanding>,
    /// When it was set.
    pub changed_at: Option<Timestamp>,
}

/// Whether a provider is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderState {
    /// It is.
    Asked,
    /// It was switched off.
    Off,
    /// Nobody has given it a key, or, where it needs none, asked for it.
    Absent,
    /// It should be, and cannot.
    Broken(String),
}

impl ProviderDesk {
    /// Every provider, by id, where so much was set.
    pub fn all(&self, rows: &[StoredSite]) -> Vec<ProviderInfo> {
        self.facts
            .endpoints()
            .map(|(id, provider, endpoint)| self.of(&id, provider, endpoint, rows))
            .collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// When nobody knows it.
    pub fn info(&self, id: &str, rows: &[StoredSite]) -> Result<ProviderInfo, ProviderError> {
        let (provider, endpoint) = self.facts.find(id)?;
        Ok(self.of(id, provider, endpoint, rows))
    }

    fn of(&self, id: &str, provider: &Provider, endpoint: &Endpoint, rows: &[StoredSite]) -> ProviderInfo {
        let (written, offered) = (self.facts.written(id), self.offered());
        let row = rows.iter().find(|row| row.site == id).filter(|_| written.is_none());
        let standing = self.host.standing(id);
        let site = offered.remote.site(id);
        let state = match (offered.broken.get(id), &standing) {
            (Some(reason), _) => ProviderState::Broken(reason.clone()),
            (None, Some(_)) => ProviderState::Asked,
            (None, None) if written.is_some() || row.is_some() => ProviderState::Off,
            (None, None) => ProviderState::Absent,
        };
        let written_url = written.and_then(|written| written.account.as_ref()?.base_url.clone());
        ProviderInfo {
            id: id.to_owned(),
            provider: provider.id.clone(),
            name: provider.name.clone(),
            endpoint: endpoint.id.clone(),
            state,
            key: match (written, row) {
                (Some(written), _) => written.key.clone(),
                (None, Some(row)) => self.key_of(endpoint, row),
                (None, None) => self.facts.usual(id).key,
            },
            needs_key: endpoint.auth != catalog::Auth::None,
            key_env: endpoint.key_env.clone(),
            is_written: written.is_some(),
            is_set: row.is_some(),
            usual_url: endpoint.base_url.clone(),
            base_url: row
                .and_then(|row| row.base_url.clone())
                .or_else(|| written_url.filter(|url| *url != endpoint.base_url)),
            blanks: blanks(endpoint, row),
            models: site.map(|site| site.models.clone()).unwrap_or_default(),
            are_chosen: site.is_some_and(|site| site.others == Others::Refused)
                || row.is_some_and(|row| row.models.is_some()),
            standing,
            changed_at: row.map(|row| row.changed_at),
        }
    }

    fn key_of(&self, endpoint: &Endpoint, row: &StoredSite) -> KeyFrom {
        if row.sealed_key.is_some() {
            return KeyFrom::Kept;
        }
        match self.address_of(endpoint, row).reach {
            Reach::Anywhere => self.facts.usual(&row.site).key,
            Reach::Near | Reach::Public => KeyFrom::Nowhere,
        }
    }
}

fn blanks(endpoint: &Endpoint, row: Option<&StoredSite>) -> Vec<(String, Option<String>)> {
    let value = |blank: &str| row.and_then(|row| row.blanks.get(blank).cloned());
    endpoint.blanks().map(|blank| (blank.to_owned(), value(blank))).collect()
}
