//! WeChat Pay as its documents say: signed requests, signed answers, sealed notifications.

use std::collections::BTreeMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateways::{ApiV3Key, SigningKey};
use serde_json::{Value, json};
use stdx::Timestamp;

use crate::keys::{OURS, OURS_PUBLIC, THEIRS, THEIRS_PUBLIC, signing, verifying};
use crate::{Fake, Message, ORDER, Reply, Sent, now};

/// The number of the merchant.
pub const MERCHANT: &str = "1900000109";
/// The application.
pub const APP: &str = "wxd678efh567hg6787";
/// The name of the gateway's key.
pub const SERIAL: &str = "PUB_KEY_ID_0114232134912410000000000000";
/// What notifications are sealed with.
pub const API_V3_KEY: &str = "an-api-v3-key-of-32-bytes-length";

/// WeChat Pay.
#[derive(Debug, Default)]
pub struct FakeWechat {
    state: Mutex<State>,
}

/// `[payments]` with WeChat Pay at an address.
pub fn config(api: &str) -> String {
    config_with(api, THEIRS_PUBLIC)
}

/// The same with the gateway's key in another form.
pub fn config_with(api: &str, key: &str) -> String {
    format!(
        "public_url = \"https://hutong.example\"\n[wechat]\napp_id = \"{APP}\"\nmerchant_id = \"{MERCHANT}\"\n\
         certificate_serial = \"OUR_SERIAL\"\nmerchant_key = \"\"\"{OURS}\"\"\"\napi_v3_key = \"{API_V3_KEY}\"\n\
         api = \"{api}\"\n[[wechat.platform_keys]]\nserial = \"{SERIAL}\"\nkey = \"\"\"{key}\"\"\"\n"
    )
}

#[derive(Debug, Default)]
struct State {
    orders: BTreeMap<String, Value>,
    refunds: BTreeMap<String, Value>,
    /// Answers are signed with another key.
    is_a_stranger: bool,
}

impl FakeWechat {
    /// The payer pays all orders.
    pub fn pays(&self) {
        for order in self.state.lock().unwrap().orders.values_mut() {
            order["trade_state"] = json!("SUCCESS");
            order["transaction_id"] = json!("4200000991");
        }
    }

    /// Banks have an answer for refunds.
    pub fn refunds_become(&self, status: &str) {
        for refund in self.state.lock().unwrap().refunds.values_mut() {
            refund["status"] = json!(status);
        }
    }

    /// Somebody else answers.
    pub fn is_a_stranger(&self) {
        self.state.lock().unwrap().is_a_stranger = true;
    }

    /// How many refunds were made.
    pub fn refunds(&self) -> usize {
        self.state.lock().unwrap().refunds.len()
    }

    fn act(state: &mut State, sent: &Sent) -> (u16, Value) {
        let path = sent.path.split('?').next().unwrap();
        let absent = |code: &str| (404, json!({"code": code, "message": "no such thing"}));
        if let Some(id) = path.strip_prefix("/v3/pay/transactions/out-trade-no/") {
            assert_eq!(Sent::field(sent.query(), "mchid").as_deref(), Some(MERCHANT));
            return state
                .orders
                .get(id)
                .map_or_else(|| absent("ORDER_NOT_EXIST"), |order| (200, order.clone()));
        }
        if let Some(id) = path.strip_prefix("/v3/refund/domestic/refunds/") {
            return state
                .refunds
                .get(id)
                .map_or_else(|| absent("RESOURCE_NOT_EXISTS"), |refund| (200, refund.clone()));
        }
        let body: Value = serde_json::from_slice(&sent.body).unwrap();
        match path {
            "/v3/pay/transactions/native" => {
                assert_eq!((&body["appid"], &body["mchid"]), (&json!(APP), &json!(MERCHANT)));
                assert!(body["description"].as_str().unwrap().len() <= 127);
                assert!(body["notify_url"].as_str().unwrap().starts_with("https://"));
                let id = body["out_trade_no"].as_str().unwrap().to_owned();
                assert!(id.len() <= 32);
                let order = json!({"appid": APP, "mchid": MERCHANT, "out_trade_no": id, "trade_type": "NATIVE",
                    "trade_state": "NOTPAY", "amount": {"total": body["amount"]["total"], "currency": "CNY"}});
                state.orders.entry(id).or_insert(order);
                (200, json!({"code_url": "weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00"}))
            }
            "/v3/refund/domestic/refunds" => {
                let id = body["out_refund_no"].as_str().unwrap().to_owned();
                let order =
                    state.orders.values().find(|order| order["transaction_id"] == body["transaction_id"]);
                let Some(order) = order else { return absent("RESOURCE_NOT_EXISTS") };
                assert_eq!(order["amount"]["total"], body["amount"]["total"]);
                let refund = json!({"refund_id": "50300806962023", "out_refund_no": id, "status": "PROCESSING",
                    "transaction_id": body["transaction_id"], "out_trade_no": order["out_trade_no"],
                    "amount": {"total": body["amount"]["total"], "refund": body["amount"]["refund"], "currency": "CNY"}});
                let refund = state.refunds.entry(id).or_insert(refund).clone();
                (200, refund)
            }
            other => panic!("{other}"),
        }
    }
}

impl Fake for FakeWechat {
    fn answer(&self, sent: &Sent) -> Reply {
        let state = &mut *self.state.lock().unwrap();
        let (status, body) = if is_signed(sent) {
            Self::act(state, sent)
        } else {
            (401, json!({"code": "SIGN_ERROR", "message": "the signature is wrong"}))
        };
        let body = body.to_string().into_bytes();
        let key = if state.is_a_stranger { signing(crate::keys::OTHER) } else { signing(THEIRS) };
        let mut headers = gateways::sign_wechat(&key, SERIAL, &body, (now(), "an-answers-nonce")).unwrap();
        headers.iter_mut().for_each(|(name, _)| *name = lower(name));
        (status, headers, body)
    }
}

fn lower(name: &str) -> &'static str {
    match name {
        "Wechatpay-Serial" => "wechatpay-serial",
        "Wechatpay-Signature" => "wechatpay-signature",
        "Wechatpay-Timestamp" => "wechatpay-timestamp",
        "Wechatpay-Nonce" => "wechatpay-nonce",
        other => panic!("{other}"),
    }
}

/// Takes `Authorization` apart and checks it, without the code that made it.
fn is_signed(sent: &Sent) -> bool {
    let Some(rest) = sent.header("authorization").strip_prefix("WECHATPAY2-SHA256-RSA2048 ") else {
        return false;
    };
    let parts: BTreeMap<&str, &str> = rest
        .split(',')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name, value.trim_matches('"')))
        .collect();
    let body = String::from_utf8(sent.body.clone()).unwrap();
    let (at, nonce) = (parts["timestamp"], parts["nonce_str"]);
    let message = format!("{}\n{}\n{at}\n{nonce}\n{body}\n", sent.method, sent.path);
    assert_eq!((parts["mchid"], parts["serial_no"]), (MERCHANT, "OUR_SERIAL"));
    assert_eq!(sent.header("wechatpay-serial"), SERIAL);
    assert!(nonce.len() <= 32 && STANDARD.decode(parts["signature"]).is_ok());
    verifying(OURS_PUBLIC).verify(message.as_bytes(), parts["signature"])
}

/// A notification, sealed and signed.
pub fn notification(kind: &str, content: &Value, at: Timestamp) -> Message {
    sealed_with(API_V3_KEY, &signing(THEIRS), kind, content, at)
}

/// A notification, sealed and signed with these.
pub fn sealed_with(seal: &str, key: &SigningKey, kind: &str, content: &Value, at: Timestamp) -> Message {
    let seal = ApiV3Key::read(seal).unwrap();
    let resource = seal.seal(content.to_string().as_bytes(), "fdasflkja484", "transaction").unwrap();
    let body = json!({"id": format!("EV-{kind}-{}", content["amount"]), "create_time": "2026-11-22T16:00:00+08:00",
        "resource_type": "encrypt-resource", "event_type": kind, "summary": "…", "resource": resource});
    let body = body.to_string().into_bytes();
    let headers =
        gateways::sign_wechat(key, SERIAL, &body, (at, "593BEC0C930BF1AFEB40B4A08C8FB242")).unwrap();
    Message { headers, body }
}

/// The content of a notification of a payment.
pub fn transaction(number: &str, total: i64, currency: &str) -> Value {
    json!({"mchid": MERCHANT, "appid": APP, "out_trade_no": ORDER.replace('-', ""),
        "transaction_id": number, "trade_type": "NATIVE", "trade_state": "SUCCESS", "bank_type": "OTHERS",
        "success_time": "2026-11-22T16:00:00+08:00", "payer": {"openid": "oUpF8uMuAJO"},
        "amount": {"total": total, "payer_total": total, "currency": currency, "payer_currency": "CNY"}})
}

/// The content of a notification of a refund.
pub fn refund(number: &str, refund: &str, fen: i64, status: &str) -> Value {
    json!({"mchid": MERCHANT, "out_trade_no": ORDER.replace('-', ""), "transaction_id": number,
        "out_refund_no": refund, "refund_id": "50300806962023", "refund_status": status,
        "user_received_account": "招商银行信用卡0403",
        "amount": {"total": 8_880, "refund": fen, "payer_total": 8_880, "payer_refund": fen}})
}
