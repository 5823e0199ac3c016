//! Payment gateways for tests: they speak as the gateways' documents say, and check signatures with code of their own.
//!
//! Each is a [`Fake`] that is put behind an address of this machine by [`serve`], and makes the messages that its
//! webhook would get. What all of them can say, whatever their words for it, is a [`Voice`]: the table of what may come to
//! a webhook is written once and read to each. All messages are about one order, [`ORDER`], of 88.80 yuan.
//!
//! To add a gateway: a file with its fake, and an entry in [`voices`].

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

pub mod alipay;
pub mod keys;
mod served;
pub mod stripe;
mod voice;
pub mod wechat;

pub use served::{Fake, Reply, Sent, serve};
pub use voice::{Voice, voices};

use money::{Amount, Money};
use stdx::Timestamp;

/// The order that all messages are about.
pub const ORDER: &str = "019aab5e-8c00-7000-8000-000000000002";
/// Our id of a refund of it.
pub const REFUND: &str = "019aab5e-8c00-7000-8000-00000000000a";

/// A message to a webhook.
#[derive(Clone, Debug)]
pub struct Message {
    /// Names and values.
    pub headers: Vec<(&'static str, String)>,
    /// What the signature is over.
    pub body: Vec<u8>,
}

impl Message {
    /// With something else in the body in the place of the first that is there.
    ///
    /// # Panics
    /// When it is not there.
    #[must_use]
    pub fn tampered(&self, from: &str, to: &str) -> Self {
        let body = String::from_utf8(self.body.clone()).unwrap();
        assert!(body.contains(from), "{from} does not stand in {body}");
        Self { body: body.replacen(from, to, 1).into_bytes(), ..self.clone() }
    }
}

/// 22 November 2026, 08:00 UTC: when gateways answer.
pub fn now() -> Timestamp {
    Timestamp::from_micros(1_795_334_400_000_000)
}

/// An amount as it is written.
pub fn money(text: &str, currency: &str) -> Money {
    text.parse::<Amount>().unwrap().of(currency.parse().unwrap())
}
