//! What goes wrong, goes wrong as scripted.

use std::time::Duration;

use catalog::{Dialect, Fault};
use dialects::{FailureKind, Reason, RetryAfter};

use crate::client::{KEY, call, endpoints, hear, now, question, town, town_with};
use dialects::Delivery;

/// What each complaint means, by dialect where they differ.
fn complaints(dialect: Dialect) -> Vec<(&'static str, u16, Fault)> {
    let google = dialect == Dialect::GenerateContent;
    let busy_status = if dialect == Dialect::Messages { 529 } else { 503 };
    vec![
        ("busy", 429, Fault::Busy),
        ("overloaded", busy_status, if google { Fault::Down } else { Fault::Busy }),
        ("down", 500, Fault::Down),
        ("unavailable", 503, Fault::Down),
        ("long", 400, Fault::TooLong),
        ("badkey", if google { 400 } else { 401 }, Fault::Key),
        ("broke", if google { 403 } else { 402 }, Fault::Funds),
        ("unknown", 404, Fault::UnknownModel),
        ("bad", 400, Fault::Bad),
        ("html", 502, Fault::Down),
        ("html-503", 503, Fault::Down),
        ("nobody", 404, Fault::UnknownModel),
        ("say-3.sey-3", 404, Fault::UnknownModel),
    ]
}

#[tokio::test]
async fn complaints_mean_what_they_are_called() {
    let town = town().await;
    for endpoint in endpoints() {
        for (model, status, fault) in complaints(endpoint.dialect) {
            for delivery in [Delivery::Streamed, Delivery::Whole] {
                let heard = town.ask(&endpoint, model, delivery, &question()).await;
                let name = format!("{:?} {model} {delivery:?}", endpoint.dialect);
                assert_eq!(heard.status, status, "{name}");
                assert_eq!(heard.failure(&endpoint).kind, FailureKind::Told(fault), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn when_to_come_again_is_said_in_three_forms() {
    let town = town().await;
    let then = now().plus(Duration::from_secs(7));
    for endpoint in endpoints() {
        let forms = [
            ("busy-3s", RetryAfter::In(Duration::from_secs(3))),
            ("busy-1500ms", RetryAfter::In(Duration::from_millis(1_500))),
            ("busy-date-7s", RetryAfter::At(then)),
        ];
        for (model, retry) in forms {
            let heard = town.stream(&endpoint, model).await;
            assert_eq!((heard.status, heard.failure(&endpoint).retry), (429, Some(retry)), "{model}");
        }
        assert_eq!(town.stream(&endpoint, "busy").await.failure(&endpoint).retry, None);
    }
}

#[tokio::test]
async fn a_filter_refuses_the_question_in_the_way_of_the_dialect() {
    let town = town().await;
    for endpoint in endpoints() {
        let heard = town.stream(&endpoint, "filtered").await;
        if matches!(endpoint.dialect, Dialect::ChatCompletions | Dialect::Responses) {
            assert_eq!(heard.failure(&endpoint).kind, FailureKind::Told(Fault::Filtered));
        } else {
            assert_eq!((heard.end().reason, heard.said()), (Reason::Filtered, String::new()));
        }
    }
}

#[tokio::test]
async fn complaints_in_the_middle_and_inside_a_good_answer() {
    let town = town().await;
    for endpoint in endpoints() {
        let heard = town.stream(&endpoint, "think-2.say-9.break-5").await;
        let meant = town.meant(&endpoint, "think-2.say-9.break-5", &question());
        assert_eq!((heard.status, heard.said()), (200, meant.said()));
        assert_eq!(meant.account.output_tokens, 5);
        let fault = if endpoint.dialect == Dialect::GenerateContent { Fault::Down } else { Fault::Busy };
        assert_eq!(heard.broken().failure.kind, FailureKind::Told(fault), "{:?}", endpoint.dialect);
        assert_eq!(town.whole(&endpoint, "break-5").await.failure(&endpoint).kind, FailureKind::Told(fault));
        for heard in [town.stream(&endpoint, "inside").await, town.whole(&endpoint, "inside").await] {
            assert_eq!(heard.status, 200);
            assert_eq!(heard.broken().failure.kind, FailureKind::Told(Fault::Down));
        }
    }
}

#[tokio::test]
async fn flaky_ones_answer_from_the_next_time_on_each_key_for_itself() {
    let town = town().await;
    for (number, endpoint) in endpoints().iter().enumerate() {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            let heard = town.stream(endpoint, &format!("say-3.flaky-2.seed-{number}")).await;
            statuses.push(heard.status);
        }
        assert_eq!(statuses, [503, 503, 200, 200]);
        let model = &format!("say-40.cut-300.flaky-1.seed-{number}");
        let broken = [town.stream(endpoint, model).await, town.stream(endpoint, model).await];
        assert_eq!(broken.map(|heard| heard.is_broken), [true, false]);
        let call = call(endpoint, model, Delivery::Streamed, &question());
        let other = format!("fake-{number}");
        let response = town.post(endpoint, &call.path, call.body, &other).send().await.unwrap();
        assert!(hear(endpoint, model, Delivery::Streamed, response).await.is_broken);
    }
}

#[tokio::test]
async fn content_types_that_are_not_true() {
    let town = town().await;
    let types = [
        ("none", None),
        ("html", Some("text/html; charset=utf-8")),
        ("text", Some("text/plain")),
        ("json", Some("application/json")),
    ];
    for endpoint in endpoints() {
        for (form, told) in types {
            let heard = town.stream(&endpoint, &format!("say-3.type-{form}")).await;
            assert_eq!((heard.header("content-type"), heard.end().reason), (told, Reason::Stop));
        }
    }
}

#[tokio::test]
async fn whoever_has_no_key_or_no_manners_is_refused() {
    let town = town_with(|house| house.with_key("sk-own").with_model("lane-v2", "say-3")).await;
    for endpoint in endpoints() {
        let call = call(&endpoint, "lane-v2", Delivery::Streamed, &question());
        let ask = |key: &'static str| town.post(&endpoint, &call.path, call.body.clone(), key);
        for (key, is_taken) in [(KEY, true), ("sk-own", true), ("sk-other", false), ("", false)] {
            let response = ask(key).send().await.unwrap();
            let heard = hear(&endpoint, "m", Delivery::Streamed, response).await;
            match is_taken {
                true => assert_eq!(heard.end().reason, Reason::Stop),
                false => assert_eq!(heard.failure(&endpoint).kind, FailureKind::Told(Fault::Key)),
            }
        }
        let mut plain = endpoint.clone();
        plain.headers.clear();
        let status = town.post(&plain, &call.path, call.body.clone(), KEY).send().await.unwrap().status();
        assert_eq!(status.is_success(), endpoint.headers.is_empty(), "{:?}", endpoint.dialect);
        for (path, body) in [(call.path.as_str(), "{"), (call.path.as_str(), "{}"), ("/nowhere", "{}")] {
            let response = town.post(&endpoint, path, body.to_owned(), KEY).send().await.unwrap();
            assert!(response.status().is_client_error(), "{path} {body}");
        }
        let status =
            town.client.get(format!("{}{}", town.vendors.base_url(endpoint.dialect), call.path)).send();
        assert_eq!(status.await.unwrap().status().as_u16(), 405);
    }
}

#[tokio::test]
async fn a_life_ends_by_itself_and_connections_wait_for_room() {
    let town = town_with(|house| house.with_connections(1)).await;
    let endpoint = &endpoints()[0];
    // One client keeps its connection for the next question; another one's waits behind it.
    assert_eq!(town.stream(endpoint, "say-3").await.status, 200);
    let other = reqwest::Client::builder().no_proxy().build().unwrap();
    let waiting =
        other.get(format!("http://{}/invoice", town.vendors.address())).timeout(Duration::from_millis(200));
    assert!(waiting.send().await.unwrap_err().is_timeout());
    let short = town_with(|house| house.with_life(Duration::from_millis(50))).await;
    let address = short.vendors.address();
    short.vendors.ended().await;
    assert!(other.get(format!("http://{address}/invoice")).send().await.unwrap_err().is_connect());
}
