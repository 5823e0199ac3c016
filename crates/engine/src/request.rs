//! From what is asked to what is sent to a worker: everything that no model can answer is refused here.

use std::collections::HashSet;

use ports::{
    AnswerForm, ChatMessage, ChatRequest, MOST_ALTERNATIVES, PortError, PortErrorKind, Tool, ToolChoice,
    Tools,
};
use schema::{Manner, Schema};
use wire::ErrorCode;

use crate::protocol::Generate;

/// Tools of one request.
const MOST_TOOLS: usize = 128;
/// Characters of a tool's name.
const LONGEST_NAME: usize = 64;

/// The request as a worker takes it, with the number 0 and without an adapter.
///
/// # Errors
/// `invalid_request`, with what is wrong and where.
pub(crate) fn prepare(request: &ChatRequest) -> Result<Generate, PortError> {
    if request.messages.is_empty() {
        return Err(invalid("There are no messages."));
    }
    if let Some(problem) = request.sampling.problem() {
        return Err(invalid(problem));
    }
    if request.form != AnswerForm::Text && !request.sampling.stop.is_empty() {
        return Err(invalid("stop: not together with response_format, since JSON that is stopped is none."));
    }
    if request.logprobs.is_some_and(|alternatives| alternatives > MOST_ALTERNATIVES) {
        return Err(invalid(format!("top_logprobs: 0 to {MOST_ALTERNATIVES}.")));
    }
    check_calls(&request.messages)?;
    Ok(Generate {
        id: 0,
        messages: request.messages.clone(),
        adapter: None,
        // Who names a seed, or leaves nothing to chance, wants the same text every time.
        drafts: request.sampling.seed.is_none() && request.sampling.temperature > 0.0,
        sampling: request.sampling.clone(),
        schema: answer_schema(&request.form)?,
        tools: offered(&request.tools)?,
        reasoning: request.reasoning,
        logprobs: request.logprobs,
        family: request.family.clone(),
        weight: request.weight,
        scope: request.scope.clone(),
        fixed_messages: request.fixed_messages,
    })
}

/// The schema that the answer must match, in the words that the worker enforces.
fn answer_schema(form: &AnswerForm) -> Result<Option<String>, PortError> {
    let schema = match form {
        AnswerForm::Text => return Ok(None),
        AnswerForm::JsonObject => Schema::any_object(),
        AnswerForm::JsonSchema { schema, strict } => schema::compile(schema, manner(*strict))
            .map_err(|refusal| invalid(format!("response_format.json_schema.schema: {refusal}")))?,
    };
    Ok(Some(schema.document()))
}

/// The tools with schemas in the words that the worker enforces; none when nothing can be called.
fn offered(tools: &Tools) -> Result<Tools, PortError> {
    if tools.is_none() {
        return match &tools.choice {
            ToolChoice::Auto | ToolChoice::None => Ok(Tools::default()),
            ToolChoice::Required => Err(invalid("tool_choice: there are no tools to choose from.")),
            ToolChoice::Named(name) => Err(unknown(name)),
        };
    }
    if tools.offered.len() > MOST_TOOLS {
        return Err(invalid(format!("tools: at most {MOST_TOOLS}.")));
    }
    let mut names = HashSet::new();
    let mut offered = Vec::with_capacity(tools.offered.len());
    for (index, tool) in tools.offered.iter().enumerate() {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !(1..=LONGEST_NAME).contains(&tool.name.len()) || !tool.name.bytes().all(is_plain) {
            let detail =
                format!("tools[{index}].function.name: 1 to {LONGEST_NAME} letters, digits, `_` and `-`.");
            return Err(invalid(detail));
        }
        if !names.insert(tool.name.as_str()) {
            return Err(invalid(format!(
                "tools[{index}].function.name: there are two tools `{}`.",
                tool.name
            )));
        }
        offered.push(Tool { parameters: parameters(tool, index)?, ..tool.clone() });
    }
    match &tools.choice {
        ToolChoice::Named(name) if !names.contains(name.as_str()) => Err(unknown(name)),
        choice => Ok(Tools { offered, choice: choice.clone(), parallel: tools.parallel }),
    }
}

fn parameters(tool: &Tool, index: usize) -> Result<String, PortError> {
    let at = |problem: String| invalid(format!("tools[{index}].function.parameters: {problem}"));
    let schema =
        schema::compile(&tool.parameters, manner(tool.strict)).map_err(|refusal| at(refusal.to_string()))?;
    if schema.is_of_objects() {
        return Ok(schema.document());
    }
    if tool.strict {
        return Err(at("#: `type`: the arguments are an object.".to_owned()));
    }
    Ok(Schema::any_object().document())
}

/// What was called before must be readable: chat templates write it anew.
fn check_calls(messages: &[ChatMessage]) -> Result<(), PortError> {
    for (index, message) in messages.iter().enumerate() {
        let ChatMessage::Calls { calls, .. } = message else { continue };
        for (number, call) in calls.iter().enumerate() {
            if !serde_json::from_str(&call.arguments).is_ok_and(|value: serde_json::Value| value.is_object())
            {
                let place = format!("messages[{index}].tool_calls[{number}].function.arguments");
                return Err(invalid(format!("{place}: not an object of JSON.")));
            }
        }
    }
    Ok(())
}

fn manner(strict: bool) -> Manner {
    if strict { Manner::Strict } else { Manner::Loose }
}

fn unknown(name: &str) -> PortError {
    invalid(format!("tool_choice: there is no tool `{name}`."))
}

fn invalid(detail: impl Into<String>) -> PortError {
    PortError::new(PortErrorKind::Bad, ErrorCode::InvalidRequest, detail)
}

#[cfg(test)]
mod tests {
    use ports::{Sampling, ToolCall};
    use wire::Role;

    use super::*;

    fn usual() -> ChatRequest {
        ChatRequest::new("m", vec![ChatMessage::text(Role::User, "Hi")])
    }

    fn tool(name: &str, parameters: &str, strict: bool) -> Tool {
        Tool { name: name.to_owned(), description: String::new(), parameters: parameters.to_owned(), strict }
    }

    fn with_tools(offered: Vec<Tool>, choice: ToolChoice) -> ChatRequest {
        ChatRequest { tools: Tools { offered, choice, parallel: true }, ..usual() }
    }

    #[track_caller]
    fn refused(request: &ChatRequest) -> String {
        let error = prepare(request).unwrap_err();
        assert_eq!((error.kind, error.code), (PortErrorKind::Bad, ErrorCode::InvalidRequest));
        error.detail
    }

    #[test]
    fn an_ordinary_request_passes() {
        let generate = prepare(&usual()).unwrap();
        assert_eq!((generate.schema, generate.tools), (None, Tools::default()));
    }

    #[test]
    fn numbers_out_of_range_are_refused_by_name() {
        let sampling = Sampling { min_p: 1.5, ..Sampling::default() };
        assert!(refused(&ChatRequest { sampling, ..usual() }).contains("min_p"));
    }

    #[test]
    fn a_conversation_without_messages_is_refused() {
        assert!(refused(&ChatRequest { messages: Vec::new(), ..usual() }).contains("messages"));
    }

    #[test]
    fn a_schema_that_cannot_be_enforced_is_refused_by_keyword_and_place() {
        let schema = r#"{"type":"object","properties":{"a":{"not":{}}}}"#.to_owned();
        let form = |strict| AnswerForm::JsonSchema { schema: schema.clone(), strict };
        assert!(refused(&ChatRequest { form: form(true), ..usual() }).contains("#/properties/a: `not`"));
        let loose = prepare(&ChatRequest { form: form(false), ..usual() }).unwrap().schema.unwrap();
        assert!(loose.contains(r#""a":{}"#), "{loose}");
        let object = prepare(&ChatRequest { form: AnswerForm::JsonObject, ..usual() }).unwrap();
        assert_eq!(object.schema.unwrap(), r#"{"type":"object"}"#);
    }

    #[test]
    fn json_cannot_be_stopped_in_the_middle() {
        let sampling = Sampling { stop: vec!["}".to_owned()], ..Sampling::default() };
        assert!(refused(&ChatRequest { form: AnswerForm::JsonObject, sampling, ..usual() }).contains("stop"));
    }

    #[test]
    fn tools_are_enforced_as_far_as_was_asked() {
        let odd = r#"{"type":"object","properties":{"a":{"type":"string","not":{}}}}"#;
        let lax = prepare(&with_tools(vec![tool("f", odd, false)], ToolChoice::Auto)).unwrap();
        assert!(!lax.tools.offered[0].parameters.contains("not"));
        let strict = with_tools(vec![tool("f", "{}", false), tool("g", odd, true)], ToolChoice::Auto);
        let detail = refused(&strict);
        assert!(detail.starts_with("tools[1].function.parameters: #/properties/a: `not`"), "{detail}");
        let list =
            prepare(&with_tools(vec![tool("f", r#"{"type":"array"}"#, false)], ToolChoice::Auto)).unwrap();
        assert_eq!(list.tools.offered[0].parameters, r#"{"type":"object"}"#);
        assert!(
            refused(&with_tools(vec![tool("f", r#"{"type":"array"}"#, true)], ToolChoice::Auto))
                .contains("`type`")
        );
    }

    #[test]
    fn tools_that_cannot_be_called_are_refused_by_place() {
        let f = || tool("f", "{}", false);
        for (request, words) in [
            (with_tools(vec![f(), f()], ToolChoice::Auto), "tools[1].function.name: there are two"),
            (with_tools(vec![tool("a b", "{}", false)], ToolChoice::Auto), "tools[0].function.name: 1 to 64"),
            (with_tools(vec![tool("", "{}", false)], ToolChoice::Auto), "tools[0].function.name"),
            (with_tools(vec![tool("f", "[", false)], ToolChoice::Auto), "tools[0].function.parameters: #"),
            (with_tools(vec![f()], ToolChoice::Named("g".to_owned())), "tool_choice: there is no tool `g`"),
            (with_tools(Vec::new(), ToolChoice::Required), "tool_choice: there are no tools"),
            (with_tools(vec![f(); 129], ToolChoice::Auto), "tools: at most 128"),
        ] {
            let detail = refused(&request);
            assert!(detail.starts_with(words), "{detail}");
        }
    }

    #[test]
    fn tools_that_must_not_be_called_are_not_even_offered() {
        let generate = prepare(&with_tools(vec![tool("f", "{}", true)], ToolChoice::None)).unwrap();
        assert_eq!(generate.tools, Tools::default());
    }

    #[test]
    fn calls_of_before_must_be_readable() {
        for (arguments, is_fine) in
            [("{}", true), (r#"{"a":1}"#, true), ("{", false), ("[]", false), ("", false)]
        {
            let call = ToolCall { id: "1".to_owned(), name: "f".to_owned(), arguments: arguments.to_owned() };
            let mut request = usual();
            request.messages.push(ChatMessage::Calls { content: String::new(), calls: vec![call] });
            assert_eq!(prepare(&request).is_ok(), is_fine, "{arguments}");
        }
    }
}
