//! The vendors of the catalogue, for whoever says which of them are asked.

use catalog::{Endpoint, Provider, Providers};
use ports::{ProviderHost, ProviderTrial, Reach, SiteAccount, SiteRefusal, SiteStanding};

use crate::reach::reach_for_page;
use crate::site::{Site, SiteError};
use crate::upstreams::Upstreams;

/// The vendors of the catalogue, and who asks them.
#[derive(Clone, Debug)]
pub struct Vendors {
    known: Providers,
    upstreams: Upstreams,
}

impl Vendors {
    /// For these. Nobody is asked before [`ProviderHost::replace`].
    pub fn new(known: Providers, upstreams: Upstreams) -> Self {
        Self { known, upstreams }
    }

    fn find(&self, site: &str) -> Result<(&Provider, &Endpoint), SiteRefusal> {
        let (vendor, endpoint) =
            site.split_once('.').map_or((site, None), |(vendor, rest)| (vendor, Some(rest)));
        let none = || SiteRefusal { reason: format!("there is no provider `{site}`"), is_without_key: false };
        let provider = self.known.get(vendor).ok_or_else(none)?;
        let endpoint = match endpoint {
            Some(id) => provider.endpoint(id),
            None => provider.endpoints.first(),
        };
        Ok((provider, endpoint.ok_or_else(none)?))
    }

    fn open(&self, site: &str, account: &SiteAccount) -> Result<Site, SiteRefusal> {
        let (provider, endpoint) = self.find(site)?;
        Site::open(provider, Some(&endpoint.id), account).map_err(refusal)
    }
}

impl ProviderHost for Vendors {
    fn reach(&self, site: &str) -> Reach {
        self.find(site).map_or(Reach::Public, |(_, endpoint)| reach_for_page(endpoint))
    }

    fn address(&self, site: &str, account: &SiteAccount) -> Result<String, SiteRefusal> {
        let (_, endpoint) = self.find(site)?;
        Site::address(site, endpoint, account).map_err(refusal)
    }

    fn check(&self, site: &str, account: &SiteAccount) -> Result<(), SiteRefusal> {
        self.open(site, account).map(|_| ())
    }

    fn replace(&self, sites: &[(String, SiteAccount)]) -> Vec<(String, SiteRefusal)> {
        let (mut opened, mut refused) = (Vec::new(), Vec::new());
        for (id, account) in sites {
            match self.open(id, account) {
                Ok(site) => opened.push(site),
                Err(refusal) => refused.push((id.clone(), refusal)),
            }
        }
        self.upstreams.replace(opened);
        refused
    }

    fn standing(&self, site: &str) -> Option<SiteStanding> {
        self.upstreams.site_standing(site)
    }

    fn vouch_for(&self, model: &str) {
        self.upstreams.vouch_for(model);
    }

    fn trial(&self, site: &str) -> Option<Box<dyn ProviderTrial>> {
        let trial: Box<dyn ProviderTrial> = Box::new(self.upstreams.trial(site)?);
        Some(trial)
    }
}

fn refusal(error: SiteError) -> SiteRefusal {
    let is_without_key = matches!(error, SiteError::NoKey { .. });
    SiteRefusal { reason: error.to_string(), is_without_key }
}
