//! Streams that end before their end, at every byte.

use ports::AttemptEnding;
use upstreams::{BreakerPolicy, Options};
use wire::ErrorCode;

use crate::vendor::{Heard, Step, hello, once, say, stream, toy};

/// How a connection ends.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// It is closed, as if that were all.
    Closed,
    /// More was promised.
    Short,
    Reset,
}

async fn cut_everywhere(how: Cut) {
    let breaker = BreakerPolicy { failures: u32::MAX, ..BreakerPolicy::default() };
    let (vendor, upstreams) = toy("", Options { breaker, ..once() }).await;
    let body = hello();
    let finish = body.find("\"stop\"").unwrap();
    for at in 0..body.len() {
        let head = match how {
            Cut::Closed | Cut::Reset => "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned(),
            Cut::Short => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()),
        };
        let mut steps = vec![Step::Send([head.as_bytes(), &body.as_bytes()[..at]].concat())];
        if matches!(how, Cut::Reset) {
            steps.push(Step::Reset);
        }
        vendor.next(steps);
        let heard = say(&upstreams).await;
        check(how, at, at > finish, &heard);
    }
}

/// Nothing that was shown is wrong, and nothing ends well before the vendor said why it stops.
fn check(how: Cut, at: usize, may_be_whole: bool, heard: &Heard) {
    assert!("Hello there.".starts_with(&heard.text), "{how:?} {at}: {heard:?}");
    assert_eq!(heard.attempts.len(), 1);
    if heard.done.is_some() {
        assert!(may_be_whole && heard.text == "Hello there.", "{how:?} {at}: {heard:?}");
        return;
    }
    let code = heard.code().unwrap();
    assert!(matches!(code, ErrorCode::UpstreamCut | ErrorCode::UpstreamDown), "{how:?} {at}: {heard:?}");
    assert!(heard.text.is_empty() || code == ErrorCode::UpstreamCut, "{how:?} {at}: {heard:?}");
    assert_eq!(heard.attempts[0].ending, AttemptEnding::Failed(code));
}

#[tokio::test]
async fn a_stream_that_is_closed_at_any_byte_ends_as_an_error() {
    cut_everywhere(Cut::Closed).await;
}

#[tokio::test]
async fn a_stream_that_is_shorter_than_promised_ends_as_an_error() {
    cut_everywhere(Cut::Short).await;
}

#[tokio::test]
async fn a_stream_that_is_reset_at_any_byte_ends_as_an_error() {
    cut_everywhere(Cut::Reset).await;
}

#[tokio::test]
async fn what_was_shown_is_kept_and_not_begun_anew() {
    let (vendor, upstreams) = toy("", crate::vendor::quick()).await;
    vendor.next([stream(crate::vendor::piece("Half an"))]);
    vendor.always([stream(hello())]);
    let heard = say(&upstreams).await;
    assert_eq!((heard.text.as_str(), heard.code()), ("Half an", Some(ErrorCode::UpstreamCut)));
    assert_eq!((heard.attempts.len(), vendor.requests().len()), (1, 1));
}
