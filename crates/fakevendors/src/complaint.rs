//! What vendors say instead of an answer, each dialect in its own words.

use catalog::Dialect;
use serde_json::{Value, json};
use stdx::Timestamp;

use crate::script::{Complaint, Retry};

/// A refusal, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

/// What is common to all dialects: a status, a sentence, and the dialect's two words for it.
struct Words {
    status: u16,
    kind: &'static str,
    code: &'static str,
    message: String,
}

impl Refusal {
    /// A complaint in a dialect's words. `said` is the sentence, where it is about the question itself.
    pub(crate) fn of(dialect: Dialect, complaint: Complaint, said: Option<&str>, now: Timestamp) -> Self {
        if let Complaint::Page(status) = complaint {
            let page = "<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body>\r\n<center><h1>Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
            let body = page.as_bytes().to_vec();
            return Self { status, content_type: "text/html", headers: Vec::new(), body };
        }
        let mut words = match dialect {
            Dialect::Messages => messages(complaint),
            Dialect::GenerateContent => generate_content(complaint),
            Dialect::ChatCompletions | Dialect::Responses => chat_completions(complaint),
        };
        if let Some(said) = said {
            said.clone_into(&mut words.message);
        }
        let retry = match complaint {
            Complaint::Busy(retry) => retry,
            _ => None,
        };
        let headers = retry.into_iter().map(|retry| header(retry, now)).collect();
        let status = if complaint == Complaint::InGoodAnswer { 200 } else { words.status };
        let body = body(dialect, &words, retry).to_string().into_bytes();
        Self { status, content_type: "application/json", headers, body }
    }
}

fn header(retry: Retry, now: Timestamp) -> (&'static str, String) {
    match retry {
        Retry::Seconds(seconds) => ("retry-after", seconds.to_string()),
        Retry::Millis(millis) => ("retry-after-ms", millis.to_string()),
        Retry::Date(seconds) => {
            let then = jiff::Timestamp::from(now.plus(std::time::Duration::from_secs(seconds)));
            let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&then);
            ("retry-after", date.unwrap_or_default())
        }
    }
}

fn body(dialect: Dialect, words: &Words, retry: Option<Retry>) -> Value {
    match dialect {
        Dialect::Messages => {
            json!({"type": "error", "error": {"type": words.kind, "message": words.message}, "request_id": "req_fake"})
        }
        Dialect::GenerateContent => {
            let mut details = Vec::new();
            if !words.code.is_empty() {
                let kind = "type.googleapis.com/google.rpc.ErrorInfo";
                details.push(json!({"@type": kind, "reason": words.code}));
            }
            if let Some(Retry::Seconds(seconds) | Retry::Date(seconds)) = retry {
                let kind = "type.googleapis.com/google.rpc.RetryInfo";
                details.push(json!({"@type": kind, "retryDelay": format!("{seconds}s")}));
            }
            json!({"error": {"code": words.status, "message": words.message, "status": words.kind, "details": details}})
        }
        Dialect::ChatCompletions | Dialect::Responses => {
            json!({"error": {"message": words.message, "type": words.kind, "param": null, "code": words.code}})
        }
    }
}

fn words(status: u16, kind: &'static str, code: &'static str, message: &str) -> Words {
    Words { status, kind, code, message: message.to_owned() }
}

fn chat_completions(complaint: Complaint) -> Words {
    match complaint {
        Complaint::Busy(_) => {
            words(429, "requests", "rate_limit_exceeded", "Rate limit reached for requests.")
        }
        Complaint::Overloaded => {
            words(503, "overloaded_error", "overloaded", "The server is overloaded, please try again later.")
        }
        Complaint::Down | Complaint::Page(_) | Complaint::InGoodAnswer => words(
            500,
            "server_error",
            "internal_error",
            "The server had an error while processing your request.",
        ),
        Complaint::Unavailable => words(503, "server_error", "unavailable", "The service is being mended."),
        Complaint::TooLong => {
            let said = "This model's maximum context length is 8192 tokens. Your messages have more.";
            words(400, "invalid_request_error", "context_length_exceeded", said)
        }
        Complaint::Key => {
            words(401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided.")
        }
        Complaint::Funds => words(402, "unknown_error", "insufficient_balance", "Insufficient Balance"),
        Complaint::UnknownModel => {
            words(404, "invalid_request_error", "model_not_found", "The model does not exist.")
        }
        Complaint::Filtered => {
            words(400, "invalid_request_error", "content_filter", "The question was filtered.")
        }
        Complaint::Bad => words(400, "invalid_request_error", "invalid_value", "The request is not valid."),
    }
}

fn messages(complaint: Complaint) -> Words {
    match complaint {
        Complaint::Busy(_) => {
            words(429, "rate_limit_error", "", "This request would exceed your rate limit.")
        }
        Complaint::Overloaded => words(529, "overloaded_error", "", "Overloaded"),
        Complaint::Down | Complaint::Page(_) | Complaint::InGoodAnswer => {
            words(500, "api_error", "", "Internal server error")
        }
        Complaint::Unavailable => words(503, "api_error", "", "The service is being mended."),
        Complaint::TooLong => {
            words(400, "invalid_request_error", "", "prompt is too long: 213462 tokens > 200000 maximum")
        }
        Complaint::Key => words(401, "authentication_error", "", "invalid x-api-key"),
        Complaint::Funds => words(402, "billing_error", "", "Your credit balance is too low."),
        Complaint::UnknownModel => words(404, "not_found_error", "", "The model does not exist."),
        // Its filter speaks through the end of an answer; where it does not, it is a request like any that is refused.
        Complaint::Filtered | Complaint::Bad => {
            words(400, "invalid_request_error", "", "The request is not valid.")
        }
    }
}

fn generate_content(complaint: Complaint) -> Words {
    match complaint {
        Complaint::Busy(_) => words(429, "RESOURCE_EXHAUSTED", "", "You exceeded your current quota."),
        Complaint::Overloaded | Complaint::Unavailable => {
            words(503, "UNAVAILABLE", "", "The model is overloaded. Please try again later.")
        }
        Complaint::Down | Complaint::Page(_) | Complaint::InGoodAnswer => {
            words(500, "INTERNAL", "", "An internal error has occurred.")
        }
        Complaint::TooLong => {
            let said = "The input token count exceeds the maximum number of tokens allowed (8192).";
            words(400, "INVALID_ARGUMENT", "", said)
        }
        Complaint::Key => words(400, "INVALID_ARGUMENT", "API_KEY_INVALID", "API key not valid."),
        Complaint::Funds => words(403, "PERMISSION_DENIED", "BILLING_DISABLED", "Billing is disabled."),
        Complaint::UnknownModel => {
            words(404, "NOT_FOUND", "", "The model is not found for API version v1beta.")
        }
        Complaint::Filtered | Complaint::Bad => {
            words(400, "INVALID_ARGUMENT", "", "Request contains an invalid argument.")
        }
    }
}
