//! How members can pay here.

use gateways::{Missing, TopUps};
use money::Currency;

use crate::{Actor, App, Role};

/// How members can pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaysToPay {
    /// The names of the gateways.
    pub gateways: Vec<&'static str>,
    /// What may be paid in at once.
    pub top_ups: TopUps,
    /// In which currency.
    pub currency: Currency,
    /// Gateways that somebody began to set up; for the owner.
    pub missing: Vec<Missing>,
}

impl App {
    /// How members can pay, and for owners what is missing.
    pub fn ways_to_pay(&self, actor: &Actor) -> WaysToPay {
        let missing = if actor.role == Role::Owner { self.gateways.missing().to_vec() } else { Vec::new() };
        WaysToPay {
            gateways: self.gateways.names().collect(),
            top_ups: self.gateways.top_ups().clone(),
            currency: self.tariff.currency,
            missing,
        }
    }
}
