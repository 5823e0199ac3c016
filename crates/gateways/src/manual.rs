//! Payment that nobody can watch: cash, a transfer, a favour. The owner says when the money is there.

use money::Money;
use money::payment::{Fact, Happened, RefundOrder};
use ports::{
    Callback, CallbackError, Checkout, NextStep, PaymentDriver, PaymentFuture, PaymentQuery, Receipt, Started,
};
use stdx::OrderId;

/// The name of the driver.
pub const MANUAL: &str = "manual";

/// Payment by hand. It has no callback; it needs no secret and is always there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manual;

impl Manual {
    /// That the owner has the money: the fact to learn. Saying it twice is saying it once.
    pub fn confirm(order: OrderId, price: Money) -> Fact {
        let payment = payment(order);
        let event = format!("confirmed:{payment}");
        let what = Happened::Paid { money: price };
        Fact { gateway: MANUAL.to_owned(), event, payment, order: Some(order), what }
    }

    /// That the owner does not expect the money any more.
    pub fn give_up(order: OrderId) -> Fact {
        let payment = payment(order);
        let event = format!("given_up:{payment}");
        Fact { gateway: MANUAL.to_owned(), event, payment, order: Some(order), what: Happened::Failed }
    }
}

impl PaymentDriver for Manual {
    fn name(&self) -> &'static str {
        MANUAL
    }

    fn begin(&self, _checkout: Checkout) -> PaymentFuture<'_, Started> {
        Box::pin(async { Ok(Started { reference: None, next: NextStep::Wait }) })
    }

    fn read_callback(&self, _callback: Callback<'_>) -> Result<Vec<Fact>, CallbackError> {
        Err(CallbackError::Unsigned("nobody calls back for payments by hand"))
    }

    fn acknowledgement(&self) -> Receipt {
        Receipt { content_type: "text/plain", body: "" }
    }

    fn refusal(&self) -> Receipt {
        Receipt { content_type: "text/plain", body: "" }
    }

    fn query(&self, _query: PaymentQuery) -> PaymentFuture<'_, Vec<Fact>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// The owner gives the money back by hand, and says so by asking for this.
    fn refund(&self, order: OrderId, refund: RefundOrder) -> PaymentFuture<'_, Vec<Fact>> {
        let what = Happened::Refunded { refund: refund.refund.to_string(), money: refund.money };
        let event = format!("refunded:{}", refund.refund);
        let payment = refund.payment;
        let fact = Fact { gateway: MANUAL.to_owned(), event, payment, order: Some(order), what };
        Box::pin(async { Ok(vec![fact]) })
    }
}

fn payment(order: OrderId) -> String {
    format!("by-hand:{order}")
}
