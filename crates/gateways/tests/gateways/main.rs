//! The gateways against fakes that behave as the gateways' documents say.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod alipay;
mod config;
mod house;
mod keys;
mod stripe;
mod webhooks;
mod wechat;
