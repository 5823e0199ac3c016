//! Requests to Stripe.

use form_urlencoded::Serializer;
use money::payment::{Fact, RefundOrder};
use ports::{Checkout, NextStep, PaymentError, PaymentQuery, PortErrorKind, Started};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stdx::OrderId;

use super::event::{Refund, Session, charge_fact, refund_fact, session_facts};
use super::{Stripe, currency};
use crate::http::{Method, Request, Response, kind_of, unreadable};
use crate::names::cut;
use crate::window;

/// The form of answers that this driver was written for.
const VERSION: &str = "2024-06-20";

/// The longest name of a product.
const TITLE_BYTES: usize = 250;

#[derive(Deserialize)]
struct List<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Problem {
    error: ProblemDetail,
}

#[derive(Deserialize)]
struct ProblemDetail {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    code: Option<String>,
}

impl Stripe {
    /// `POST /v1/checkout/sessions`. The order's id is the idempotency key: beginning again gives the same session.
    pub(super) async fn create_session(&self, checkout: Checkout) -> Result<Started, PaymentError> {
        let order = checkout.order.to_string();
        let form = [
            ("mode", "payment".to_owned()),
            ("client_reference_id", order.clone()),
            ("metadata[order]", order.clone()),
            ("payment_intent_data[metadata][order]", order.clone()),
            ("expires_at", window::seconds(checkout.expires_at).to_string()),
            ("success_url", self.account.success_url.replace("{order}", &order)),
            ("cancel_url", self.account.cancel_url.replace("{order}", &order)),
            ("line_items[0][quantity]", "1".to_owned()),
            ("line_items[0][price_data][currency]", checkout.money.currency.to_string().to_lowercase()),
            ("line_items[0][price_data][unit_amount]", currency::coins(checkout.money)?.to_string()),
            ("line_items[0][price_data][product_data][name]", cut(&checkout.title, TITLE_BYTES).to_owned()),
        ];
        let session: Session = self.post("/v1/checkout/sessions", &form, &order).await?;
        let url = session.url.ok_or_else(|| unreadable("a session without an address"))?;
        Ok(Started { reference: Some(session.id), next: NextStep::Visit(url) })
    }

    /// `GET /v1/checkout/sessions/{id}` with its charge, and the refunds of the payment where some are open.
    pub(super) async fn ask(&self, query: PaymentQuery) -> Result<Vec<Fact>, PaymentError> {
        let Some(session) = query.reference.as_deref().filter(|id| is_plain(id)) else {
            let detail = "the order has no session; begin it again to get the one that it has";
            return Err(PaymentError::new(PortErrorKind::Bad, detail));
        };
        let path = format!("/v1/checkout/sessions/{session}?expand%5B%5D=payment_intent.latest_charge");
        let session: Session = self.get(&path).await?;
        let mut facts = session_facts(&session, false).map_err(unreadable)?;
        let intent = session.payment_intent.as_ref();
        if let Some(charge) = intent.and_then(|intent| intent.charge()) {
            facts.extend(charge_fact(charge).map_err(unreadable)?);
        }
        if let Some(intent) =
            intent.map(|intent| intent.id()).filter(|id| is_plain(id) && !query.refunds.is_empty())
        {
            let refunds: List<Refund> =
                self.get(&format!("/v1/refunds?limit=100&payment_intent={intent}")).await?;
            for refund in &refunds.data {
                facts.extend(refund_fact(refund).map_err(unreadable)?);
            }
        }
        // Whatever these objects name, it is this order that was asked for.
        for fact in &mut facts {
            fact.order = Some(query.order);
        }
        Ok(facts)
    }

    /// `POST /v1/refunds`. The refund's id is the idempotency key.
    pub(super) async fn create_refund(
        &self,
        order: OrderId,
        refund: RefundOrder,
    ) -> Result<Vec<Fact>, PaymentError> {
        let id = refund.refund.to_string();
        let kind = if refund.payment.starts_with("ch_") { "charge" } else { "payment_intent" };
        let form = [
            (kind, refund.payment.clone()),
            ("amount", currency::coins(refund.money)?.to_string()),
            ("metadata[order]", order.to_string()),
            ("metadata[refund]", id.clone()),
        ];
        let answer: Refund = self.post("/v1/refunds", &form, &id).await?;
        let fact = refund_fact(&answer).map_err(unreadable)?;
        Ok(fact.map(|fact| Fact { order: Some(order), ..fact }).into_iter().collect())
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, PaymentError> {
        self.send(self.request(Method::Get, path)).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, String)],
        idempotency_key: &str,
    ) -> Result<T, PaymentError> {
        let mut request = self.request(Method::Post, path);
        request.headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        request.headers.push(("idempotency-key", idempotency_key.to_owned()));
        request.body = Serializer::new(String::new()).extend_pairs(form).finish().into_bytes();
        self.send(request).await
    }

    fn request(&self, method: Method, path: &str) -> Request {
        let headers = vec![
            ("authorization", format!("Bearer {}", self.account.secret_key.expose())),
            ("stripe-version", VERSION.to_owned()),
        ];
        Request { method, url: format!("{}{path}", self.account.api), headers, body: Vec::new() }
    }

    async fn send<T: DeserializeOwned>(&self, request: Request) -> Result<T, PaymentError> {
        let answer = self.http.send(request).await?;
        if answer.status != 200 {
            return Err(problem(&answer));
        }
        serde_json::from_slice(&answer.body).map_err(unreadable)
    }
}

/// The machine's words only: Stripe's sentences may quote what was sent.
fn problem(answer: &Response) -> PaymentError {
    let word = serde_json::from_slice::<Problem>(&answer.body).map_or_else(
        |_| format!("status {}", answer.status),
        |Problem { error }| error.code.unwrap_or(error.kind),
    );
    PaymentError::new(kind_of(answer.status), format!("Stripe declined: {word}"))
}

/// True for names that can stand in an address as they are.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
