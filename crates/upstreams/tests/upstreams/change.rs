//! Sites that come, change and go while they are asked, and sites that are tried before.

use std::sync::Arc;
use std::time::Duration;

use catalog::DataTree;
use futures_util::StreamExt;
use ports::{ChatEvent, ChatModel, ProviderTrial};
use stdx::Secret;
use tokio::net::TcpListener;
use upstreams::{Account, BreakerPolicy, Health, Options, Reach, Site};
use wire::ErrorCode;

use crate::fake::{sites, street};
use crate::vendor::{ask, hear, once, quick, upstreams};

fn with_key(key: &str) -> Account {
    Account { key: Some(Secret::new(key.to_owned())), ..Account::default() }
}

#[tokio::test]
async fn a_change_counts_at_once_and_what_is_on_its_way_ends_where_it_began() {
    let (vendors, upstreams) = street(quick()).await;
    let mut before = upstreams.chat(ask("toy/say-30.tps-100"));
    while !matches!(before.next().await, Some(Ok(ChatEvent::Text(_)))) {}
    upstreams.replace([]);
    assert_eq!((upstreams.sites(), upstreams.site_standing("toy")), (Vec::new(), None));
    let gone = hear(upstreams.chat(ask("toy/say-3"))).await;
    assert_eq!(gone.code(), Some(ErrorCode::NotFound));
    let mut last = None;
    while let Some(event) = before.next().await {
        last = Some(event.unwrap());
    }
    assert!(matches!(last, Some(ChatEvent::Done { usage, .. }) if usage.output_tokens == 30), "{last:?}");
    upstreams.replace(sites(&vendors, &with_key("fake-other")));
    assert!(hear(upstreams.chat(ask("toy/say-3"))).await.done.is_some());
}

#[tokio::test]
async fn what_did_not_change_keeps_what_is_known_of_it() {
    let options = Options { breaker: BreakerPolicy { failures: 1, ..BreakerPolicy::default() }, ..once() };
    let (vendors, upstreams) = street(options).await;
    assert_eq!(hear(upstreams.chat(ask("toy/down"))).await.code(), Some(ErrorCode::UpstreamDown));
    upstreams.replace(sites(&vendors, &with_key("fake-key")));
    assert_eq!(upstreams.health("toy/down"), Some(Health::Open), "the same key, the same address");
    let standing = upstreams.site_standing("toy").unwrap();
    assert_eq!(standing.resting.len(), 1);
    let failed = standing.failed.unwrap();
    assert_eq!((failed.model.as_str(), failed.code), ("down", ErrorCode::UpstreamDown));
    upstreams.vouch_for("toy/down");
    assert_eq!(upstreams.health("toy/down"), Some(Health::Closed));
    upstreams.replace(sites(&vendors, &with_key("fake-other")));
    assert_eq!(upstreams.health("toy/down"), None, "another key is another start");
}

#[tokio::test]
async fn a_question_that_is_wrong_is_no_trouble_of_its_vendor() {
    let (_vendors, upstreams) = street(once()).await;
    hear(upstreams.chat(ask("toy/bad"))).await;
    assert_eq!(upstreams.site_standing("toy").unwrap().failed, None);
    hear(upstreams.chat(ask("toy/badkey"))).await;
    let failed = upstreams.site_standing("toy").unwrap().failed;
    assert_eq!(failed.map(|failed| failed.code), Some(ErrorCode::UpstreamKey));
    hear(upstreams.chat(ask("toy/say-1"))).await;
    assert!(upstreams.site_standing("toy").unwrap().answered_at.is_some());
}

#[tokio::test]
async fn a_trial_asks_for_a_word_and_measures_it() {
    let (vendors, upstreams) = street(quick()).await;
    for site in ["toy", "toy.responses", "toy.messages", "toy.generate-content"] {
        let trial = upstreams.trial(site).unwrap();
        assert!(!trial.models().await.unwrap().is_empty(), "{site}");
        let asked = trial.ask("say-40").await;
        let attempt = asked.attempt.unwrap();
        assert_eq!(asked.error, None, "{site}");
        assert!(!asked.text.is_empty() && attempt.first_token.is_some());
        assert_eq!(attempt.reported().unwrap().tokens().output_tokens, 8, "{site}: it may say 8 tokens");
        assert!(trial.connected_in().is_some());
    }
    vendors.settled().await;
    assert_eq!(vendors.invoice().total.requests, 4, "one attempt each");
    assert_eq!(upstreams.site_standing("toy").unwrap().answered_at, None, "it is nobody else's call");
}

#[tokio::test]
async fn a_trial_goes_where_others_are_not_let_and_says_what_is_wrong() {
    let options = Options { breaker: BreakerPolicy { failures: 1, ..BreakerPolicy::default() }, ..once() };
    let (_vendors, upstreams) = street(options).await;
    hear(upstreams.chat(ask("toy/down"))).await;
    let asked = upstreams.trial("toy").unwrap().ask("down").await;
    assert_eq!(asked.error.map(|error| error.code), Some(ErrorCode::UpstreamDown));
    assert!(asked.attempt.is_some(), "it was really asked");
    let refused = upstreams.trial("toy").unwrap().ask("badkey").await.error.unwrap();
    assert_eq!(refused.code, ErrorCode::UpstreamKey);
    assert!(!refused.detail.contains("fake-key"), "{}", refused.detail);
}

/// A site of this address.
fn at(base_url: &str, reach: Reach) -> Site {
    let all = catalog::providers(&DataTree::embedded()).unwrap();
    let account = Account { base_url: Some(base_url.to_owned()), reach, ..Account::default() };
    Site::open(all.get("vllm").unwrap(), None, &account).unwrap()
}

#[tokio::test]
async fn why_nobody_was_reached_is_said_without_the_address() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let plain = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = plain.local_addr().unwrap().port();
    let hears = Arc::clone(&plain);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = hears.accept().await {
            use tokio::io::AsyncWriteExt;
            stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    for (url, reach, said) in [
        (format!("http://{free}/v1"), Reach::Near, "nobody listens"),
        (format!("https://localhost:{port}/v1"), Reach::Near, "no TLS"),
        ("https://no-such-name.invalid/v1".to_owned(), Reach::Public, "the name in its address"),
    ] {
        let upstreams = upstreams([at(&url, reach)], once());
        let error = upstreams.trial("vllm").unwrap().models().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::UpstreamDown);
        assert!(error.detail.contains(said), "{url}: {}", error.detail);
        assert!(!error.detail.contains("localhost") && !error.detail.contains("127.0.0.1"));
    }
}

#[test]
fn an_address_of_a_page_does_not_lead_nearby() {
    let all = catalog::providers(&DataTree::embedded()).unwrap();
    let open = |url: &str, reach: Reach| {
        let account = Account { base_url: Some(url.to_owned()), reach, ..with_key("sk-canary") };
        Site::open(all.get("deepseek").unwrap(), None, &account).map_err(|error| error.to_string())
    };
    for url in ["http://127.0.0.1:1/v1", "https://10.0.0.1", "https://gpu.lan", "https://[fd00:ec2::254]"] {
        let error = open(url, Reach::Public).unwrap_err();
        assert!(error.contains("nearby") && !error.contains("canary"), "{error}");
    }
    assert!(open("https://169.254.169.254", Reach::Near).is_err());
    assert!(open("https://models.example/v1", Reach::Public).is_ok());
    assert!(open("http://127.0.0.1:1/v1", Reach::Anywhere).is_ok(), "hutong.toml may say so");
}
