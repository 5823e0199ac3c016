//! A workspace where mei pays through a gateway, and what the books say afterwards.

use app::{Role, check_books};
use fakegateways::{Message, ORDER, Voice};
use ledger::{Account, Reason};
use serde_json::{Value, json};
use stdx::Clock;
use testkit::{Answer, Client, Home, TestApp};

/// 88.80 yuan.
pub(crate) const PRICE: i64 = 88_800_000;

pub(crate) struct Shop {
    pub(crate) app: TestApp,
    pub(crate) owner: Client,
    pub(crate) mei: Client,
}

impl Shop {
    /// Where members pay as this `[payments]` says.
    pub(crate) async fn open(config: &str) -> Self {
        Self::open_in(&Home::new(), config).await
    }

    pub(crate) async fn open_in(home: &Home, config: &str) -> Self {
        let app = TestApp::build().home(home).payments(config).start().await;
        let owner = app.owner().await;
        let mei = app.member("mei", Role::Member).await;
        Self { app, owner, mei }
    }

    /// Where mei has placed the order that all messages are about.
    pub(crate) async fn of(voice: &Voice) -> Self {
        let mut shop = Self::open(&(voice.config)(&voice.served().await)).await;
        shop.order(ORDER, voice.name).await.expect(201);
        shop
    }

    /// Mei orders 88.80 yuan.
    pub(crate) async fn order(&mut self, id: &str, gateway: &str) -> Answer {
        self.mei.post("/api/v1/me/orders", wish(id, PRICE, gateway)).await
    }

    /// A gateway sends a message: no cookie, no origin, the body as it is.
    pub(crate) async fn hears(&self, gateway: &str, message: &Message) -> Answer {
        hears(&self.app, gateway, message).await
    }

    /// What mei has.
    pub(crate) async fn wallet(&self) -> i64 {
        self.mei.get("/api/v1/me/plan").await.expect(200).json()["wallet_micros"].as_i64().unwrap()
    }

    /// The order as its list has it; no gateway is asked.
    pub(crate) async fn listed(&self, id: &str) -> Value {
        let list = self.mei.get("/api/v1/me/orders").await.expect(200).json();
        let items = list["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == id).unwrap().clone()
    }

    /// The same for whoever runs the workspace, whose session a long pause does not end.
    pub(crate) async fn listed_by_owner(&self, id: &str) -> Value {
        let owner = self.app.local_program();
        let list = owner.get("/api/v1/orders").await.expect(200).json();
        let items = list["items"].as_array().unwrap();
        items.iter().find(|item| item["id"] == id).unwrap().clone()
    }

    pub(crate) async fn status(&self, id: &str) -> String {
        self.listed(id).await["status"].as_str().unwrap().to_owned()
    }

    /// The flags that whoever runs the workspace is shown.
    pub(crate) async fn flags(&self) -> Vec<String> {
        let list = self.owner.get("/api/v1/orders?to_look_at=true").await.expect(200).json();
        let flags =
            list["items"].as_array().unwrap().iter().flat_map(|item| item["flags"].as_array().unwrap());
        flags.map(|flag| flag["flag"].as_str().unwrap().to_owned()).collect()
    }

    /// Why messages were about no order.
    pub(crate) async fn strays(&self) -> Vec<String> {
        let list = self.owner.get("/api/v1/payments/strays").await.expect(200).json();
        let items = list["items"].as_array().unwrap();
        items.iter().map(|item| item["reason"].as_str().unwrap().to_owned()).collect()
    }

    /// How often a wallet was credited for a payment.
    pub(crate) async fn credits(&self) -> usize {
        credits(&self.app).await
    }

    /// The books are in order, and mei has this much.
    #[track_caller]
    pub(crate) fn has(&self, micros: i64) -> impl Future<Output = ()> + '_ {
        let caller = std::panic::Location::caller();
        async move {
            assert_eq!(self.wallet().await, micros, "{caller}");
            is_sound(&self.app).await;
        }
    }
}

pub(crate) fn wish(id: &str, micros: i64, gateway: &str) -> Value {
    json!({"id": id, "product": {"product": "top_up", "micros": micros}, "gateway": gateway})
}

pub(crate) async fn hears(app: &TestApp, gateway: &str, message: &Message) -> Answer {
    hears_from(app.anonymous(), gateway, message).await
}

/// A message comes from where this client is.
pub(crate) async fn hears_from(mut gate: Client, gateway: &str, message: &Message) -> Answer {
    let call = gate.call("POST", &format!("/pay/{gateway}/webhook"));
    let call = call.without("origin").without("sec-fetch-site").raw("application/json", message.body.clone());
    message.headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send().await
}

pub(crate) async fn credits(app: &TestApp) -> usize {
    let workspace = store::workspaces::first(&app.db).await.unwrap().unwrap();
    let audit = store::ledger::audit(&app.db, workspace.id).await.unwrap();
    let is_credit = |entry: &&ledger::Entry| {
        entry.reason == Reason::TopUp
            && matches!(entry.account, Account::Wallet(_))
            && entry.money.amount.is_positive()
    };
    audit.entries.iter().filter(is_credit).count()
}

pub(crate) async fn is_sound(app: &TestApp) {
    let books = check_books(&app.db, app.clock.now()).await.unwrap();
    assert_eq!(books.breaches, Vec::<String>::new());
}
