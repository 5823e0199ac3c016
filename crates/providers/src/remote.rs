//! Models of providers that members may ask for.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// The providers that are asked here, by the first half of their models' ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RemoteModels(BTreeMap<String, RemoteSite>);

/// A provider, or one of its endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteSite {
    /// As people know it.
    pub name: String,
    /// The models that are offered, in the provider's words.
    pub models: Vec<String>,
    /// What becomes of others.
    pub others: Others,
    /// Where questions to it go.
    pub place: Place,
}

/// Where questions to a provider go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// They stay on this machine: a server of one's own.
    Here,
    /// They leave it.
    Away,
    /// Nowhere: the answers are scripted, and nobody reads the questions.
    Stage,
}

impl Place {
    /// That of an address. One that is not understood is away.
    pub fn of(url: &str) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let is_named = authority == "localhost" || authority.starts_with("localhost:");
        let host = authority.parse::<SocketAddr>().map(|socket| socket.ip());
        let host = host.or_else(|_| authority.trim_matches(['[', ']']).parse::<IpAddr>());
        if is_named || host.is_ok_and(|host| host.is_loopback()) { Self::Here } else { Self::Away }
    }
}

/// What becomes of a question for a model that is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// The provider is asked; it knows whether it has such a model.
    Asked,
    /// There is no such model.
    Refused,
}

impl RemoteModels {
    /// Of these sites.
    pub fn new(sites: impl IntoIterator<Item = (String, RemoteSite)>) -> Self {
        Self(sites.into_iter().collect())
    }

    /// One provider.
    pub fn site(&self, id: &str) -> Option<&RemoteSite> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RemoteSite)> {
        self.0.iter().map(|(id, site)| (id.as_str(), site))
    }

    /// Those that are offered and models: the id, and the model in its provider's words.
    pub fn offered(&self) -> impl Iterator<Item = (String, &str)> {
        let real = self.0.iter().filter(|(_, site)| site.place != Place::Stage);
        real.flat_map(|(site, offered)| {
            offered.models.iter().map(move |model| (format!("{site}/{model}"), model.as_str()))
        })
    }

    /// True when a model can be asked for.
    pub fn knows(&self, id: &str) -> bool {
        let Some((site, model)) = id.split_once('/') else { return false };
        self.0.get(site).is_some_and(|site| {
            !model.is_empty() && (site.others == Others::Asked || site.models.iter().any(|one| one == model))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_offered_is_asked_for_only_where_it_may_be() {
        let site = |others| RemoteSite {
            name: "Toy".to_owned(),
            models: vec!["a/b".to_owned()],
            others,
            place: Place::Away,
        };
        let all = RemoteModels::new([
            ("open".to_owned(), site(Others::Asked)),
            ("shut".to_owned(), site(Others::Refused)),
        ]);
        let known: Vec<&str> = ["open/a/b", "open/x", "shut/a/b", "shut/x", "open/", "other/x", "open"]
            .into_iter()
            .filter(|id| all.knows(id))
            .collect();
        assert_eq!(known, ["open/a/b", "open/x", "shut/a/b"]);
    }

    #[test]
    fn an_address_is_here_or_away() {
        for here in
            ["http://localhost:11434/v1", "http://127.0.0.1/v1", "http://[::1]:8000/v1", "http://localhost"]
        {
            assert_eq!(Place::of(here), Place::Here, "{here}");
        }
        for away in [
            "https://api.toy.example/v1",
            "http://gpu.lan:8000/v1",
            "http://localhost.toy.example",
            "http://10.0.0.1",
            "",
        ] {
            assert_eq!(Place::of(away), Place::Away, "{away}");
        }
    }
}
