//! Checks of a request before it is sent anywhere.

use ports::{ChatRequest, PortError, PortErrorKind};
use wire::ErrorCode;

/// Stop strings of one request.
const STOPS: usize = 16;
/// Bytes of one stop string.
const STOP_LENGTH: usize = 256;

/// Refuses what no model can answer.
pub(crate) fn check(request: &ChatRequest) -> Result<(), PortError> {
    let sampling = &request.sampling;
    let stops_fit = sampling.stop.iter().all(|stop| !stop.is_empty() && stop.len() <= STOP_LENGTH);
    let problem = if request.messages.is_empty() {
        "There are no messages."
    } else if !(0.0..=2.0).contains(&sampling.temperature) {
        "The temperature must be from 0 to 2."
    } else if !(sampling.top_p > 0.0 && sampling.top_p <= 1.0) {
        "top_p must be above 0 and at most 1."
    } else if sampling.max_tokens == Some(0) {
        "max_tokens must be at least 1."
    } else if sampling.stop.len() > STOPS || !stops_fit {
        "There may be 16 stop strings of 1 to 256 bytes."
    } else {
        return Ok(());
    };
    Err(PortError::new(PortErrorKind::Bad, ErrorCode::InvalidRequest, problem))
}

#[cfg(test)]
mod tests {
    use ports::{ChatMessage, Sampling};
    use wire::Role;

    use super::*;

    fn request(sampling: Sampling) -> ChatRequest {
        let messages = vec![ChatMessage { role: Role::User, content: "Hi".to_owned() }];
        ChatRequest { model: "m".to_owned(), messages, sampling, scope: None, fixed_messages: 0 }
    }

    #[test]
    fn an_ordinary_request_passes() {
        assert_eq!(check(&request(Sampling::default())), Ok(()));
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        let bad = [
            Sampling { temperature: f32::NAN, ..Sampling::default() },
            Sampling { temperature: -0.1, ..Sampling::default() },
            Sampling { temperature: 2.1, ..Sampling::default() },
            Sampling { top_p: 0.0, ..Sampling::default() },
            Sampling { top_p: f32::INFINITY, ..Sampling::default() },
            Sampling { max_tokens: Some(0), ..Sampling::default() },
            Sampling { stop: vec![String::new()], ..Sampling::default() },
            Sampling { stop: vec!["x".to_owned(); 17], ..Sampling::default() },
            Sampling { stop: vec!["x".repeat(257)], ..Sampling::default() },
        ];
        for sampling in bad {
            assert_eq!(check(&request(sampling)).unwrap_err().code, ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn a_conversation_without_messages_is_refused() {
        let empty = ChatRequest { messages: Vec::new(), ..request(Sampling::default()) };
        assert_eq!(check(&empty).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}
