//! A gateway through which members pay.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use money::Money;
use money::payment::{Fact, RefundOrder};
use serde::{Deserialize, Serialize};
use stdx::{OrderId, RefundId, Timestamp};
use thiserror::Error;

use crate::PortErrorKind;

/// What somebody is to pay. All of it comes from our order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The order. Beginning the same one again gives the same payment.
    pub order: OrderId,
    /// How much.
    pub money: Money,
    /// What the payer reads at the gateway: "Top-up of 50.00 CNY".
    pub title: String,
    /// Until when it can be paid.
    pub expires_at: Timestamp,
}

/// A payment that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The gateway's name for it, to be kept with the order; absent where the order's id is enough to ask for it.
    pub reference: Option<String>,
    /// What the payer does next.
    pub next: NextStep,
}

/// What the payer does next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "next", content = "text", rename_all = "snake_case")]
pub enum NextStep {
    /// They open this address.
    Visit(String),
    /// They scan this text as a QR code.
    Scan(String),
    /// They pay in a way that nobody can watch; the owner confirms it by hand.
    Wait,
}

/// What is to be asked about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentQuery {
    /// The order.
    pub order: OrderId,
    /// What [`Started`] said when it began.
    pub reference: Option<String>,
    /// Refunds of ours whose end is not known.
    pub refunds: Vec<RefundId>,
}

/// What came to the callback's address.
#[derive(Clone, Copy, Debug)]
pub struct Callback<'a> {
    /// The headers.
    pub headers: &'a dyn Headers,
    /// The body, byte for byte as it came.
    pub body: &'a [u8],
    /// When it came.
    pub at: Timestamp,
}

/// Headers of a request.
pub trait Headers: fmt::Debug + Sync {
    /// The value of the only header of this name, in whatever case; `None` when it is missing, is not text, or is there
    /// more than once: which of two signatures counts would be a matter of taste.
    fn only(&self, name: &str) -> Option<&str>;
}

/// Pairs of names and values.
impl Headers for &[(&str, &str)] {
    fn only(&self, name: &str) -> Option<&str> {
        let mut found = self.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, value) = found.next()?;
        if found.next().is_none() { Some(value) } else { None }
    }
}

/// What a gateway wants to read as an answer to a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: &'static str,
}

/// Why a callback is not believed. Whatever it was, nothing changes because of it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CallbackError {
    /// There is no signature where one has to be, or not in the form that it has.
    #[error("the callback is not signed: {0}")]
    Unsigned(&'static str),
    /// The signature is not the gateway's.
    #[error("the signature of the callback does not fit")]
    Forged,
    /// It is signed, but was sent too long ago, or is from the future.
    #[error("the callback was signed {0} seconds away from now")]
    Stale(u64),
    /// It is signed and cannot be understood.
    #[error("the callback cannot be read: {0}")]
    Malformed(String),
    /// It is signed and meant for another account.
    #[error("the callback is for another account: {0}")]
    NotOurs(String),
}

/// Why a gateway did not do what it was asked.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{detail}")]
pub struct PaymentError {
    /// What the caller can do. After [`PortErrorKind::Retry`] and [`PortErrorKind::Down`] nobody knows whether it was
    /// done: asking again with the same ids is safe and the only way to find out.
    pub kind: PortErrorKind,
    /// English; no secrets.
    pub detail: String,
}

impl PaymentError {
    /// A failure of the given kind.
    pub fn new(kind: PortErrorKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// True when it is sure that the gateway did nothing.
    pub fn is_declined(&self) -> bool {
        matches!(self.kind, PortErrorKind::Refused | PortErrorKind::Bad)
    }
}

/// An answer on its way. Dropping it gives up waiting and does not undo anything.
pub type PaymentFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, PaymentError>> + Send + 'a>>;

/// A gateway through which members pay. What it says is returned as facts for the order to learn; it never
/// decides what anything is worth.
pub trait PaymentDriver: Send + Sync + fmt::Debug {
    /// Its name, in orders, routes and the configuration.
    fn name(&self) -> &'static str;

    /// Begins a payment.
    fn begin(&self, checkout: Checkout) -> PaymentFuture<'_, Started>;

    /// Reads a callback. What is signed but of no interest has no facts and is acknowledged all the same.
    ///
    /// # Errors
    /// When it is not known to come from the gateway, for this account and of this time.
    fn read_callback(&self, callback: Callback<'_>) -> Result<Vec<Fact>, CallbackError>;

    /// What to answer to a callback once its facts are stored.
    fn acknowledgement(&self) -> Receipt;

    /// What to answer to a callback that could not be stored, so that it is sent again.
    fn refusal(&self) -> Receipt;

    /// Asks what became of an order. No facts: nothing was paid yet.
    fn query(&self, query: PaymentQuery) -> PaymentFuture<'_, Vec<Fact>>;

    /// Gives money back. No facts: it will take a while, and a callback or [`query`](Self::query) tells of its end.
    ///
    /// Only after [`PortErrorKind::Refused`] and [`PortErrorKind::Bad`] is it sure that nothing is given back.
    fn refund(&self, order: OrderId, refund: RefundOrder) -> PaymentFuture<'_, Vec<Fact>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_is_there_twice_is_not_there() {
        let headers: &[(&str, &str)] = &[("Sign", "a"), ("other", "b"), ("sign", "c")];
        assert_eq!(headers.only("sign"), None);
        assert_eq!(headers.only("OTHER"), Some("b"));
        assert_eq!(headers.only("missing"), None);
    }
}
