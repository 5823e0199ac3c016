//! Which vendors of models can be asked here, and with which keys.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context;
use app::{KeyFrom, ProviderFacts, WrittenProvider};
use catalog::{Endpoint, Provider, Providers};
use serde::Deserialize;
use stdx::Secret;
use upstreams::{Account, Reach, Site};

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

/// What is known of providers outside the database. What is written down and cannot be right is an error.
pub(crate) fn facts(
    shipped: Providers,
    sections: &BTreeMap<String, VendorSection>,
    around: Around<'_>,
) -> anyhow::Result<ProviderFacts> {
    let mut written = Vec::new();
    for (name, section) in sections {
        let (provider, endpoint) = find(&shipped, name)
            .with_context(|| format!("[providers.\"{name}\"]: there is no such vendor in data/providers"))?;
        written.push(
            open(provider, endpoint, section, around)
                .with_context(|| format!("[providers.\"{name}\"] cannot be used"))?,
        );
    }
    let mut variables = BTreeMap::new();
    for provider in shipped.iter() {
        for (at, endpoint) in provider.endpoints.iter().enumerate() {
            let found = key_in(endpoint, around);
            variables.extend(found.map(|key| (site_id(provider, at, endpoint), key)));
        }
    }
    Ok(ProviderFacts { shipped, written, variables, scripted: None })
}

/// Whose prices count for the models of each endpoint.
pub(crate) fn price_lists(providers: &Providers) -> BTreeMap<String, String> {
    let mut lists = BTreeMap::new();
    for provider in providers.iter() {
        let list = provider.prices.as_ref().unwrap_or(&provider.id);
        let ids = provider.endpoints.iter().enumerate().map(|(at, one)| site_id(provider, at, one));
        lists.extend(ids.map(|id| (id, list.clone())));
    }
    lists
}

/// The usual endpoint is called as its vendor.
fn site_id(provider: &Provider, at: usize, endpoint: &Endpoint) -> String {
    if at == 0 { provider.id.clone() } else { format!("{}.{}", provider.id, endpoint.id) }
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
    named: Option<&str>,
    section: &VendorSection,
    around: Around<'_>,
) -> anyhow::Result<WrittenProvider> {
    let is_on = section.enabled != Some(false);
    let mut endpoints = provider.endpoints.iter().enumerate();
    let found = endpoints.find(|(_, endpoint)| named.is_none_or(|named| endpoint.id == named));
    let (key, from) = match found.filter(|_| is_on) {
        Some((_, endpoint)) => key(endpoint, section, around)?,
        None => (None, KeyFrom::Nowhere),
    };
    let (base_url, blanks) = (section.base_url.clone(), section.blanks.clone());
    let account = Account { key, base_url, blanks, reach: Reach::Anywhere };
    if is_on {
        Site::open(provider, named, &account)?;
    }
    let id = found.map_or_else(|| provider.id.clone(), |(at, endpoint)| site_id(provider, at, endpoint));
    let account = is_on.then_some(account);
    Ok(WrittenProvider { id, account, key: from, models: section.models.clone() })
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

    fn known(config: &str, variables: &[(&str, &str)]) -> anyhow::Result<ProviderFacts> {
        let sections: BTreeMap<String, VendorSection> = toml::from_str(config).unwrap();
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let read = |path: &std::path::Path| match path.to_str() {
            Some("/keys/good") => Ok("sk-canary-file\n".to_owned()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        let providers = catalog::providers(&DataTree::embedded()).unwrap();
        facts(providers, &sections, Around { variable: &variable, read: &read })
    }

    const KEY: (&str, &str) = ("DEEPSEEK_API_KEY", "sk-canary-env");

    #[test]
    fn keys_of_the_environment_are_found_by_endpoint() {
        let found = known("", &[KEY, ("OPENAI_API_KEY", " ")]).unwrap();
        let names: Vec<(&str, &str)> =
            found.variables.iter().map(|(id, (name, _))| (id.as_str(), name.as_str())).collect();
        assert_eq!(names, [("deepseek", "DEEPSEEK_API_KEY"), ("deepseek.messages", "DEEPSEEK_API_KEY")]);
        assert!(!format!("{found:?}").contains("canary"));
    }

    #[test]
    fn what_is_written_down_says_where_its_key_is() {
        let text = "[deepseek]\nkey = \"sk-canary-config\"\nmodels = [\"own\"]\n[moonshot]\nkey_file = \"/keys/good\"\n[\"deepseek.messages\"]\n[openai]\nenabled = false\n";
        let found = known(text, &[KEY]).unwrap();
        let said = |written: &WrittenProvider| {
            let state = if written.account.is_some() { "on" } else { "off" };
            format!("{}: {}, {state}, {:?}", written.id, written.key, written.models)
        };
        let wanted = [
            "deepseek: key in hutong.toml, on, [\"own\"]",
            "deepseek.messages: key in DEEPSEEK_API_KEY, on, []",
            "moonshot: key in /keys/good, on, []",
            "openai: no key, off, []",
        ];
        assert_eq!(found.written.iter().map(said).collect::<Vec<_>>(), wanted);
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
            let error = format!("{:?}", known(text, &[]).unwrap_err());
            assert!(error.contains(said) && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn every_endpoint_has_the_prices_of_its_vendor() {
        let lists = price_lists(&catalog::providers(&DataTree::embedded()).unwrap());
        let of = |id: &str| lists.get(id).map(String::as_str);
        assert_eq!((of("deepseek"), of("deepseek.messages")), (Some("deepseek"), Some("deepseek")));
        assert_eq!((of("azure"), of("azure.responses")), (Some("openai"), Some("openai")));
        assert_eq!(of("vllm"), Some("vllm"));
    }
}
