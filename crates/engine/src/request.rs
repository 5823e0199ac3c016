//! Checks of a request before it is sent anywhere.

use ports::{ChatRequest, PortError, PortErrorKind};
use wire::ErrorCode;

/// Refuses what no model can answer.
pub(crate) fn check(request: &ChatRequest) -> Result<(), PortError> {
    let problem = if request.messages.is_empty() {
        "There are no messages."
    } else if let Some(problem) = request.sampling.problem() {
        problem
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
        ChatRequest { model: "m".to_owned(), messages, sampling, scope: None }
    }

    #[test]
    fn an_ordinary_request_passes() {
        assert_eq!(check(&request(Sampling::default())), Ok(()));
    }

    #[test]
    fn numbers_out_of_range_are_refused_by_name() {
        let error = check(&request(Sampling { min_p: 1.5, ..Sampling::default() })).unwrap_err();
        assert_eq!((error.kind, error.code), (PortErrorKind::Bad, ErrorCode::InvalidRequest));
        assert!(error.detail.contains("min_p"), "{error}");
    }

    #[test]
    fn a_conversation_without_messages_is_refused() {
        let empty = ChatRequest { messages: Vec::new(), ..request(Sampling::default()) };
        assert_eq!(check(&empty).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}
