//! Models of providers that members may ask for, and what they cost now.

use std::collections::BTreeMap;

use catalog::{Facts, Price};
use wire::ModelKind;

use crate::billing::is_local;
use crate::{App, AppError};

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
}

/// What becomes of a question for a model that is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// The provider is asked; it knows whether it has such a model.
    Asked,
    /// There is no such model.
    Refused,
}

/// A model of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteModel {
    /// `provider/model`.
    pub id: String,
    /// In the provider's words.
    pub model: String,
    /// The provider's name.
    pub provider: String,
    /// What it costs at this hour; absent where nobody has written it down.
    pub price: Option<Price>,
}

impl RemoteModels {
    /// Of these sites.
    pub fn new(sites: impl IntoIterator<Item = (String, RemoteSite)>) -> Self {
        Self(sites.into_iter().collect())
    }

    /// Those that are offered: the id, and the model in its provider's words.
    pub(crate) fn offered(&self) -> impl Iterator<Item = (String, &str)> {
        self.0.iter().flat_map(|(site, offered)| {
            offered.models.iter().map(move |model| (format!("{site}/{model}"), model.as_str()))
        })
    }

    fn knows(&self, id: &str) -> bool {
        let Some((site, model)) = id.split_once('/') else { return false };
        self.0.get(site).is_some_and(|site| {
            !model.is_empty() && (site.others == Others::Asked || site.models.iter().any(|one| one == model))
        })
    }
}

impl App {
    /// The models of providers that are offered.
    pub fn remote_models(&self) -> Vec<RemoteModel> {
        let now = self.clock.now();
        let models = self.offer.remote.0.iter().flat_map(|(site, offered)| {
            offered.models.iter().map(move |model| (format!("{site}/{model}"), model, &offered.name))
        });
        let described = models.map(|(id, model, provider)| {
            let priced_as = self.tariff.priced_as(&id);
            let price = self.tariff.prices.price_at(now, priced_as, Facts::default()).ok();
            RemoteModel { model: model.clone(), provider: provider.clone(), price, id }
        });
        described.collect()
    }

    /// Fails unless this model can be asked here, or there is such a policy.
    pub(crate) async fn must_answer(&self, id: &str) -> Result<(), AppError> {
        if self.policy(id).is_some() {
            return Ok(());
        }
        if is_local(id) {
            if self.catalog.get(id).is_none() {
                return Err(self.no_such_model(id));
            }
            return self.must_be_installed(self.spec_for(id, ModelKind::Chat)?).await;
        }
        if self.offer.remote.knows(id) { Ok(()) } else { Err(AppError::not_found("model")) }
    }

    /// The most tokens that a question and its answer can have together, as far as that is known here. Providers know it
    /// of their own models, and refuse what is longer.
    pub(crate) fn context_of(&self, model: &str) -> u32 {
        if is_local(model) { self.options.context_tokens } else { u32::MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_offered_is_asked_for_only_where_it_may_be() {
        let site = |others| RemoteSite { name: "Toy".to_owned(), models: vec!["a/b".to_owned()], others };
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
}
