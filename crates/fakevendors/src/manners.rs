//! Which keys and headers a dialect wants: what the shipped vendors of it want, by the files in `data/providers/`.

use catalog::{Auth, CatalogError, DataTree, Dialect};
use hyper::HeaderMap;

/// What a dialect's vendors want of a request's head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manners {
    /// Headers that have a key alone in them.
    key_headers: Vec<String>,
    /// Headers that all of its vendors want, with what they want in them.
    must: Vec<(String, String)>,
}

impl Manners {
    /// Reads them from the shipped vendors.
    pub(crate) fn of(dialect: Dialect) -> Result<Self, CatalogError> {
        let providers = catalog::providers(&DataTree::embedded())?;
        let endpoints = providers.iter().flat_map(|provider| &provider.endpoints);
        let endpoints: Vec<_> = endpoints.filter(|endpoint| endpoint.dialect == dialect).collect();
        let mut manners = Self::default();
        for endpoint in &endpoints {
            if let Auth::Header(name) = &endpoint.auth
                && !manners.key_headers.contains(name)
            {
                manners.key_headers.push(name.clone());
            }
        }
        if let Some(first) = endpoints.first() {
            let by_all = |name: &str| endpoints.iter().all(|endpoint| endpoint.headers.contains_key(name));
            let must = first.headers.iter().filter(|(name, _)| by_all(name));
            manners.must = must.map(|(name, value)| (name.clone(), value.clone())).collect();
        }
        Ok(manners)
    }

    /// Headers that must be there, with what must be in them.
    pub(crate) fn must(&self) -> &[(String, String)] {
        &self.must
    }

    /// The key that is shown, in whichever way.
    pub(crate) fn key<'a>(&self, headers: &'a HeaderMap, query: &'a str) -> Option<&'a str> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = text("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let alone = self.key_headers.iter().find_map(|name| text(name));
        alone.or(bearer).or_else(|| query.split('&').find_map(|pair| pair.strip_prefix("key=")))
    }

    /// A header that is missing or wrong.
    pub(crate) fn missing(&self, headers: &HeaderMap) -> Option<&str> {
        let is_wrong = |(name, wanted): &&(String, String)| {
            headers.get(name).is_none_or(|value| value.as_bytes() != wanted.as_bytes())
        };
        self.must.iter().find(is_wrong).map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dialect_wants_is_what_its_vendors_want() {
        let messages = Manners::of(Dialect::Messages).unwrap();
        assert!(messages.key_headers.contains(&"x-api-key".to_owned()));
        assert_eq!(messages.missing(&HeaderMap::new()), Some("anthropic-version"));
        let chat = Manners::of(Dialect::ChatCompletions).unwrap();
        assert_eq!(chat.missing(&HeaderMap::new()), None);
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer fake-a".parse().unwrap());
        assert_eq!(chat.key(&headers, ""), Some("fake-a"));
        assert_eq!(chat.key(&HeaderMap::new(), "alt=sse&key=fake-b"), Some("fake-b"));
    }
}
