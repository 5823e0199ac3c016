//! Vendors that do not behave.

use std::time::Duration;

use ports::{AttemptEnding, Consumed, PortErrorKind};
use upstreams::{BreakerPolicy, Health, Options};
use wire::ErrorCode;

use crate::vendor::{
    KEY, Step, Vendor, hello, once, piece, quick, response, say, site, stream, toy, upstreams,
};

fn complaint(status: u16, headers: &str) -> Step {
    response(status, headers, r#"{"error":{"message":"Not now."}}"#)
}

#[tokio::test]
async fn what_passes_is_asked_again_and_every_attempt_is_told() {
    let (vendor, upstreams) = toy("", quick()).await;
    vendor.next([complaint(503, "x-request-id: first\r\n")]);
    vendor.next([complaint(429, "retry-after-ms: 5\r\n")]);
    vendor.next([stream(hello())]);
    let heard = say(&upstreams).await;
    assert_eq!((heard.text.as_str(), heard.started), ("Hello there.", 1));
    let endings: Vec<AttemptEnding> = heard.attempts.iter().map(|attempt| attempt.ending).collect();
    let failed = AttemptEnding::Failed;
    assert_eq!(
        endings,
        [failed(ErrorCode::UpstreamDown), failed(ErrorCode::UpstreamBusy), AttemptEnding::Answered]
    );
    assert_eq!(heard.attempts[0].request_id.as_deref(), Some("first"));
    assert_eq!(heard.attempts[0].consumed, Consumed::Unknown { bytes: 0 });
}

#[tokio::test]
async fn attempts_have_an_end() {
    let (vendor, upstreams) = toy("", quick()).await;
    vendor.always([complaint(500, "")]);
    let heard = say(&upstreams).await;
    assert_eq!((heard.code(), heard.attempts.len()), (Some(ErrorCode::UpstreamDown), 3));
    assert_eq!(vendor.requests().len(), 3);
}

#[tokio::test]
async fn nobody_comes_before_the_time_that_was_asked_for() {
    let date = "retry-after: Fri, 31 Dec 2100 23:59:59 GMT\r\n";
    for headers in ["retry-after: 3600\r\n", "retry-after-ms: 3600000\r\n", date] {
        let (vendor, upstreams) = toy("", quick()).await;
        vendor.always([complaint(429, headers)]);
        let heard = say(&upstreams).await;
        assert_eq!((heard.code(), heard.attempts.len()), (Some(ErrorCode::UpstreamBusy), 1), "{headers}");
        assert!(heard.error.unwrap().detail.contains("left alone for"), "{headers}");
    }
}

#[tokio::test]
async fn what_stays_wrong_is_asked_once_and_named() {
    let cases = [
        (
            400,
            r#"{"error":{"message":"max_tokens is wrong"}}"#,
            ErrorCode::InvalidRequest,
            PortErrorKind::Bad,
        ),
        (
            400,
            r#"{"error":{"code":"context_length_exceeded"}}"#,
            ErrorCode::ContextExceeded,
            PortErrorKind::Bad,
        ),
        (
            401,
            r#"{"error":{"message":"Incorrect API key provided: sk-canary-0123456789"}}"#,
            ErrorCode::UpstreamKey,
            PortErrorKind::Refused,
        ),
        (
            402,
            r#"{"error":{"message":"Insufficient Balance"}}"#,
            ErrorCode::UpstreamFunds,
            PortErrorKind::Quota,
        ),
        (404, r#"{"error":{"code":"model_not_found"}}"#, ErrorCode::NotFound, PortErrorKind::Bad),
        (
            400,
            r#"{"error":{"code":"content_filter","message":"no"}}"#,
            ErrorCode::UpstreamRefused,
            PortErrorKind::Refused,
        ),
    ];
    for (status, body, code, kind) in cases {
        let (vendor, upstreams) = toy("", quick()).await;
        vendor.always([response(status, "", body)]);
        let heard = say(&upstreams).await;
        let error = heard.error.unwrap();
        assert_eq!((error.code, error.kind), (code, kind), "{body}");
        assert!(!format!("{error:?}{upstreams:?}{:?}", heard.attempts).contains("canary"), "{error:?}");
        assert_eq!(vendor.requests().len(), 1, "{body}");
        assert_eq!(upstreams.health("toy/m"), Some(Health::Closed), "{body}");
    }
}

#[tokio::test]
async fn what_is_no_answer_is_an_error_and_no_text() {
    let page = "<html>Sign in to the hotel's network</html>";
    let long = format!("data: {}", "x".repeat(17 << 20));
    let cases = [
        ("a page", response(200, "content-type: text/html\r\n", page), ErrorCode::UpstreamDown),
        ("a page in disguise", stream(page), ErrorCode::UpstreamCut),
        ("packed", response(200, "content-encoding: gzip\r\n", "\x1f"), ErrorCode::UpstreamDown),
        ("nothing", stream(""), ErrorCode::UpstreamCut),
        ("broken JSON", stream("data: {\"choices\":[\n\n"), ErrorCode::UpstreamDown),
        (
            "an error inside 200",
            stream(r#"{"error":{"message":"busy","code":"rate_limit_exceeded"}}"#),
            ErrorCode::UpstreamBusy,
        ),
        ("a line without end", stream(long), ErrorCode::UpstreamRefused),
        ("no HTTP", Step::Send(b"220 mail.example ESMTP\r\n\r\n".to_vec()), ErrorCode::UpstreamCut),
        (
            "a head without end",
            Step::Send(format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(1 << 20)).into()),
            ErrorCode::UpstreamCut,
        ),
        ("a huge complaint", response(500, "", "z".repeat(8 << 20)), ErrorCode::UpstreamDown),
    ];
    for (name, step, code) in cases {
        let (vendor, upstreams) = toy("", once()).await;
        vendor.always([step]);
        let heard = say(&upstreams).await;
        assert_eq!((heard.code(), heard.text.as_str()), (Some(code), ""), "{name}: {heard:?}");
    }
}

#[tokio::test]
async fn an_error_in_the_middle_keeps_what_was_said() {
    let (vendor, upstreams) = toy("", quick()).await;
    let error =
        "data: {\"error\":{\"message\":\"The server is overloaded\",\"code\":\"server_overloaded\"}}\n\n";
    vendor.always([stream(format!("{}{error}", piece("Half")))]);
    let heard = say(&upstreams).await;
    assert_eq!((heard.text.as_str(), heard.code()), ("Half", Some(ErrorCode::UpstreamBusy)));
    assert_eq!(vendor.requests().len(), 1);
}

#[tokio::test]
async fn characters_that_come_in_halves_are_whole() {
    let (vendor, upstreams) = toy("", quick()).await;
    let body = format!("{}{}", piece("胡同🌿"), crate::vendor::END);
    let mut steps = vec![stream("")];
    for byte in body.bytes() {
        steps.push(Step::Send(vec![byte]));
    }
    vendor.always(steps);
    assert_eq!(say(&upstreams).await.text, "胡同🌿");
}

#[tokio::test]
async fn keys_follow_no_redirect() {
    let (vendor, upstreams) = toy("", once()).await;
    let thief = Vendor::start().await;
    thief.always([stream(hello())]);
    for status in [301, 302, 307, 308] {
        vendor.next([response(status, &format!("location: {}/steal\r\n", thief.address), "")]);
        assert_eq!(say(&upstreams).await.code(), Some(ErrorCode::UpstreamDown));
    }
    assert!(thief.requests().is_empty());
}

#[tokio::test]
async fn nobody_there_is_said_at_once() {
    let upstreams = upstreams([site("http://127.0.0.1:1", "")], quick());
    let heard = say(&upstreams).await;
    assert_eq!((heard.code(), heard.attempts.len()), (Some(ErrorCode::UpstreamDown), 3));
    assert_eq!(heard.error.unwrap().kind, PortErrorKind::Down);
}

#[tokio::test]
async fn a_vendor_that_does_not_begin_is_not_waited_for_whatever_signs_of_life_it_gives() {
    let (vendor, upstreams) = toy("patience = { first_token_seconds = 1 }", once()).await;
    let ping = || [Step::Send(b": still thinking\n\n".to_vec()), Step::Pause(Duration::from_millis(50))];
    vendor.always([stream("")].into_iter().chain((0..1_000).flat_map(|_| ping())));
    assert_eq!(say(&upstreams).await.code(), Some(ErrorCode::UpstreamDown));
    vendor.left(1).await;
    vendor.always([Step::Hang]);
    assert_eq!(say(&upstreams).await.code(), Some(ErrorCode::UpstreamDown));
}

#[tokio::test]
async fn a_vendor_that_falls_silent_is_given_up_with_what_it_said() {
    let (vendor, upstreams) = toy("patience = { idle_seconds = 1 }", quick()).await;
    vendor.always([stream(piece("Hel")), Step::Hang]);
    let heard = say(&upstreams).await;
    assert_eq!((heard.text.as_str(), heard.code()), ("Hel", Some(ErrorCode::UpstreamCut)));
    vendor.left(1).await;
}

#[tokio::test]
async fn an_answer_has_a_longest_time() {
    let (vendor, upstreams) = toy("patience = { total_seconds = 1 }", quick()).await;
    let more =
        (0..1_000).flat_map(|_| [Step::Send(piece("a").into()), Step::Pause(Duration::from_millis(20))]);
    vendor.always([stream("")].into_iter().chain(more));
    let heard = say(&upstreams).await;
    assert_eq!(heard.code(), Some(ErrorCode::UpstreamCut));
    assert!(heard.text.starts_with('a') && vendor.requests().len() == 1);
}

#[tokio::test]
async fn a_model_that_only_fails_is_left_in_peace() {
    let breaker = BreakerPolicy {
        failures: 2,
        first_rest: Duration::from_secs(600),
        longest_rest: Duration::from_secs(600),
        ..BreakerPolicy::default()
    };
    let (vendor, upstreams) = toy("", Options { breaker, ..once() }).await;
    vendor.always([complaint(500, "")]);
    say(&upstreams).await;
    say(&upstreams).await;
    let heard = say(&upstreams).await;
    assert_eq!(heard.code(), Some(ErrorCode::UpstreamDown));
    assert!(heard.attempts.is_empty() && vendor.requests().len() == 2, "{heard:?}");
    assert_eq!(upstreams.health("toy/m"), Some(Health::Open));
}

#[tokio::test]
async fn the_key_is_in_nothing_that_is_printed() {
    let (vendor, upstreams) = toy("", once()).await;
    vendor.always([response(400, "", format!(r#"{{"error":{{"message":"Header Bearer {KEY} is odd"}}}}"#))]);
    let heard = say(&upstreams).await;
    assert!(vendor.requests()[0].contains(KEY));
    assert!(!format!("{upstreams:?} {heard:?}").contains("canary"), "{heard:?}");
}
