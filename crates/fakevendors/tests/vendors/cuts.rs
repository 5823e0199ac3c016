//! Bodies that end before their time, at every byte.

use std::time::Duration;

use catalog::Dialect;
use dialects::{Delivery, Event, FailureKind};

use crate::client::{Heard, endpoints, question, town};

/// Cuts one stream at every byte: all that comes is exact, and never a clean end.
async fn cut_at_every_byte(dialect: Dialect) {
    let town = town().await;
    for endpoint in endpoints().into_iter().filter(|endpoint| endpoint.dialect == dialect) {
        let whole = town.stream(&endpoint, "say-2.think-1.cut-00000").await;
        assert!(whole.is_broken && whole.bytes.is_empty());
        let length = town.stream(&endpoint, "say-2.think-1.cut-99999").await.bytes.len();
        let meant = town.meant(&endpoint, "say-2.think-1", &question());
        let offsets: Vec<usize> = (0..length).collect();
        for some in offsets.chunks(16) {
            // Names of one length make answers of one length.
            let models: Vec<String> = some.iter().map(|at| format!("say-2.think-1.cut-{at:05}")).collect();
            let asked = models.iter().map(|model| town.stream(&endpoint, model));
            for (at, heard) in some.iter().zip(futures_util::future::join_all(asked).await) {
                let name = format!("{:?} at {at} of {length}", endpoint.dialect);
                assert_eq!((heard.bytes.len(), heard.is_broken), (*at, true), "{name}");
                assert!(meant.said().starts_with(&heard.said()), "{name}");
                match heard.events.last() {
                    Some(Event::Failed(broken)) => {
                        assert_eq!(broken.failure.kind, FailureKind::Cut, "{name}: {broken:?}");
                    }
                    // The end had been told before the last bytes.
                    Some(Event::Done(_)) => assert_eq!(heard.said(), meant.said(), "{name}"),
                    other => panic!("{name}: {other:?}"),
                }
            }
        }
        let sums = town.vendors.invoice().total;
        assert_eq!(sums.left, 0, "{:?}", endpoint.dialect);
    }
}

#[tokio::test]
async fn chat_completions_are_cut_at_every_byte() {
    cut_at_every_byte(Dialect::ChatCompletions).await;
}

#[tokio::test]
async fn responses_are_cut_at_every_byte() {
    cut_at_every_byte(Dialect::Responses).await;
}

#[tokio::test]
async fn messages_are_cut_at_every_byte() {
    cut_at_every_byte(Dialect::Messages).await;
}

#[tokio::test]
async fn generated_content_is_cut_at_every_byte() {
    cut_at_every_byte(Dialect::GenerateContent).await;
}

#[tokio::test]
async fn whole_answers_are_cut_too() {
    let town = town().await;
    for endpoint in endpoints() {
        let heard = town.whole(&endpoint, "say-6.cut-40").await;
        assert_eq!((heard.bytes.len(), heard.is_broken), (40, true));
        heard.broken();
        let heard = town.whole(&endpoint, "say-6.short-40").await;
        assert_eq!((heard.bytes.len(), heard.is_broken), (40, false));
        heard.broken();
    }
}

#[tokio::test]
async fn a_body_that_is_short_ends_as_if_that_were_all() {
    let town = town().await;
    for endpoint in endpoints() {
        let heard = town.stream(&endpoint, "say-20.short-900").await;
        assert_eq!((heard.bytes.len(), heard.is_broken), (900, false));
        assert_eq!(heard.broken().failure.kind, FailureKind::Cut);
    }
}

#[tokio::test]
async fn half_a_character_is_the_last_that_comes() {
    let town = town().await;
    for endpoint in endpoints() {
        for way in ["cut", "short", "reset"] {
            let heard = town.stream(&endpoint, &format!("say-9.{way}-half")).await;
            let error = std::str::from_utf8(&heard.bytes).unwrap_err();
            assert_eq!((error.valid_up_to(), error.error_len()), (heard.bytes.len() - 1, None), "{way}");
            assert_eq!(heard.broken().failure.kind, FailureKind::Cut, "{way}");
        }
    }
}

#[tokio::test]
async fn a_reset_is_an_error_and_a_hang_is_silence() {
    let town = town().await;
    for endpoint in endpoints() {
        let heard = town.stream(&endpoint, "say-20.reset-700").await;
        assert_eq!((heard.bytes.len(), heard.is_broken), (700, true));
        let call = crate::client::call(&endpoint, "say-20.hang-700", Delivery::Streamed, &question());
        let ask = town.post(&endpoint, &call.path, call.body, crate::client::KEY);
        let mut response = ask.send().await.unwrap();
        let mut came = 0;
        while came < 700 {
            came += response.chunk().await.unwrap().unwrap().len();
        }
        assert_eq!(came, 700);
        let silence = tokio::time::timeout(Duration::from_millis(50), response.chunk()).await;
        assert!(silence.is_err(), "something came: {silence:?}");
    }
}

/// Without the model's name and the answer's number, which are not the same in two answers.
fn likened(heard: &Heard, model: &str) -> String {
    let number = heard.header("x-request-id").unwrap().trim_start_matches("req-").to_owned();
    String::from_utf8_lossy(&heard.bytes).replace(model, "M").replace(&number, "N")
}

#[tokio::test]
async fn the_bytes_before_a_cut_are_those_of_the_whole() {
    let town = town().await;
    for endpoint in endpoints() {
        let whole = town.stream(&endpoint, "say-30.cut-99999").await;
        let cut = town.stream(&endpoint, "say-30.cut-01500").await;
        let (whole, cut) = (likened(&whole, "say-30.cut-99999"), likened(&cut, "say-30.cut-01500"));
        // The last bytes may be the beginning of a name or a number.
        let sure = cut.get(..cut.len() - 30).unwrap();
        assert!(whole.starts_with(sure) && whole.len() > cut.len(), "{:?}", endpoint.dialect);
    }
}
