//! Payment gateways behind [`ports::PaymentDriver`]: by hand, Stripe, Alipay, WeChat Pay.
//!
//! A driver translates: what is to be paid into a gateway's words, and what a gateway says into [`money::payment::Fact`]s. It
//! believes nothing whose signature is not right, over the bytes as they came and before anything is parsed; it believes
//! no old signature; and it never says what something is worth: amount, currency and product come from our order.
//!
//! Which drivers there are, [`PaymentsConfig`] says. One without its secrets does not exist, and neither does its route.
//!
//! Signatures are made and checked with `ring`, which is there for TLS anyway; it compares in constant time.
//!
//! To add a driver: a folder with `impl PaymentDriver`, a section in `config.rs`, and a fake that behaves as the gateway's
//! documents say in `tests/gateways`. `docs/adding/payment.md` says more.

mod alipay;
mod config;
mod http;
mod keys;
mod manual;
mod minor;
mod names;
mod stripe;
mod wechat;
mod window;

pub use alipay::{ALIPAY, Alipay, AlipayAccount, AlipayFlow, content_of_notification, content_of_request};
pub use config::{
    AlipaySection, ConfigError, Gateways, Missing, PaymentsConfig, PlatformKeySection, StripeSection,
    Surroundings, TopUpSection, TopUps, WechatSection,
};
pub use http::{Http, HttpsClient, Method, Request, Response, ResponseFuture};
pub use keys::{KeyError, SigningKey, VerifyingKey};
pub use manual::{MANUAL, Manual};
pub use stripe::{STRIPE, Stripe, StripeAccount, sign as sign_stripe, verify as verify_stripe};
pub use wechat::{
    ApiV3Key, PlatformKeys, Sealed, WECHAT, Wechat, WechatAccount, signed_headers as sign_wechat,
    verify as verify_wechat,
};
