//! Stripe: Checkout Sessions in payment mode, refunds, and webhooks.
//!
//! Documented at <https://docs.stripe.com/api/checkout/sessions>, <https://docs.stripe.com/api/refunds>,
//! <https://docs.stripe.com/checkout/fulfillment>, <https://docs.stripe.com/webhooks> and
//! <https://docs.stripe.com/api/idempotent_requests>. What matters here:
//!
//! - Events come late, more than once and in any order. A session that is completed may not be paid yet
//!   (`payment_status`); its success or failure then comes as an event of its own.
//! - A payment is a PaymentIntent. The order's id goes into its metadata, from where it is copied to the charge, so that
//!   a refund at Stripe's own page can be told from one of another shop on the same account.
//! - `amount_refunded` of a charge is the sum of all refunds; single refunds carry our id in their metadata.
//! - A dispute takes money back like a refund, without asking anybody; one that is won gives it back.
//! - Idempotency keys are kept for a day at least, as long as a session can be paid.

mod api;
mod currency;
mod event;
mod signature;

use std::sync::Arc;

use money::payment::{Fact, RefundOrder};
use ports::{
    Callback, CallbackError, Checkout, PaymentDriver, PaymentFuture, PaymentQuery, Receipt, Started,
};
use stdx::{OrderId, Secret};

use crate::http::Http;

pub use signature::{sign, verify};

/// The name of the driver.
pub const STRIPE: &str = "stripe";

/// What the driver has to know.
#[derive(Clone, Debug)]
pub struct StripeAccount {
    /// The key of the account, `sk_…` or `rk_…`.
    pub secret_key: Secret<String>,
    /// The secrets of the webhook, `whsec_…`: two while one takes over from the other.
    pub webhook_secrets: Vec<Secret<String>>,
    /// Where the API is.
    pub api: String,
    /// Where the payer goes when they have paid. The order's id is put in the place of `{order}`.
    pub success_url: String,
    /// Where the payer goes when they think better of it. The order's id is put in the place of `{order}`.
    pub cancel_url: String,
}

/// Stripe.
#[derive(Debug)]
pub struct Stripe {
    account: StripeAccount,
    http: Arc<dyn Http>,
}

impl Stripe {
    /// A driver for an account.
    pub fn new(account: StripeAccount, http: Arc<dyn Http>) -> Self {
        Self { account, http }
    }

    /// True for keys of the mode in which real money moves. An event of the other mode counts nothing.
    fn is_live(&self) -> bool {
        !self.account.secret_key.expose().contains("_test_")
    }
}

impl PaymentDriver for Stripe {
    fn name(&self) -> &'static str {
        STRIPE
    }

    fn begin(&self, checkout: Checkout) -> PaymentFuture<'_, Started> {
        Box::pin(self.create_session(checkout))
    }

    fn read_callback(&self, callback: Callback<'_>) -> Result<Vec<Fact>, CallbackError> {
        let header = callback.headers.only("stripe-signature");
        let header = header.ok_or(CallbackError::Unsigned("no Stripe-Signature header"))?;
        verify(&self.account.webhook_secrets, header, callback.body, callback.at)?;
        event::facts(callback.body, self.is_live())
    }

    fn acknowledgement(&self) -> Receipt {
        Receipt { content_type: "application/json", body: r#"{"received":true}"# }
    }

    fn refusal(&self) -> Receipt {
        Receipt { content_type: "application/json", body: r#"{"received":false}"# }
    }

    fn query(&self, query: PaymentQuery) -> PaymentFuture<'_, Vec<Fact>> {
        Box::pin(self.ask(query))
    }

    fn refund(&self, order: OrderId, refund: RefundOrder) -> PaymentFuture<'_, Vec<Fact>> {
        Box::pin(self.create_refund(order, refund))
    }
}
