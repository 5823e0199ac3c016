//! Models of providers that members may ask for, and what they cost now.

use catalog::{Facts, Price};
use providers::Place;
use wire::ModelKind;

use crate::{Actor, App, AppError};
use tariff::is_local;

/// A model of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteModel {
    /// `provider/model`.
    pub id: String,
    /// In the provider's words.
    pub model: String,
    /// The provider's name.
    pub provider: String,
    /// Where questions to it go.
    pub place: Place,
    /// What it costs at this hour; absent where nobody has written it down.
    pub price: Option<Price>,
}

impl App {
    /// The models of providers that are offered.
    pub fn remote_models(&self) -> Vec<RemoteModel> {
        let now = self.clock.now();
        let remote = self.offer.providers.remote();
        let models = remote.iter().flat_map(|(site, offered)| {
            offered.models.iter().map(move |model| (format!("{site}/{model}"), model, offered))
        });
        let described = models.map(|(id, model, site)| {
            let priced_as = self.tariff.priced_as(&id);
            let price = self.tariff.prices.price_at(now, priced_as, Facts::default()).ok();
            RemoteModel { model: model.clone(), provider: site.name.clone(), place: site.place, price, id }
        });
        described.collect()
    }

    /// Fails unless this model can be asked here, or there is such a policy.
    pub(crate) async fn must_answer(&self, actor: Option<&Actor>, id: &str) -> Result<(), AppError> {
        if self.policy(id).is_some() {
            return Ok(());
        }
        if is_local(id) {
            return self.must_be_installed(self.spec_for(actor, id, ModelKind::Chat)?).await;
        }
        if self.offer.providers.remote().knows(id) { Ok(()) } else { Err(self.no_such_model(actor, id)) }
    }

    /// The most tokens that a question and its answer can have together, as far as that is known here. Providers know it
    /// of their own models, and refuse what is longer.
    pub(crate) fn context_of(&self, model: &str) -> u32 {
        if is_local(model) { self.options.context_tokens } else { u32::MAX }
    }
}
