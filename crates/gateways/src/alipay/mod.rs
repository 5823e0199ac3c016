//! Alipay, open platform, for merchants of mainland China: payment on a page or by QR code, refunds, and notifications.
//!
//! Documented at <https://opendocs.alipay.com/open/028r8t> (`alipay.trade.page.pay`) and under the names of the other
//! methods beside it; what fields mean is also said in Alipay's own client, <https://github.com/alipay/alipay-sdk-java-all>
//! (`AlipayTradeRefundResponse`, `AlipayTradeFastpayRefundQueryResponse`). What matters here:
//!
//! - Both sides sign with RSA2: RSA and SHA-256 over parameters in the order of their names, or over the part of an answer
//!   that says something, byte for byte.
//! - A notification is repeated for a day until it is answered with `success`. It names its receiver (`app_id`,
//!   `seller_id`): who copies one from another shop has the right signature and the wrong receiver.
//! - `TRADE_FINISHED` is a `TRADE_SUCCESS` that cannot be refunded any more. `TRADE_CLOSED` means not paid, or paid and
//!   all given back.
//! - Refunds are told as notifications of the payment with `refund_fee`, the sum of all refunds.
//! - Amounts are decimal numbers of yuan in text, with two decimals.

mod api;
mod notify;
mod signature;

use std::sync::Arc;

use money::payment::{Fact, RefundOrder};
use ports::{
    Callback, CallbackError, Checkout, PaymentDriver, PaymentFuture, PaymentQuery, Receipt, Started,
};
use serde::Deserialize;
use stdx::{Clock, OrderId};

use crate::http::Http;
use crate::keys::{SigningKey, VerifyingKey};

pub use signature::{content_of_notification, content_of_request};

/// The name of the driver.
pub const ALIPAY: &str = "alipay";

/// How somebody pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlipayFlow {
    /// On a page of Alipay's that their browser opens.
    #[default]
    Page,
    /// By scanning a code.
    Qr,
}

/// What the driver has to know.
#[derive(Debug)]
pub struct AlipayAccount {
    /// The application's id.
    pub app_id: String,
    /// Who is paid, `2088…`.
    pub seller_id: String,
    /// The application's private key.
    pub app_key: SigningKey,
    /// Alipay's public key for this application; not the application's own.
    pub alipay_key: VerifyingKey,
    /// How somebody pays.
    pub flow: AlipayFlow,
    /// Where the API is.
    pub api: String,
    /// Where notifications are to be sent.
    pub notify_url: String,
    /// Where the payer goes when they have paid. The order's id is put in the place of `{order}`.
    pub return_url: String,
}

/// Alipay.
#[derive(Debug)]
pub struct Alipay {
    account: AlipayAccount,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
}

impl Alipay {
    /// A driver for an application.
    pub fn new(account: AlipayAccount, http: Arc<dyn Http>, clock: Arc<dyn Clock>) -> Self {
        Self { account, http, clock }
    }
}

impl PaymentDriver for Alipay {
    fn name(&self) -> &'static str {
        ALIPAY
    }

    fn begin(&self, checkout: Checkout) -> PaymentFuture<'_, Started> {
        Box::pin(self.create_trade(checkout))
    }

    fn read_callback(&self, callback: Callback<'_>) -> Result<Vec<Fact>, CallbackError> {
        notify::facts(callback.body, callback.at, &self.account)
    }

    fn acknowledgement(&self) -> Receipt {
        Receipt { content_type: "text/plain", body: "success" }
    }

    fn refusal(&self) -> Receipt {
        Receipt { content_type: "text/plain", body: "failure" }
    }

    fn query(&self, query: PaymentQuery) -> PaymentFuture<'_, Vec<Fact>> {
        Box::pin(self.ask(query))
    }

    fn refund(&self, order: OrderId, refund: RefundOrder) -> PaymentFuture<'_, Vec<Fact>> {
        Box::pin(self.create_refund(order, refund))
    }
}
