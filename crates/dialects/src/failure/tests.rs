use super::*;
use crate::testing::endpoint;

fn read(status: u16, body: &str) -> Failure {
    let endpoint = endpoint("deepseek", "main");
    Failure::read(&endpoint, Rejection { status, headers: &[], body: body.as_bytes() })
}

#[test]
fn complaints_of_all_shapes_are_sorted() {
    use Fault::{Bad, Busy, Down, Filtered, Funds, Key, TooLong, UnknownModel};
    let cases: [(u16, &str, Fault); 20] = [
        (
            401,
            r#"{"error":{"message":"x","type":"authentication_error","code":"invalid_request_error"}}"#,
            Key,
        ),
        (402, r#"{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}"#, Funds),
        (429, r#"{"error":{"code":"insufficient_quota","type":"insufficient_quota"}}"#, Funds),
        (429, r#"{"error":{"code":"rate_limit_exceeded"}}"#, Busy),
        (400, r#"{"error":{"code":"context_length_exceeded"}}"#, TooLong),
        (400, r#"{"error":{"message":"This model's maximum context length is 65536 tokens."}}"#, TooLong),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}}"#,
            TooLong,
        ),
        (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Busy),
        (413, r#"{"type":"error","error":{"type":"request_too_large"}}"#, TooLong),
        (400, r#"{"code":"DataInspectionFailed","message":"x","request_id":"1"}"#, Filtered),
        (400, r#"{"error":{"code":"content_filter","message":"x"}}"#, Filtered),
        (400, r#"{"code":"Arrearage","message":"x"}"#, Funds),
        (404, r#"{"error":{"code":"model_not_found"}}"#, UnknownModel),
        (400, r#"[{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"x"}}]"#, Bad),
        (429, r#"{"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}}"#, Busy),
        (500, "<html>oops</html>", Down),
        (503, "", Down),
        (408, "", Down),
        (422, r#"{"detail":[{"msg":"field required"}]}"#, Bad),
        (403, r#"{"error":"forbidden"}"#, Key),
    ];
    for (status, body, fault) in cases {
        assert_eq!(read(status, body).kind, FailureKind::Told(fault), "{status} {body}");
    }
}

#[test]
fn a_vendor_s_own_codes_come_first() {
    let mut endpoint = endpoint("deepseek", "main");
    endpoint.errors.insert("1301".to_owned(), Fault::Filtered);
    let body = br#"{"error":{"code":1301,"message":"x"}}"#;
    let failure = Failure::read(&endpoint, Rejection { status: 400, headers: &[], body });
    assert_eq!(failure.kind, FailureKind::Told(Fault::Filtered));
}

#[test]
fn it_is_told_when_to_come_again() {
    let endpoint = endpoint("deepseek", "main");
    let after = |headers: &[(&str, &str)], body: &str| {
        Failure::read(&endpoint, Rejection { status: 429, headers, body: body.as_bytes() }).retry
    };
    let seconds = |seconds: f64| Some(RetryAfter::In(Duration::from_secs_f64(seconds)));
    assert_eq!(after(&[("retry-after", "7")], ""), seconds(7.0));
    assert_eq!(after(&[("retry-after", "7"), ("retry-after-ms", "1500")], ""), seconds(1.5));
    assert_eq!(after(&[("retry-after", "1e99")], ""), seconds(86_400.0));
    for wrong in ["-1", "NaN", "soon", ""] {
        assert_eq!(after(&[("retry-after", wrong)], ""), None, "{wrong}");
    }
    let date = Timestamp::from_micros(784_111_777_000_000);
    assert_eq!(after(&[("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")], ""), Some(RetryAfter::At(date)));
    let body = r#"{"error":{"code":429,"details":[{"x":1},{"retryDelay":"34.5s"}]}}"#;
    assert_eq!(after(&[], body), seconds(34.5));
}

#[test]
fn no_key_gets_into_a_sentence() {
    let body = r#"{"error":{"message":"Incorrect API key provided: abcd1234. See https://x","code":"invalid_api_key"}}"#;
    let told = read(401, body).error("Toy");
    assert_eq!(told.detail, "Toy does not take the workspace's key.");
    let body = r#"{"error":{"message":"Field sk-canary0123456789 is wrong","code":"invalid"}}"#;
    let told = read(400, body).error("Toy");
    assert_eq!(told.detail, "Toy does not take this request. It says: Field … is wrong");
    assert_eq!((told.kind, told.code), (PortErrorKind::Bad, ErrorCode::InvalidRequest));
}
