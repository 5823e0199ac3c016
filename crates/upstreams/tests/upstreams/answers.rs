//! What is heard when all is well.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use catalog::DataTree;
use dialects::{Decoder, Event, Spent};
use futures_util::StreamExt;
use ports::{AttemptEnding, ChatEvent, ChatModel, ChatRequest, Consumed};
use stdx::Secret;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use upstreams::{Account, Health, Site};
use wire::{ErrorCode, FinishReason, Usage};

use crate::vendor::{
    END, Heard, KEY, Step, Vendor, ask, hear, hello, once, piece, quick, read_request, response, say, site,
    stream, toy, upstreams,
};

#[tokio::test]
async fn a_question_is_answered_and_what_it_took_is_told() {
    let (vendor, upstreams) = toy("", quick()).await;
    vendor.always([stream(hello())]);
    let heard = say(&upstreams).await;
    let usage = Usage { input_tokens: 12, cached_tokens: 8, output_tokens: 3, reasoning_tokens: 0 };
    assert_eq!((heard.text.as_str(), heard.done), ("Hello there.", Some((FinishReason::Stop, usage))));
    let [attempt] = heard.attempts.as_slice() else { panic!("{:?}", heard.attempts) };
    assert_eq!((attempt.deployment.as_str(), attempt.model.as_str()), ("toy/m", "m"));
    assert_eq!((attempt.ending, attempt.request_id.as_deref()), (AttemptEnding::Answered, Some("req_7")));
    assert!(attempt.first_token.is_some_and(|first| first <= attempt.took));
    assert_eq!(attempt.reported().map(Spent::tokens), Some(usage));
    assert_eq!(upstreams.health("toy/m"), Some(Health::Closed));

    let request = vendor.requests().pop().unwrap();
    assert!(request.starts_with("POST /chat/completions HTTP/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("authorization: Bearer {KEY}")), "{request}");
    assert!(request.contains("\"model\":\"m\"") && request.contains("\"stream\":true"), "{request}");
    assert!(request.contains("accept-encoding: identity"), "{request}");
}

#[tokio::test]
async fn without_a_report_it_is_counted_here_and_said_to_be_unknown() {
    let (vendor, upstreams) = toy("", quick()).await;
    let body = format!(
        "{}data: {{\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"length\"}}]}}\n\ndata: [DONE]\n\n",
        piece("Hello")
    );
    vendor.always([stream(&body)]);
    let heard = say(&upstreams).await;
    let (reason, usage) = heard.done.unwrap();
    assert_eq!((reason, usage.output_tokens), (FinishReason::Length, 2));
    assert!(usage.input_tokens > 0);
    let bytes = u64::try_from(body.len()).unwrap();
    assert_eq!(heard.attempts[0].consumed, Consumed::Unknown { bytes });
}

/// Whatever the dialect's tests have recorded is heard in the same way over a connection.
#[tokio::test]
async fn every_recording_is_heard_over_a_connection_as_it_is_without() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dialects/tests/recordings");
    let all = catalog::providers(&DataTree::embedded()).unwrap();
    let vendor = Vendor::start().await;
    let mut heard_of = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(name) = name.strip_suffix(".sse") else { continue };
        let mut parts = name.split('.');
        let provider = all.get(parts.next().unwrap()).unwrap();
        let endpoint = parts.next().unwrap();
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let model = text.lines().next().and_then(|line| line.strip_prefix(": model ")).unwrap_or("m");

        let key = Some(Secret::new("k".to_owned()));
        let account = Account { key, base_url: Some(vendor.address.clone()), ..Account::default() };
        let site = Site::open(provider, Some(endpoint), &account).unwrap();
        let mut decoder = Decoder::new(&site.endpoint, model);
        let mut events = decoder.push(&bytes);
        events.extend(decoder.finish());

        vendor.next([stream(&bytes)]);
        let id = format!("{}/{model}", site.id);
        let request = ChatRequest { logprobs: None, ..ask(&id) };
        let heard = hear(upstreams([site], once()).chat(request)).await;
        compare(name, &events, &heard);
        heard_of += 1;
    }
    assert!(heard_of > 20, "{heard_of}");
}

fn compare(name: &str, events: &[Event], heard: &Heard) {
    let (mut text, mut reasoning, mut calls) = (String::new(), String::new(), Vec::new());
    for event in events {
        match event {
            Event::Text(more) | Event::Refusal(more) => text.push_str(more),
            Event::Reasoning(more) => reasoning.push_str(more),
            Event::ToolCall { name, .. } => calls.push((name.clone(), String::new())),
            Event::ToolArguments { index, text } => {
                calls[usize::try_from(*index).unwrap()].1.push_str(text);
            }
            Event::Done(end) => {
                assert_eq!(heard.attempts[0].reported(), end.spent.as_ref(), "{name}");
                let is_filtered = end.reason == dialects::Reason::Filtered;
                assert!(heard.done.is_some() || is_filtered, "{name}: {heard:?}");
            }
            Event::Failed(broken) => {
                let code = Some(broken.failure.error("X").code);
                assert_eq!(heard.code(), code, "{name}");
                assert_eq!(heard.attempts[0].reported(), broken.spent.as_ref(), "{name}");
            }
            Event::Began { .. } | Event::Logprobs(_) | Event::Keep(_) => {}
        }
    }
    assert_eq!((&heard.text, &heard.reasoning, &heard.calls), (&text, &reasoning, &calls), "{name}");
}

#[tokio::test]
async fn whoever_goes_away_takes_the_question_back() {
    let (vendor, upstreams) = toy("limits = { concurrency = 1 }", quick()).await;
    vendor.always([stream(piece("Hel")), Step::Hang]);
    for times in 1..=3 {
        let mut answer = upstreams.chat(ask("toy/m"));
        while let Some(event) = answer.next().await {
            if matches!(event, Ok(ChatEvent::Text(_))) {
                break;
            }
        }
        drop(answer);
        vendor.left(times).await;
    }
    assert_eq!(upstreams.site_standing("toy").map(|standing| standing.under_way), Some(0));
    assert_eq!(upstreams.health("toy/m"), Some(Health::Closed), "nobody is blamed for it");
}

#[tokio::test]
async fn whoever_goes_away_before_the_first_byte_takes_it_back_too() {
    let (vendor, upstreams) = toy("", quick()).await;
    vendor.always([Step::Hang]);
    let mut answer = upstreams.chat(ask("toy/m"));
    tokio::select! {
        _ = answer.next() => panic!("there is no answer"),
        () = vendor.asked(1) => {}
    }
    drop(answer);
    vendor.left(1).await;
}

#[tokio::test]
async fn models_are_found_by_their_names_and_strangers_are_not() {
    let (_vendor, upstreams) = toy("", quick()).await;
    let found = upstreams.find("toy/deep/seek-2");
    assert_eq!(found, Some(("toy".to_owned(), "deep/seek-2")));
    for stranger in
        ["toy", "toy/", "joy/m", "toy/a b", "/m", "toy.main/m", &format!("toy/{}", "m".repeat(201))]
    {
        assert!(upstreams.find(stranger).is_none(), "{stranger}");
        let error = upstreams.check(&ask(stranger)).unwrap_err();
        assert_eq!(error.code, ErrorCode::NotFound, "{stranger}");
        assert_eq!(hear(upstreams.chat(ask(stranger))).await.code(), Some(ErrorCode::NotFound));
    }
}

#[tokio::test]
async fn a_site_is_asked_for_its_models() {
    let (vendor, upstreams) = toy("", quick()).await;
    vendor.next([response(200, "", r#"{"data":[{"id":"one"},{"id":"two"}]}"#)]);
    assert_eq!(upstreams.models_at("toy").await.unwrap(), ["one", "two"]);
    assert!(vendor.requests()[0].starts_with("GET /models "));
    vendor.next([response(401, "", format!(r#"{{"error":{{"message":"no such key: {KEY}"}}}}"#))]);
    let error = upstreams.models_at("toy").await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UpstreamKey);
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    vendor.next([response(200, "", "<html>")]);
    assert_eq!(upstreams.models_at("toy").await.unwrap_err().code, ErrorCode::UpstreamDown);
}

/// What ends a body often comes a moment after what ends an answer.
#[tokio::test]
async fn connections_are_kept_for_the_next_question() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                while read_request(&mut socket).await.is_some() {
                    let body = hello();
                    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
                    let answer = format!("{head}{:x}\r\n{body}\r\n", body.len());
                    socket.write_all(answer.as_bytes()).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    socket.write_all(b"0\r\n\r\n").await.unwrap();
                }
            });
        }
    });
    let upstreams = upstreams([site(&address, "")], quick());
    for _ in 0..6 {
        assert_eq!(say(&upstreams).await.text, "Hello there.");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    // Whoever drops a body before its end closes its connection: that would be six.
    let made = connections.load(Ordering::SeqCst);
    assert!(made < 6, "{made} connections for 6 questions");
}

#[tokio::test]
async fn many_are_answered_at_a_time() {
    let (vendor, upstreams) = toy("", quick()).await;
    vendor.always([
        stream(piece("a")),
        Step::Pause(std::time::Duration::from_millis(5)),
        Step::Send(END.into()),
    ]);
    let asked: Vec<_> = (0..64).map(|_| say(&upstreams)).collect();
    let heard = futures_util::future::join_all(asked).await;
    assert!(heard.iter().all(|heard| heard.text == "a" && heard.done.is_some()));
}
