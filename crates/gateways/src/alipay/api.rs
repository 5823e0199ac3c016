//! Requests to Alipay. No answer is believed whose signature is not right.

use std::collections::BTreeMap;

use form_urlencoded::Serializer;
use money::payment::{Fact, Happened, RefundOrder};
use ports::{Checkout, NextStep, PaymentError, PaymentQuery, PortErrorKind, Started};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use serde_json::value::RawValue;
use stdx::{OrderId, RefundId, Timestamp};

use super::notify::{TIME, Trade, ZONE, fact, yuan};
use super::signature::content_of_request;
use super::{Alipay, AlipayFlow};
use crate::http::{Method, Request, kind_of, unreadable};
use crate::minor::to_text;
use crate::names::{cut, short};

/// The longest subject.
const TITLE_BYTES: usize = 256;

/// The one currency of domestic merchants.
const YUAN: &str = "CNY";

/// What every answer begins with.
#[derive(Deserialize)]
struct Status {
    code: String,
    #[serde(default)]
    sub_code: Option<String>,
}

#[derive(Deserialize)]
struct Precreated {
    qr_code: String,
}

#[derive(Deserialize)]
struct Queried {
    trade_no: String,
    out_trade_no: String,
    trade_status: String,
    total_amount: String,
    #[serde(default)]
    send_pay_date: Option<String>,
}

#[derive(Deserialize)]
struct Refunded {
    trade_no: String,
    #[serde(default)]
    fund_change: Option<String>,
    refund_fee: String,
}

#[derive(Deserialize)]
struct RefundQueried {
    #[serde(default)]
    trade_no: Option<String>,
    #[serde(default)]
    refund_status: Option<String>,
    #[serde(default)]
    refund_amount: Option<String>,
}

impl Alipay {
    /// `alipay.trade.page.pay`, which is an address that the payer opens, or `alipay.trade.precreate`.
    pub(super) async fn create_trade(&self, checkout: Checkout) -> Result<Started, PaymentError> {
        let mut content = json!({
            "out_trade_no": short(checkout.order),
            "total_amount": text(checkout.money)?,
            "subject": subject(&checkout.title),
            "time_expire": local(checkout.expires_at),
        });
        let notify = ("notify_url", self.account.notify_url.clone());
        let next = match self.account.flow {
            AlipayFlow::Page => {
                if let Some(content) = content.as_object_mut() {
                    content.insert("product_code".to_owned(), "FAST_INSTANT_TRADE_PAY".into());
                }
                let back = self.account.return_url.replace("{order}", &checkout.order.to_string());
                let more = [notify, ("return_url", back), ("biz_content", content.to_string())];
                let parameters = self.signed("alipay.trade.page.pay", more)?;
                NextStep::Visit(format!("{}?{}", self.account.api, encoded(&parameters)))
            }
            AlipayFlow::Qr => {
                let answer: Precreated =
                    known(self.call("alipay.trade.precreate", &content, [notify]).await?)?;
                NextStep::Scan(answer.qr_code)
            }
        };
        Ok(Started { reference: None, next })
    }

    /// `alipay.trade.query`, and `alipay.trade.fastpay.refund.query` for open refunds.
    pub(super) async fn ask(&self, query: PaymentQuery) -> Result<Vec<Fact>, PaymentError> {
        let content = json!({ "out_trade_no": short(query.order) });
        let answer: Option<Queried> = self.call("alipay.trade.query", &content, []).await?;
        // On a page the payment comes into being when the payer signs in there.
        let Some(answer) = answer else { return Ok(Vec::new()) };
        if answer.out_trade_no.parse::<OrderId>() != Ok(query.order) {
            return Err(unreadable("it is about another order"));
        }
        let trade = Trade {
            number: &answer.trade_no,
            order: &answer.out_trade_no,
            status: &answer.trade_status,
            total: &answer.total_amount,
            paid_at: answer.send_pay_date.as_deref(),
            ..Trade::default()
        };
        let mut facts = trade.facts().map_err(unreadable)?;
        for refund in query.refunds {
            facts.extend(self.ask_refund(query.order, &answer.trade_no, refund).await?);
        }
        Ok(facts)
    }

    /// `alipay.trade.refund`. The refund's id makes a repetition harmless; `fund_change` says whether this request moved
    /// money, and if it did not, the refund is asked for by its id.
    pub(super) async fn create_refund(
        &self,
        order: OrderId,
        refund: RefundOrder,
    ) -> Result<Vec<Fact>, PaymentError> {
        let content = json!({
            "trade_no": refund.payment,
            "refund_amount": text(refund.money)?,
            "out_request_no": short(refund.refund),
        });
        let answer: Refunded = known(self.call("alipay.trade.refund", &content, []).await?)?;
        if answer.trade_no != refund.payment {
            return Err(unreadable("it is about another payment"));
        }
        if answer.fund_change.as_deref() != Some("Y") {
            return self.ask_refund(order, &refund.payment, refund.refund).await;
        }
        let ours = Happened::Refunded { refund: refund.refund.to_string(), money: refund.money };
        let all = Happened::RefundedInAll { money: yuan(&answer.refund_fee).map_err(unreadable)? };
        Ok([ours, all].map(|what| fact(&answer.trade_no, order, what)).into())
    }

    async fn ask_refund(
        &self,
        order: OrderId,
        payment: &str,
        refund: RefundId,
    ) -> Result<Vec<Fact>, PaymentError> {
        let content = json!({ "trade_no": payment, "out_request_no": short(refund) });
        let answer: Option<RefundQueried> =
            self.call("alipay.trade.fastpay.refund.query", &content, []).await?;
        let Some(answer) = answer else { return Ok(Vec::new()) };
        if answer.trade_no.is_some_and(|number| number != payment) {
            return Err(unreadable("it is about another payment"));
        }
        // An answer without this word is one about a refund that did not happen, or not yet.
        let (Some("REFUND_SUCCESS"), Some(amount)) = (answer.refund_status.as_deref(), answer.refund_amount)
        else {
            return Ok(Vec::new());
        };
        let money = yuan(&amount).map_err(unreadable)?;
        Ok(vec![fact(payment, order, Happened::Refunded { refund: refund.to_string(), money })])
    }

    /// Calls a method. `None` for what is not known there.
    async fn call<T: DeserializeOwned, const N: usize>(
        &self,
        method: &str,
        content: &serde_json::Value,
        more: [(&str, String); N],
    ) -> Result<Option<T>, PaymentError> {
        let content = content.to_string();
        let all = more.into_iter().chain([("biz_content", content.clone())]);
        let mut parameters = self.signed(method, all)?;
        parameters.remove("biz_content");
        let url = format!("{}?{}", self.account.api, encoded(&parameters));
        let form = Serializer::new(String::new()).append_pair("biz_content", &content).finish();
        let kind = "application/x-www-form-urlencoded;charset=utf-8".to_owned();
        let headers = vec![("content-type", kind)];
        let request = Request { method: Method::Post, url, headers, body: form.into_bytes() };
        let answer = self.http.send(request).await?;
        if answer.status != 200 {
            let detail = format!("Alipay answered with status {}", answer.status);
            return Err(PaymentError::new(kind_of(answer.status), detail));
        }
        self.read(method, &answer.body)
    }

    fn read<T: DeserializeOwned>(&self, method: &str, body: &[u8]) -> Result<Option<T>, PaymentError> {
        let parts: BTreeMap<String, &RawValue> = serde_json::from_slice(body).map_err(unreadable)?;
        let name = format!("{}_response", method.replace('.', "_"));
        let Some(part) = parts.get(&name).or_else(|| parts.get("error_response")) else {
            return Err(unreadable("nothing in it answers the question"));
        };
        let status: Status = serde_json::from_str(part.get()).map_err(unreadable)?;
        if status.code == "10000" {
            let signature: Option<String> =
                parts.get("sign").and_then(|sign| serde_json::from_str(sign.get()).ok());
            let is_theirs =
                signature.is_some_and(|sign| self.account.alipay_key.verify(part.get().as_bytes(), &sign));
            if !is_theirs {
                return Err(unreadable("its signature does not fit"));
            }
            return serde_json::from_str(part.get()).map(Some).map_err(unreadable);
        }
        match status.sub_code.as_deref() {
            Some("ACQ.TRADE_NOT_EXIST" | "TRADE_NOT_EXIST") => Ok(None),
            word => Err(PaymentError::new(
                kind(&status.code, word),
                format!("Alipay declined: {}", word.unwrap_or(&status.code)),
            )),
        }
    }

    /// The parameters that every request has and more, signed.
    fn signed<'a>(
        &self,
        method: &str,
        more: impl IntoIterator<Item = (&'a str, String)>,
    ) -> Result<BTreeMap<String, String>, PaymentError> {
        let common = [
            ("app_id", self.account.app_id.clone()),
            ("method", method.to_owned()),
            ("format", "JSON".to_owned()),
            ("charset", "utf-8".to_owned()),
            ("sign_type", "RSA2".to_owned()),
            ("timestamp", local(self.clock.now())),
            ("version", "1.0".to_owned()),
        ];
        let mut parameters: BTreeMap<String, String> =
            common.into_iter().chain(more).map(|(name, value)| (name.to_owned(), value)).collect();
        let signature = self.account.app_key.sign(content_of_request(&parameters).as_bytes());
        let signature =
            signature.map_err(|error| PaymentError::new(PortErrorKind::Retry, error.to_string()))?;
        parameters.insert("sign".to_owned(), signature);
        Ok(parameters)
    }
}

/// What an answer's code says about the chances of another attempt.
fn kind(code: &str, sub_code: Option<&str>) -> PortErrorKind {
    let is_unsure =
        sub_code.is_some_and(|word| word.contains("SYSTEM_ERROR") || word.contains("unknow-error"));
    match code {
        _ if is_unsure => PortErrorKind::Retry,
        "40004" | "40006" | "20001" => PortErrorKind::Refused,
        "40001" | "40002" | "40003" => PortErrorKind::Bad,
        "40005" => PortErrorKind::Quota,
        _ => PortErrorKind::Retry,
    }
}

fn known<T>(answer: Option<T>) -> Result<T, PaymentError> {
    answer.ok_or_else(|| PaymentError::new(PortErrorKind::Bad, "Alipay does not know this payment"))
}

fn encoded(parameters: &BTreeMap<String, String>) -> String {
    Serializer::new(String::new()).extend_pairs(parameters).finish()
}

/// Without the characters that a subject must not have.
fn subject(title: &str) -> String {
    cut(title, TITLE_BYTES).replace(['/', '=', '&'], " ")
}

fn text(money: money::Money) -> Result<String, PaymentError> {
    if money.currency.to_string() != YUAN {
        let detail = format!("{money} cannot be paid with Alipay: it takes {YUAN} only");
        return Err(PaymentError::new(PortErrorKind::Bad, detail));
    }
    to_text(money.amount)
}

/// `2026-11-22 16:00:00`, at Alipay's.
fn local(at: Timestamp) -> String {
    ZONE.to_datetime(at.into()).strftime(TIME).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_alipays_clock() {
        assert_eq!(local(Timestamp::from_micros(1_795_334_400_123_456)), "2026-11-22 16:00:00");
    }

    #[test]
    fn a_refusal_is_final_only_where_nothing_can_have_happened() {
        for (code, word, expected) in [
            ("40004", Some("ACQ.SELLER_BALANCE_NOT_ENOUGH"), PortErrorKind::Refused),
            ("40004", Some("ACQ.SYSTEM_ERROR"), PortErrorKind::Retry),
            ("20000", Some("isp.unknow-error"), PortErrorKind::Retry),
            ("40002", Some("isv.invalid-app-id"), PortErrorKind::Bad),
            ("99999", None, PortErrorKind::Retry),
        ] {
            assert_eq!(kind(code, word), expected, "{code}");
        }
    }
}
