//! What the decoder hears is what was scripted.

use catalog::{Dialect, Fault};
use dialects::{Delivery, Event, FailureKind, Reason};
use fakevendors::Account;
use money::Unit;
use ports::{ChatRequest, Tool, ToolChoice, Tools};

use crate::client::{Heard, endpoints, question, town};

/// What was reported, in the words of the invoice. `written` stands where the dialect has a word for it.
pub(crate) fn account(heard: &Heard) -> Option<Account> {
    let usage = &heard.end().spent.as_ref()?.usage;
    Some(Account {
        input_tokens: usage.input_tokens(),
        cached_tokens: usage.count(Unit::CacheRead),
        written_tokens: usage.count(Unit::CacheWrite5m),
        output_tokens: usage.output_tokens(),
        reasoning_tokens: usage.count(Unit::Reasoning),
    })
}

#[tokio::test]
async fn texts_thoughts_and_usage_are_heard_as_scripted() {
    let town = town().await;
    let models = [
        "say-40",
        "lane-v2__say-3.think-5.hidden-4.prompt-100.cached-64.written-20",
        "say-1.tps-1000.first-20ms.head-10ms.batch-2",
        "json.think-2",
        "say-2.line-70000",
        "say-9.trickle",
        "say-300.batch",
    ];
    for endpoint in endpoints() {
        for model in models {
            let meant = town.meant(&endpoint, model, &question());
            for delivery in [Delivery::Streamed, Delivery::Whole] {
                let heard = town.ask(&endpoint, model, delivery, &question()).await;
                let name = format!("{:?} {model} {delivery:?}", endpoint.dialect);
                assert_eq!((heard.status, heard.is_broken), (200, false), "{name}");
                assert_eq!(heard.said(), meant.said(), "{name}");
                assert_eq!(heard.thought(), meant.thought(), "{name}");
                assert_eq!(heard.end().reason, Reason::Stop, "{name}");
                assert_eq!(account(&heard), Some(meant.account), "{name}");
                assert!(!heard.end().spent.as_ref().unwrap().is_doubtful, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn a_stream_comes_in_a_piece_a_token() {
    let town = town().await;
    for endpoint in endpoints() {
        let heard = town.stream(&endpoint, "say-40").await;
        let texts = heard.events.iter().filter(|event| matches!(event, Event::Text(_))).count();
        assert_eq!(texts, 40, "{:?}", endpoint.dialect);
        assert_eq!(heard.header("content-type"), Some("text/event-stream; charset=utf-8"));
        assert!(heard.header("x-request-id").unwrap().starts_with("req-"));
    }
}

#[tokio::test]
async fn usage_stands_where_the_knob_says() {
    let town = town().await;
    for endpoint in endpoints() {
        let model = |form: &str| format!("say-5.think-2.cached-3.usage-{form}");
        let meant = town.meant(&endpoint, &model("each"), &question()).account;
        for form in ["last", "behind", "each"] {
            let heard = town.stream(&endpoint, &model(form)).await;
            assert_eq!(account(&heard), Some(meant), "{:?} {form}", endpoint.dialect);
        }
        for delivery in [Delivery::Streamed, Delivery::Whole] {
            let heard = town.ask(&endpoint, &model("none"), delivery, &question()).await;
            assert_eq!(heard.end().spent, None, "{:?}", endpoint.dialect);
            let heard = town.ask(&endpoint, &model("odd"), delivery, &question()).await;
            assert!(heard.end().spent.as_ref().unwrap().is_doubtful, "{:?}", endpoint.dialect);
        }
        // Behind the end nobody listens: what was told at the beginning is all that is known.
        let heard = town.stream(&endpoint, &model("late")).await;
        let known = account(&heard).unwrap_or_default();
        // Where nothing marks the end, nothing is behind it.
        let told = if endpoint.dialect == Dialect::GenerateContent { 7 } else { 0 };
        assert_eq!(known.output_tokens, told, "{:?}", endpoint.dialect);
        let bytes = String::from_utf8(heard.bytes).unwrap();
        assert!(told == 7 || bytes.contains("_tokens\":7"), "{bytes}");
    }
}

fn with_tools() -> ChatRequest {
    let parameters = r#"{"type":"object","properties":{"city":{"type":"string"}}}"#;
    let tool = |name: &str| Tool {
        name: name.to_owned(),
        description: String::new(),
        parameters: parameters.to_owned(),
        strict: false,
    };
    let offered = vec![tool("now"), tool("weather")];
    ChatRequest { tools: Tools { offered, choice: ToolChoice::Auto, parallel: true }, ..question() }
}

#[tokio::test]
async fn tools_are_called_as_scripted() {
    let town = town().await;
    let request = with_tools();
    for endpoint in endpoints() {
        for model in ["call-weather", "think-3.say-2.calls-3", "call.badargs.cached-2"] {
            let meant = town.meant(&endpoint, model, &request);
            let wanted: Vec<_> = meant
                .calls
                .iter()
                .map(|call| (call.name.clone(), Some(call.id.clone()), call.arguments.concat()))
                .collect();
            for delivery in [Delivery::Streamed, Delivery::Whole] {
                let heard = town.ask(&endpoint, model, delivery, &request).await;
                let name = format!("{:?} {model} {delivery:?}", endpoint.dialect);
                let is_broken = model.contains("badargs");
                match endpoint.dialect {
                    // Arguments are objects here: what is none cannot be said.
                    Dialect::GenerateContent if is_broken => {
                        assert_eq!(heard.broken().failure.kind, FailureKind::Told(Fault::Down), "{name}");
                        continue;
                    }
                    Dialect::Messages if is_broken && delivery == Delivery::Whole => {}
                    _ => assert_eq!(heard.calls(), wanted, "{name}"),
                }
                assert_eq!((heard.said(), heard.thought()), (meant.said(), meant.thought()), "{name}");
                assert_eq!(heard.end().reason, Reason::ToolCalls, "{name}");
                assert_eq!(account(&heard), Some(meant.account), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn limits_filters_and_refusals_end_it_with_their_reason() {
    let town = town().await;
    for endpoint in endpoints() {
        for delivery in [Delivery::Streamed, Delivery::Whole] {
            let mut short = question();
            short.sampling.max_tokens = Some(4);
            let heard = town.ask(&endpoint, "say-9", delivery, &short).await;
            assert_eq!(heard.end().reason, Reason::Length, "{:?} {delivery:?}", endpoint.dialect);
            assert_eq!(account(&heard).unwrap().output_tokens, 4);
            let heard = town.ask(&endpoint, "say-9.filter-3", delivery, &question()).await;
            assert_eq!(heard.end().reason, Reason::Filtered, "{:?} {delivery:?}", endpoint.dialect);
            assert_eq!(account(&heard).unwrap().output_tokens, 3);
            let heard = town.ask(&endpoint, "say-9.refuse", delivery, &question()).await;
            assert_eq!(heard.end().reason, Reason::Filtered, "{:?} {delivery:?}", endpoint.dialect);
            let meant = town.meant(&endpoint, "say-9.refuse", &question());
            // One dialect has no words for declining: it says what it says, and why it ends.
            match endpoint.dialect {
                Dialect::GenerateContent => assert_eq!(heard.said(), meant.said()),
                _ => assert_eq!((heard.declined(), heard.said()), (meant.said(), String::new())),
            }
        }
    }
}

#[tokio::test]
async fn a_second_version_of_the_protocol_tells_the_same() {
    let town = town().await;
    let h2 = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let other = crate::client::Town { vendors: town.vendors, client: h2 };
    for endpoint in endpoints() {
        let streams = (0..20).map(|_| other.stream(&endpoint, "say-200.think-3"));
        let meant = other.meant(&endpoint, "say-200.think-3", &question());
        for heard in futures_util::future::join_all(streams).await {
            assert_eq!((heard.said(), account(&heard)), (meant.said(), Some(meant.account)));
        }
        let heard = other.stream(&endpoint, "say-200.cut-3000").await;
        assert_eq!((heard.bytes.len(), heard.is_broken), (3_000, true));
        let heard = other.stream(&endpoint, "say-20.reset-900").await;
        assert!(heard.is_broken && heard.bytes.len() <= 900);
    }
}
