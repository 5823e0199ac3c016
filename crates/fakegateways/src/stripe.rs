//! Stripe as its documents say: sessions, refunds, idempotency, events.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};
use stdx::{Secret, Timestamp};

use crate::{Fake, Message, ORDER, Reply, Sent};

/// The key of the account.
pub const KEY: &str = "sk_test_key_of_a_fake";
/// The secret of the webhook.
pub const WEBHOOK: &str = "whsec_secret_of_a_fake_with_38_letters";

/// Stripe.
#[derive(Debug, Default)]
pub struct FakeStripe {
    state: Mutex<State>,
}

/// `[payments]` with Stripe at an address.
pub fn config(api: &str) -> String {
    format!(
        "public_url = \"https://hutong.example\"\n[stripe]\nsecret_key = \"{KEY}\"\nwebhook_secrets = [\"{WEBHOOK}\"]\napi = \"{api}\"\n"
    )
}

#[derive(Debug, Default)]
struct State {
    sessions: BTreeMap<String, Value>,
    refunds: Vec<Value>,
    /// What was answered to which form under which key.
    answered: BTreeMap<String, (Vec<u8>, Value)>,
    /// The next request fails with this status after it was carried out.
    breaks: Option<u16>,
    questions: usize,
}

impl FakeStripe {
    /// The payer pays the only session.
    pub fn pays(&self, status: &str) {
        let mut state = self.state.lock().unwrap();
        for session in state.sessions.values_mut() {
            session["status"] = json!("complete");
            session["payment_status"] = json!(status);
            session["payment_intent"] = json!("pi_1");
        }
    }

    /// The next request is carried out, and its answer is lost.
    pub fn breaks_once(&self, status: u16) {
        self.state.lock().unwrap().breaks = Some(status);
    }

    /// A bank sends a refund back.
    pub fn refunds_fail(&self) {
        for refund in &mut self.state.lock().unwrap().refunds {
            refund["status"] = json!("failed");
        }
    }

    /// How many payments were begun.
    pub fn sessions(&self) -> usize {
        self.state.lock().unwrap().sessions.len()
    }

    /// How often it was asked.
    pub fn questions(&self) -> usize {
        self.state.lock().unwrap().questions
    }

    /// How many refunds were made.
    pub fn refunds(&self) -> usize {
        self.state.lock().unwrap().refunds.len()
    }

    fn create_session(state: &mut State, form: &BTreeMap<String, String>) -> Reply {
        let item =
            |name: &str| form.get(&format!("line_items[0][price_data]{name}")).cloned().unwrap_or_default();
        assert_eq!(form["mode"], "payment");
        assert_eq!(form["metadata[order]"], form["payment_intent_data[metadata][order]"]);
        assert!(!item("[product_data][name]").is_empty());
        let id = format!("cs_test_{}", state.sessions.len() + 1);
        let session = json!({
            "id": id, "object": "checkout.session", "mode": "payment", "status": "open", "livemode": false,
            "payment_status": "unpaid", "payment_intent": null, "url": format!("https://checkout.stripe.com/c/pay/{id}"),
            "client_reference_id": form["client_reference_id"], "currency": item("[currency]"),
            "amount_total": item("[unit_amount]").parse::<i64>().unwrap(), "metadata": {"order": form["metadata[order]"]},
        });
        state.sessions.insert(id, session.clone());
        reply(200, &session)
    }

    fn create_refund(state: &mut State, form: &BTreeMap<String, String>) -> Reply {
        let amount: i64 = form["amount"].parse().unwrap();
        let before: i64 = state.refunds.iter().map(|refund| refund["amount"].as_i64().unwrap()).sum();
        let paid =
            state.sessions.values().next().map_or(0, |session| session["amount_total"].as_i64().unwrap());
        if before + amount > paid {
            let error = json!({"error": {"type": "invalid_request_error", "code": "charge_already_refunded",
                "message": format!("the key was {KEY}")}});
            return reply(400, &error);
        }
        let refund = json!({
            "id": format!("re_{}", state.refunds.len() + 1), "object": "refund", "amount": amount, "currency": "cny",
            "status": "succeeded", "payment_intent": form["payment_intent"], "charge": "ch_1",
            "metadata": {"order": form["metadata[order]"], "refund": form["metadata[refund]"]},
        });
        state.refunds.push(refund.clone());
        reply(200, &refund)
    }

    fn read_session(state: &State, id: &str) -> Reply {
        let Some(mut session) = state.sessions.get(id).cloned() else {
            return reply(
                404,
                &json!({"error": {"type": "invalid_request_error", "code": "resource_missing"}}),
            );
        };
        let refunded: i64 = state.refunds.iter().map(|refund| refund["amount"].as_i64().unwrap()).sum();
        if session["payment_intent"].is_string() {
            session["payment_intent"] = json!({"id": "pi_1", "object": "payment_intent", "latest_charge": {
                "id": "ch_1", "object": "charge", "amount_refunded": refunded, "currency": session["currency"],
                "payment_intent": "pi_1", "metadata": session["metadata"]}});
        }
        reply(200, &session)
    }
}

impl Fake for FakeStripe {
    fn answer(&self, sent: &Sent) -> Reply {
        let state = &mut *self.state.lock().unwrap();
        if sent.header("authorization") != format!("Bearer {KEY}") {
            return reply(
                401,
                &json!({"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}),
            );
        }
        assert!(!sent.header("stripe-version").is_empty());
        let path = sent.path.split('?').next().unwrap();
        if sent.method == "GET" {
            state.questions += 1;
            return match path.strip_prefix("/v1/checkout/sessions/") {
                Some(id) => {
                    let expand = Sent::field(sent.query(), "expand[]");
                    assert_eq!(expand.as_deref(), Some("payment_intent.latest_charge"));
                    Self::read_session(state, id)
                }
                None => {
                    assert_eq!(
                        (path, Sent::field(sent.query(), "payment_intent").as_deref()),
                        ("/v1/refunds", Some("pi_1"))
                    );
                    reply(200, &json!({"object": "list", "data": state.refunds}))
                }
            };
        }
        let key = sent.header("idempotency-key").to_owned();
        assert!(!key.is_empty(), "every change has a key");
        if let Some((form, answer)) = state.answered.get(&key) {
            if *form != sent.body {
                return reply(400, &json!({"error": {"type": "idempotency_error"}}));
            }
            return reply(200, answer);
        }
        let form: BTreeMap<String, String> = form_urlencoded::parse(&sent.body).into_owned().collect();
        let (status, headers, body) = match path {
            "/v1/checkout/sessions" => Self::create_session(state, &form),
            "/v1/refunds" => Self::create_refund(state, &form),
            other => panic!("{other}"),
        };
        if status == 200 {
            state.answered.insert(key, (sent.body.clone(), serde_json::from_slice(&body).unwrap()));
        }
        match state.breaks.take() {
            Some(status) => reply(status, &json!({"error": {"type": "api_error"}})),
            None => (status, headers, body),
        }
    }
}

/// An event about a session, signed.
pub fn session_event(kind: &str, change: &Value, at: Timestamp) -> Message {
    let mut session = json!({
        "id": "cs_test_1", "object": "checkout.session", "mode": "payment", "status": "complete",
        "payment_status": "paid", "payment_intent": "pi_1", "client_reference_id": ORDER,
        "amount_total": 8_880, "currency": "cny",
    });
    for (name, value) in change.as_object().unwrap() {
        session[name] = value.clone();
    }
    event(&format!("checkout.session.{kind}"), &session, at)
}

/// An event about what was given back of a charge, all together.
pub fn refunded_event(payment: &str, coins: i64, at: Timestamp) -> Message {
    let charge = json!({"id": "ch_1", "object": "charge", "amount": 8_880, "amount_refunded": coins, "currency": "cny",
        "payment_intent": payment, "metadata": {"order": ORDER}});
    event("charge.refunded", &charge, at)
}

/// Any event, signed.
pub fn event(kind: &str, object: &Value, at: Timestamp) -> Message {
    let id = format!("evt_{kind}_{}", object["amount_refunded"]);
    let body = json!({"id": id, "object": "event", "type": kind, "livemode": false, "created": 1, "data": {"object": object}});
    signed(&Secret::new(WEBHOOK.to_owned()), body.to_string().into_bytes(), at)
}

/// A body with a signature.
pub fn signed(secret: &Secret<String>, body: Vec<u8>, at: Timestamp) -> Message {
    let header = gateways::sign_stripe(secret, &body, at);
    Message { headers: vec![("Stripe-Signature", header)], body }
}

fn reply(status: u16, body: &Value) -> Reply {
    (status, vec![("content-type", "application/json".to_owned())], body.to_string().into_bytes())
}
