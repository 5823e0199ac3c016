//! What goes over the line, for every endpoint that is shipped.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use catalog::{DataTree, Endpoint};
use dialects::{Call, Delivery, Keepsake, Question, encode};
use ports::{
    AnswerForm, ChatMessage, ChatRequest, Effort, PortErrorKind, Reasoning, Sampling, Tool, ToolCall,
    ToolChoice, Tools,
};
use proptest::prelude::*;
use serde_json::{Map, Value};
use wire::Role;

fn endpoint(vendor: &str, id: &str) -> Endpoint {
    let all = catalog::providers(&DataTree::embedded()).unwrap();
    all.get(vendor).unwrap().endpoint(id).unwrap().clone()
}

fn every_endpoint() -> &'static [(String, Endpoint)] {
    static ALL: std::sync::LazyLock<Vec<(String, Endpoint)>> = std::sync::LazyLock::new(read_all);
    &ALL
}

fn read_all() -> Vec<(String, Endpoint)> {
    let all = catalog::providers(&DataTree::embedded()).unwrap();
    let named = all.iter().flat_map(|vendor| {
        vendor.endpoints.iter().map(|endpoint| (format!("{}.{}", vendor.id, endpoint.id), endpoint.clone()))
    });
    named.collect()
}

fn ask(endpoint: &Endpoint, request: &ChatRequest, kept: &[(usize, Keepsake)]) -> Call {
    let delivery = Delivery::Streamed;
    let question = Question { request, model: "m-1", delivery, kept, extra: &Map::new() };
    encode(endpoint, &question).unwrap()
}

fn text(role: Role, content: &str) -> ChatMessage {
    ChatMessage::text(role, content)
}

/// A conversation with tools, in its second turn.
fn with_tools() -> ChatRequest {
    let call = |id: &str, arguments: &str| ToolCall {
        id: id.to_owned(),
        name: "weather".to_owned(),
        arguments: arguments.to_owned(),
    };
    let result =
        |id: &str, content: &str| ChatMessage::Result { call_id: id.to_owned(), content: content.to_owned() };
    let mut request = ChatRequest::new(
        "ours",
        vec![
            text(Role::System, "You know the weather."),
            text(Role::User, "北京和上海?"),
            ChatMessage::Calls {
                content: String::new(),
                calls: vec![call("c1", r#"{"z": 1, "city": "北京"}"#), call("c2", r#"{"city": "上海"}"#)],
            },
            result("c1", "晴"),
            result("c2", "雨"),
            text(Role::User, "And tomorrow?"),
        ],
    );
    request.fixed_messages = 1;
    request.tools = Tools {
        offered: vec![Tool {
            name: "weather".to_owned(),
            description: "Tells the weather.".to_owned(),
            parameters: r#"{"type":"object","properties":{"z":{"type":"integer"},"city":{"type":"string"}}}"#
                .to_owned(),
            strict: true,
        }],
        choice: ToolChoice::Auto,
        parallel: false,
    };
    request.sampling = Sampling {
        max_tokens: Some(500),
        stop: vec!["END".to_owned()],
        seed: Some(7),
        top_k: Some(40),
        ..Sampling::default()
    };
    request.reasoning = Reasoning { effort: Some(Effort::Medium), budget: None };
    request
}

fn kept() -> Vec<(usize, Keepsake)> {
    let thought = Keepsake::Thought { text: "Both.".to_owned(), signature: Some("sig".to_owned()) };
    vec![(2, thought), (2, Keepsake::CallSignature { call: 0, signature: "sig-c1".to_owned() })]
}

#[test]
fn a_conversation_with_tools_in_the_words_of_everybody() {
    for (name, endpoint) in every_endpoint() {
        let call = ask(endpoint, &with_tools(), &kept());
        let body: Value = serde_json::from_str(&call.body).unwrap();
        let body = body.as_object().unwrap();
        // The order of fields is part of what is promised, and a value of serde's has none.
        let order = |name: &str| call.body.find(&format!("\"{name}\":")).unwrap_or(usize::MAX);
        let mut names: Vec<&String> = body.keys().collect();
        names.sort_by_key(|name| order(name));
        let fields: Vec<String> =
            names.into_iter().map(|field| format!("{field}: {}", body[field])).collect();
        let shown = format!(
            "POST {}{}\n{}\nleft out: {:?}\n",
            endpoint.base_url,
            call.path,
            fields.join("\n"),
            call.left_out
        );
        insta::assert_snapshot!(format!("{name}.tools"), shown);
    }
}

#[test]
fn schemas_and_arguments_keep_the_order_of_their_fields() {
    for (name, endpoint) in every_endpoint() {
        let body = ask(endpoint, &with_tools(), &[]).body;
        assert!(body.contains(r#"{"z":{"type":"integer"},"city":{"type":"string"}}"#), "{name}: {body}");
        let order = |text: &str| body.find(text).unwrap_or_else(|| panic!("{name}: {body}"));
        let plain = body.replace("\\\"", "\"");
        assert!(plain.contains(r#"{"z": 1, "city": "北京"}"#), "{name}: {plain}");
        assert!(order("weather") < order("And tomorrow?"), "{name}");
    }
}

#[test]
fn nothing_of_ours_leaves_the_house() {
    let mut request = with_tools();
    request.scope = Some("member-canary".to_owned());
    request.model = "model-canary".to_owned();
    for (name, endpoint) in every_endpoint() {
        let call = ask(endpoint, &request, &[]);
        assert!(!call.body.contains("canary") && !call.path.contains("canary"), "{name}");
    }
}

#[test]
fn effort_and_switch_are_said_as_the_vendor_wants_them() {
    let mut request = ChatRequest::new("ours", vec![text(Role::User, "x")]);
    let mut body = |vendor: &str, id: &str, effort, budget| -> Value {
        request.reasoning = Reasoning { effort, budget };
        serde_json::from_str(&ask(&endpoint(vendor, id), &request, &[]).body).unwrap()
    };
    let off = body("deepseek", "main", Some(Effort::None), None);
    assert_eq!((&off["thinking"]["type"], off.get("reasoning_effort")), (&"disabled".into(), None));
    let medium = body("deepseek", "main", Some(Effort::Medium), None);
    assert_eq!(
        (&medium["thinking"]["type"], &medium["reasoning_effort"]),
        (&"enabled".into(), &"high".into())
    );
    let budget = body("dashscope", "cn", None, Some(900));
    assert_eq!((&budget["enable_thinking"], &budget["thinking_budget"]), (&true.into(), &900.into()));
    let silent = body("dashscope", "cn", None, None);
    assert_eq!(silent.get("enable_thinking"), None);
}

#[test]
fn thoughts_go_back_to_those_who_insist_on_them() {
    let body = |kept: &[(usize, Keepsake)]| -> Value {
        serde_json::from_str(&ask(&endpoint("deepseek", "main"), &with_tools(), kept).body).unwrap()
    };
    assert_eq!(body(&kept())["messages"][2]["reasoning_content"], "Both.");
    assert_eq!(body(&[])["messages"][2]["reasoning_content"], " ");
    assert_eq!(body(&kept())["messages"][1].get("reasoning_content"), None);
}

#[test]
fn thinking_that_is_signed_goes_back_with_its_calls_or_is_not_asked_for() {
    let mut request = with_tools();
    request.messages.pop();
    let mut toy = endpoint("anthropic", "main");
    toy.dialect = catalog::Dialect::Messages;
    let body = |kept: &[(usize, Keepsake)]| {
        let delivery = Delivery::Whole;
        let model = "claude-haiku-4-5";
        let question = Question { request: &request, model, delivery, kept, extra: &Map::new() };
        encode(&toy, &question).unwrap()
    };
    let remembered: Value = serde_json::from_str(&body(&kept()).body).unwrap();
    let first = &remembered["messages"][1]["content"][0];
    assert_eq!((&first["thinking"], &first["signature"]), (&"Both.".into(), &"sig".into()));
    // 2,048 tokens are wished for, 500 are the limit of the whole answer.
    assert_eq!(remembered.get("thinking"), None);
    request.sampling.max_tokens = Some(4_000);
    let body = |kept: &[(usize, Keepsake)]| {
        let delivery = Delivery::Whole;
        let model = "claude-haiku-4-5";
        let question = Question { request: &request, model, delivery, kept, extra: &Map::new() };
        encode(&toy, &question).unwrap()
    };
    let remembered: Value = serde_json::from_str(&body(&kept()).body).unwrap();
    assert_eq!(remembered["thinking"]["budget_tokens"], 2_048);
    assert_eq!(remembered.get("temperature"), None);
    let lost = body(&[]);
    assert!(lost.left_out.contains(&"reasoning") && !lost.body.contains("\"thinking\""), "{}", lost.body);
}

#[test]
fn arguments_that_are_no_json_go_as_what_they_are() {
    let mut request = with_tools();
    if let ChatMessage::Calls { calls, .. } = &mut request.messages[2] {
        calls[0].arguments = "{\"city".to_owned();
        calls[1].arguments = String::new();
    }
    let body: Value = serde_json::from_str(&ask(&endpoint("anthropic", "main"), &request, &[]).body).unwrap();
    let blocks = &body["messages"][1]["content"];
    assert_eq!(blocks[0]["input"]["invalid_json"], "{\"city");
    assert_eq!(blocks[1]["input"], serde_json::json!({}));
}

#[test]
fn what_cannot_be_asked_is_refused_before_anybody_is_called() {
    let plain = || ChatRequest::new("ours", vec![text(Role::User, "x")]);
    let refused = |request: &ChatRequest| {
        let question =
            Question { request, model: "m", delivery: Delivery::Whole, kept: &[], extra: &Map::new() };
        let error = encode(&endpoint("deepseek", "main"), &question).unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Bad);
        error.detail
    };
    let form = AnswerForm::JsonSchema { schema: "{}".to_owned(), strict: true };
    assert!(refused(&ChatRequest { form, ..plain() }).contains("JSON Schema"));
    assert!(refused(&ChatRequest { messages: Vec::new(), ..plain() }).contains("nothing"));
    let adapters = vec![ports::AdapterUse { id: "a".to_owned(), scale: None }];
    assert!(refused(&ChatRequest { adapters, ..plain() }).contains("adapters"));
    let sampling = Sampling { temperature: 3.0, ..Sampling::default() };
    assert!(refused(&ChatRequest { sampling, ..plain() }).contains("temperature"));
    let mut broken = with_tools();
    broken.tools.offered[0].parameters = "[".to_owned();
    assert!(refused(&broken).contains("JSON Schema"));
}

#[test]
fn fields_of_a_client_s_are_handed_on_and_never_replace_ours() {
    let request = ChatRequest::new("ours", vec![text(Role::User, "x")]);
    let extra: Map<String, Value> =
        serde_json::from_str(r#"{"enable_search": true, "stream": "evil", "model": "evil", "contents": "evil", "messages": "evil"}"#).unwrap();
    for (name, endpoint) in every_endpoint() {
        let question =
            Question { request: &request, model: "m", delivery: Delivery::Whole, kept: &[], extra: &extra };
        let body = encode(endpoint, &question).unwrap().body;
        assert!(body.contains("\"enable_search\":true") && !body.contains("evil"), "{name}: {body}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A provider keeps computed what a prompt has in common with the one before: it must not change from turn to turn.
    #[test]
    fn a_conversation_that_goes_on_begins_with_the_same_bytes(said in prop::collection::vec("[a-z\"\\\\é你\\n]{1,12}", 2..7), temperature in 0_u8..20) {
        let entry = |at: usize, content: &String| text(if at.is_multiple_of(2) { Role::User } else { Role::Assistant }, content);
        let mut request = with_tools();
        request.messages.truncate(1);
        request.messages.extend(said.iter().enumerate().map(|(at, content)| entry(at, content)));
        let mut shorter = request.clone();
        shorter.messages.pop();
        shorter.sampling.temperature = f32::from(temperature) / 10.0;
        for (name, endpoint) in every_endpoint() {
            let (longer, shorter) = (ask(endpoint, &request, &[]).body, ask(endpoint, &shorter, &[]).body);
            let same = longer.bytes().zip(shorter.bytes()).take_while(|(a, b)| a == b).count();
            let last = serde_json::to_string(&said[said.len() - 2]).unwrap();
            let end = shorter.rfind(&last).unwrap() + last.len();
            prop_assert!(same >= end, "{name}: {same} < {end}\n{longer}\n{shorter}");
            prop_assert_eq!(&ask(endpoint, &request, &[]).body, &longer);
        }
    }
}
