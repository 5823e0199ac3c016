//! Which drivers there are. One without its secrets does not exist.

use fakegateways::{REFUND, alipay, money, now, stripe, wechat};
use gateways::{Gateways, Manual, PaymentsConfig};
use money::payment::{Happened, RefundOrder};
use payments::Status;
use ports::{Callback, NextStep};
use stdx::MockClock;

use crate::house::{House, checkout, open, surroundings};

fn clock() -> MockClock {
    MockClock::at(now())
}

fn refused(config: &str) -> String {
    let config: PaymentsConfig = toml::from_str(config).unwrap();
    Gateways::open(&config, &surroundings(&clock())).unwrap_err().to_string()
}

/// The line `name = …` of a configuration with another value, quoted.
fn with(config: &str, name: &str, value: &str) -> String {
    let start = config.find(&format!("\n{name} = ")).unwrap() + 1;
    let rest = &config[start..];
    let end = if rest.starts_with(&format!("{name} = \"\"\"")) {
        let open = rest.find("\"\"\"").unwrap() + 3;
        open + rest[open..].find("\"\"\"").unwrap() + 3
    } else {
        rest.find('\n').unwrap()
    };
    let value = if value.starts_with('[') { value.to_owned() } else { format!("\"{value}\"") };
    format!("{}{name} = {value}{}", &config[..start], &rest[end..])
}

#[test]
fn without_a_word_there_is_payment_by_hand_only() {
    let gateways = open("", &clock());
    assert_eq!(gateways.names().collect::<Vec<_>>(), ["manual"]);
    assert!(gateways.missing().is_empty());
    assert_eq!(open("no_manual = true", &clock()).names().count(), 0);
}

#[test]
fn with_all_its_secrets_each_driver_exists_and_has_an_address() {
    for (name, config) in [
        ("stripe", stripe::config("")),
        ("wechat", wechat::config("")),
        ("alipay", alipay::config("", "page")),
    ] {
        let gateways = open(&config, &clock());
        assert_eq!(gateways.names().collect::<Vec<_>>().len(), 2, "{name}");
        assert!(gateways.for_callback(name).is_some() && gateways.missing().is_empty(), "{name}");
    }
}

#[test]
fn an_empty_secret_is_none_and_the_address_does_not_exist() {
    let cases = [
        ("stripe", stripe::config(""), &["secret_key", "webhook_secrets", "public_url"][..]),
        (
            "wechat",
            wechat::config(""),
            &["app_id", "merchant_id", "certificate_serial", "merchant_key", "api_v3_key", "serial"],
        ),
        ("alipay", alipay::config("", "page"), &["app_id", "seller_id", "app_key", "alipay_key"]),
    ];
    for (gateway, config, settings) in cases {
        for setting in settings {
            for empty in ["", "   "] {
                let value =
                    if *setting == "webhook_secrets" { format!("[\"{empty}\"]") } else { empty.to_owned() };
                let config = with(&format!("\n{config}"), setting, &value);
                let gateways = open(&config, &clock());
                assert!(gateways.get(gateway).is_none(), "{gateway} without {setting}");
                assert!(gateways.for_callback(gateway).is_none(), "{gateway} without {setting}");
                assert_eq!(gateways.missing().len(), 1, "and the log says so");
            }
        }
    }
    let none = with(&format!("\n{}", stripe::config("")), "webhook_secrets", "[]");
    let missing = open(&none, &clock()).missing()[0].to_string();
    assert_eq!(missing, "nobody can pay with stripe: stripe.webhook_secrets is missing");
}

#[test]
fn names_that_are_no_drivers_have_no_address() {
    let gateways = open(&stripe::config(""), &clock());
    for name in ["", "manual", "Stripe", "stripe/", "paypal", "../stripe"] {
        assert!(gateways.for_callback(name).is_none(), "{name}");
    }
}

#[test]
fn what_cannot_be_a_secret_stops_the_start_without_showing_it() {
    let broken = [
        (stripe::config(""), "webhook_secrets", "[\"whsec_short\"]", "stripe.webhook_secrets"),
        (wechat::config(""), "api_v3_key", "too-short", "wechat.api_v3_key"),
        (wechat::config(""), "merchant_key", "no-key", "wechat.merchant_key"),
        (alipay::config("", "qr"), "app_key", "no-key", "alipay.app_key"),
        (alipay::config("", "qr"), "alipay_key", "no-key", "alipay.alipay_key"),
        (stripe::config(""), "public_url", "ftp://hutong.example", "public_url"),
    ];
    for (config, setting, value, named) in broken {
        let error = refused(&with(&format!("\n{config}"), setting, value));
        assert!(error.starts_with(&format!("payments.{named}: ")), "{error}");
        assert!(!error.contains("short\"") && !error.contains("no-key"), "{error}");
    }
}

#[test]
fn a_configuration_is_never_printed_with_its_secrets() {
    let config: PaymentsConfig = toml::from_str(&stripe::config("")).unwrap();
    let text = format!("{config:?}");
    assert!(!text.contains("sk_test") && !text.contains("whsec"), "{text}");
    let error = toml::from_str::<PaymentsConfig>("[stripe]\nsecretkey = \"x\"").unwrap_err().to_string();
    assert!(error.contains("secretkey"), "{error}");
}

#[tokio::test]
async fn by_hand_the_owner_says_when_the_money_is_there() {
    let gateways = open("", &clock());
    let manual = gateways.get("manual").unwrap();
    let started = manual.begin(checkout()).await.unwrap();
    assert_eq!((started.next, started.reference), (NextStep::Wait, None));

    let mut house = House::new(manual, &clock());
    for _ in 0..2 {
        let fact = Manual::confirm(house.order.id, house.order.price);
        house.learns(&fact);
    }
    assert_eq!(
        (house.wallet(), house.changes, house.status()),
        (money("88.80", "CNY").amount, 1, Status::Paid)
    );

    let order = RefundOrder {
        refund: REFUND.parse().unwrap(),
        payment: Manual::confirm(house.order.id, house.order.price).payment,
        paid: house.order.price,
        money: money("8.80", "CNY"),
    };
    for fact in manual.refund(house.order.id, order).await.unwrap() {
        assert!(matches!(fact.what, Happened::Refunded { .. }));
        house.learns(&fact);
    }
    assert_eq!(house.wallet(), money("80", "CNY").amount);
}

#[test]
fn nobody_calls_back_for_payments_by_hand() {
    let headers: &[(&str, &str)] = &[];
    let gateways = open("", &clock());
    let callback = Callback { headers: &headers, body: b"paid=yes", at: now() };
    assert!(gateways.get("manual").unwrap().read_callback(callback).is_err());
    let mut house = House::new(gateways.get("manual").unwrap(), &clock());
    let fact = Manual::give_up(house.order.id);
    house.learns(&fact);
    assert_eq!(house.status(), Status::Closed);
}
