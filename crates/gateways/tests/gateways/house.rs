//! A workspace with one order: what the application does with callbacks, without a database.

use std::sync::Arc;
use std::time::Duration;

use fakegateways::{Message, ORDER, money, now};
use gateways::{Gateways, HttpsClient, PaymentsConfig, Surroundings};
use ledger::{Account, Applied, Book};
use money::Amount;
use money::payment::Fact;
use payments::{Effect, Evidence, Flag, NotBegun, Now, Order, PlanNow, Product, Status, Verdict};
use ports::{Callback, CallbackError, Checkout, PaymentDriver, PaymentQuery};
use stdx::{MemberId, MockClock, OrderId, SeededRng};

/// What tests live in.
pub(crate) fn surroundings(clock: &MockClock) -> Surroundings {
    Surroundings {
        http: Arc::new(HttpsClient::for_a_fake()),
        clock: Arc::new(clock.clone()),
        rng: Arc::new(SeededRng::new(7)),
    }
}

/// The drivers of a configuration.
pub(crate) fn open(config: &str, clock: &MockClock) -> Gateways {
    let config: PaymentsConfig = toml::from_str(config).unwrap();
    Gateways::open(&config, &surroundings(clock)).unwrap()
}

pub(crate) fn order_id() -> OrderId {
    ORDER.parse().unwrap()
}

/// What somebody is to pay for the order.
pub(crate) fn checkout() -> Checkout {
    Checkout {
        order: order_id(),
        money: money("88.80", "CNY"),
        title: "充值 88.80".to_owned(),
        expires_at: now().plus(Duration::from_secs(3_600)),
    }
}

pub(crate) fn query(reference: Option<&str>) -> PaymentQuery {
    PaymentQuery { order: order_id(), reference: reference.map(str::to_owned), refunds: Vec::new() }
}

/// A member's order of 88.80 yuan and the ledger.
pub(crate) struct House {
    pub(crate) order: Order,
    book: Book,
    driver: Arc<dyn PaymentDriver>,
    clock: MockClock,
    pub(crate) flags: Vec<Flag>,
    pub(crate) changes: u32,
}

impl House {
    pub(crate) fn new(driver: &Arc<dyn PaymentDriver>, clock: &MockClock) -> Self {
        let order = Order {
            id: order_id(),
            member: member(),
            product: Product::TopUp,
            price: money("88.80", "CNY"),
            gateway: driver.name().to_owned(),
            reference: None,
            placed_at: now(),
            evidence: Evidence::default(),
            delivery: None,
        };
        let (driver, clock) = (Arc::clone(driver), clock.clone());
        Self { order, book: Book::default(), driver, clock, flags: Vec::new(), changes: 0 }
    }

    /// A message comes to the webhook.
    pub(crate) fn receives(&mut self, message: &Message) -> Result<Vec<Fact>, CallbackError> {
        let headers: Vec<(&str, &str)> =
            message.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let headers = headers.as_slice();
        let at = stdx::Clock::now(&self.clock);
        let callback = Callback { headers: &headers, body: &message.body, at };
        let facts = self.driver.read_callback(callback)?;
        for fact in &facts {
            self.learns(fact);
        }
        Ok(facts)
    }

    pub(crate) fn learns(&mut self, fact: &Fact) {
        let plan = PlanNow::InTheWay(NotBegun::NotOffered);
        let now = Now { at: now(), spendable: self.wallet(), plan };
        let Verdict::Change(change) = self.order.learn(fact, now).unwrap() else { return };
        for effect in &change.effects {
            if let Effect::Ledger(command) = effect {
                assert_eq!(self.book.apply(command), Ok(Applied::Changed));
                self.changes += 1;
            }
        }
        self.order = change.order;
        self.flags.extend(change.flags);
    }

    pub(crate) fn wallet(&self) -> Amount {
        let key = (Account::Wallet(member()), self.order.price.currency);
        self.book.balances().get(&key).copied().unwrap_or_default()
    }

    pub(crate) fn status(&self) -> Status {
        self.order.status().unwrap()
    }
}

fn member() -> MemberId {
    "019aab5e-8c00-7000-8000-000000000001".parse().unwrap()
}
