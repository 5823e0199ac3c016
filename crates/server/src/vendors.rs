//! Which vendors of models can be asked here, and with which keys.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use app::{Others, RemoteModels, RemoteSite};
use catalog::{Endpoint, Prices, Provider, Providers};
use money::Unit;
use serde::Deserialize;
use stdx::{Clock, Rng, Secret, Timestamp};
use upstreams::{Account, Options, Site, Upstreams};

/// What the operator wrote down about a vendor, in `[providers.<vendor>]` or `[providers."<vendor>.<endpoint>"]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct VendorSection {
    /// The key itself.
    pub(crate) key: Option<Secret<String>>,
    /// A file with nothing but the key in it.
    pub(crate) key_file: Option<PathBuf>,
    /// The environment's variable with the key; absent: those that the vendor's file names.
    pub(crate) key_env: Option<String>,
    /// Another address than the vendor's file has.
    pub(crate) base_url: Option<String>,
    /// What stands for the words in braces of the address.
    pub(crate) blanks: BTreeMap<String, String>,
    /// The models that are offered, and no others; absent: those that have a price, and others for whoever names them.
    pub(crate) models: Vec<String>,
    /// False: it is not asked, whatever the environment has.
    pub(crate) enabled: Option<bool>,
}

/// Where things outside come from.
#[derive(Clone, Copy)]
pub(crate) struct Around<'a> {
    /// The environment.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Files with keys.
    pub(crate) read: &'a dyn Fn(&std::path::Path) -> std::io::Result<String>,
}

/// The vendors that can be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vendors {
    /// Each with where its key is from.
    pub(crate) sites: Vec<(Site, KeyFrom)>,
    models: BTreeMap<String, Vec<String>>,
}

/// Where a key is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyFrom {
    /// There is none.
    Nowhere,
    /// hutong.toml.
    Config,
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
}

impl std::fmt::Display for KeyFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nowhere => f.write_str("no key"),
            Self::Config => f.write_str("key in hutong.toml"),
            Self::File(path) => write!(f, "key in {}", path.display()),
            Self::Variable(name) => write!(f, "key in {name}"),
        }
    }
}

impl Vendors {
    /// Those that are written down, and those whose key is in the environment. What is written down and cannot be right is
    /// an error.
    pub(crate) fn open(
        providers: &Providers,
        sections: &BTreeMap<String, VendorSection>,
        around: Around<'_>,
    ) -> anyhow::Result<Self> {
        let mut vendors = Self::default();
        for (name, section) in sections {
            let (provider, endpoint) = find(providers, name).with_context(|| {
                format!("[providers.\"{name}\"]: there is no such vendor in data/providers")
            })?;
            if section.enabled == Some(false) {
                continue;
            }
            let (site, from) = open(provider, endpoint, section, around)
                .with_context(|| format!("[providers.\"{name}\"] cannot be used"))?;
            if !section.models.is_empty() {
                vendors.models.insert(site.id.clone(), section.models.clone());
            }
            vendors.sites.push((site, from));
        }
        let usual = VendorSection::default();
        for provider in providers.iter() {
            let is_written_down = sections
                .keys()
                .any(|name| find(providers, name).is_some_and(|(named, _)| named.id == provider.id));
            if is_written_down {
                continue;
            }
            let has_key = provider.endpoints.first().and_then(|endpoint| key_in(endpoint, around)).is_some();
            if !has_key {
                continue;
            }
            match open(provider, None, &usual, around) {
                Ok(found) => vendors.sites.push(found),
                Err(error) => {
                    tracing::warn!(provider = provider.id, "a vendor has a key and is not asked: {error:#}");
                }
            }
        }
        vendors.sites.sort_by(|(one, _), (other, _)| one.id.cmp(&other.id));
        Ok(vendors)
    }

    /// Somebody who asks them.
    pub(crate) fn upstreams(&self, clock: &Arc<dyn Clock>, rng: &Arc<dyn Rng>) -> Upstreams {
        let sites = self.sites.iter().map(|(site, _)| site.clone());
        Upstreams::new(sites, Options::default(), Arc::clone(clock), Arc::clone(rng))
    }

    /// Whose prices count for which of them.
    pub(crate) fn price_lists(&self, providers: &Providers) -> BTreeMap<String, String> {
        let list = |site: &Site| {
            let prices = providers.get(&site.provider).and_then(|provider| provider.prices.clone());
            (site.id.clone(), prices.unwrap_or_else(|| site.provider.clone()))
        };
        self.sites.iter().map(|(site, _)| list(site)).collect()
    }

    /// What members are offered of them.
    pub(crate) fn models(&self, providers: &Providers, prices: &Prices, at: Timestamp) -> RemoteModels {
        let lists = self.price_lists(providers);
        let offered = self.sites.iter().map(|(site, _)| {
            let own = self.models.get(&site.id);
            let others = if own.is_some() { Others::Refused } else { Others::Asked };
            let models = own.cloned().unwrap_or_else(|| {
                lists.get(&site.id).map(|list| priced(prices, list, at)).unwrap_or_default()
            });
            (site.id.clone(), RemoteSite { name: site.name.clone(), models, others })
        });
        RemoteModels::new(offered)
    }
}

/// The models of a list that have a price for what goes in and for what comes out.
fn priced(prices: &Prices, list: &str, at: Timestamp) -> Vec<String> {
    let of = |unit: Unit| -> BTreeSet<String> {
        let lines = prices.lines(at).filter(|line| line.vendor == list && line.unit == unit);
        lines.map(|line| line.models).filter(|name| !name.ends_with('*')).collect()
    };
    of(Unit::Input).intersection(&of(Unit::Output)).cloned().collect()
}

/// `vendor`, or `vendor.endpoint`.
fn find<'a, 'n>(providers: &'a Providers, name: &'n str) -> Option<(&'a Provider, Option<&'n str>)> {
    if let Some(provider) = providers.get(name) {
        return Some((provider, None));
    }
    let (vendor, endpoint) = name.rsplit_once('.')?;
    Some((providers.get(vendor)?, Some(endpoint)))
}

fn open(
    provider: &Provider,
    endpoint: Option<&str>,
    section: &VendorSection,
    around: Around<'_>,
) -> anyhow::Result<(Site, KeyFrom)> {
    let found = match endpoint {
        Some(id) => provider.endpoint(id),
        None => provider.endpoints.first(),
    };
    let (key, from) = match found {
        Some(endpoint) => key(endpoint, section, around)?,
        None => (None, KeyFrom::Nowhere),
    };
    let account = Account { key, base_url: section.base_url.clone(), blanks: section.blanks.clone() };
    Ok((Site::open(provider, endpoint, &account)?, from))
}

fn key(
    endpoint: &Endpoint,
    section: &VendorSection,
    around: Around<'_>,
) -> anyhow::Result<(Option<Secret<String>>, KeyFrom)> {
    if let Some(key) = &section.key {
        return Ok((Some(key.clone()), KeyFrom::Config));
    }
    if let Some(path) = &section.key_file {
        let text = (around.read)(path).with_context(|| format!("{} cannot be read", path.display()))?;
        return Ok((Some(Secret::new(text.trim().to_owned())), KeyFrom::File(path.clone())));
    }
    if let Some(name) = &section.key_env {
        let value = (around.variable)(name).with_context(|| format!("{name} is not set"))?;
        return Ok((Some(Secret::new(value)), KeyFrom::Variable(name.clone())));
    }
    Ok(match key_in(endpoint, around) {
        Some((name, value)) => (Some(value), KeyFrom::Variable(name)),
        None => (None, KeyFrom::Nowhere),
    })
}

fn key_in(endpoint: &Endpoint, around: Around<'_>) -> Option<(String, Secret<String>)> {
    endpoint.key_env.iter().find_map(|name| {
        let value = (around.variable)(name).filter(|value| !value.trim().is_empty())?;
        Some((name.clone(), Secret::new(value)))
    })
}

#[cfg(test)]
mod tests {
    use catalog::DataTree;

    use super::*;

    fn vendors(config: &str, variables: &[(&str, &str)]) -> anyhow::Result<Vendors> {
        let sections: BTreeMap<String, VendorSection> = toml::from_str(config).unwrap();
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let read = |path: &std::path::Path| match path.to_str() {
            Some("/keys/good") => Ok("sk-canary-file\n".to_owned()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        let providers = catalog::providers(&DataTree::embedded()).unwrap();
        Vendors::open(&providers, &sections, Around { variable: &variable, read: &read })
    }

    fn ids(vendors: &Vendors) -> Vec<(&str, &KeyFrom)> {
        vendors.sites.iter().map(|(site, from)| (site.id.as_str(), from)).collect()
    }

    const KEY: (&str, &str) = ("DEEPSEEK_API_KEY", "sk-canary-env");

    #[test]
    fn a_key_in_the_environment_is_all_it_takes() {
        let found = vendors("", &[KEY, ("OPENAI_API_KEY", " ")]).unwrap();
        assert_eq!(ids(&found), [("deepseek", &KeyFrom::Variable("DEEPSEEK_API_KEY".to_owned()))]);
        assert_eq!(ids(&vendors("", &[]).unwrap()), []);
        assert!(!format!("{found:?}").contains("canary"));
    }

    #[test]
    fn what_is_written_down_comes_first() {
        let text = "[deepseek]\nkey = \"sk-canary-config\"\nmodels = [\"own\"]\n[moonshot]\nkey_file = \"/keys/good\"\n[\"deepseek.messages\"]\n";
        let found = vendors(text, &[KEY]).unwrap();
        let from: Vec<String> = ids(&found).iter().map(|(id, from)| format!("{id}: {from}")).collect();
        let wanted = [
            "deepseek: key in hutong.toml",
            "deepseek.messages: key in DEEPSEEK_API_KEY",
            "moonshot: key in /keys/good",
        ];
        assert_eq!(from, wanted);
        assert_eq!(ids(&vendors("[deepseek]\nenabled = false", &[KEY]).unwrap()), []);
    }

    #[test]
    fn what_cannot_be_used_is_an_error_without_the_key() {
        for (text, said) in [
            ("[nobody]\nkey = \"sk-canary\"", "no such vendor"),
            ("[deepseek]", "needs a key"),
            ("[deepseek]\nkey = \"sk-canary two\"", "characters that no key has"),
            ("[deepseek]\nkey_env = \"NOT_SET\"", "NOT_SET is not set"),
            ("[deepseek]\nkey_file = \"/keys/bad\"", "/keys/bad cannot be read"),
            ("[deepseek]\nkey = \"k\"\nbase_url = \"https://me:canary@x.example\"", "credentials"),
        ] {
            let error = format!("{:?}", vendors(text, &[]).unwrap_err());
            assert!(error.contains(said) && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn models_with_a_price_are_offered_or_those_that_are_named() {
        let data = DataTree::embedded();
        let (providers, prices) = (catalog::providers(&data).unwrap(), catalog::prices(&data).unwrap());
        let at = Timestamp::from_micros(1_796_000_000_000_000);
        let offered =
            |config: &str| format!("{:?}", vendors(config, &[KEY]).unwrap().models(&providers, &prices, at));
        assert!(offered("").contains("deepseek-v4-pro") && offered("").contains("Asked"));
        let own = offered("[deepseek]\nmodels = [\"own\"]");
        assert!(own.contains("own") && own.contains("Refused") && !own.contains("v4-pro"), "{own}");
    }
}
