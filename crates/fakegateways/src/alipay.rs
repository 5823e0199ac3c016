//! Alipay as its documents say: signed requests, answers whose signature is over a part of them, forms as notifications.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::keys::{OTHER, OURS, OURS_PUBLIC, THEIRS, THEIRS_PUBLIC, bare, signing, verifying};
use crate::{Fake, Message, Reply, Sent};

/// The application.
pub const APP: &str = "2014072300007148";
/// Who is paid.
pub const SELLER: &str = "2088102119685838";
/// The number of a payment.
pub const TRADE: &str = "2016071921001003030200089909";

/// Alipay.
#[derive(Debug, Default)]
pub struct FakeAlipay {
    state: Mutex<State>,
}

/// `[payments]` with Alipay at an address, by `page` or `qr`.
pub fn config(api: &str, flow: &str) -> String {
    format!(
        "public_url = \"https://hutong.example/\"\n[alipay]\napp_id = \"{APP}\"\nseller_id = \"{SELLER}\"\n\
         app_key = \"\"\"{OURS}\"\"\"\nalipay_key = \"{}\"\napi = \"{api}\"\nflow = \"{flow}\"\n",
        bare(THEIRS_PUBLIC)
    )
}

#[derive(Debug, Default)]
struct State {
    trades: BTreeMap<String, Value>,
    refunds: BTreeMap<String, i64>,
    is_a_stranger: bool,
    /// Until when the last payment can be made, and when that was asked for.
    expires: String,
    asked: String,
    fails_once: Option<&'static str>,
}

impl FakeAlipay {
    /// The payer pays; on a page the trade comes into being only now.
    pub fn pays(&self, order: &str, total: &str) {
        let trade = json!({"code": "10000", "msg": "Success", "trade_no": TRADE, "out_trade_no": order,
            "trade_status": "TRADE_SUCCESS", "total_amount": total, "send_pay_date": "2026-11-22 16:00:00",
            "buyer_logon_id": "159****5620", "subject": "a/b"});
        self.state.lock().unwrap().trades.insert(order.to_owned(), trade);
    }

    /// The payments are closed.
    pub fn closes(&self) {
        for trade in self.state.lock().unwrap().trades.values_mut() {
            trade["trade_status"] = json!("TRADE_CLOSED");
        }
    }

    /// Somebody else answers.
    pub fn is_a_stranger(&self) {
        self.state.lock().unwrap().is_a_stranger = true;
    }

    /// The next request is carried out and answered with an error that does not say so.
    pub fn fails_once(&self, sub_code: &'static str) {
        self.state.lock().unwrap().fails_once = Some(sub_code);
    }

    /// When it was asked last, and until when the last payment can be made.
    pub fn times(&self) -> (String, String) {
        let state = self.state.lock().unwrap();
        (state.asked.clone(), state.expires.clone())
    }

    /// How many refunds were made.
    pub fn refunds(&self) -> usize {
        self.state.lock().unwrap().refunds.len()
    }

    fn act(state: &mut State, method: &str, content: &Value) -> Value {
        let absent = json!({"code": "40004", "msg": "Business Failed", "sub_code": "ACQ.TRADE_NOT_EXIST"});
        let word = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
        match method {
            "alipay.trade.precreate" => {
                // What the payer reads names the amount that is asked for.
                let (subject, amount) = (word("subject"), word("total_amount"));
                assert!(subject.split(' ').any(|word| word == amount), "{subject}: {amount}");
                assert_eq!(word("out_trade_no").len(), 32);
                state.expires = word("time_expire");
                json!({"code": "10000", "msg": "Success", "out_trade_no": word("out_trade_no"),
                    "qr_code": "https://qr.alipay.com/bavh4wjlxf12tper3a"})
            }
            "alipay.trade.query" => state.trades.get(&word("out_trade_no")).cloned().unwrap_or(absent),
            "alipay.trade.refund" => {
                if !state.trades.values().any(|trade| trade["trade_no"] == content["trade_no"]) {
                    return absent;
                }
                let is_new = !state.refunds.contains_key(&word("out_request_no"));
                let cents: i64 = word("refund_amount").replace('.', "").parse().unwrap();
                state.refunds.insert(word("out_request_no"), cents);
                let all: i64 = state.refunds.values().sum();
                json!({"code": "10000", "msg": "Success", "trade_no": TRADE, "fund_change": if is_new { "Y" } else { "N" },
                    "refund_fee": format!("{}.{:02}", all / 100, all % 100)})
            }
            "alipay.trade.fastpay.refund.query" => match state.refunds.get(&word("out_request_no")) {
                Some(cents) => json!({"code": "10000", "msg": "Success", "trade_no": TRADE,
                    "refund_status": "REFUND_SUCCESS", "refund_amount": format!("{}.{:02}", cents / 100, cents % 100)}),
                None => json!({"code": "10000", "msg": "Success"}),
            },
            other => panic!("{other}"),
        }
    }
}

impl Fake for FakeAlipay {
    fn answer(&self, sent: &Sent) -> Reply {
        let state = &mut *self.state.lock().unwrap();
        let mut all: BTreeMap<String, String> = form_urlencoded::parse(sent.query()).into_owned().collect();
        let content = Sent::field(&sent.body, "biz_content").unwrap();
        all.insert("biz_content".to_owned(), content.clone());
        assert_eq!(
            (sent.method.as_str(), all["app_id"].as_str(), all["charset"].as_str()),
            ("POST", APP, "utf-8")
        );
        state.asked.clone_from(&all["timestamp"]);
        let method = all["method"].clone();
        let node = format!("{}_response", method.replace('.', "_"));
        if !is_signed(&all) {
            let error = r#"{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.invalid-signature"}"#;
            return reply(format!("{{\"error_response\":{error}}}"));
        }
        let mut answer = Self::act(state, &method, &serde_json::from_str(&content).unwrap());
        if let Some(sub_code) = state.fails_once.take() {
            answer = json!({"code": "20000", "msg": "Service Currently Unavailable", "sub_code": sub_code});
        }
        // Alipay escapes slashes, and signs what it escaped.
        let part = answer.to_string().replace('/', "\\/");
        let key = if state.is_a_stranger { signing(OTHER) } else { signing(THEIRS) };
        let signature = key.sign(part.as_bytes()).unwrap();
        reply(format!("{{\"{node}\":{part},\"sign\":\"{signature}\"}}"))
    }
}

fn reply(body: String) -> Reply {
    (200, vec![("content-type", "text/html;charset=utf-8".to_owned())], body.into_bytes())
}

/// Checks the signature of a request, without the code that made it.
pub fn is_signed(all: &BTreeMap<String, String>) -> bool {
    let pairs = all.iter().filter(|(name, value)| *name != "sign" && !value.is_empty());
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
    verifying(OURS_PUBLIC).verify(pairs.join("&").as_bytes(), &all["sign"])
}

/// The parameters of a notification of a payment.
pub fn payment(trade: &str, total: &str) -> Vec<(&'static str, String)> {
    [
        ("gmt_create", "2026-11-22 15:59:44"),
        ("charset", "utf-8"),
        ("gmt_payment", "2026-11-22 15:59:47"),
        ("notify_time", "2026-11-22 16:00:00"),
        ("subject", "充值 88.80 + 0"),
        ("buyer_id", "2088102116773037"),
        ("version", "1.0"),
        ("notify_id", "4a91b7a78a503640467525113fb7d8bg8e"),
        ("notify_type", "trade_status_sync"),
        ("out_trade_no", "019aab5e8c0070008000000000000002"),
        ("total_amount", total),
        ("trade_status", "TRADE_SUCCESS"),
        ("trade_no", trade),
        ("app_id", APP),
        ("seller_id", SELLER),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// The same parameters with some others in their place.
pub fn with(
    mut parameters: Vec<(&'static str, String)>,
    changes: &[(&'static str, &str)],
) -> Vec<(&'static str, String)> {
    for (name, value) in changes {
        parameters.retain(|(known, _)| known != name);
        parameters.push((name, (*value).to_owned()));
    }
    parameters
}

/// Signs parameters as Alipay does and sends them as a form.
pub fn notification(parameters: &[(&'static str, String)]) -> Message {
    signed_with(THEIRS, parameters)
}

/// A form that is signed with a key.
pub fn signed_with(key: &str, parameters: &[(&'static str, String)]) -> Message {
    let sorted: BTreeMap<&str, &String> = parameters.iter().map(|(name, value)| (*name, value)).collect();
    let pairs: Vec<String> = sorted.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let signature = signing(key).sign(pairs.join("&").as_bytes()).unwrap();
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(parameters).append_pair("sign", &signature).append_pair("sign_type", "RSA2");
    let kind = "application/x-www-form-urlencoded; charset=utf-8".to_owned();
    Message { headers: vec![("content-type", kind)], body: form.finish().into_bytes() }
}
