//! A word that a provider is asked for to see whether it answers. It is held for and settled as any call is, so that it stands
//! with what its provider's bill will say; nobody but the operator pays.

use std::sync::Arc;

use money::Amount;
use plans::Pay;
use stdx::RunId;
use store::charges::{self, Charge};

use super::holding::{MOST_LOOKS, busy};
use super::tab::Tab;
use crate::{Actor, App, AppError};

/// No fewer tokens than such a word takes, in and out.
const MOST_TOKENS: u64 = 256;

impl App {
    /// Begins a word that is asked for on the operator's account, whatever the plan of whoever asks says.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub(crate) async fn open_trial(
        self: &Arc<Self>,
        actor: &Actor,
        (run_id, model): (RunId, &str),
    ) -> Result<Tab, AppError> {
        for _ in 0..MOST_LOOKS {
            let ticket = self.noted.tallies.ticket(self.clock.now());
            let holding = self.holding(actor).await?;
            let quote = self.tariff.quote(ticket.at(), model, MOST_TOKENS, MOST_TOKENS);
            let quote = quote.map_err(AppError::internal)?;
            let charge = Charge {
                run_id,
                scope: actor.scope(),
                key_id: actor.key_id(),
                began_at: quote.at,
                agent_id: None,
                model: model.to_owned(),
                plan: holding.plan.id.clone(),
                pay: Pay::Included,
                currency: self.tariff.currency,
                ceiling: Amount::ZERO,
                tokens: MOST_TOKENS,
                price: quote.price,
            };
            let mut sheet = holding.sheet;
            let mut writes = vec![charges::insert(&charge)];
            writes.extend(self.hold(&mut sheet, &charge)?);
            if let Some(tab) = self.keep_tab(charge, writes, ticket).await? {
                return Ok(tab);
            }
        }
        Err(busy())
    }
}
