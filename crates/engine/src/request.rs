//! Checks of a request before it is sent anywhere.

use ports::{AnswerForm, ChatRequest, PortError, PortErrorKind};
use schema::{Manner, Schema};
use wire::ErrorCode;

/// Refuses what no model can answer.
pub(crate) fn check(request: &ChatRequest) -> Result<(), PortError> {
    let problem = if request.messages.is_empty() {
        "There are no messages."
    } else if let Some(problem) = request.sampling.problem() {
        problem
    } else if request.form != AnswerForm::Text && !request.sampling.stop.is_empty() {
        "stop: not together with response_format, since JSON that is stopped is none."
    } else {
        return Ok(());
    };
    Err(invalid(problem))
}

/// The schema that the answer must match, in the words that the worker enforces.
pub(crate) fn schema(form: &AnswerForm) -> Result<Option<String>, PortError> {
    let schema = match form {
        AnswerForm::Text => return Ok(None),
        AnswerForm::JsonObject => Schema::any_object(),
        AnswerForm::JsonSchema { schema, strict } => {
            let manner = if *strict { Manner::Strict } else { Manner::Loose };
            schema::compile(schema, manner)
                .map_err(|refusal| invalid(format!("response_format.json_schema.schema: {refusal}")))?
        }
    };
    Ok(Some(schema.document()))
}

fn invalid(detail: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Bad, ErrorCode::InvalidRequest, detail)
}

#[cfg(test)]
mod tests {
    use ports::{ChatMessage, Sampling};
    use wire::Role;

    use super::*;

    fn request(sampling: Sampling) -> ChatRequest {
        let messages = vec![ChatMessage { role: Role::User, content: "Hi".to_owned() }];
        ChatRequest { sampling, ..ChatRequest::new("m", messages) }
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
    fn a_schema_that_cannot_be_enforced_is_refused_by_keyword_and_place() {
        let form = |strict| AnswerForm::JsonSchema {
            schema: r#"{"type":"object","properties":{"a":{"not":{}}}}"#.to_owned(),
            strict,
        };
        let error = schema(&form(true)).unwrap_err();
        assert_eq!((error.kind, error.code), (PortErrorKind::Bad, ErrorCode::InvalidRequest));
        assert!(error.detail.contains("#/properties/a: `not`"), "{error}");
        assert!(schema(&form(false)).unwrap().unwrap().contains(r#""a":{}"#));
        assert_eq!(schema(&AnswerForm::JsonObject).unwrap().unwrap(), r#"{"type":"object"}"#);
        assert_eq!(schema(&AnswerForm::Text), Ok(None));
    }

    #[test]
    fn json_cannot_be_stopped_in_the_middle() {
        let sampling = Sampling { stop: vec!["}".to_owned()], ..Sampling::default() };
        let json = ChatRequest { form: AnswerForm::JsonObject, ..request(sampling) };
        assert!(check(&json).unwrap_err().detail.contains("stop"));
    }

    #[test]
    fn a_conversation_without_messages_is_refused() {
        let empty = ChatRequest { messages: Vec::new(), ..request(Sampling::default()) };
        assert_eq!(check(&empty).unwrap_err().code, ErrorCode::InvalidRequest);
    }
}
