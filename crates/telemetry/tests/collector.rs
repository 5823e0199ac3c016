//! What a collector gets, read with the protocol's own library.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use ports::{Attempt, AttemptEnding, Consumed, Spanned};
use prost::Message;
use stdx::{Clock, IdMaker, MockClock, RunId, Secret, SeededRng, Timestamp, TraceParent};
use telemetry::{Asking, Collector, Exporter, RequestLog};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use traffic::{Came, Keeping, Level};
use wire::{ErrorCode, FinishReason, RunState, Usage};

/// 2026-11-22T08:00:00Z.
const START: i64 = 1_795_334_400_000_000;

/// What came to a small collector: its head and what it says.
type Got = (String, ExportTraceServiceRequest);

/// Answers each request with the next of these lines.
async fn collector(answers: &'static [&'static str]) -> (String, mpsc::UnboundedReceiver<Got>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (teller, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for answer in answers {
            let (stream, _) = listener.accept().await.unwrap();
            let got = receive(stream, answer).await;
            teller.send(got).unwrap();
        }
    });
    (endpoint, told)
}

async fn receive(mut stream: TcpStream, answer: &str) -> Got {
    let mut bytes = Vec::new();
    let (head, length) = loop {
        stream.read_buf(&mut bytes).await.unwrap();
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8(bytes.drain(..end + 4).collect()).unwrap().to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        break (head.clone(), length.unwrap().trim().parse::<usize>().unwrap());
    };
    while bytes.len() < length {
        stream.read_buf(&mut bytes).await.unwrap();
    }
    let answer = format!("HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    (head, ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap())
}

struct House {
    clock: MockClock,
    ids: IdMaker,
    log: Arc<RequestLog>,
}

impl House {
    fn new(endpoint: &str, level: Level, tells_words: bool) -> Self {
        let clock = MockClock::at(Timestamp::from_micros(START));
        let exporter = Exporter::start(Collector {
            endpoint: endpoint.to_owned(),
            headers: vec![("x-tenant".to_owned(), Secret::new("lane".to_owned()))],
            service: "hutong".to_owned(),
            tells_words,
        })
        .unwrap();
        let keeping = Keeping { log: level, ..Keeping::default() };
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        Self {
            log: RequestLog::new(keeping, Arc::clone(&shared), Some(exporter)),
            ids: IdMaker::new(shared, Arc::new(SeededRng::new(1))),
            clock,
        }
    }

    fn begin(&self, parent: Option<TraceParent>) -> (RunId, telemetry::Call) {
        let id = self.ids.make();
        let asking = Asking {
            workspace_id: self.ids.make(),
            member_id: self.ids.make(),
            key_id: Some(self.ids.make()),
            face: "chat/completions",
            agent: None,
            model: "toy/m-1",
            parent,
        };
        (id, self.log.begin(id, &asking))
    }

    fn attempt(&self, ending: AttemptEnding, span: Option<u64>) -> Attempt {
        Attempt {
            deployment: "toy/m-1".to_owned(),
            provider: "toy".to_owned(),
            model: "m-1".to_owned(),
            began_at: self.clock.now(),
            first_token: Some(Duration::from_millis(250)),
            took: Duration::from_millis(900),
            ending,
            consumed: Consumed::Unknown { bytes: 1 },
            request_id: Some("theirs-1".to_owned()),
            span,
        }
    }
}

fn spans(got: &Got) -> Vec<Span> {
    got.1.resource_spans[0].scope_spans[0].spans.clone()
}

fn facts(span: &Span) -> BTreeMap<String, String> {
    let word = |value: Value| match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::ArrayValue(list) => format!("{} of them", list.values.len()),
        other => panic!("{other:?}"),
    };
    let facts = span.attributes.iter().cloned();
    facts.map(|fact| (fact.key, word(fact.value.unwrap().value.unwrap()))).collect()
}

const ANSWERED: Came = Came { state: RunState::Succeeded, finish: Some(FinishReason::Stop), error: None };
const USED: Usage = Usage { input_tokens: 100, cached_tokens: 64, output_tokens: 20, reasoning_tokens: 3 };

#[tokio::test]
async fn a_request_is_a_span_with_its_attempts_below() {
    let (endpoint, mut told) = collector(&["200 OK"]).await;
    let house = House::new(&endpoint, Level::Metadata, true);
    let parent = TraceParent { trace: 7, span: 9, is_sampled: true };
    let (id, mut call) = house.begin(Some(parent));
    call.ask(|| "a canary".to_owned());
    let Some(Spanned::Told(own)) = call.span() else { panic!("providers are told of a span") };
    assert_eq!((own.trace, own.is_sampled), (7, true));
    let failed = house.attempt(AttemptEnding::Failed(ErrorCode::UpstreamBusy), Some(11));
    house.clock.advance(Duration::from_millis(300));
    call.first_token();
    house.clock.advance(Duration::from_millis(700));
    call.over(ANSWERED, &[failed, house.attempt(AttemptEnding::Answered, Some(12))], Some(USED));

    let got = told.recv().await.unwrap();
    assert!(got.0.starts_with("post /v1/traces http/1.1"), "{}", got.0);
    assert!(got.0.contains("content-type: application/x-protobuf") && got.0.contains("x-tenant: lane"));
    let spans = spans(&got);
    let [whole, first, second] = spans.as_slice() else { panic!("{spans:?}") };
    assert_eq!(whole.trace_id, 7_u128.to_be_bytes());
    assert_eq!(whole.parent_span_id, 9_u64.to_be_bytes());
    assert_eq!(whole.span_id, own.span.to_be_bytes());
    assert_eq!((whole.name.as_str(), whole.kind), ("chat toy/m-1", 2));
    let micros = u64::try_from(START).unwrap();
    assert_eq!(whole.start_time_unix_nano, micros * 1_000);
    assert_eq!(whole.end_time_unix_nano, (micros + 1_000_000) * 1_000);
    let said = facts(whole);
    for (key, value) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "toy"),
        ("gen_ai.request.model", "toy/m-1"),
        ("gen_ai.usage.input_tokens", "100"),
        ("gen_ai.usage.cache_read.input_tokens", "64"),
        ("gen_ai.usage.output_tokens", "20"),
        ("gen_ai.usage.reasoning.output_tokens", "3"),
        ("gen_ai.response.time_to_first_chunk", "0.3"),
        ("gen_ai.response.finish_reasons", "1 of them"),
        ("hutong.request.id", id.to_string().as_str()),
    ] {
        assert_eq!(said.get(key).map(String::as_str), Some(value), "{said:?}");
    }
    assert_eq!(
        (first.span_id.as_slice(), second.span_id.as_slice()),
        (&11_u64.to_be_bytes()[..], &12_u64.to_be_bytes()[..])
    );
    assert_eq!((&first.parent_span_id, &second.trace_id), (&whole.span_id, &whole.trace_id));
    assert_eq!((first.kind, first.status.clone().unwrap().code), (3, 2));
    assert_eq!(facts(first)["error.type"], "upstream_busy");
    assert_eq!(facts(second)["hutong.provider.request.id"], "theirs-1");
    assert_eq!(second.status, None);
    assert!(!format!("{got:?}").contains("canary"), "what is not kept is not told");
}

#[tokio::test]
async fn what_was_said_is_told_only_where_it_is_kept_and_wished() {
    for (level, tells_words, is_told) in
        [(Level::Full, true, true), (Level::Full, false, false), (Level::Metadata, true, false)]
    {
        let (endpoint, mut told) = collector(&["200 OK"]).await;
        let house = House::new(&endpoint, level, tells_words);
        let (_, mut call) = house.begin(None);
        call.ask(|| "What is sk-0123456789abcdef?".to_owned());
        call.answer("A canary.");
        call.over(ANSWERED, &[], None);
        let got = told.recv().await.unwrap();
        let said = facts(&spans(&got)[0]);
        let words = (said.get("gen_ai.input.messages"), said.get("gen_ai.output.messages"));
        let (asked, answered) = ("What is [secret]?".to_owned(), "A canary.".to_owned());
        assert_eq!(words, if is_told { (Some(&asked), Some(&answered)) } else { (None, None) });
        assert_eq!(spans(&got)[0].parent_span_id, Vec::<u8>::new());
    }
}

#[tokio::test]
async fn a_collector_that_is_busy_is_asked_again() {
    let (endpoint, mut told) = collector(&["503 Service Unavailable", "200 OK"]).await;
    let house = House::new(&endpoint, Level::None, false);
    let (_, mut call) = house.begin(None);
    call.over(ANSWERED, &[], None);
    let (first, second) = (told.recv().await.unwrap(), told.recv().await.unwrap());
    assert_eq!(first.1, second.1);
    assert_eq!(house.log.take(9), [], "nothing is kept here where nothing is to be");
}

#[tokio::test]
async fn a_caller_may_keep_its_requests_untold() {
    let (endpoint, mut told) = collector(&["200 OK"]).await;
    let house = House::new(&endpoint, Level::Metadata, false);
    let parent = TraceParent { trace: 7, span: 9, is_sampled: false };
    let (_, mut quiet) = house.begin(Some(parent));
    assert_eq!(quiet.span(), Some(Spanned::Passed(parent)));
    quiet.over(ANSWERED, &[], None);
    let (id, mut call) = house.begin(None);
    call.over(Came::failed(ErrorCode::QuotaExceeded), &[], None);
    let got = told.recv().await.unwrap();
    let spans = spans(&got);
    assert_eq!(spans.len(), 1);
    let said = facts(&spans[0]);
    assert_eq!(
        (&said["hutong.request.id"], &said["error.type"]),
        (&id.to_string(), &"quota_exceeded".to_owned())
    );
    assert_eq!(house.log.take(9).len(), 2, "both are kept here");
}

#[tokio::test]
async fn what_cannot_be_a_collector_is_said_at_once() {
    let wrong = |endpoint: &str, header: &str| {
        let headers = vec![(header.to_owned(), Secret::new("x\ny".to_owned()))];
        let (endpoint, service) = (endpoint.to_owned(), "hutong".to_owned());
        Exporter::start(Collector { endpoint, headers, service, tells_words: false }).unwrap_err()
    };
    assert!(wrong("localhost:4318", "x-a").contains("http://127.0.0.1:4318"));
    assert_eq!(wrong("http://localhost:4318", "x-a"), "the header x-a cannot be sent");
}

#[tokio::test]
async fn without_a_collector_a_caller_s_span_is_handed_on() {
    let clock: Arc<dyn Clock> = Arc::new(MockClock::at(Timestamp::from_micros(START)));
    let ids = IdMaker::new(Arc::clone(&clock), Arc::new(SeededRng::new(1)));
    let log = RequestLog::new(Keeping { log: Level::None, ..Keeping::default() }, clock, None);
    let parent = TraceParent { trace: 7, span: 9, is_sampled: true };
    let asking = Asking {
        workspace_id: ids.make(),
        member_id: ids.make(),
        key_id: None,
        face: "messages",
        agent: None,
        model: "m",
        parent: Some(parent),
    };
    assert_eq!(log.begin(ids.make(), &asking).span(), Some(Spanned::Passed(parent)));
    assert_eq!(log.begin(ids.make(), &Asking { parent: None, ..asking }).span(), None);
}
