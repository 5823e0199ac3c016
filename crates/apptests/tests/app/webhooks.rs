//! The table of what may come to a webhook, through the whole server and for every gateway: whatever comes, an order is
//! credited exactly once or not at all, and the books are in order.

use std::sync::Arc;
use std::time::Duration;

use fakegateways::stripe::{self, FakeStripe};
use fakegateways::{Message, ORDER, money, now, serve, voices};
use serde_json::{Value, json};
use testkit::{Home, TestApp};
use tokio::task::JoinSet;

use crate::shop::{PRICE, Shop, credits, hears, hears_from, is_sound};

#[tokio::test]
async fn a_payment_is_credited_once_and_acknowledged() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        let answer = shop.hears(voice.name, &(voice.paid)("p1", money("88.80", "CNY"), now())).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, voice.acknowledged));
        assert_eq!(answer.header("set-cookie"), None);
        shop.has(PRICE).await;
        let counts = (shop.credits().await, shop.status(ORDER).await, shop.flags().await.len());
        assert_eq!(counts, (1, "paid".to_owned(), 0), "{}", voice.name);
    }
}

#[tokio::test]
async fn a_forged_message_changes_nothing() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        let good = (voice.paid)("p1", money("88.80", "CNY"), now());
        let (from, to) = voice.tamper;
        let mut twice = good.clone();
        twice.headers.extend(good.headers.iter().map(|(name, value)| (*name, format!("{value}x"))));
        let mut bad = vec![
            (voice.forged)(),
            good.tampered(from, to),
            Message { headers: vec![], body: b"{}".to_vec() },
        ];
        bad.extend(
            [&b""[..], b"null", b"\xff\xfe", b"a=b&a=b&sign"]
                .map(|body| Message { headers: good.headers.clone(), body: body.to_vec() }),
        );
        for message in bad {
            let answer = shop.hears(voice.name, &message).await;
            assert_eq!((answer.status, answer.text().as_str()), (400, voice.refused), "{message:?}");
        }
        assert_eq!(
            (shop.credits().await, shop.status(ORDER).await),
            (0, "open".to_owned()),
            "{}",
            voice.name
        );
        shop.has(0).await;
        // Nothing of it is in the way of the real one.
        shop.hears(voice.name, &good).await.expect(200);
        shop.has(PRICE).await;
    }
}

/// Ten that nobody signed close the door for their address, for good messages too: nobody looks at the signature any more.
/// Every half minute it opens for one.
#[tokio::test]
async fn many_forged_messages_are_not_looked_at_and_others_are() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        let from = |text: &str| shop.app.anonymous().with_address(text.parse().unwrap());
        let (intruder, gateway) = ("192.0.2.1", "198.51.100.1");
        for _ in 0..10 {
            let answer = hears_from(from(intruder), voice.name, &(voice.forged)()).await;
            assert_eq!((answer.status, answer.text().as_str()), (400, voice.refused));
        }
        let good = (voice.paid)("p1", money("88.80", "CNY"), now());
        let mut long = (voice.forged)();
        long.body.resize(256 * 1024 + 1, b' ');
        for message in [&(voice.forged)(), &good, &long] {
            let answer = hears_from(from(intruder), voice.name, message).await;
            assert_eq!((answer.status, answer.text().as_str()), (429, voice.refused), "not even read");
            assert_eq!(answer.header("retry-after"), Some("31"));
        }
        assert_eq!(shop.status(ORDER).await, "open");
        for (at, expected) in [(29, 429), (2, 400), (0, 429)] {
            shop.app.clock.advance(Duration::from_secs(at));
            let answer = hears_from(from(intruder), voice.name, &(voice.forged)()).await;
            assert_eq!(answer.status, expected, "{at} seconds later");
        }
        hears_from(from(gateway), voice.name, &good).await.expect(200);
        shop.has(PRICE).await;
    }
}

#[tokio::test]
async fn good_messages_and_old_ones_close_no_door() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        let message = (voice.paid)("p1", money("88.80", "CNY"), now());
        for _ in 0..40 {
            shop.hears(voice.name, &message).await.expect(200);
        }
        shop.app.clock.advance(voice.limit + Duration::from_secs(1));
        for _ in 0..40 {
            shop.hears(voice.name, &message).await.expect(400);
        }
        let fresh = now().plus(voice.limit + Duration::from_secs(1));
        shop.hears(voice.name, &(voice.paid)("p1", money("88.80", "CNY"), fresh)).await.expect(200);
    }
}

#[tokio::test]
async fn a_replayed_message_is_acknowledged_and_changes_nothing() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        let message = (voice.paid)("p1", money("88.80", "CNY"), now());
        for _ in 0..5 {
            let answer = shop.hears(voice.name, &message).await;
            assert_eq!((answer.status, answer.text().as_str()), (200, voice.acknowledged));
        }
        assert_eq!(shop.credits().await, 1, "{}", voice.name);
        shop.has(PRICE).await;
    }
}

#[tokio::test]
async fn an_old_message_is_refused_though_it_is_signed() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        let message = (voice.paid)("p1", money("88.80", "CNY"), now());
        shop.app.clock.advance(voice.limit + Duration::from_secs(1));
        let answer = shop.hears(voice.name, &message).await;
        assert_eq!((answer.status, answer.text().as_str()), (400, voice.refused), "{}", voice.name);
        assert_eq!(shop.credits().await, 0);
        is_sound(&shop.app).await;
    }
}

#[tokio::test]
async fn out_of_order_ends_as_in_order() {
    for voice in voices() {
        let paid = (voice.paid)("p1", money("88.80", "CNY"), now());
        let refunded = (voice.refunded)("p1", 880, now());
        for messages in
            [[&paid, &refunded, &paid], [&refunded, &paid, &refunded], [&refunded, &refunded, &paid]]
        {
            let shop = Shop::of(&voice).await;
            for message in messages {
                shop.hears(voice.name, message).await.expect(200);
            }
            assert_eq!(shop.status(ORDER).await, "partly_refunded", "{}", voice.name);
            shop.has(80_000_000).await;
        }
    }
}

#[tokio::test]
async fn a_wrong_amount_is_credited_nothing_and_a_person_is_told() {
    for voice in voices() {
        for wrong in ["88.79", "88.81", "0.01", "8880.00"] {
            let shop = Shop::of(&voice).await;
            let answer = shop.hears(voice.name, &(voice.paid)("p1", money(wrong, "CNY"), now())).await;
            assert_eq!(answer.status, 200, "the gateway cannot put it right by repeating it");
            assert_eq!((shop.credits().await, shop.flags().await), (0, vec!["wrong_amount".to_owned()]));
            shop.has(0).await;
        }
    }
}

#[tokio::test]
async fn a_wrong_currency_is_credited_nothing_and_a_person_is_told() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        shop.hears(voice.name, &(voice.paid)("p1", money("88.80", "HKD"), now())).await.expect(200);
        assert_eq!((shop.credits().await, shop.flags().await), (0, vec!["wrong_currency".to_owned()]));
        shop.has(0).await;
    }
}

#[tokio::test]
async fn a_second_payment_is_credited_nothing_and_a_person_is_told() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        for payment in ["p1", "p2"] {
            let message = (voice.paid)(payment, money("88.80", "CNY"), now());
            shop.hears(voice.name, &message).await.expect(200);
        }
        assert_eq!((shop.credits().await, shop.flags().await), (1, vec!["paid_twice".to_owned()]));
        shop.has(PRICE).await;
    }
}

#[tokio::test]
async fn more_given_back_than_was_paid_takes_no_more_than_that() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        shop.hears(voice.name, &(voice.paid)("p1", money("88.80", "CNY"), now())).await.expect(200);
        shop.hears(voice.name, &(voice.refunded)("p1", 10_000, now())).await.expect(200);
        assert_eq!(shop.flags().await, ["refund_too_large"], "{}", voice.name);
        shop.has(0).await;
    }
}

#[tokio::test]
async fn one_gateway_has_no_say_about_the_orders_of_another() {
    for voice in voices() {
        let mut shop = Shop::open(&(voice.config)(&voice.served().await)).await;
        shop.order(ORDER, "manual").await.expect(201);
        shop.hears(voice.name, &(voice.paid)("p1", money("88.80", "CNY"), now())).await.expect(200);
        assert_eq!((shop.credits().await, shop.strays().await), (0, vec!["other_gateway".to_owned()]));
        assert_eq!(shop.status(ORDER).await, "open");
        shop.has(0).await;
    }
}

#[tokio::test]
async fn a_payment_of_no_order_or_of_another_one_is_kept_for_a_person() {
    for voice in voices() {
        let mut shop = Shop::open(&(voice.config)(&voice.served().await)).await;
        let message = (voice.paid)("p1", money("88.80", "CNY"), now());
        for _ in 0..2 {
            shop.hears(voice.name, &message).await.expect(200);
        }
        assert_eq!((shop.credits().await, shop.strays().await), (0, vec!["unknown_order".to_owned()]));

        let other = shop.mei.id();
        shop.order(&other, voice.name).await.expect(201);
        shop.order(ORDER, voice.name).await.expect(201);
        let claim = store::orders::claim_payment(voice.name, "p1", other.parse().unwrap());
        shop.app.db.write(store::Batch::new(store::Durability::Full).with(claim)).await.unwrap();
        shop.hears(voice.name, &message).await.expect(200);
        assert_eq!((shop.credits().await, shop.status(ORDER).await), (0, "open".to_owned()));
        shop.has(0).await;
    }
}

#[tokio::test]
async fn without_its_secrets_a_gateway_has_no_address() {
    let answer_of = |app: &TestApp, path: &str, body: Message| {
        let mut gate = app.anonymous();
        let path = path.to_owned();
        async move {
            let call = gate.call("POST", &path).without("origin").without("sec-fetch-site");
            let answer = call.raw("application/json", body.body).send().await;
            let mut document: Value = answer.json();
            document.as_object_mut().unwrap().remove("request_id");
            let mut names: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
            names.sort_unstable();
            (answer.status, document, names)
        }
    };
    for voice in voices() {
        let message = (voice.paid)("p1", money("88.80", "CNY"), now());
        for config in ["".to_owned(), emptied(&(voice.config)(""))] {
            let shop = Shop::open(&config).await;
            let nowhere = answer_of(&shop.app, "/nobody/thought/of-this", message.clone()).await;
            assert_eq!(nowhere.0, 404);
            for path in [&format!("/pay/{}/webhook", voice.name), "/pay/manual/webhook", "/pay/x/webhook"] {
                assert_eq!(answer_of(&shop.app, path, message.clone()).await, nowhere, "{path}");
            }
            let ways = shop.mei.get("/api/v1/payments").await.expect(200).json();
            assert_eq!((&ways["gateways"], &ways["missing"]), (&json!(["manual"]), &json!([])));
            let lacks = shop.owner.get("/api/v1/payments").await.expect(200).json()["missing"].clone();
            assert_eq!(lacks.as_array().unwrap().len(), usize::from(!config.is_empty()), "{lacks}");
            assert_eq!(shop.strays().await.len(), 0);
        }
    }
}

/// A configuration whose secrets are empty texts.
fn emptied(config: &str) -> String {
    let mut config: toml::Table = config.parse().unwrap();
    for section in ["stripe", "alipay", "wechat"] {
        let Some(section) = config.get_mut(section).and_then(toml::Value::as_table_mut) else { continue };
        for name in ["webhook_secrets", "app_key", "api_v3_key"] {
            if let Some(secret) = section.get_mut(name) {
                *secret = if secret.is_array() { toml::Value::Array(vec!["".into()]) } else { "".into() };
            }
        }
    }
    config.to_string()
}

#[tokio::test]
async fn twenty_copies_at_once_are_credited_once() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        let message = Arc::new((voice.paid)("p1", money("88.80", "CNY"), now()));
        let app = Arc::new(shop.app);
        let mut copies = JoinSet::new();
        for _ in 0..20 {
            let (app, message) = (Arc::clone(&app), Arc::clone(&message));
            copies.spawn(async move { hears(&app, voice.name, &message).await.status });
        }
        assert_eq!(copies.join_all().await, [200; 20], "{}", voice.name);
        assert_eq!(credits(&app).await, 1, "{}", voice.name);
        is_sound(&app).await;
    }
}

#[tokio::test]
async fn webhook_page_and_job_at_once_are_credited_once() {
    let fake = Arc::new(FakeStripe::default());
    let mut shop = Shop::open(&stripe::config(&serve(Arc::clone(&fake)).await)).await;
    shop.order(ORDER, "stripe").await.expect(201);
    fake.pays("paid");
    shop.app.clock.advance(Duration::from_secs(121));
    let mei = shop.mei.clone();
    let app = Arc::new(shop.app);
    let message =
        Arc::new((voices()[0].paid)("pi_1", money("88.80", "CNY"), now().plus(Duration::from_secs(121))));
    let mut tasks = JoinSet::new();
    for _ in 0..5 {
        let (one, two, mei, said) = (Arc::clone(&app), Arc::clone(&app), mei.clone(), Arc::clone(&message));
        tasks.spawn(async move { hears(&one, "stripe", &said).await.status });
        tasks.spawn(async move { mei.get(&format!("/api/v1/me/orders/{ORDER}")).await.status });
        tasks.spawn(async move { two.app.ask_gateways().await.map_or(0, |_| 200) });
    }
    assert_eq!(tasks.join_all().await, [200; 15]);
    assert_eq!(credits(&app).await, 1);
    is_sound(&app).await;
}

/// A process that is killed after it stored and before it answered leaves what it stored, and a gateway that repeats.
#[tokio::test]
async fn a_crash_between_the_batch_and_the_acknowledgement_is_made_good_by_the_repetition() {
    for voice in voices() {
        let home = Home::new();
        let config = (voice.config)(&voice.served().await);
        let message = (voice.paid)("p1", money("88.80", "CNY"), now());
        let mut first = Shop::open_in(&home, &config).await;
        first.order(ORDER, voice.name).await.expect(201);
        // The answer of the first life is thrown away.
        drop(first.hears(voice.name, &message).await);
        let second = TestApp::build().home(&home).payments(&config).start().await;
        let answer = hears(&second, voice.name, &message).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, voice.acknowledged));
        assert_eq!(credits(&second).await, 1, "{}", voice.name);
        is_sound(&second).await;
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_or_from_a_page_is_refused() {
    for voice in voices() {
        let shop = Shop::of(&voice).await;
        let mut long = (voice.paid)("p1", money("88.80", "CNY"), now());
        long.body.resize(256 * 1024 + 1, b' ');
        assert_eq!(shop.hears(voice.name, &long).await.problem(413), "too_large");

        let good = (voice.paid)("p1", money("88.80", "CNY"), now());
        let mut page = shop.mei.clone();
        let call = page.call("POST", &format!("/pay/{}/webhook", voice.name));
        let call = call.header("origin", "https://evil.example").header("sec-fetch-site", "cross-site");
        let call = good.headers.iter().fold(call, |call, (name, value)| call.header(name, value));
        let answer = call.raw("application/json", good.body).send().await;
        assert_eq!(answer.problem(403), "untrusted_origin");
        assert_eq!(shop.credits().await, 0);
    }
}

/// A dispute names its payment only. When it comes first, it waits for the order that has it.
#[tokio::test]
async fn what_was_said_of_a_payment_before_its_order_was_known_is_not_lost() {
    let voice = &voices()[0];
    let shop = Shop::of(voice).await;
    let dispute = json!({"id": "dp_1", "object": "dispute", "amount": 8_880, "currency": "cny", "charge": "ch_1",
        "payment_intent": "p1", "status": "needs_response"});
    let event = stripe::event("charge.dispute.funds_withdrawn", &dispute, now());
    shop.hears("stripe", &event).await.expect(200);
    assert_eq!(shop.strays().await, ["unknown_order"]);
    shop.hears("stripe", &(voice.paid)("p1", money("88.80", "CNY"), now())).await.expect(200);
    assert_eq!((shop.flags().await, shop.strays().await.len()), (vec!["disputed".to_owned()], 0));
    assert_eq!(shop.status(ORDER).await, "refunded");
    shop.has(0).await;
    let won = stripe::event("charge.dispute.funds_reinstated", &dispute, now());
    shop.hears("stripe", &won).await.expect(200);
    assert_eq!(shop.status(ORDER).await, "paid");
    shop.has(PRICE).await;
}
