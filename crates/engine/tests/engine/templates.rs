//! Chat templates that fail or do not come to an end: programs of strangers inside a model's file.

use ports::{ChatModel, PortErrorKind};
use wire::ErrorCode;

use crate::support::{SMOLLM, Setup, answer, ask, collect, until_text, with_template};

/// Fails with a third message that says so, and loops with one that says that.
const TRAPS: &str = "{% if messages[0]['content'] == 'fail' %}{{ raise_exception('no') }}{% endif %}\
    {% if messages[0]['content'] == 'loop' %}{% for a in range(9999) %}{% for b in range(9999) %}\
    {% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}{% endif %}\
    {% for m in messages %}{{m['role']}}: {{m['content']}}\n{% endfor %}assistant:";

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_fails_costs_its_request_alone() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Setup::file(SMOLLM, with_template(folder.path(), TRAPS)).start();
    let error = answer(&engine, ask("fail", 4)).await.unwrap_err();
    assert_eq!((error.code, error.kind), (ErrorCode::InvalidRequest, PortErrorKind::Bad));
    assert!(answer(&engine, ask("Hi", 4)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_does_not_come_to_an_end_is_given_up_and_others_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Setup::file(SMOLLM, with_template(folder.path(), TRAPS)).start();
    let mut other = engine.chat(ask("Write a very long story.", 60));
    until_text(&mut other).await;
    let error = answer(&engine, ask("loop", 4)).await.unwrap_err();
    assert_eq!((error.code, error.kind), (ErrorCode::InvalidRequest, PortErrorKind::Bad));
    assert!(collect(other).await.unwrap().usage.output_tokens > 1, "who was answered is answered");
    // The next one may still meet the process that is of no use any more.
    let mut next = answer(&engine, ask("Hi", 4)).await;
    while next.as_ref().is_err_and(|error| error.kind == PortErrorKind::Retry) {
        next = answer(&engine, ask("Hi", 4)).await;
    }
    assert!(next.is_ok(), "{next:?}");
}
