//! WeChat Pay, API v3, for merchants of mainland China: payment by QR code ("native"), refunds, and notifications.
//!
//! Documented at <https://pay.weixin.qq.com/doc/v3/merchant/4012791877> (orders), `…/4013070368` (notifications of
//! payments), `…/4012154180` (WeChat Pay's public key in the place of platform certificates), and
//! <https://pay.weixin.qq.com/docs/merchant/development/interface-rules/certificate-callback-decryption.html> (sealed
//! resources). What matters here:
//!
//! - Both sides sign: we every request with the merchant's key, they every answer and notification with theirs. Which key
//!   theirs is, the header `Wechatpay-Serial` says: the number of a platform certificate or the id of a public key
//!   (`PUB_KEY_ID_…`). Only keys of the configuration count.
//! - The content of a notification is sealed with the APIv3 key (AES-256-GCM) as well.
//! - Amounts are whole fen. `amount.total` is the order's; what the payer paid may be less, by coupons of WeChat's.
//! - A notification may come more than once. Some come with a signature that is wrong on purpose
//!   (`WECHATPAY/SIGNTEST/…`), to see whether anybody looks.

mod api;
mod notify;
mod seal;
mod signature;

use std::collections::BTreeMap;
use std::sync::Arc;

use money::payment::{Fact, RefundOrder};
use ports::{
    Callback, CallbackError, Checkout, PaymentDriver, PaymentFuture, PaymentQuery, Receipt, Started,
};
use stdx::{Clock, OrderId, Rng};

use crate::http::Http;
use crate::keys::{SigningKey, VerifyingKey};

pub use seal::{ApiV3Key, Sealed};
pub use signature::{signed_headers, verify};

use signature::authorization;

/// The name of the driver.
pub const WECHAT: &str = "wechat";

/// The keys of WeChat Pay, by the numbers that its messages name them by.
pub type PlatformKeys = BTreeMap<String, VerifyingKey>;

/// What the driver has to know.
#[derive(Debug)]
pub struct WechatAccount {
    /// The application's id, `wx…`.
    pub app_id: String,
    /// The merchant's number.
    pub merchant_id: String,
    /// The number of the merchant's certificate.
    pub certificate_serial: String,
    /// The key of the merchant's certificate.
    pub merchant_key: SigningKey,
    /// The key that notifications are sealed with.
    pub api_v3_key: ApiV3Key,
    /// At least one.
    pub platform_keys: PlatformKeys,
    /// Where the API is.
    pub api: String,
    /// Where notifications are to be sent: HTTPS, without a query.
    pub notify_url: String,
}

/// WeChat Pay.
#[derive(Debug)]
pub struct Wechat {
    account: WechatAccount,
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Wechat {
    /// A driver for a merchant.
    pub fn new(
        account: WechatAccount,
        http: Arc<dyn Http>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        Self { account, http, clock, rng }
    }
}

impl PaymentDriver for Wechat {
    fn name(&self) -> &'static str {
        WECHAT
    }

    fn begin(&self, checkout: Checkout) -> PaymentFuture<'_, Started> {
        Box::pin(self.create_order(checkout))
    }

    fn read_callback(&self, callback: Callback<'_>) -> Result<Vec<Fact>, CallbackError> {
        verify(&self.account.platform_keys, callback.headers, callback.body, callback.at)?;
        notify::facts(callback.body, &self.account)
    }

    fn acknowledgement(&self) -> Receipt {
        Receipt { content_type: "application/json", body: r#"{"code":"SUCCESS"}"# }
    }

    fn refusal(&self) -> Receipt {
        Receipt { content_type: "application/json", body: r#"{"code":"FAIL","message":"FAIL"}"# }
    }

    fn query(&self, query: PaymentQuery) -> PaymentFuture<'_, Vec<Fact>> {
        Box::pin(self.ask(query))
    }

    fn refund(&self, order: OrderId, refund: RefundOrder) -> PaymentFuture<'_, Vec<Fact>> {
        Box::pin(self.create_refund(order, refund))
    }
}
