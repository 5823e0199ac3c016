//! Bodies that cannot be, at every face for programs: one error in the face's own shape that names the field, and nothing is
//! asked of a model, held or booked.

use serde_json::{Value, json};
use testkit::{Answer, Client, DEFAULT_MODEL, EMBEDDING_MODEL, RERANK_MODEL};

use crate::money::is_sound;
use crate::upstreams::Street;

/// A model of the vendor: no model of this machine refuses anything before it.
const MODEL: &str = "toy/say-2";
const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";
const EMBEDDINGS: &str = "/v1/embeddings";
const RERANK: &str = "/v1/rerank";

/// A wrong value of a field, and what the message says of it.
type Wrong = (&'static str, Value, &'static str);

fn asks(path: &str) -> Value {
    match path {
        CHAT => json!({"model": MODEL, "messages": [{"role": "user", "content": "hi"}]}),
        MESSAGES => json!({"model": MODEL, "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}),
        RESPONSES => json!({"model": MODEL, "input": "hi"}),
        EMBEDDINGS => json!({"model": EMBEDDING_MODEL, "input": "hi"}),
        _ => json!({"model": RERANK_MODEL, "query": "hi", "documents": ["a", "b"]}),
    }
}

/// A refusal in the shape of the face; gives its message.
#[track_caller]
fn refused(path: &str, answer: &Answer, what: &str) -> String {
    let document = answer.json();
    assert_eq!(answer.status, 400, "{path}: {what}: {document}");
    let error = &document["error"];
    assert_eq!(error["code"], "invalid_request", "{path}: {what}: {document}");
    assert_eq!(error["type"], "invalid_request_error", "{path}: {what}");
    assert_eq!(document["type"] == "error", path == MESSAGES, "{path}: {what}");
    let message = error["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("Correct the request; the API document shows its shape."), "{message}");
    message
}

/// Nothing was asked of anybody, held or booked.
async fn nothing_happened(street: &Street) {
    street.vendors.settled().await;
    assert_eq!(street.vendors.invoice().total.requests, 0);
    assert!(street.app.model.requests().is_empty() && street.app.encoder.embedded().is_empty());
    is_sound(&street.app).await;
    let workspace = store::workspaces::first(&street.app.db).await.unwrap().unwrap();
    let audit = store::ledger::audit(&street.app.db, workspace.id).await.unwrap();
    assert_eq!((audit.holds.len(), audit.charges.len()), (0, 0));
}

async fn all_are_refused(path: &str, table: &[Wrong]) {
    let street = Street::open().await;
    let lin = street.app.owner().await;
    let mut key = street.app.key_of(&lin).await;
    for (field, value, said) in table {
        let mut body = asks(path);
        body[*field] = value.clone();
        let what = format!("{field} = {value}");
        let message = refused(path, &key.post(path, body).await, &what);
        assert!(message.starts_with(said), "{path}: {what}: {message}");
    }
    let whole = asks(path);
    for field in whole.as_object().unwrap().keys() {
        let mut body = whole.clone();
        body.as_object_mut().unwrap().remove(field);
        let message = refused(path, &key.post(path, body).await, &format!("without {field}"));
        assert!(message.contains(field) && message.contains("missing"), "{path}: without {field}: {message}");
    }
    nothing_happened(&street).await;
}

#[tokio::test]
async fn chat_completions_name_the_field() {
    let said = |message: Value| json!([message]);
    let table: Vec<Wrong> = vec![
        ("model", json!(5), "model: invalid type"),
        ("model", json!(null), "model: invalid type"),
        ("messages", json!("hi"), "messages: invalid type"),
        ("messages", json!([]), "messages: at least one"),
        ("messages", json!([5]), "messages[0]: invalid type"),
        ("messages", said(json!({"content": "x"})), "messages[0]: missing field `role`"),
        ("messages", said(json!({"role": 7})), "messages[0].role: invalid type"),
        (
            "messages",
            said(json!({"role": "robot", "content": "x"})),
            "messages[0].role: there is no role `robot`",
        ),
        ("messages", said(json!({"role": "user", "content": 5})), "messages[0].content: invalid type"),
        (
            "messages",
            said(json!({"role": "user", "content": [{"text": "x"}]})),
            "messages[0].content[0]: missing field",
        ),
        (
            "messages",
            said(json!({"role": "user", "content": [{"type": "text"}]})),
            "messages[0].content[0].text: missing",
        ),
        (
            "messages",
            said(json!({"role": "user", "content": [{"type": "input_audio"}]})),
            "messages[0].content[0]: parts",
        ),
        ("messages", said(json!({"role": "tool", "content": "x"})), "messages[0].tool_call_id: missing"),
        (
            "messages",
            said(json!({"role": "assistant", "tool_calls": [{"id": "a"}]})),
            "messages[0].tool_calls[0]: missing field `function`",
        ),
        ("stream", json!("yes"), "stream: invalid type"),
        ("stream_options", json!({"include_usage": 1}), "stream_options.include_usage: invalid type"),
        ("n", json!(0), "n: 0"),
        ("n", json!(9), "n: 9"),
        ("n", json!(-1), "n: invalid value"),
        ("n", json!(1.5), "n: invalid type"),
        ("temperature", json!("hot"), "temperature: invalid type"),
        ("temperature", json!(-0.1), "temperature: must be"),
        ("temperature", json!(1e300), "temperature: must be"),
        ("top_p", json!(0), "top_p: must be"),
        ("max_tokens", json!(0), "max_tokens: must be"),
        ("max_tokens", json!(-1), "max_tokens: invalid value"),
        ("max_tokens", json!(4_294_967_296_i64), "max_tokens: invalid value"),
        ("max_completion_tokens", json!("9"), "max_completion_tokens: invalid type"),
        ("stop", json!(5), "stop: invalid type"),
        ("stop", json!(["a", 5]), "stop[1]: invalid type"),
        ("stop", json!(vec!["x"; 17]), "stop: there may be"),
        ("stop", json!(""), "stop: there may be"),
        ("seed", json!(1.5), "seed: invalid type"),
        ("logit_bias", json!({"a": 1}), "logit_bias"),
        ("logit_bias", json!({"1": 101}), "logit_bias: there may be"),
        ("presence_penalty", json!(3), "presence_penalty: must be"),
        ("frequency_penalty", json!(-3), "frequency_penalty: must be"),
        ("repetition_penalty", json!(0), "repetition_penalty: must be"),
        ("min_p", json!(2), "min_p: must be"),
        ("dry_multiplier", json!(9), "dry_multiplier: must be"),
    ];
    all_are_refused(CHAT, &table).await;
}

#[tokio::test]
async fn chat_completions_name_what_is_wrong_with_tools_and_forms() {
    let tool = json!({"type": "function", "function": {"name": "f"}});
    let table: Vec<Wrong> = vec![
        ("tools", json!({}), "tools: invalid type"),
        ("tools", json!([{"function": {}}]), "tools[0]"),
        ("tools", json!([{"type": "function"}]), "tools[0]: only functions"),
        ("tools", json!([{"type": "retrieval"}]), "tools[0]: only functions"),
        (
            "tools",
            json!([{"type": "function", "function": {"name": 5}}]),
            "tools[0].function.name: invalid type",
        ),
        ("tools", json!([{"type": "function", "function": {"name": "a b"}}]), "tools[0].name: must be"),
        (
            "tools",
            json!([{"type": "function", "function": {"name": "f", "parameters": "x"}}]),
            "tools[0]: the schema",
        ),
        ("tools", json!([tool, tool]), "tools[1].name: there are two"),
        ("tools", json!(vec![tool; 129]), "tools: 129"),
        ("tool_choice", json!(5), "tool_choice: `auto`"),
        ("tool_choice", json!("perhaps"), "tool_choice: there is no choice `perhaps`"),
        ("tool_choice", json!("required"), "tool_choice: there are no tools"),
        (
            "tool_choice",
            json!({"type": "function", "function": {"name": "g"}}),
            "tool_choice: there is no tool `g`",
        ),
        ("parallel_tool_calls", json!("no"), "parallel_tool_calls: invalid type"),
        ("response_format", json!(5), "response_format: invalid type"),
        ("response_format", json!({}), "response_format: missing field `type`"),
        ("response_format", json!({"type": "yaml"}), "response_format.type: there is no type `yaml`"),
        ("response_format", json!({"type": "json_schema"}), "response_format.json_schema.schema: missing"),
        ("logprobs", json!("x"), "logprobs: invalid type"),
        ("top_logprobs", json!(3), "top_logprobs: only together"),
        ("top_logprobs", json!(21), "top_logprobs: 0 to"),
        ("reasoning_effort", json!("huge"), "reasoning_effort: there is no effort `huge`"),
        ("reasoning_effort", json!(5), "reasoning_effort: invalid type"),
        ("thinking_budget", json!(-5), "thinking_budget: invalid value"),
        ("adapters", json!("a"), "adapters: invalid type"),
    ];
    all_are_refused(CHAT, &table).await;
}

#[tokio::test]
async fn messages_name_the_field() {
    let said = |content: Value| json!([{"role": "user", "content": content}]);
    let table: Vec<Wrong> = vec![
        ("model", json!(5), "model: invalid type"),
        ("max_tokens", json!(0), "max_tokens: must be"),
        ("max_tokens", json!(-1), "max_tokens: invalid value"),
        ("max_tokens", json!("many"), "max_tokens: invalid type"),
        ("messages", json!({}), "messages: invalid type"),
        ("messages", json!([]), "messages: at least one"),
        ("messages", json!([{"role": "user"}]), "messages[0]: missing field `content`"),
        ("messages", json!([{"role": "robot", "content": "x"}]), "messages: the last one is the user's"),
        ("messages", json!([{"role": "assistant", "content": "x"}]), "messages: the last one is the user's"),
        ("messages", said(json!(5)), "messages[0].content: invalid type"),
        ("messages", said(json!([{"type": "text"}])), "messages[0].content[0].text: missing"),
        (
            "messages",
            said(json!([{"type": "document"}])),
            "messages[0].content[0]: blocks of type `document`",
        ),
        (
            "messages",
            said(json!([{"type": "tool_result", "content": "x"}])),
            "messages[0].content[0].tool_use_id: missing",
        ),
        ("system", json!(5), "system: invalid type"),
        ("stream", json!(1), "stream: invalid type"),
        ("stop_sequences", json!("x"), "stop_sequences: invalid type"),
        ("stop_sequences", json!([""]), "stop: there may be"),
        ("temperature", json!(3), "temperature: must be"),
        ("top_p", json!(-1), "top_p: must be"),
        ("top_k", json!("x"), "top_k: invalid type"),
        (
            "tools",
            json!([{"type": "bash_20250124", "name": "bash"}]),
            "tools[0].type: only tools of your own",
        ),
        ("tools", json!([{"name": "a b", "input_schema": {}}]), "tools[0].name: must be"),
        ("tools", json!([{"name": "f", "input_schema": "x"}]), "tools[0]: the schema"),
        ("tool_choice", json!("auto"), "tool_choice: invalid type"),
        ("tool_choice", json!({"type": "tool"}), "tool_choice.name: missing"),
        ("tool_choice", json!({"type": "tool", "name": "g"}), "tool_choice: there is no tool `g`"),
        ("tool_choice", json!({"type": "any"}), "tool_choice: there are no tools"),
        ("thinking", json!({"type": "enabled"}), "thinking.budget_tokens: missing"),
        ("thinking", json!({"type": "enabled", "budget_tokens": 9}), "thinking.budget_tokens: less than"),
        ("thinking", json!({"type": "sometimes"}), "thinking.type: there is no type `sometimes`"),
        ("output_config", json!({"effort": "huge"}), "output_config.effort: there is no effort `huge`"),
        ("output_config", json!({"format": {"type": "json_schema"}}), "output_config.format.schema: missing"),
        ("output_format", json!({"type": "yaml"}), "output_format.type: there is no type `yaml`"),
    ];
    all_are_refused(MESSAGES, &table).await;
}

#[tokio::test]
async fn responses_name_the_field() {
    let table: Vec<Wrong> = vec![
        ("model", json!(5), "model: invalid type"),
        ("input", json!(5), "input: invalid type"),
        ("input", json!([]), "input: at least one"),
        ("input", json!([{"content": "x"}]), "input[0].role: missing"),
        ("input", json!([{"role": "user"}]), "input[0].content: missing"),
        ("input", json!([{"role": "robot", "content": "x"}]), "input[0].role: there is no role `robot`"),
        (
            "input",
            json!([{"role": "user", "content": [{"type": "input_file"}]}]),
            "input[0].content[0]: parts",
        ),
        ("input", json!([{"type": "function_call_output", "output": "x"}]), "input[0].call_id: missing"),
        ("input", json!([{"type": "computer_call"}]), "input[0].type: items of type `computer_call`"),
        ("instructions", json!([]), "instructions: invalid type"),
        ("stream", json!("x"), "stream: invalid type"),
        ("max_output_tokens", json!(0), "max_output_tokens: at least 1"),
        ("max_output_tokens", json!(-1), "max_output_tokens: invalid value"),
        ("temperature", json!(2.5), "temperature: must be"),
        ("top_logprobs", json!(2), "top_logprobs: not told"),
        ("tools", json!([{"type": "web_search"}]), "tools[0].type: only functions"),
        ("tools", json!([{"type": "function"}]), "tools[0].name: missing"),
        ("tool_choice", json!("perhaps"), "tool_choice: there is no choice `perhaps`"),
        ("tool_choice", json!({"type": "function", "name": "g"}), "tool_choice: there is no tool `g`"),
        ("text", json!({"format": {"type": "yaml"}}), "text.format.type: there is no type `yaml`"),
        ("text", json!({"format": {"type": "json_schema"}}), "text.format.schema: missing"),
        ("reasoning", json!({"effort": "huge"}), "reasoning.effort: there is no effort `huge`"),
        ("conversation", json!("conv_1"), "conversation: not kept here"),
        ("store", json!("x"), "store: invalid type"),
        ("background", json!("x"), "background: invalid type"),
    ];
    all_are_refused(RESPONSES, &table).await;
    let contradictory = json!({"model": MODEL, "input": "hi", "background": true, "store": false});
    let street = Street::open().await;
    let mut key = street.app.key_of(&street.app.owner().await).await;
    let message =
        refused(RESPONSES, &key.post(RESPONSES, contradictory).await, "in the background, not kept");
    assert!(message.starts_with("background: needs store"), "{message}");
    nothing_happened(&street).await;
}

#[tokio::test]
async fn embeddings_and_reranking_name_the_field() {
    let table: Vec<Wrong> = vec![
        ("model", json!(5), "model: invalid type"),
        ("model", json!(DEFAULT_MODEL), "The model `tiny-chat` is for `chat`"),
        ("input", json!(5), "input: invalid type"),
        ("input", json!([]), "input: 0 texts"),
        ("input", json!(""), "input: text 0 is empty"),
        ("input", json!(["a", null]), "input: a text or a list"),
        ("input", json!([1, 2]), "input: a text or a list of texts, and no numbers"),
        ("dimensions", json!(-1), "dimensions: invalid value"),
        ("dimensions", json!("x"), "dimensions: invalid type"),
        ("encoding_format", json!("int8"), "encoding_format: unknown variant `int8`"),
        ("truncate", json!("x"), "truncate: invalid type"),
    ];
    all_are_refused(EMBEDDINGS, &table).await;
    let table: Vec<Wrong> = vec![
        ("query", json!(5), "query: invalid type"),
        ("query", json!(" "), "query: text 0 is empty"),
        ("documents", json!("a"), "documents: invalid type"),
        ("documents", json!([]), "documents: 0 texts"),
        ("documents", json!(["a", 5]), "documents[1]: a text, or an object"),
        ("documents", json!(["a", {"title": "x"}]), "documents[1]: a text, or an object"),
        ("top_n", json!(0), "top_n: at least 1"),
        ("top_n", json!(-1), "top_n: invalid value"),
        ("return_documents", json!("x"), "return_documents: invalid type"),
    ];
    all_are_refused(RERANK, &table).await;
}

#[tokio::test]
async fn the_field_is_told_apart_where_the_face_has_a_place_for_it() {
    let street = Street::open().await;
    let mut key = street.app.key_of(&street.app.owner().await).await;
    let mut body = asks(CHAT);
    body["messages"][0]["role"] = json!("robot");
    assert_eq!(key.post(CHAT, body).await.json()["error"]["param"], "messages[0].role");
    assert_eq!(key.post(RESPONSES, json!({"model": MODEL})).await.json()["error"]["param"], json!(null));
}

/// What no table of fields has: bytes that are no document, or one that would hurt whoever reads it carelessly.
fn strange(path: &str) -> Vec<(&'static str, Vec<u8>)> {
    let good = asks(path).to_string();
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let with = |field: &str| good.replacen('{', &format!("{{{field}, "), 1).into_bytes();
    vec![
        ("nothing", Vec::new()),
        ("half", good.as_bytes()[..good.len() / 2].to_vec()),
        ("two documents", [good.as_bytes(), good.as_bytes()].concat()),
        ("a list", b"[]".to_vec()),
        ("null", b"null".to_vec()),
        ("a model twice", with("\"model\": \"other\"")),
        ("invalid UTF-8", [good.as_bytes(), b"\xff"].concat()),
        (
            "invalid UTF-8 inside",
            good.replace("hi", "h\u{1}i").bytes().map(|b| if b == 1 { 0xff } else { b }).collect(),
        ),
        ("half a character", good.replace("hi", "\\ud83d").into_bytes()),
        ("UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a raw NUL", good.replace("hi", "h\0i").into_bytes()),
        ("deep where a text is", good.replace("\"hi\"", &deep).into_bytes()),
    ]
}

#[tokio::test]
async fn bytes_that_are_no_document_are_refused() {
    let street = Street::open().await;
    let mut key = street.app.key_of(&street.app.owner().await).await;
    for path in [CHAT, MESSAGES, RESPONSES, EMBEDDINGS, RERANK] {
        for (what, bytes) in strange(path) {
            let answer = key.call("POST", path).raw("application/json", bytes).send().await;
            refused(path, &answer, what);
        }
        let squeezed = key.call("POST", path).json(&asks(path)).header("content-encoding", "gzip");
        let message = refused(path, &squeezed.send().await, "gzip");
        assert!(message.starts_with("content-encoding: "), "{message}");
    }
    for (field, said) in [("temperature", "temperature"), ("max_tokens", "max_tokens"), ("seed", "seed")] {
        for number in ["1e400", "-1e400", "99999999999999999999999999"] {
            let body = asks(CHAT).to_string().replacen('{', &format!("{{\"{field}\": {number}, "), 1);
            let answer = key.call("POST", CHAT).raw("application/json", body).send().await;
            let message = refused(CHAT, &answer, number);
            assert!(message.starts_with(said), "{field} = {number}: {message}");
        }
    }
    nothing_happened(&street).await;
}

#[tokio::test]
async fn what_a_face_does_not_know_may_be_as_strange_as_it_likes() {
    let street = Street::open().await;
    let mut key = street.app.key_of(&street.app.owner().await).await;
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    for path in [CHAT, MESSAGES, RESPONSES, EMBEDDINGS, RERANK] {
        for extra in [
            format!("\"surprise\": {deep}"),
            "\"surprise\": 1e400".to_owned(),
            "\"a\\u0000b\": \"\\u0000\"".to_owned(),
        ] {
            let body = asks(path).to_string().replacen('{', &format!("{{{extra}, "), 1);
            key.call("POST", path).raw("application/json", body).send().await.expect(200);
        }
        let body = asks(path).to_string().replace("hi", "h\\u0000i");
        key.call("POST", path).raw("application/json", body).send().await.expect(200);
    }
    // A schema is handed on as it stands, and is refused where it must be understood.
    let schema = format!("{}{}{}", "{\"properties\":{\"a\":".repeat(10_000), "{}", "}}".repeat(10_000));
    let tools = format!(
        "\"tools\": [{{\"type\": \"function\", \"function\": {{\"name\": \"f\", \"parameters\": {schema}}}}}]"
    );
    let body = asks(CHAT).to_string().replacen('{', &format!("{{{tools}, "), 1);
    refused(CHAT, &key.call("POST", CHAT).raw("application/json", body).send().await, "a deep schema");
    is_sound(&street.app).await;
}

#[tokio::test]
async fn a_name_that_is_nearly_right_is_answered_with_the_right_one() {
    let street = Street::open().await;
    let mut key = street.app.key_of(&street.app.owner().await).await;
    for (path, wrong, right) in [
        (CHAT, "tiny-chta", DEFAULT_MODEL),
        (MESSAGES, "tony/say-2", MODEL),
        (RESPONSES, "tyo/say-2", MODEL),
        (EMBEDDINGS, "tiny-embde", EMBEDDING_MODEL),
        (RERANK, "tiny-rernak", RERANK_MODEL),
    ] {
        let mut body = asks(path);
        body["model"] = json!(wrong);
        let error = key.post(path, body).await.expect(404).json()["error"].clone();
        assert_eq!(error["code"], "not_found");
        let message = error["message"].as_str().unwrap().to_owned();
        assert!(message.contains(&format!("Did you mean the model `{right}`?")), "{message}");
    }
    nothing_happened(&street).await;
}

#[tokio::test]
async fn a_key_is_told_no_names_that_it_cannot_call() {
    let street = Street::open().await;
    let lin = street.app.owner().await;
    let scope = accounts::KeyScope {
        models: Some(vec!["tiny-c*".to_owned(), "tuny*".to_owned()]),
        ..accounts::KeyScope::default()
    };
    let wish = accounts::KeyWish { name: "narrow".to_owned(), scope, ..accounts::KeyWish::default() };
    let token = street.app.key_for(street.app.scope_of(&lin).await, wish).await.1;
    let mut narrow: Client = street.app.anonymous().with_bearer(&token);
    let mut asked = async |wrong: &str| {
        let mut body = asks(CHAT);
        body["model"] = json!(wrong);
        narrow.post(CHAT, body).await.expect(404).text()
    };
    assert!(asked("tiny-chta").await.contains("tiny-chat"));
    assert!(!asked("tuny-embed").await.contains("tiny-embed"));
}
