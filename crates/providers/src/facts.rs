//! What is known of providers when a server starts.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use catalog::{Endpoint, Provider, Providers, slips};
use ports::SiteAccount;
use stdx::Secret;

use crate::ProviderError;

/// What is known of providers when a server starts and stays so until it ends.
#[derive(Clone, Debug, Default)]
pub struct ProviderFacts {
    /// All vendors that Hutong knows.
    pub shipped: Providers,
    /// What stands in hutong.toml.
    pub written: Vec<WrittenProvider>,
    /// Keys in the environment, by site: the variable's name and what it holds.
    pub variables: BTreeMap<String, (String, Secret<String>)>,
    /// A site that plays a script, if there is one: nothing there is a model.
    pub scripted: Option<String>,
}

/// What hutong.toml says of a provider, or of one of its endpoints.
#[derive(Clone, Debug)]
pub struct WrittenProvider {
    /// `vendor`, or `vendor.endpoint`.
    pub id: String,
    /// How it is asked; absent: it is switched off.
    pub account: Option<SiteAccount>,
    /// Where its key is.
    pub key: KeyFrom,
    /// The models that are offered; none: those that have a price.
    pub models: Vec<String>,
}

/// Where a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFrom {
    /// There is none.
    Nowhere,
    /// Sealed in the database.
    Kept,
    /// In hutong.toml.
    Config,
    /// In a file.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
}

impl ProviderFacts {
    /// Every endpoint of every vendor, with its id.
    pub(crate) fn endpoints(&self) -> impl Iterator<Item = (String, &Provider, &Endpoint)> {
        let of = |provider: &'_ Provider| provider.id.clone();
        self.shipped.iter().flat_map(move |provider| {
            provider.endpoints.iter().enumerate().map(move |(at, endpoint)| {
                let id = match at {
                    0 => of(provider),
                    _ => format!("{}.{}", provider.id, endpoint.id),
                };
                (id, provider, endpoint)
            })
        })
    }

    pub(crate) fn find(&self, id: &str) -> Result<(&Provider, &Endpoint), ProviderError> {
        let found = self.endpoints().find(|(known, ..)| known == id);
        let found = found.map(|(_, provider, endpoint)| (provider, endpoint));
        found.ok_or_else(|| ProviderError::Unknown(closest(id, self.endpoints().map(|(known, ..)| known))))
    }

    pub(crate) fn written(&self, id: &str) -> Option<&WrittenProvider> {
        self.written.iter().find(|written| written.id == id)
    }

    /// True when hutong.toml says anything of a vendor.
    pub(crate) fn is_written(&self, provider: &Provider) -> bool {
        self.written.iter().any(|written| {
            let vendor = written.id.split('.').next();
            vendor == Some(provider.id.as_str())
        })
    }
}

/// The name that somebody probably meant.
pub(crate) fn closest(typed: &str, known: impl Iterator<Item = String>) -> Option<String> {
    let near = known.filter_map(|name| Some((slips(typed, &name)?, name)));
    near.min().map(|(_, name)| name)
}

impl fmt::Display for KeyFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("no key"),
            Self::Kept => f.write_str("key kept, sealed"),
            Self::Config => f.write_str("key in hutong.toml"),
            Self::File(path) => write!(f, "key in {}", path.display()),
            Self::Variable(name) => write!(f, "key in {name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_is_named() {
        let known = || ["deepseek", "dashscope", "openai", "xai"].into_iter().map(str::to_owned);
        assert_eq!(closest("DeepSek", known()).as_deref(), Some("deepseek"));
        assert_eq!(closest("opneai", known()).as_deref(), Some("openai"));
        assert_eq!(closest("something", known()), None);
        assert_eq!(closest("x", std::iter::empty()), None);
    }
}
