//! Vendors that keep books: what they charge for is what we heard of, in every dialect and over both protocols.

use std::sync::Arc;

use catalog::DataTree;
use fakevendors::{FakeVendors, House};
use futures_util::StreamExt;
use ports::{ChatEvent, ChatModel};
use stdx::{Secret, SystemClock};
use upstreams::{Account, Options, Protocol, Site, Upstreams};
use wire::{ErrorCode, FinishReason};

use crate::vendor::{ask, hear, once, quick, upstreams};

const SITES: [&str; 4] = ["toy", "toy.responses", "toy.messages", "toy.generate-content"];

pub(crate) async fn street(options: Options) -> (FakeVendors, Upstreams) {
    let vendors = House::new(Arc::new(SystemClock::new())).open(0).await.unwrap();
    let key = Some(Secret::new("fake-key".to_owned()));
    let account = Account { key, ..Account::default() };
    let upstreams = upstreams(sites(&vendors, &account), options);
    (vendors, upstreams)
}

/// All endpoints, for somebody with this account.
pub(crate) fn sites(vendors: &FakeVendors, account: &Account) -> Vec<Site> {
    let text = vendors.provider("toy");
    let all = catalog::providers(&DataTree::from_files([("providers/toy.toml", text)])).unwrap();
    let toy = all.get("toy").unwrap();
    toy.endpoints.iter().map(|one| Site::open(toy, Some(&one.id), account).unwrap()).collect()
}

fn over(protocol: Protocol) -> Options {
    Options { protocol, ..quick() }
}

async fn books_agree(protocol: Protocol) {
    let (vendors, upstreams) = street(over(protocol)).await;
    let (mut input, mut cached, mut output) = (0, 0, 0);
    for site in SITES {
        for knobs in ["say-9.prompt-70.cached-30", "say-5.think-4.prompt-40", "call.prompt-30"] {
            let mut request = ask(&format!("{site}/{knobs}"));
            request.sampling.max_tokens = Some(500);
            if knobs.starts_with("call") {
                request.tools.offered.push(ports::Tool {
                    name: "look".to_owned(),
                    description: "Looks.".to_owned(),
                    parameters: r#"{"type":"object","properties":{"at":{"type":"string"}}}"#.to_owned(),
                    strict: false,
                });
            }
            let heard = hear(upstreams.chat(request)).await;
            let (reason, usage) = heard.done.unwrap_or_else(|| panic!("{site}/{knobs}: {:?}", heard.error));
            let called = knobs.starts_with("call");
            assert_eq!(reason == FinishReason::ToolCalls, called, "{site}/{knobs}");
            assert_eq!(heard.calls.len(), usize::from(called), "{site}/{knobs}");
            input += usage.input_tokens;
            cached += usage.cached_tokens;
            output += usage.output_tokens;
        }
    }
    vendors.settled().await;
    let invoice = vendors.invoice().total;
    assert_eq!((invoice.requests, invoice.refused, invoice.cut, invoice.left), (12, 0, 0, 0));
    let told = (invoice.input_tokens, invoice.cached_tokens, invoice.output_tokens);
    assert_eq!(told, (input, cached, output));
}

#[tokio::test]
async fn our_books_are_the_vendor_s() {
    books_agree(Protocol::Offered).await;
}

#[tokio::test]
async fn our_books_are_the_vendor_s_over_http_2() {
    books_agree(Protocol::Http2).await;
}

#[tokio::test]
async fn whoever_goes_away_is_noticed_over_both_protocols() {
    for protocol in [Protocol::Offered, Protocol::Http2] {
        let (vendors, upstreams) = street(over(protocol)).await;
        let mut answers = Vec::new();
        for site in SITES {
            let mut answer = upstreams.chat(ask(&format!("{site}/say-50.pause-3-300s")));
            while !matches!(answer.next().await, Some(Ok(ChatEvent::Text(_)))) {}
            answers.push(answer);
        }
        drop(answers);
        vendors.settled().await;
        let invoice = vendors.invoice().total;
        assert_eq!((invoice.requests, invoice.left), (4, 4), "{protocol:?}");
    }
}

#[tokio::test]
async fn faults_have_the_same_names_in_every_dialect() {
    let (_vendors, upstreams) = street(once()).await;
    for (knobs, code) in [
        ("busy-3s", ErrorCode::UpstreamBusy),
        ("down", ErrorCode::UpstreamDown),
        ("unavailable", ErrorCode::UpstreamDown),
        ("html-503", ErrorCode::UpstreamDown),
        ("html", ErrorCode::UpstreamDown),
        ("badkey", ErrorCode::UpstreamKey),
        ("broke", ErrorCode::UpstreamFunds),
        ("long", ErrorCode::ContextExceeded),
        ("filtered", ErrorCode::UpstreamRefused),
        ("bad", ErrorCode::InvalidRequest),
        ("say-20.cut-300", ErrorCode::UpstreamCut),
        ("say-20.reset-300", ErrorCode::UpstreamCut),
        ("say-20.short-300", ErrorCode::UpstreamCut),
        ("say-20.cut-half", ErrorCode::UpstreamCut),
    ] {
        for site in SITES {
            let heard = hear(upstreams.chat(ask(&format!("{site}/{knobs}")))).await;
            assert_eq!(heard.code(), Some(code), "{site}/{knobs}: {heard:?}");
        }
    }
}

#[tokio::test]
async fn slow_and_odd_vendors_are_understood() {
    let (_vendors, upstreams) = street(once()).await;
    for knobs in [
        "say-5.trickle",
        "say-5.batch",
        "say-5.head-50ms.first-50ms",
        "say-5.line-1048576",
        "say-5.usage-behind",
        "say-5.usage-each",
        "say-5.type-none",
    ] {
        for site in SITES {
            let heard = hear(upstreams.chat(ask(&format!("{site}/{knobs}")))).await;
            assert!(heard.done.is_some() && !heard.text.is_empty(), "{site}/{knobs}: {:?}", heard.error);
        }
    }
}
