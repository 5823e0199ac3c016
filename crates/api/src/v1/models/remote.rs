//! A model of a provider.

use app::{Place, RemoteModel};
use catalog::Price;
use money::Unit;
use serde::Serialize;
use utoipa::ToSchema;

/// A model of a provider, which answers chats.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RemoteModel)]
pub(crate) struct RemoteModelDocument {
    /// `provider/model`.
    id: String,
    /// In the provider's words.
    model: String,
    /// The provider's name.
    provider: String,
    /// Questions to it leave this machine.
    leaves_machine: bool,
    /// It is no model: its answers are scripted.
    scripted: bool,
    /// What it costs at this hour; null where nobody has written it down.
    #[schema(required)]
    price: Option<PriceDocument>,
}

/// What tokens cost, in pico-units (1e-12) of a currency for each.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ModelPrice)]
pub(crate) struct PriceDocument {
    /// Three letters (ISO 4217).
    currency: String,
    /// A token of the question.
    #[schema(required)]
    input_picos: Option<i64>,
    /// One that the provider had computed before.
    #[schema(required)]
    cached_picos: Option<i64>,
    /// A token of the answer.
    #[schema(required)]
    output_picos: Option<i64>,
}

impl From<RemoteModel> for RemoteModelDocument {
    fn from(model: RemoteModel) -> Self {
        let RemoteModel { id, model, provider, place, price } = model;
        let (leaves_machine, scripted) = (place == Place::Away, place == Place::Stage);
        let price = price.map(|price| PriceDocument::of(&price));
        Self { id, model, provider, leaves_machine, scripted, price }
    }
}

impl PriceDocument {
    pub(in crate::v1) fn of(price: &Price) -> Self {
        let picos = |unit| price.rate(unit).map(|rate| rate.rate.picos());
        Self {
            currency: price.currency().to_string(),
            input_picos: picos(Unit::Input),
            cached_picos: picos(Unit::CacheRead),
            output_picos: picos(Unit::Output),
        }
    }
}
