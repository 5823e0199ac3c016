//! Who is asked, worked out of all that is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catalog::{Endpoint, Prices};
use money::Unit;
use ports::{Reach, SiteAccount, StoredSite};
use stdx::{Secret, Timestamp};

use crate::desk::Offered;
use crate::{
    KeyFrom, Others, Place, PriceLists, ProviderDesk, ProviderFacts, RemoteModels, RemoteSite, Safe,
};

/// What counts for an endpoint, before it is known whether it can be asked.
pub(crate) struct Wanted {
    pub(crate) account: SiteAccount,
    pub(crate) key: KeyFrom,
}

/// Those that are to be asked.
#[derive(Default)]
struct Resolved {
    sites: Vec<(String, SiteAccount)>,
    offers: BTreeMap<String, Offer>,
    broken: BTreeMap<String, String>,
}

/// What is said of one of them.
struct Offer {
    /// As people know it.
    name: String,
    /// The models that are offered, where somebody said so.
    models: Option<Vec<String>>,
    place: Place,
}

impl ProviderDesk {
    /// Works out who is asked, and lets it count from now on. For whoever has the turn.
    pub fn reopen(&self, rows: &[StoredSite], safe: &dyn Safe, lists: PriceLists<'_>) {
        let mut resolved = self.resolve(rows, safe);
        for (id, refusal) in self.host.replace(&resolved.sites) {
            resolved.offers.remove(&id);
            resolved.broken.insert(id, refusal.reason);
        }
        for (id, reason) in &resolved.broken {
            tracing::warn!(provider = %id, %reason, "a provider of models is not asked");
        }
        for (id, account) in &resolved.sites {
            let is_scripted = self.facts.scripted.as_ref() == Some(id);
            if let (Some(offer), Ok(url)) = (resolved.offers.get_mut(id), self.host.address(id, account)) {
                offer.place = if is_scripted { Place::Stage } else { Place::of(&url) };
            }
        }
        let remote = Arc::new(offered(resolved.offers, lists));
        self.offer(Offered { remote, broken: resolved.broken });
    }

    fn resolve(&self, rows: &[StoredSite], safe: &dyn Safe) -> Resolved {
        let mut resolved = Resolved::default();
        for (id, provider, endpoint) in self.facts.endpoints() {
            if let Some(written) = self.facts.written(&id) {
                if let Some(account) = &written.account {
                    let models = Some(written.models.clone()).filter(|models| !models.is_empty());
                    resolved.add(id, &provider.name, account.clone(), models);
                }
                continue;
            }
            let row = rows.iter().find(|row| row.site == id);
            let wanted = match row {
                Some(row) if !row.is_on => continue,
                Some(row) => self.wanted(endpoint, row, safe),
                // A key in the environment is all it takes, unless somebody wrote down something else.
                None if id == provider.id
                    && !self.facts.is_written(provider)
                    && self.facts.variables.contains_key(&id) =>
                {
                    Ok(self.facts.usual(&id))
                }
                None => continue,
            };
            match wanted {
                Ok(wanted) => {
                    let models = row.and_then(|row| row.models.clone());
                    resolved.add(id, &provider.name, wanted.account, models);
                }
                Err(reason) => {
                    resolved.broken.insert(id, reason);
                }
            }
        }
        resolved
    }

    /// What counts for an endpoint of which something was set; or why its key cannot be used.
    pub(crate) fn wanted(
        &self,
        endpoint: &Endpoint,
        row: &StoredSite,
        safe: &dyn Safe,
    ) -> Result<Wanted, String> {
        let mut account = self.address_of(endpoint, row);
        let Some(sealed) = &row.sealed_key else {
            let usual = self.facts.usual(&row.site);
            // What is in the environment is for the vendor's own address.
            if account.reach != Reach::Anywhere {
                return Ok(Wanted { account, key: KeyFrom::Nowhere });
            }
            account.key = usual.account.key;
            return Ok(Wanted { account, key: usual.key });
        };
        let address = self.host.address(&row.site, &account).map_err(|refusal| refusal.reason)?;
        account.key = Some(opened(safe, &row.site, &address, sealed)?);
        Ok(Wanted { account, key: KeyFrom::Kept })
    }

    /// Where somebody who has no key yet would be asked.
    pub(crate) fn address_of(&self, endpoint: &Endpoint, row: &StoredSite) -> SiteAccount {
        let is_own = row.base_url.is_some() || endpoint.blanks().next().is_some();
        let reach = if is_own { self.host.reach(&row.site) } else { Reach::Anywhere };
        SiteAccount { key: None, base_url: row.base_url.clone(), blanks: row.blanks.clone(), reach }
    }
}

impl ProviderFacts {
    /// What counts for an endpoint of which nothing was set.
    pub(crate) fn usual(&self, id: &str) -> Wanted {
        match self.variables.get(id) {
            Some((name, key)) => Wanted {
                account: SiteAccount { key: Some(key.clone()), ..SiteAccount::default() },
                key: KeyFrom::Variable(name.clone()),
            },
            None => Wanted { account: SiteAccount::default(), key: KeyFrom::Nowhere },
        }
    }
}

impl Resolved {
    fn add(&mut self, id: String, name: &str, account: SiteAccount, models: Option<Vec<String>>) {
        self.offers.insert(id.clone(), Offer { name: name.to_owned(), models, place: Place::Away });
        self.sites.push((id, account));
    }
}

/// A key is sealed together with the address that it is for.
pub(crate) fn owner(site: &str, address: &str) -> String {
    format!("provider {site} {address}")
}

fn offered(offers: BTreeMap<String, Offer>, lists: PriceLists<'_>) -> RemoteModels {
    let offered = offers.into_iter().map(|(id, Offer { name, models, place })| {
        let others = if models.is_some() { Others::Refused } else { Others::Asked };
        let models = models.unwrap_or_else(|| priced(lists.prices, lists.of(&id), lists.at));
        (id, RemoteSite { name, models, others, place })
    });
    RemoteModels::new(offered)
}

fn opened(safe: &dyn Safe, site: &str, address: &str, sealed: &str) -> Result<Secret<String>, String> {
    let opened = safe.open(sealed, &owner(site, address));
    let text = opened.and_then(|bytes| String::from_utf8(bytes.expose().clone()).ok());
    text.map(Secret::new).ok_or_else(|| {
        "its key was kept for another address or sealed with another key file: enter it again".to_owned()
    })
}

/// The models of a list that have a price for what goes in and for what comes out.
fn priced(prices: &Prices, list: &str, at: Timestamp) -> Vec<String> {
    let of = |unit: Unit| -> BTreeSet<String> {
        let lines = prices.lines(at).filter(|line| line.vendor == list && line.unit == unit);
        lines.map(|line| line.models).filter(|name| !name.ends_with('*')).collect()
    };
    of(Unit::Input).intersection(&of(Unit::Output)).cloned().collect()
}
