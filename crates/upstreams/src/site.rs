//! Where a vendor is asked: an endpoint of its file, with its blanks filled in, and a key.

use catalog::{Auth, Endpoint, Provider};
use ports::Reach;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use stdx::Secret;
use thiserror::Error;

use crate::reach::{allows_url, is_near};

pub use ports::SiteAccount as Account;

/// An endpoint that can be asked. The address comes from files or from whoever runs the workspace, never from a member.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// As it is called in models' ids: `vendor` for the usual endpoint, `vendor.endpoint` for the others.
    pub id: String,
    /// The vendor's id.
    pub provider: String,
    /// The vendor's name, which may be shown.
    pub name: String,
    /// Its dialect, quirks and limits; the address is filled in.
    pub endpoint: Endpoint,
    /// True when something proves who asks.
    pub has_key: bool,
    /// How far its address may lead.
    pub reach: Reach,
    headers: HeaderMap,
}

/// Why an endpoint cannot be asked. Never has a key in it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SiteError {
    /// There is no such endpoint.
    #[error("`{provider}` has no endpoint `{endpoint}`; there are: {known}")]
    UnknownEndpoint {
        /// The vendor.
        provider: String,
        /// What was looked for.
        endpoint: String,
        /// What there is.
        known: String,
    },
    /// A word in braces of the address has nothing to stand for it.
    #[error("the address of `{site}` has a blank, `{blank}`: fill it in")]
    Blank {
        /// The endpoint.
        site: String,
        /// The word.
        blank: String,
    },
    /// A blank is filled with what would change where the address leads.
    #[error("the blank `{blank}` of `{site}` may have letters, digits, `.`, `_` and `-`")]
    BadBlank {
        /// The endpoint.
        site: String,
        /// The word.
        blank: String,
    },
    /// The address is none, or one that keys are not sent to.
    #[error("the address of `{site}` cannot be asked: {reason}")]
    BadAddress {
        /// The endpoint.
        site: String,
        /// Why not.
        reason: &'static str,
    },
    /// There is no key where one is needed.
    #[error("`{site}` needs a key; it is looked for in {wanted}")]
    NoKey {
        /// The endpoint.
        site: String,
        /// The environment's variables.
        wanted: String,
    },
    /// The key cannot be one.
    #[error("the key of `{site}` has characters that no key has; was it copied whole, and alone?")]
    BadKey {
        /// The endpoint.
        site: String,
    },
}

impl Site {
    /// An endpoint with the operator's account there.
    ///
    /// # Errors
    /// What is missing or wrong, without the key.
    pub fn open(provider: &Provider, endpoint: Option<&str>, account: &Account) -> Result<Self, SiteError> {
        let found = match endpoint {
            Some(id) => provider.endpoint(id),
            None => provider.endpoints.first(),
        };
        let known = || provider.endpoints.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
        let endpoint = found.ok_or_else(|| SiteError::UnknownEndpoint {
            provider: provider.id.clone(),
            endpoint: endpoint.unwrap_or_default().to_owned(),
            known: known(),
        })?;
        let is_usual = provider.endpoints.first().is_some_and(|first| first.id == endpoint.id);
        let id = if is_usual { provider.id.clone() } else { format!("{}.{}", provider.id, endpoint.id) };
        let base_url = address(&id, endpoint, account)?;
        let headers = headers(&id, endpoint, account.key.as_ref())?;
        let mut endpoint = endpoint.clone();
        endpoint.base_url = base_url;
        Ok(Self {
            id,
            provider: provider.id.clone(),
            name: provider.name.clone(),
            endpoint,
            has_key: account.key.is_some(),
            reach: account.reach,
            headers,
        })
    }

    /// The address where an account would be asked, with its blanks filled in: what a key is for.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn address(id: &str, endpoint: &Endpoint, account: &Account) -> Result<String, SiteError> {
        address(id, endpoint, account)
    }

    /// What goes with every request. The key in it is marked as not to be printed.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

fn address(site: &str, endpoint: &Endpoint, account: &Account) -> Result<String, SiteError> {
    let bad = |reason| SiteError::BadAddress { site: site.to_owned(), reason };
    let mut text = account.base_url.clone().unwrap_or_else(|| endpoint.base_url.clone());
    let blanks: Vec<String> =
        if account.base_url.is_some() { Vec::new() } else { endpoint.blanks().map(str::to_owned).collect() };
    for blank in blanks {
        let error = |is_missing: bool| {
            let (site, blank) = (site.to_owned(), blank.clone());
            if is_missing { SiteError::Blank { site, blank } } else { SiteError::BadBlank { site, blank } }
        };
        let value = account.blanks.get(&blank).ok_or_else(|| error(true))?;
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if value.is_empty() || !value.bytes().all(is_word) {
            return Err(error(false));
        }
        text = text.replace(&format!("{{{blank}}}"), value);
    }
    let url = Url::parse(text.trim()).map_err(|_| bad("it is no address"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("there are credentials in it; a key has a place of its own"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad("there is a question or a mark at its end"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_near(&url) => {}
        "http" => return Err(bad("without TLS only machines nearby are asked; write https://")),
        _ => return Err(bad("it does not begin with https://")),
    }
    if !allows_url(account.reach, &url) {
        return Err(bad(match account.reach {
            Reach::Public => {
                "it leads to a machine nearby, where this vendor is not; only hutong.toml may say so"
            }
            Reach::Near | Reach::Anywhere => "nobody is asked there",
        }));
    }
    Ok(text.trim().trim_end_matches('/').to_owned())
}

fn headers(site: &str, endpoint: &Endpoint, key: Option<&Secret<String>>) -> Result<HeaderMap, SiteError> {
    let mut headers = HeaderMap::new();
    let bad_key = || SiteError::BadKey { site: site.to_owned() };
    let mut put = |name: &str, value: &str, is_secret: bool| {
        let name: HeaderName = name.parse().map_err(|_| bad_key())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| bad_key())?;
        value.set_sensitive(is_secret);
        headers.insert(name, value);
        Ok(())
    };
    for (name, value) in &endpoint.headers {
        put(name, value, false)?;
    }
    let Some(key) = key.map(|key| key.expose().trim()).filter(|key| !key.is_empty()) else {
        if endpoint.auth == Auth::None {
            return Ok(headers);
        }
        let wanted = endpoint.key_env.join(", ");
        return Err(SiteError::NoKey { site: site.to_owned(), wanted });
    };
    if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(bad_key());
    }
    match &endpoint.auth {
        Auth::None | Auth::Bearer => put("authorization", &format!("Bearer {key}"), true)?,
        Auth::Header(name) => put(name, key, true)?,
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use catalog::DataTree;

    use super::*;

    fn open(vendor: &str, endpoint: Option<&str>, account: &Account) -> Result<Site, SiteError> {
        let all = catalog::providers(&DataTree::embedded()).unwrap();
        Site::open(all.get(vendor).unwrap(), endpoint, account)
    }

    fn with_key(key: &str) -> Account {
        Account { key: Some(Secret::new(key.to_owned())), ..Account::default() }
    }

    fn at(base_url: &str) -> Result<Site, SiteError> {
        open("vllm", None, &Account { base_url: Some(base_url.to_owned()), ..Account::default() })
    }

    #[test]
    fn the_usual_endpoint_is_called_as_its_vendor_and_no_key_is_printed() {
        let usual = open("deepseek", None, &with_key(" sk-canary-1\n")).unwrap();
        let other = open("deepseek", Some("messages"), &with_key("sk-canary-1")).unwrap();
        assert_eq!((usual.id.as_str(), other.id.as_str()), ("deepseek", "deepseek.messages"));
        assert_eq!(usual.headers().get("authorization").unwrap(), "Bearer sk-canary-1");
        assert_eq!(other.headers().get("x-api-key").unwrap(), "sk-canary-1");
        let printed = format!("{usual:?} {other:?}");
        assert!(!printed.contains("canary"), "{printed}");
    }

    #[test]
    fn a_key_that_is_missing_or_none_is_named_without_it() {
        let missing = open("deepseek", None, &Account::default()).unwrap_err().to_string();
        assert_eq!(missing, "`deepseek` needs a key; it is looked for in DEEPSEEK_API_KEY");
        let bad = open("deepseek", None, &with_key("sk-canary two")).unwrap_err();
        assert_eq!(bad, SiteError::BadKey { site: "deepseek".to_owned() });
        assert!(open("ollama", None, &Account::default()).is_ok(), "some need none");
    }

    #[test]
    fn blanks_are_filled_and_change_nothing_else() {
        let fill = |value: &str| Account {
            blanks: BTreeMap::from([("resource".to_owned(), value.to_owned())]),
            ..with_key("k")
        };
        let site = open("azure", None, &fill("my-own")).unwrap();
        assert!(site.endpoint.base_url.starts_with("https://my-own."), "{}", site.endpoint.base_url);
        for value in ["evil.example/x", "a@b", "", "a b"] {
            assert!(matches!(open("azure", None, &fill(value)), Err(SiteError::BadBlank { .. })), "{value}");
        }
        assert!(matches!(open("azure", None, &with_key("k")), Err(SiteError::Blank { .. })));
    }

    #[test]
    fn addresses_with_credentials_or_without_protection_are_refused() {
        for good in [
            "https://models.example/v1/",
            "http://127.0.0.1:1",
            "http://10.0.0.7:8000/v1",
            "http://gpu:8000",
            "http://[::1]:9",
            "http://gpu.lan/v1",
        ] {
            assert!(at(good).is_ok(), "{good}");
        }
        assert_eq!(at("https://models.example/v1/").unwrap().endpoint.base_url, "https://models.example/v1");
        for bad in [
            "https://me:secret@models.example",
            "https://me@models.example",
            "http://models.example",
            "http://8.8.8.8",
            "ftp://models.example",
            "https://models.example/?x=1",
            "https://models.example/#x",
            "models.example",
        ] {
            let error = at(bad).unwrap_err();
            assert!(matches!(error, SiteError::BadAddress { .. }), "{bad}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_endpoint_that_is_not_there_is_refused_with_those_that_are() {
        let error = open("deepseek", Some("moon"), &with_key("k")).unwrap_err().to_string();
        assert_eq!(error, "`deepseek` has no endpoint `moon`; there are: main, messages");
    }
}
