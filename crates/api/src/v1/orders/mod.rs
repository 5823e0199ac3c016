//! Orders: what members buy through payment gateways.

mod by_hand;
mod cancel;
mod credit;
mod credit_stray;
mod get;
mod list;
mod mine;
mod place;
mod refund;
mod settle_stray;
mod strays;
mod ways;

use app::OrderInfo;
use money::Money;
use payments::{Delivery, Flag, NotBegun, Product, Status};
use ports::NextStep;
use serde::Serialize;
use stdx::{MemberId, OrderId, Timestamp};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use crate::problem::Failure;
use crate::router::ApiState;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(ways::routes())
        .merge(mine::routes())
        .merge(place::routes())
        .merge(get::routes())
        .merge(cancel::routes())
        .merge(list::routes())
        .merge(by_hand::routes())
        .merge(refund::routes())
        .merge(credit::routes())
        .merge(strays::routes())
        .merge(credit_stray::routes())
        .merge(settle_stray::routes())
}

/// What a member buys, and how it stands with it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Order)]
pub(super) struct OrderDocument {
    id: OrderId,
    member_id: MemberId,
    product: ProductDocument,
    /// What is to be paid: exactly this.
    price: MoneyDocument,
    /// How it is paid.
    gateway: String,
    status: OrderStatus,
    /// What became of a plan that was paid; null for anything else, and before it is paid.
    #[schema(required)]
    delivery: Option<DeliveryDocument>,
    /// What the payer does next; null until the gateway has begun.
    #[schema(required)]
    next: Option<NextDocument>,
    placed_at: Timestamp,
    /// Until when the gateway takes a payment.
    expires_at: Timestamp,
    payments: Vec<PaymentDocument>,
    /// What a person has to look at.
    flags: Vec<FlagDocument>,
    /// False while a flag is new.
    seen: bool,
}

/// What is bought.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "product", rename_all = "snake_case")]
#[schema(as = Product)]
enum ProductDocument {
    /// The price as credit in the wallet.
    TopUp,
    /// The first period of a plan.
    Plan { plan: String },
}

/// How it stands with an order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OrderStatus {
    /// Nothing was paid yet.
    Open,
    /// The money is on its way.
    Pending,
    Paid,
    /// A part of it was given back.
    PartlyRefunded,
    Refunded,
    /// It was not paid, and nobody waits for it any more.
    Closed,
}

/// What the member has for a plan that was paid.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "delivery", rename_all = "snake_case")]
#[schema(as = PlanDelivery)]
enum DeliveryDocument {
    /// The plan began.
    Begun { at: Timestamp },
    /// The plan did not begin; what was paid went into the wallet.
    Credited { because: NotBegunReason },
    /// The plan began, and ended when its price was given back.
    Ended,
}

/// Why a plan did not begin though it was paid.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum NotBegunReason {
    /// It is not offered any more.
    NotOffered,
    /// The member has one by now that is no less.
    NotAbove,
    /// The member is suspended or gone.
    Inactive,
    /// The wallet was below its floor.
    Debt,
    /// It had begun and ended because the money was given back; then the money came again.
    CameBack,
}

/// What the payer does next.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "next", rename_all = "snake_case")]
#[schema(as = NextStep)]
enum NextDocument {
    /// They open this address.
    Visit { url: String },
    /// They scan this text as a QR code.
    Scan { text: String },
    /// They pay whoever runs the workspace, who confirms it.
    Wait,
}

/// An amount of a currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Money)]
pub(super) struct MoneyDocument {
    /// Micro-units (1e-6) of the currency.
    micros: i64,
    /// Three letters (ISO 4217).
    currency: String,
}

/// A payment of an order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderPayment)]
struct PaymentDocument {
    /// The gateway's name for it.
    payment: String,
    /// What was paid; null while only other things were said about it.
    #[schema(required)]
    paid: Option<MoneyDocument>,
    /// What was not given back.
    #[schema(required)]
    left: Option<MoneyDocument>,
    /// Somebody decided that it is credit, whatever the order asks for.
    kept: bool,
}

/// Something about an order that a person has to look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderFlag)]
struct FlagDocument {
    flag: FlagKind,
    #[schema(required)]
    payment: Option<String>,
    #[schema(required)]
    money: Option<MoneyDocument>,
}

/// What there is to look at.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum FlagKind {
    /// Another amount was paid; nothing was credited. Give it back.
    WrongAmount,
    /// It was paid in another currency; nothing was credited. Give it back.
    WrongCurrency,
    /// It was paid more than once and credited once. Give the rest back.
    PaidTwice,
    /// More was given back than was paid.
    RefundTooLarge,
    /// A refund did not reach the payer.
    RefundFailed,
    /// A refund waits for somebody to do something at the gateway.
    RefundStuck,
    /// The payer's bank took money back. Answer at the gateway.
    Disputed,
}

impl OrderDocument {
    pub(super) fn new(info: OrderInfo) -> Result<Self, Failure> {
        let OrderInfo { state, status, flags } = info;
        let order = state.order;
        let mut payments = Vec::new();
        for (name, payment) in &order.evidence.payments {
            let paid = payment.paid(order.price);
            let left = paid.map(|paid| payment.left(paid).map(|left| left.of(paid.currency))).transpose();
            let left = left.map_err(app::AppError::internal)?;
            payments.push(PaymentDocument {
                payment: name.clone(),
                paid: paid.map(MoneyDocument::from),
                left: left.map(MoneyDocument::from),
                kept: payment.kept,
            });
        }
        Ok(Self {
            id: order.id,
            member_id: order.member,
            product: order.product.into(),
            price: order.price.into(),
            gateway: order.gateway,
            status: status.into(),
            delivery: order.delivery.map(DeliveryDocument::from),
            next: state.next.map(NextDocument::from),
            placed_at: order.placed_at,
            expires_at: state.expires_at,
            payments,
            seen: flags.is_subset(&state.seen),
            flags: flags.into_iter().map(FlagDocument::from).collect(),
        })
    }
}

impl From<Product> for ProductDocument {
    fn from(product: Product) -> Self {
        match product {
            Product::TopUp => Self::TopUp,
            Product::Plan { plan } => Self::Plan { plan },
        }
    }
}

impl From<Delivery> for DeliveryDocument {
    fn from(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Begun { at } => Self::Begun { at },
            Delivery::Ended => Self::Ended,
            Delivery::Credited { because } => Self::Credited {
                because: match because {
                    NotBegun::NotOffered => NotBegunReason::NotOffered,
                    NotBegun::NotAbove => NotBegunReason::NotAbove,
                    NotBegun::Inactive => NotBegunReason::Inactive,
                    NotBegun::Debt => NotBegunReason::Debt,
                    NotBegun::CameBack => NotBegunReason::CameBack,
                },
            },
        }
    }
}

impl From<Status> for OrderStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Open => Self::Open,
            Status::Pending => Self::Pending,
            Status::Paid => Self::Paid,
            Status::PartlyRefunded => Self::PartlyRefunded,
            Status::Refunded => Self::Refunded,
            Status::Closed => Self::Closed,
        }
    }
}

impl From<NextStep> for NextDocument {
    fn from(next: NextStep) -> Self {
        match next {
            NextStep::Visit(url) => Self::Visit { url },
            NextStep::Scan(text) => Self::Scan { text },
            NextStep::Wait => Self::Wait,
        }
    }
}

impl From<Money> for MoneyDocument {
    fn from(money: Money) -> Self {
        Self { micros: money.amount.micros(), currency: money.currency.to_string() }
    }
}

impl From<Flag> for FlagDocument {
    fn from(flag: Flag) -> Self {
        let (flag, payment, money) = match flag {
            Flag::WrongAmount { payment, paid } => (FlagKind::WrongAmount, Some(payment), Some(paid)),
            Flag::WrongCurrency { payment, paid } => (FlagKind::WrongCurrency, Some(payment), Some(paid)),
            Flag::PaidTwice { extra } => (FlagKind::PaidTwice, None, Some(extra)),
            Flag::RefundTooLarge { payment, refunded } => {
                (FlagKind::RefundTooLarge, Some(payment), Some(refunded))
            }
            Flag::RefundFailed { payment, .. } => (FlagKind::RefundFailed, Some(payment), None),
            Flag::RefundStuck { payment, .. } => (FlagKind::RefundStuck, Some(payment), None),
            Flag::Disputed { payment, .. } => (FlagKind::Disputed, Some(payment), None),
        };
        Self { flag, payment, money: money.map(MoneyDocument::from) }
    }
}
