//! The gateways against fakes that behave as the gateways' documents say.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod alipay;
mod alipay_fake;
mod config;
mod house;
mod keys;
mod served;
mod stripe;
mod stripe_fake;
mod webhooks;
mod wechat;
mod wechat_fake;
