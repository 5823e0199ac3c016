//! Requests to WeChat Pay. No answer is believed whose signature is not right.

use jiff::tz::Offset;
use money::payment::{Fact, RefundOrder};
use ports::{Checkout, NextStep, PaymentError, PaymentQuery, PortErrorKind, Started};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stdx::{OrderId, Timestamp};

use super::notify::{Refund, Transaction};
use super::{Wechat, authorization, verify};
use crate::http::{Method, Request, kind_of, unreadable};
use crate::minor::to_minor;
use crate::names::{cut, short};

/// The longest description, in characters; counted in bytes, to be on the safe side.
const TITLE_BYTES: usize = 127;

/// The one currency of domestic merchants.
const YUAN: &str = "CNY";

#[derive(Serialize)]
struct NewOrder<'a> {
    appid: &'a str,
    mchid: &'a str,
    description: &'a str,
    out_trade_no: String,
    time_expire: String,
    notify_url: &'a str,
    amount: NewTotal,
}

#[derive(Serialize)]
struct NewTotal {
    total: i64,
    currency: &'static str,
}

#[derive(Deserialize)]
struct NewOrderAnswer {
    code_url: String,
}

#[derive(Serialize)]
struct NewRefund<'a> {
    transaction_id: &'a str,
    out_refund_no: String,
    notify_url: &'a str,
    amount: NewBack,
}

#[derive(Serialize)]
struct NewBack {
    refund: i64,
    total: i64,
    currency: &'static str,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
}

impl Wechat {
    /// `POST /v3/pay/transactions/native`. Beginning the same order again gives a code for the same order.
    pub(super) async fn create_order(&self, checkout: Checkout) -> Result<Started, PaymentError> {
        let body = NewOrder {
            appid: &self.account.app_id,
            mchid: &self.account.merchant_id,
            description: cut(&checkout.title, TITLE_BYTES),
            out_trade_no: short(checkout.order),
            time_expire: rfc3339(checkout.expires_at),
            notify_url: &self.account.notify_url,
            amount: NewTotal { total: fen(checkout.money)?, currency: YUAN },
        };
        let answer: NewOrderAnswer = self.post("/v3/pay/transactions/native", &body).await?;
        Ok(Started { reference: None, next: NextStep::Scan(answer.code_url) })
    }

    /// `GET /v3/pay/transactions/out-trade-no/{id}`, and `GET /v3/refund/domestic/refunds/{id}` for open refunds.
    pub(super) async fn ask(&self, query: PaymentQuery) -> Result<Vec<Fact>, PaymentError> {
        let merchant = &self.account.merchant_id;
        let path = format!("/v3/pay/transactions/out-trade-no/{}?mchid={merchant}", short(query.order));
        let mut facts = Vec::new();
        if let Some(transaction) = self.get::<Transaction>(&path).await? {
            transaction.check(&self.account).map_err(unreadable)?;
            facts.extend(transaction.fact().map_err(unreadable)?);
        }
        for refund in query.refunds {
            let path = format!("/v3/refund/domestic/refunds/{}", short(refund));
            if let Some(refund) = self.get::<Refund>(&path).await? {
                facts.extend(refund.fact().map_err(unreadable)?);
            }
        }
        if facts.iter().any(|fact| fact.order.is_some_and(|order| order != query.order)) {
            return Err(unreadable("it is about another order"));
        }
        Ok(facts)
    }

    /// `POST /v3/refund/domestic/refunds`. The refund's id makes a repetition harmless.
    pub(super) async fn create_refund(
        &self,
        order: OrderId,
        refund: RefundOrder,
    ) -> Result<Vec<Fact>, PaymentError> {
        let amount = NewBack { refund: fen(refund.money)?, total: fen(refund.paid)?, currency: YUAN };
        let body = NewRefund {
            transaction_id: &refund.payment,
            out_refund_no: short(refund.refund),
            notify_url: &self.account.notify_url,
            amount,
        };
        let answer: Refund = self.post("/v3/refund/domestic/refunds", &body).await?;
        let fact = answer.fact().map_err(unreadable)?;
        Ok(fact.map(|fact| Fact { order: Some(order), ..fact }).into_iter().collect())
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, PaymentError> {
        let body = serde_json::to_vec(body);
        let body = body.map_err(|error| PaymentError::new(PortErrorKind::Bad, error.to_string()))?;
        let answer = self.send(Method::Post, path, body).await?;
        answer.ok_or_else(|| PaymentError::new(PortErrorKind::Bad, "WeChat Pay does not know this payment"))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, PaymentError> {
        self.send(Method::Get, path, Vec::new()).await
    }

    /// `None` for what is not known there.
    async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Option<T>, PaymentError> {
        let mut random = [0; 16];
        self.rng.fill(&mut random);
        let nonce = hex::encode(random);
        let signed = authorization(&self.account, (method, path), &body, (self.clock.now(), &nonce));
        let signed = signed.map_err(|error| PaymentError::new(PortErrorKind::Retry, error.to_string()))?;
        let mut headers = vec![
            ("authorization", signed),
            ("accept", "application/json".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        // Asks for answers that are signed with this key, where WeChat Pay has several.
        headers.extend(self.account.platform_keys.keys().next().map(|id| ("wechatpay-serial", id.clone())));
        let url = format!("{}{path}", self.account.api);
        let answer = self.http.send(Request { method, url, headers, body }).await?;
        if answer.status != 200 {
            let word = serde_json::from_slice::<Problem>(&answer.body);
            let word = word.map_or_else(|_| format!("status {}", answer.status), |problem| problem.code);
            let is_absent =
                matches!(word.as_str(), "ORDER_NOT_EXIST" | "ORDERNOTEXIST" | "RESOURCE_NOT_EXISTS");
            return match answer.status {
                404 if is_absent => Ok(None),
                status => Err(PaymentError::new(kind_of(status), format!("WeChat Pay declined: {word}"))),
            };
        }
        verify(&self.account.platform_keys, &answer, &answer.body, self.clock.now()).map_err(unreadable)?;
        serde_json::from_slice(&answer.body).map(Some).map_err(unreadable)
    }
}

fn fen(money: money::Money) -> Result<i64, PaymentError> {
    if money.currency.to_string() != YUAN {
        let detail = format!("{money} cannot be paid with WeChat Pay: it takes {YUAN} only");
        return Err(PaymentError::new(PortErrorKind::Bad, detail));
    }
    to_minor(money.amount, 2)
}

/// `2026-11-22T16:00:00+08:00`.
fn rfc3339(at: Timestamp) -> String {
    let at = jiff::Timestamp::from(at);
    let whole = jiff::Timestamp::from_second(at.as_second()).unwrap_or(at);
    whole.display_with_offset(Offset::constant(8)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_with_their_zone_and_without_fractions() {
        let at = Timestamp::from_micros(1_795_334_400_123_456);
        assert_eq!(rfc3339(at), "2026-11-22T16:00:00+08:00");
    }

    #[test]
    fn only_yuan_are_taken() {
        let one = money::Amount::from_micros(1_000_000);
        assert_eq!(fen(one.of("CNY".parse().unwrap())), Ok(100));
        assert!(fen(one.of("USD".parse().unwrap())).is_err());
    }
}
