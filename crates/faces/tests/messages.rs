//! The face of messages alone: bytes in, bytes out.

use faces::{ChatCompletions, Face, Fault, FaultClass, Gathered, Head, Messages, Piece, Writer};
use insta::assert_snapshot;
use ports::{AnswerForm, ChatEvent, ChatMessage};
use wire::{ErrorCode, FinishReason, Usage};

fn head() -> Head {
    Head { id: "x".to_owned(), created: 7, model: "m-1".to_owned(), is_sure: true }
}

fn usage() -> Usage {
    Usage { input_tokens: 9, cached_tokens: 4, output_tokens: 5, reasoning_tokens: 1 }
}

fn told(reason: FinishReason) -> Vec<ChatEvent> {
    let more = |text: &str| ChatEvent::ToolArguments { index: 0, text: text.to_owned() };
    vec![
        ChatEvent::Started(Usage { output_tokens: 0, ..usage() }),
        ChatEvent::Reasoning("先想".to_owned()),
        ChatEvent::Text("Hi".to_owned()),
        ChatEvent::Text(" \"there\"\n".to_owned()),
        ChatEvent::ToolCall { index: 0, name: "now".to_owned() },
        more(r#"{"z": 1,"#),
        more(r#" "a": [2]}"#),
        ChatEvent::Done { reason, usage: usage() },
    ]
}

fn lines(pieces: impl IntoIterator<Item = Piece>) -> String {
    let line = |piece: Piece| format!("{}: {}", piece.name.unwrap_or("-"), piece.data);
    pieces.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn whole(events: Vec<ChatEvent>) -> String {
    let mut gathered = Gathered::default();
    events.into_iter().for_each(|event| gathered.add(event));
    Messages::whole(&head(), (), vec![gathered])
}

#[test]
fn a_stream_goes_from_its_start_to_its_stop() {
    let mut writer = Messages::stream(head(), (), 1);
    let mut pieces = writer.opening();
    for event in told(FinishReason::ToolCalls) {
        assert!(!writer.is_over());
        pieces.extend(writer.pieces(0, event));
    }
    assert!(writer.is_over());
    assert_snapshot!("stream", lines(pieces));
}

#[test]
fn a_whole_answer_keeps_the_order_of_its_blocks_and_of_the_fields_of_a_call() {
    assert_snapshot!("whole", whole(told(FinishReason::Length)));
}

#[test]
fn a_call_that_was_cut_is_an_object_all_the_same() {
    let name = "now".to_owned();
    let call = |pieces: &[&str]| {
        let mut events = vec![ChatEvent::ToolCall { index: 0, name: name.clone() }];
        let more = |text: &&str| ChatEvent::ToolArguments { index: 0, text: (*text).to_owned() };
        events.extend(pieces.iter().map(more));
        whole(events)
    };
    assert!(call(&[]).contains(r#""input":{}"#));
    assert!(call(&[r#"{"a":"#]).contains(r#""input":{"invalid_json":"{\"a\":"}"#));
    assert!(call(&["[1]"]).contains(r#""input":{"invalid_json":"[1]"}"#));
}

#[test]
fn an_answer_without_a_word_begins_and_ends() {
    let mut writer = Messages::stream(head(), (), 1);
    let pieces = writer.pieces(0, ChatEvent::Done { reason: FinishReason::Stop, usage: usage() });
    let names: Vec<_> = pieces.iter().filter_map(|piece| piece.name).collect();
    assert_eq!(names, ["message_start", "ping", "message_delta", "message_stop"]);
}

#[test]
fn every_class_of_errors_has_its_word_in_each_face() {
    let classes = [
        FaultClass::Invalid,
        FaultClass::Unauthenticated,
        FaultClass::Payment,
        FaultClass::Forbidden,
        FaultClass::NotFound,
        FaultClass::TooLarge,
        FaultClass::RateLimited,
        FaultClass::Busy,
        FaultClass::Broken,
    ];
    let fault = |class| Fault::new(ErrorCode::Internal, class, "It is so", "Do this.");
    let bodies =
        classes.map(fault).map(|fault| [Messages::fault(&fault), ChatCompletions::fault(&fault)].join("\n"));
    assert_snapshot!("errors", bodies.join("\n"));
}

#[test]
fn a_schema_and_arguments_keep_the_order_of_their_fields() {
    let body = br#"{"model": "m", "max_tokens": 5, "messages": [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"z":1,"a":2}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1"}]}],
        "output_format": {"type": "json_schema", "schema": {"type":"object","properties":{"z":{},"a":{}}}}}"#;
    let (question, ()) = Messages::read(body).unwrap();
    let [ChatMessage::Calls { calls, .. }, ChatMessage::Result { content, .. }] =
        question.messages.as_slice()
    else {
        panic!("{:?}", question.messages)
    };
    assert_eq!(
        (calls.iter().map(|call| call.arguments.as_str()).collect::<String>(), content.as_str()),
        (r#"{"z":1,"a":2}"#.to_owned(), "")
    );
    let schema = r#"{"type":"object","properties":{"z":{},"a":{}}}"#.to_owned();
    assert_eq!(question.form, AnswerForm::JsonSchema { schema, strict: true });
}

#[test]
fn broken_documents_name_the_place() {
    for (body, beginning) in [
        ("", "EOF"),
        ("[]", "invalid length 0"),
        (r#"{"model": "m", "messages": [{"role": "user"}]}"#, "messages[0]: missing field `content`"),
        (
            r#"{"model": "m", "messages": [{"role": "user", "content": [{}]}]}"#,
            "messages[0].content[0]: missing field `type`",
        ),
        (r#"{"model": "m", "messages": [], "tools": [{"name": 1}]}"#, "tools[0].name: invalid type"),
    ] {
        let said = Messages::read(body.as_bytes()).unwrap_err();
        assert!(said.starts_with(beginning), "{body}: {said}");
    }
}
